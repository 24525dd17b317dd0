"""What a model file can do to a loader, each on a tiny model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mujoco
import numpy as np
import pytest

from pilotline.robots import Robot
from pilotline.robots.actuators import attach
from pilotline.robots.adapters.limits import is_servo_gain

Load = Callable[..., Robot]


def rest(robot: Robot, seconds: float = 0.5) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """The robot under its servos on a box with default masks, after some time."""
    spec = robot.spec(shells=False)
    spec.worldbody.add_geom(name="block", type=mujoco.mjtGeom.mjGEOM_BOX, size=(1, 1, 0.1), pos=(0, 0, -0.1))
    attach(spec, robot)
    model = spec.compile()
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    for number in range(model.nu):
        data.ctrl[number] = robot.home[model.actuator(number).name]
    mujoco.mj_step(model, data, nstep=round(seconds / model.opt.timestep))
    return model, data


def touches(model: mujoco.MjModel, data: mujoco.MjData) -> set[str]:
    """Bodies that touch the block."""
    block = model.geom("block").id
    found = [pair for pair in data.contact.geom if block in pair]
    return {model.body(model.geom_bodyid[geom]).name for pair in found for geom in pair if geom != block}


@pytest.mark.parametrize("masks", ['contype="2" conaffinity="4"', 'contype="4" conaffinity="0"'])
def test_1_feet_with_bits_of_their_own_stand_on_any_geom(load_tiny: Load, masks: str) -> None:
    robot = load_tiny(model=((' group="3"/>', f' group="3" {masks}/>'), ('mass="2"/>', f'mass="2" {masks}/>')))
    assert {"right_leg", "left_leg"} <= touches(*rest(robot))


def test_1_feet_that_touch_only_a_named_floor_stand_on_any_geom(load_tiny: Load) -> None:
    pairs = "".join(f'<pair geom1="floor" geom2="{side}_sole_box"/>' for side in ("right", "left"))
    robot = load_tiny(
        model=(
            (' group="3"/>', ' group="3" contype="0" conaffinity="0"/>'),
            ("<equality>", f"<contact>{pairs}</contact><equality>"),
            ("<worldbody>", '<worldbody><geom name="floor" type="plane" size="0 0 1"/>'),
        )
    )
    assert {"right_leg", "left_leg"} <= touches(*rest(robot))
    assert not list(robot.spec().pairs), "pairs with the file's floor are gone with it"


def test_1_bodies_that_did_not_touch_each_other_still_do_not(load_tiny: Load) -> None:
    """Type 2 and affinity 1 meet the hips (type 1, affinity 1), not each other."""
    legs = tuple((f'name="{side}_sole_box"', f'name="{side}_sole_box" contype="2"') for side in ("right", "left"))
    legs += (('mass="2"/>', 'mass="2" contype="2"/>'),)
    pairs = {frozenset((p.bodyname1, p.bodyname2)) for p in load_tiny(model=legs).spec().excludes}
    assert pairs == {frozenset(("right_leg", "left_leg"))}


def test_1_a_robot_that_never_touched_itself_only_touches_others(load_tiny: Load) -> None:
    spec = load_tiny(model=(("<worldbody>", '<default><geom contype="0"/></default><worldbody>'),)).spec()
    assert {(geom.contype, geom.conaffinity) for geom in spec.geoms} == {(0, 1)}
    assert not list(spec.excludes)


def test_2_home_comes_from_the_card_not_from_a_keyframe(load_tiny: Load) -> None:
    robot = load_tiny()
    assert not list(robot.spec().keys)
    assert robot.home["right_hip"] == 0.0
    assert robot.home["right_shoulder"] == 0.4
    assert robot.spec().body("pelvis").pos.tolist() == [0.0, 0.0, 0.5]


def test_3_damping_that_is_a_servo_gain_is_named_and_taken_out(load_tiny: Load) -> None:
    stiff = load_tiny(model=(('damping="0.5"', 'damping="90"'),))
    assert any("right_hip and 1 more: damping 90 N m s/rad is a servo's gain" in note for note in stiff.notes)
    for robot in (stiff, load_tiny()):
        joint = robot.spec().joint("right_hip")
        assert (joint.damping[0], joint.frictionloss) == (0.0, 0.0), "losses of a driven joint are its actuator's"


def test_3_honest_damping_is_no_servo_gain():
    assert not is_servo_gain(damping=1.0, effort=18.0, speed=20.0)
    assert is_servo_gain(damping=90.0, effort=150.0, speed=10.0)


def test_4_the_inertial_unit_is_aligned_with_its_body(load_tiny: Load) -> None:
    model = load_tiny().spec().compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    assert data.sensor("imu_quat").data == pytest.approx([1, 0, 0, 0])
    assert data.sensor("imu_acc").data[2] > -1e-6, "upright: the turned site would see gravity from below"


def test_5_motors_without_gains_and_an_unnamed_free_joint(load_tiny: Load) -> None:
    robot = load_tiny()
    spec = robot.spec()
    assert [joint.name for joint in spec.joints if joint.type == mujoco.mjtJoint.mjJNT_FREE] == ["root"]
    names = {sensor.name for sensor in spec.sensors}
    assert {"imu_gyro", "imu_acc", "imu_quat", "right_ankle_force", "left_sole_pos", "right_tcp_quat"} <= names


def test_6_own_actuators_are_gone_and_their_limits_stay(load_tiny: Load) -> None:
    robot = load_tiny()
    assert not list(robot.spec().actuators)
    assert robot.joints["right_hip"].effort == 40.0
    assert robot.joints["right_hip"].source == "tiny.xml, forcerange of the actuator"
    assert robot.joints["right_hip"].mark == "V"


def test_7_a_geared_motor_counts_at_the_joint(load_tiny: Load) -> None:
    robot = load_tiny()
    assert robot.joints["left_hip"].effort == 2 * 20
    assert robot.joints["left_hip"].source == "tiny.xml, ctrlrange of the motor times gear 20"


def test_7_a_passive_joint_follows_and_is_not_driven(load_tiny: Load) -> None:
    robot = load_tiny()
    assert robot.hands["right"].actuators == ("right_grip",)
    assert "right_grip_across" in robot.groups["right_hand"]
    assert robot.home["right_grip_across"] == pytest.approx(-robot.home["right_grip"]), "home obeys the constraint"
    model, data = rest(robot)
    assert "right_grip_across" not in [model.actuator(i).name for i in range(model.nu)]
    assert data.joint("right_grip_across").qpos[0] == pytest.approx(-data.joint("right_grip").qpos[0], abs=0.02)


def test_8_targets_span_the_joint_not_the_range_of_a_file_s_controls(load_tiny: Load) -> None:
    robot = load_tiny()
    spec = robot.spec()
    attach(spec, robot)
    assert (robot.joints["right_hip"].low, robot.joints["right_hip"].high) == (-1.0, 1.0)
    assert spec.actuator("right_hip").ctrlrange.tolist() == [-1.0, 1.0]


def test_9_a_joint_has_three_dampings_of_which_the_first_is_read(load_tiny: Load) -> None:
    robot = load_tiny(
        model=(('name="right_grip" axis', 'name="right_grip" damping="0.02" axis'),),
        card=(('"*": {', '"left_hip": {damping_nms_rad: 0.3, source: estimate, mark: E}\n  "*": {'),),
    )
    spec = robot.spec()
    assert spec.joint("right_grip").damping.tolist() == [0.02, 0.0, 0.0]
    assert spec.joint("left_hip").damping.tolist() == [0.3, 0.0, 0.0]
    assert robot.spec().compile().dof_damping.size == 6 + 5


def test_10_meshes_of_one_name_in_two_folders(load_tiny: Load, tmp_path: Path) -> None:
    for folder, size in (("a", 1.0), ("b", 2.0)):
        (tmp_path / "meshes" / folder).mkdir(parents=True)
        lines = [f"v {size * x} {size * y} {size * z}" for x, y, z in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))]
        faces = ["f 1 3 2", "f 1 2 4", "f 1 4 3", "f 2 3 4"]
        (tmp_path / "meshes" / folder / "part.obj").write_text("\n".join([*lines, *faces]), encoding="utf-8")
    robot = load_tiny(
        model=(
            ('autolimits="true"', 'autolimits="true" meshdir="meshes"'),
            ("<worldbody>", '<asset><mesh name="one" file="a/part.obj"/><mesh name="two" file="b/part.obj"/></asset>'
             "<worldbody>"),
            ('<geom name="hips"', '<geom type="mesh" mesh="one" mass="0" contype="0" conaffinity="0"/>'
             '<geom type="mesh" mesh="two" mass="0" contype="0" conaffinity="0"/><geom name="hips"'),
        )
    )  # fmt: skip
    model = robot.spec().compile()
    assert model.nmesh == 2
    extents = [np.ptp(model.mesh_vert[model.mesh_vertadr[i] :][: model.mesh_vertnum[i]], axis=0).max() for i in (0, 1)]
    assert extents[1] == pytest.approx(2 * extents[0], rel=1e-4)


def test_11_a_foot_is_replaced_by_a_flat_sole(load_tiny: Load) -> None:
    flat = ", friction: [1.0, 0.005, 0.0001], replace: true, source: model, mark: V}\n  left"
    robot = load_tiny(card=((", source: model, mark: V}\n  left", flat),))
    names = [geom.name for geom in robot.spec().geoms]
    assert "right_sole_box" not in names
    assert "left_sole_box" in names
    model = robot.spec().compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    lowest = [data.geom(f"right_sole_{i}").xpos[2] - model.geom(f"right_sole_{i}").size[0] for i in range(4)]
    assert lowest == pytest.approx([data.site("right_sole").xpos[2]] * 4)
    assert robot.spec().compile().body("right_leg").mass == pytest.approx(2.5), "mass stays with the body"
