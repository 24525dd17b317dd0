"""The compiled model has the card's figures, and every name that others build on."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
import pytest

from pilotline.robots import Robot, RobotCard
from pilotline.robots.actuators import TIERS, ActuatorError, attach
from pilotline.robots.cardrules import GROUPS
from pilotline.robots.handcard import HandCard

from .conftest import Stage

SENSORS = {
    "right_wrist_force": 3,
    "right_wrist_torque": 3,
    "left_wrist_force": 3,
    "left_wrist_torque": 3,
    "imu_gyro": 3,
    "imu_acc": 3,
    "imu_quat": 4,
    "base_force": 3,
    "base_torque": 3,
    "right_tcp_pos": 3,
    "right_tcp_quat": 4,
    "left_tcp_pos": 3,
    "left_tcp_quat": 4,
}


def test_masses_centres_and_inertias_are_the_cards(card: RobotCard, gripper: HandCard, bare: mujoco.MjModel) -> None:
    assert bare.nbody == len(card.links) + 2 * len(gripper.links) + 1
    hands = {f"{side}_{name}": link for side in ("right", "left") for name, link in gripper.links.items()}
    for name, link in {**card.links, **hands}.items():
        body = bare.body(name)
        assert body.mass[0] == pytest.approx(link.mass_kg, abs=1e-12)
        np.testing.assert_allclose(body.ipos, link.com_m, atol=1e-12)
        flat = np.zeros(9)
        mujoco.mju_quat2Mat(flat, body.iquat)
        turn = flat.reshape(3, 3)
        np.testing.assert_allclose(turn @ np.diag(body.inertia) @ turn.T, np.diag(link.inertia_kgm2), atol=1e-6)
    assert bare.body_subtreemass[0] == pytest.approx(card.mass_kg + 2 * gripper.mass_kg)


def test_joint_axes_ranges_and_limits_are_the_cards(robot: Robot, card: RobotCard, bare: mujoco.MjModel) -> None:
    for name, joint in card.joints.items():
        model = bare.joint(name)
        np.testing.assert_allclose(model.axis, joint.axis, atol=1e-3)
        np.testing.assert_allclose(model.range, joint.limits, atol=1e-12)
        np.testing.assert_allclose(bare.jnt_actfrcrange[model.id], np.array([-1, 1]) * joint.effort)
        assert bare.body(bare.jnt_bodyid[model.id]).name == joint.link
        figures = robot.joints[name]
        assert (figures.low, figures.high) == joint.limits
        assert (figures.effort, figures.speed, figures.mark) == (joint.effort, joint.speed, joint.mark)


def test_one_actuator_drives_both_fingers(robot: Robot, gripper: HandCard, bare: mujoco.MjModel) -> None:
    assert robot.fingers == ("right_gripper", "left_gripper")
    for name in robot.fingers:
        limit = bare.jnt_actfrcrange[bare.joint(name).id, 1]
        assert limit == robot.joints[name].effort == 2 * gripper.joints["gripper"].effort
        assert robot.joints[name].rated == 2 * gripper.drives["screw"].rated


def test_armature_is_the_drives_fast_side_seen_through_its_ratio(card: RobotCard, bare: mujoco.MjModel) -> None:
    torso = card.drives["torso"]
    assert bare.dof_armature[bare.joint("torso_1").dofadr[0]] == pytest.approx(100**2 * (2.85e-4 + 1.2e-4))
    assert bare.dof_armature[bare.joint("torso_1").dofadr[0]] == pytest.approx(torso.armature)
    assert bare.dof_armature[bare.joint("base_x").dofadr[0]] == 0.0


def test_one_root_at_the_origin_and_nothing_else(bare: mujoco.MjModel) -> None:
    roots = [bare.body(i).name for i in range(1, bare.nbody) if bare.body_parentid[i] == 0]
    assert roots == ["base"]
    np.testing.assert_array_equal(bare.body("base").pos, 0.0)
    assert (bare.nu, bare.nlight) == (0, 0)


def test_groups_come_in_order_and_hold_every_joint_once(robot: Robot, bare: mujoco.MjModel) -> None:
    assert tuple(robot.groups) == GROUPS
    assert robot.groups["right_leg"] == ()
    listed = [joint for group in robot.groups.values() for joint in group]
    assert sorted(listed) == sorted(bare.joint(i).name for i in range(bare.njnt))
    assert robot.groups["right_arm"] == tuple(f"right_arm_{i}" for i in range(7))
    assert sorted(robot.home) == sorted(set(listed) - set(robot.groups["base"]))


def test_sites_sensors_camera_and_pads_have_the_agreed_names(robot: Robot, bare: mujoco.MjModel) -> None:
    for site in ("right_tcp", "left_tcp", "right_wrist", "left_wrist", "imu", "base_ground"):
        assert bare.site(site).id >= 0
    assert {bare.sensor(i).name: bare.sensor_dim[i] for i in range(bare.nsensor)} == SENSORS
    assert bare.camera("head").id >= 0
    for side in ("right", "left"):
        for number in (0, 1):
            pad = bare.geom(f"{side}_pad_{number}")
            assert (pad.group[0], pad.condim[0], pad.friction[0]) == (3, 4, 0.9)
        hand = robot.hands[side]
        assert (hand.tcp_site, hand.wrist_site) == (f"{side}_tcp", f"{side}_wrist")
        assert (hand.opening_max_m, hand.force_max_n) == (0.05, 100.0)


def test_actuators_are_named_and_ordered_like_the_groups(robot: Robot, stage: Callable[..., Stage]) -> None:
    model = stage().model
    names = [model.actuator(i).name for i in range(model.nu)]
    assert names == [*robot.groups["base"], *robot.driven, "right_gripper", "left_gripper"]
    assert list(robot.joints) == [*robot.driven, *robot.groups["right_hand"], *robot.groups["left_hand"]]
    np.testing.assert_allclose(model.actuator("right_gripper").ctrlrange, [0.0, 0.05])


def test_an_unknown_tier_is_refused_with_the_choices(robot: Robot) -> None:
    assert TIERS[0] == "ideal"
    with pytest.raises(ActuatorError, match="unknown actuators 'magic'; choose from ideal"):
        attach(robot.spec(shells=False), robot, "magic")


def test_every_spec_is_fresh(robot: Robot, card: RobotCard) -> None:
    first, second = robot.spec(shells=False), robot.spec(shells=False)
    first.body("base").mass = 1.0
    assert second.body("base").mass == card.links["base"].mass_kg


def test_in_a_world_with_its_own_compiler_settings_angles_stay_radians(robot: Robot, card: RobotCard) -> None:
    world = mujoco.MjSpec()
    world.compiler.degree = True
    world.worldbody.add_frame().attach_body(robot.spec(shells=False).body("base"), "a_", "")
    model = world.compile()
    np.testing.assert_allclose(model.joint("a_torso_1").range, card.joints["torso_1"].limits, atol=1e-12)


def test_the_tool_frame_points_out_of_the_hand_and_opens_along_y(robot: Robot, stage: Callable[..., Stage]) -> None:
    scene = stage()
    for side in ("right", "left"):
        scene.pose({f"{side}_gripper": 0.05, f"{side}_gripper_across": 0.05})
        tool = scene.data.site(f"{side}_tcp")
        turn = tool.xmat.reshape(3, 3)
        to_wrist = scene.data.site(f"{side}_wrist").xpos - tool.xpos
        np.testing.assert_allclose(turn[:, 0], -to_wrist / np.linalg.norm(to_wrist), atol=1e-9)
        pads = [scene.data.geom(f"{side}_pad_{number}").xpos for number in (0, 1)]
        across = turn.T @ (pads[0] - pads[1])
        # two openings of 50 mm and one pad thickness from centre to centre
        np.testing.assert_allclose(across, [0.0, 0.1 + 0.0107, 0.0], atol=1e-6)
        np.testing.assert_allclose(np.cross(turn[:, 0], turn[:, 1]), turn[:, 2], atol=1e-9)


def test_closed_pads_touch_and_pass_a_grip_hole(stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose({"right_gripper": 0.0, "right_gripper_across": 0.0})
    pads = [scene.data.geom(f"right_pad_{number}").xpos for number in (0, 1)]
    thickness = 2 * scene.model.geom("right_pad_0").size[0]
    assert np.linalg.norm(pads[0] - pads[1]) == pytest.approx(thickness, abs=1e-6)
    assert 2 * thickness < 0.040
    assert 2 * scene.model.geom("right_pad_0").size[1] < 0.040
