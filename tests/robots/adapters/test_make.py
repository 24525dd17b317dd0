"""The robot that a card and a model make: one root, the project's names, nothing of the file's own settings."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import pytest

from pilotline import robots
from pilotline.robots import Robot

Load = Callable[..., Robot]

DEGREES = (
    ('angle="radian"', 'angle="degree" eulerseq="zyx"'),
    ('range="-2 2"', 'range="-90 90"'),
    ('<body name="right_arm"', '<body name="right_arm" euler="0 0 90" childclass="arm"'),
    ('range="0 1"', 'range="0 57.3"'),
    ('range="-1 0"', 'range="-57.3 0"'),
    ("<worldbody>", '<option timestep="0.005" gravity="0 0 -1"/><default><geom friction="0.1"/><default class="arm">'
     '<joint frictionloss="3"/></default></default><worldbody>'),
)  # fmt: skip


def test_one_root_and_nothing_that_stations_bring_themselves(load_tiny: Load) -> None:
    spec = load_tiny().spec()
    assert [body.name for body in spec.worldbody.bodies] == ["pelvis"]
    for kind in ("actuators", "keys", "lights"):
        assert not list(getattr(spec, kind)), kind
    assert [camera.name for camera in spec.cameras] == ["head"]


def test_what_is_added_meets_no_setting_of_the_file(load_tiny: Load) -> None:
    spec = load_tiny(model=DEGREES).spec()
    geom = spec.worldbody.add_geom(size=(0.1, 0, 0))
    joint = spec.body("right_arm").add_body(name="tool").add_joint(name="tool", range=(-1, 1))
    assert geom.friction[0] == 1.0
    assert joint.frictionloss == 0.0
    assert (spec.option.timestep, spec.option.gravity[2]) == (0.002, -9.81)
    assert not spec.compiler.degree


def test_degrees_and_angles_become_radians_and_quaternions(load_tiny: Load) -> None:
    robot = load_tiny(model=DEGREES)
    assert robot.joints["right_shoulder"].high == pytest.approx(1.5708, abs=1e-4)
    spec = robot.spec()
    assert spec.joint("right_shoulder").range[1] == pytest.approx(1.5708, abs=1e-4)
    # order z y x: the last of the three angles turns about x
    assert spec.compile().body("right_arm").quat == pytest.approx([0.7071, 0.7071, 0, 0], abs=1e-4)


def test_each_spec_is_fresh_and_without_shells_it_moves_alike(load_tiny: Load) -> None:
    robot = load_tiny()
    robot.spec().add_key(name="mine")
    assert not list(robot.spec().keys)
    full, bare = robot.spec().compile(), robot.spec(shells=False).compile()
    assert full.body_mass.tolist() == bare.body_mass.tolist()
    assert [full.joint(i).name for i in range(full.njnt)] == [bare.joint(i).name for i in range(bare.njnt)]


def test_a_hand_of_ours_takes_the_place_of_the_own_one(tiny: Callable[..., object]) -> None:
    robot = robots.load(f"{tiny()} right_hand=gripper")
    assert robot.hands["right"].kind == "gripper"
    assert robot.groups["right_hand"] == ("right_gripper", "right_gripper_across")
    assert "right_grip" not in robot.joints
    model = robot.spec().compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    approach = data.site("right_tcp").xmat.reshape(3, 3)[:, 0]
    assert approach == pytest.approx([1, 0, 0], abs=1e-4), "-z of the flange points out along the arm"


def test_a_fixed_base_has_no_free_joint(load_tiny: Load) -> None:
    feet = ("feet:\n  right: {link: right_leg, sole_centre_m: [0.03, 0.0, -0.4], sole_half_m: [0.1, 0.04], "
            "source: model, mark: V}\n  left: {link: left_leg, sole_centre_m: [0.03, 0.0, -0.4], "
            "sole_half_m: [0.1, 0.04], source: model, mark: V}\n")  # fmt: skip
    robot = load_tiny(card=(("kind: floating", "kind: fixed"), (feet, "")))
    assert robot.entry_class == "fixed"
    assert robot.spec().compile().nv == 5


def test_limits_of_the_card_rule_over_the_model_s(load_tiny: Load) -> None:
    robot = load_tiny(card=(('"*": {', 'right_hip: {effort_nm: 30.0, source: estimate, mark: E}\n  "*": {'),))
    assert (robot.joints["right_hip"].effort, robot.joints["right_hip"].mark) == (30.0, "E")
    assert robot.joints["left_hip"].effort == 40.0
    assert robot.spec().joint("right_hip").actfrcrange.tolist() == [-30.0, 30.0]


def test_every_file_is_hashed(load_tiny: Load) -> None:
    assert [name for name, _ in load_tiny().files] == ["tiny.adapter.yaml", "tiny.xml"]
