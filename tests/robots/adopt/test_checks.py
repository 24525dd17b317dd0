"""Every check finds the fault that it is for, names the thing, and is content with a sound robot."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import mujoco
import pytest

from pilotline.robots.actuators.inertia import home_state
from pilotline.robots.adopt import adopt
from pilotline.robots.adopt.checks import check, contact, mass, ranges, strength
from pilotline.robots.adopt.checks.stage import Stage, stage_of
from pilotline.robots.adopt.findings import Finding


@pytest.fixture(scope="module")
def sound(maker: Any) -> Stage:
    _, model = maker.made(maker.plan(seed=1, fingers=2))
    return stage_of(maker.robot(adopt(model, "made", {"file": "made.xml"}), model))


def spoilt(stage: Stage, **joints: dict[str, Any]) -> Stage:
    """The stage with figures of joints changed."""
    robot = stage.robot
    figures = {**robot.joints, **{name: dataclasses.replace(robot.joints[name], **new) for name, new in joints.items()}}
    return Stage(dataclasses.replace(robot, joints=MappingProxyType(figures)), stage.model, stage.data)


def with_model(stage: Stage, change: Callable[[mujoco.MjModel], object]) -> Stage:
    """The stage with its compiled model changed."""
    model = stage.robot.spec().compile()
    change(model)
    data = mujoco.MjData(model)
    data.qpos[:] = stage.data.qpos
    mujoco.mj_forward(model, data)
    return Stage(stage.robot, model, data)


def bad(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity, finding.thing) for finding in found if finding.severity != "ok"]


def test_a_sound_robot_has_no_errors(sound: Stage) -> None:
    assert [one for one in check(sound.robot) if one.severity == "error"] == []


def test_a_mass_in_grams_is_noticed(sound: Stage) -> None:
    heavy = with_model(sound, lambda model: model.body_mass.__imul__(1000.0))
    assert bad(mass.stature(heavy)) == [("warning", sound.robot.name)]
    assert bad(mass.stature(sound)) == []


def test_an_inertia_beyond_the_size_of_its_body_is_noticed(sound: Stage) -> None:
    link = sound.robot.feet["right"].body

    def large(model: mujoco.MjModel) -> None:
        model.body_inertia[model.body(link).id] *= 100.0

    assert ("warning", link) in bad(mass.inertias(with_model(sound, large)))


def test_moments_that_break_the_triangle_rule_are_an_error(sound: Stage) -> None:
    link = sound.robot.feet["left"].body

    def broken(model: mujoco.MjModel) -> None:
        model.body_inertia[model.body(link).id] = (0.001, 0.001, 0.01)

    assert ("error", link) in bad(mass.inertias(with_model(sound, broken)))


@pytest.mark.parametrize(
    ("new", "severity"),
    [
        ({"low": 0.1, "high": 0.1}, "error"),
        ({"low": 0.0, "high": 0.01}, "warning"),
        ({"low": -4.0, "high": 4.0}, "warning"),
    ],
)
def test_a_range_that_no_joint_has_is_noticed(sound: Stage, new: dict[str, float], severity: str) -> None:
    name = sound.robot.driven[0]
    assert bad(ranges.ranges(spoilt(sound, **{name: new}))) == [(severity, name)]


def test_a_joint_without_limits_is_noticed(sound: Stage) -> None:
    name = sound.robot.driven[3]

    def free(model: mujoco.MjModel) -> None:
        model.jnt_limited[model.joint(name).id] = 0

    assert bad(ranges.ranges(with_model(sound, free))) == [("warning", name)]


def test_a_weak_joint_is_named_at_home_and_stretched(sound: Stage) -> None:
    names = sound.robot.groups["right_leg"]
    weak = spoilt(sound, **{name: {"effort": 0.001} for name in names})
    errors = [thing for severity, thing in bad(strength.strength(weak)) if severity == "error"]
    assert errors
    assert set(errors) <= set(names)
    stage = stage_of(sound.robot)
    arms = spoilt(stage, **{name: {"effort": 0.5} for name in sound.robot.groups["right_arm"]})
    found = [one for one in strength.strength(arms) if one.check == "strength, arms stretched"]
    assert {one.severity for one in found} == {"warning"}


def test_overlap_at_home_is_found_with_its_depth(sound: Stage) -> None:
    feet = [sound.robot.feet[side].body for side in ("right", "left")]
    spec = sound.robot.spec()
    for foot in feet:
        spec.body(foot).geoms[0].size = (0.3, 0.3, 0.3)
    model = spec.compile()
    wide = Stage(sound.robot, model, home_state(sound.robot, model))
    assert bad(contact.self_collision(sound)) == []
    found = {one.thing: one for one in contact.self_collision(wide)}
    pair = next(one for thing, one in found.items() if all(foot in thing.split(", ") for foot in feet))
    assert pair.severity == "error"
    assert float(pair.value.split()[0]) > 100.0


def test_a_tilted_sole_is_an_error(sound: Stage) -> None:
    stage = stage_of(sound.robot)
    for name in sound.robot.groups["right_leg"][-2:]:
        stage.data.joint(name).qpos[0] += 0.3
    mujoco.mj_forward(stage.model, stage.data)
    assert ("error", "right sole") in bad(contact.feet(stage))
