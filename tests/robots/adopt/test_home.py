"""The home pose: a keyframe that stands and means it, else one that is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
import pytest

from pilotline.robots.actuators.inertia import home_state
from pilotline.robots.adapters.read import Model
from pilotline.robots.adopt import Adoption, adopt
from pilotline.robots.support import margin_m


def with_key(
    maker: Any, qpos_of: Callable[[mujoco.MjModel], np.ndarray], ctrl: float | None = None
) -> tuple[Adoption, Model]:
    """A position-controlled humanoid with one keyframe `stand`; `qpos_of(model)` gives its pose."""
    plan = maker.plan(seed=2, servos=True)
    _, plain = maker.made(plan)
    qpos = qpos_of(plain.compiled)
    word = "" if ctrl is None else f' ctrl="{" ".join([str(ctrl)] * plain.compiled.nu)}"'
    key = f'<keyframe><key name="stand" qpos="{" ".join(map(str, qpos))}"{word}/></keyframe></mujoco>'
    _, model = maker.made(plan, lambda text: text.replace("</mujoco>", key))
    return adopt(model, "made", {"file": "made.xml"}), model


def test_a_keyframe_that_stands_is_taken(maker: Any) -> None:
    found, _ = with_key(maker, lambda model: model.qpos0)
    assert found.how["home"].startswith("keyframe 'stand'")


def test_a_keyframe_whose_controls_ask_for_another_pose_is_not(maker: Any) -> None:
    found, _ = with_key(maker, lambda model: model.qpos0, ctrl=0.4)
    assert found.how["home"].startswith("found: knees a little bent")
    assert re.search(r"'stand' is not taken: its control of 'j\d+' asks for 0.4, the joint is at 0", found.how["home"])


def test_a_keyframe_that_leans_is_not_taken(maker: Any) -> None:
    def leaning(model: mujoco.MjModel) -> np.ndarray:
        qpos = model.qpos0.copy()
        turn, quat = np.zeros(4), np.zeros(4)
        mujoco.mju_axisAngle2Quat(turn, np.array([0.0, 1.0, 0.0]), 0.3)
        mujoco.mju_mulQuat(quat, turn, qpos[3:7])
        qpos[3:7] = quat
        return qpos

    found, _ = with_key(maker, leaning)
    assert "its root leans 17" in found.how["home"]


@pytest.mark.parametrize(("seed", "legs"), [(2, 6), (7, 5)])
def test_the_pose_that_is_found_stands_on_flat_soles_with_bent_knees(maker: Any, seed: int, legs: int) -> None:
    made, model = maker.made(maker.plan(seed=seed, legs=legs))
    robot = maker.robot(adopt(model, "made", {"file": "made.xml"}), model)
    compiled = robot.spec(shells=False).compile()
    data = home_state(robot, compiled)
    for side, foot in robot.feet.items():
        site = data.site(foot.sole_site)
        assert site.xpos[2] == pytest.approx(0.0, abs=1e-3)
        assert site.xmat.reshape(3, 3)[2, 2] > np.cos(np.radians(1.0))
        hip, knee, ankle = (data.xanchor[compiled.joint(made.groups[f"{side}_leg"][n]).id] for n in (2, 3, 4))
        assert knee[0] > (hip[0] + ankle[0]) / 2.0
    assert margin_m(robot, data) > 0.02
