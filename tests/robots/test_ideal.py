"""The ideal servos: hold, move, saturate at the card's limits; grippers close with the card's force."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
import pytest

from pilotline.robots import Robot
from pilotline.robots.actuators.inertia import servo_inertia

from .conftest import Stage


def test_home_is_held_for_ten_seconds(robot: Robot, stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose({})
    start = scene.data.qpos.copy()
    scene.run(10.0)
    np.testing.assert_allclose(scene.data.qpos, start, atol=1e-6)


def test_a_step_is_followed_at_the_servos_frequency_without_overshoot(stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose({})
    elbow = scene.robot.home["right_arm_3"]
    scene.data.actuator("right_arm_3").ctrl[0] = elbow + 0.01  # small, so that no limit is reached
    track = []
    for _ in range(200):
        scene.run(0.002)
        track.append(scene.data.joint("right_arm_3").qpos[0] - elbow)
    # a critically damped servo of 10 Hz is at 1 - (1 + w t) exp(-w t) = 0.595 after t = 2 / w = 32 ms
    assert track[15] == pytest.approx(0.00595, abs=0.0015)
    assert max(track) < 0.0102
    assert track[-1] == pytest.approx(0.01, abs=2e-4)


def test_wild_commands_stay_bounded_and_inside_the_torque_limits(
    robot: Robot, stage: Callable[..., Stage], rng: np.random.Generator
) -> None:
    scene = stage()
    scene.pose({})
    low, high = scene.model.actuator_ctrlrange.T
    limits = scene.model.jnt_actfrcrange
    for _ in range(60):
        scene.data.ctrl[:] = rng.uniform(low, high)
        for _ in range(10):
            scene.run(0.02)
            # one degree of freedom per joint, so joints and forces run alike
            assert np.all(scene.data.qfrc_actuator <= limits[:, 1] + 1e-9)
            assert np.all(scene.data.qfrc_actuator >= limits[:, 0] - 1e-9)
    assert scene.data.warning[mujoco.mjtWarning.mjWARN_BADQACC].number == 0
    assert np.all(np.isfinite(scene.data.qpos))


def test_torque_limits_count_gravity_torque(stage: Callable[..., Stage]) -> None:
    scene = stage()
    straight_out = {"right_arm_0": -1.57, "right_arm_3": 0.0, "right_arm_5": 0.0}
    scene.pose(straight_out)
    joint = scene.model.joint("right_arm_0").id
    scene.model.jnt_actfrcrange[joint] = [-2.0, 2.0]
    scene.run(0.5)
    dof = scene.model.joint("right_arm_0").dofadr[0]
    assert abs(scene.data.qfrc_actuator[dof]) <= 2.0 + 1e-9
    assert scene.data.joint("right_arm_0").qpos[0] > -1.2  # it sags


def test_the_base_runs_at_its_commanded_speed_along_the_worlds_axes(stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose({})
    scene.data.joint("base_yaw").qpos[0] = 1.0
    scene.data.ctrl[:3] = [0.5, -0.3, 0.0]
    scene.run(1.5)
    speed = [scene.data.joint(name).qvel[0] for name in ("base_x", "base_y", "base_yaw")]
    np.testing.assert_allclose(speed, [0.5, -0.3, 0.0], atol=0.01)


def test_base_speed_and_force_are_limited(stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose({})
    scene.data.ctrl[0] = 99.0
    scene.run(0.1)
    assert scene.data.actuator("base_x").force[0] == pytest.approx(250.0)
    scene.run(3.0)
    assert scene.data.joint("base_x").qvel[0] == pytest.approx(1.57, abs=0.01)


def test_servo_gains_follow_from_inertia_and_frequency(robot: Robot, stage: Callable[..., Stage]) -> None:
    model = stage().model
    inertia = servo_inertia(robot)["torso_1"]
    omega = 2 * np.pi * robot.servo.frequency_hz["torso"]
    gains = model.actuator("torso_1")
    assert gains.gainprm[0] == pytest.approx(omega**2 * inertia)
    assert -gains.biasprm[2] == pytest.approx(2 * omega * inertia)


def plate(thickness_m: float, mass_kg: float) -> Callable[[mujoco.MjSpec], object]:
    """Puts a free plate between the right pads, to be moved to the tool point once the robot stands."""

    def add(spec: mujoco.MjSpec) -> None:
        body = spec.worldbody.add_body(name="plate")
        body.add_freejoint(name="plate")
        body.add_geom(
            name="plate",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=(0.03, 0.5 * thickness_m, 0.03),
            mass=mass_kg,
            friction=(0.5, 0.005, 0.0001),
        )

    return add


def gripped(scene: Stage) -> None:
    """Plate at the tool point, gripper told to close."""
    scene.pose({})
    tool = scene.data.site("right_tcp")
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, tool.xmat)
    scene.data.joint("plate").qpos[:] = [*tool.xpos, *quat]
    scene.data.actuator("right_gripper").ctrl[0] = 0.0


def pad_forces(scene: Stage) -> list[float]:
    """Normal force of each right pad, N."""
    forces = [0.0, 0.0]
    wrench = np.zeros(6)
    for number, contact in enumerate(scene.data.contact):
        mujoco.mj_contactForce(scene.model, scene.data, number, wrench)
        for pad in (0, 1):
            if scene.model.geom(f"right_pad_{pad}").id in contact.geom:
                forces[pad] += wrench[0]
    return forces


def test_the_gripper_closes_on_a_7_mm_plate_with_its_rated_force(stage: Callable[..., Stage]) -> None:
    scene = stage(plate(0.007, 0.2))
    gripped(scene)
    scene.model.opt.gravity[:] = 0.0
    scene.run(1.5)
    for finger in ("right_gripper", "right_gripper_across"):
        assert scene.data.joint(finger).qpos[0] == pytest.approx(0.0035, abs=3e-4)
    for force in pad_forces(scene):
        assert force == pytest.approx(100.0, rel=0.05)


def test_a_gripped_plate_is_held_against_gravity(stage: Callable[..., Stage]) -> None:
    scene = stage(plate(0.007, 2.0))
    scene.model.opt.gravity[:] = 0.0
    gripped(scene)
    scene.run(1.0)
    start = scene.data.body("plate").xpos - scene.data.site("right_tcp").xpos
    scene.model.opt.gravity[2] = -9.81
    scene.run(1.0)
    # the hand sinks a little under the load: what counts is the plate against the hand
    tool = scene.data.site("right_tcp").xpos
    assert np.linalg.norm(scene.data.body("plate").xpos - tool - start) < 0.0015


def test_the_gripper_closes_on_nothing_and_opens_no_faster_than_its_screw(
    stage: Callable[..., Stage],
) -> None:
    scene = stage()
    scene.pose({})
    scene.data.actuator("left_gripper").ctrl[0] = 0.0
    scene.run(2.0)
    fingers = [scene.data.joint(name) for name in ("left_gripper", "left_gripper_across")]
    assert [finger.qpos[0] for finger in fingers] == pytest.approx([0.0, 0.0], abs=2e-4)
    scene.data.actuator("left_gripper").ctrl[0] = 0.05
    fastest = 0.0
    for _ in range(100):
        scene.run(0.02)
        fastest = max(fastest, *(finger.qvel[0] for finger in fingers))
        assert fingers[0].qpos[0] == pytest.approx(fingers[1].qpos[0], abs=3e-4)
    assert fastest < 0.055
    assert fingers[0].qpos[0] == pytest.approx(0.05, abs=2e-4)
