"""Arms under joint control: kinematics against MuJoCo's, hands that go where they are sent."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.arms import Arms
from pilotline.policies.reference.motion import reach_twist
from pilotline.robots import Robot, load
from pilotline.robots.bench import bench_stance


@pytest.fixture(scope="module")
def robot() -> Robot:
    return load("wheeled")


def joints(robot: Robot) -> list[str]:
    return [name for group in ("torso", "right_arm", "left_arm") for name in robot.groups[group]]


def test_frames_are_those_of_the_compiled_robot(robot: Robot) -> None:
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    names, rng = joints(robot), np.random.default_rng(0)
    q = rng.uniform(-1.0, 0.0, (3, len(names)))
    anchor, axis, tcp = Arms(robot, 3).frames(q)
    for i in range(3):
        for name, value in zip(names, q[i], strict=True):
            data.joint(name).qpos[0] = value
        mujoco.mj_kinematics(model, data)
        for j, name in enumerate(names):
            np.testing.assert_allclose(anchor[i, j], data.joint(name).xanchor, atol=1e-9, err_msg=name)
            np.testing.assert_allclose(axis[i, j], data.joint(name).xaxis, atol=1e-9, err_msg=name)
        for a, hand in enumerate(robot.hands.values()):
            np.testing.assert_allclose(tcp[i, a], data.site(hand.tcp_site).xpos, atol=1e-9)


def test_a_hand_goes_where_its_twist_says(robot: Robot) -> None:
    arms = Arms(robot, 1)
    names = joints(robot)
    stance = {**robot.home, **bench_stance(robot)}  # where the torso stays by itself
    q = np.array([[stance[name] for name in names]])
    posture, taught = q[:, 6:].copy(), np.zeros((1, 2), np.bool_)
    low = np.array([robot.joints[name].low for name in names])
    high = np.array([robot.joints[name].high for name in names])
    start = arms.frames(q)[2]
    twist = np.zeros((1, 2, 6))
    twist[:, 0, 1], twist[:, 1, 2] = -0.1, 0.1
    for _ in range(50):
        action = arms.act(q, twist, posture, taught)
        q = 0.5 * (low + high) + 0.5 * action[:, : len(names)] * (high - low)
    moved = arms.frames(q)[2] - start
    # the acceleration limit costs the first few centimetres per second
    np.testing.assert_allclose(moved[0, 0], (0.0, -0.1, 0.0), atol=0.004)
    np.testing.assert_allclose(moved[0, 1], (0.0, 0.0, 0.1), atol=0.004)


def test_a_taught_pose_is_reached_in_joint_space(robot: Robot) -> None:
    arms = Arms(robot, 1)
    names = joints(robot)
    q = np.array([[robot.home[name] for name in names]])
    low = np.array([robot.joints[name].low for name in names])
    high = np.array([robot.joints[name].high for name in names])
    posture = q[:, 6:] + np.linspace(-0.5, 0.5, 14)
    for _ in range(100):
        action = arms.act(q, np.zeros((1, 2, 6)), posture, np.ones((1, 2), np.bool_))
        q = 0.5 * (low + high) + 0.5 * action[:, : len(names)] * (high - low)
    wanted = np.clip(posture, low[6:], high[6:])
    np.testing.assert_allclose(q[:, 6:], wanted, atol=0.01)


def test_reaching_brakes_in_time_and_stays_below_its_speed() -> None:
    move, spin = np.array([[0.5, -0.002, 0.0]]), np.zeros((1, 3))
    position = np.zeros(3)
    for _ in range(150):
        twist = reach_twist(move, spin, 0.3)
        assert np.abs(twist[0, :3]).max() <= 0.3
        position += twist[0, :3] * CONTROL_PERIOD_S
        move = move - twist[:, :3] * CONTROL_PERIOD_S
        assert position[0] <= 0.5
    np.testing.assert_allclose(position, (0.5, -0.002, 0.0), atol=1e-4)
