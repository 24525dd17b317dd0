"""What the robot itself senses, as named arrays."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from pilotline.envs.base_frame import BaseFrame
from pilotline.envs.drives import Drives
from pilotline.envs.frames import into_planar, quat_from_axis_angle, quat_mul
from pilotline.envs.sense import Sense
from pilotline.robots import Hand, Robot

_VERTICAL = (0.0, 0.0, 1.0)


class RobotObserver:
    """Reads encoders, hands, wrists, inertial unit, and odometry or feet of n robots.

    Keys: `joint_pos`, `motor_pos`, `joint_vel`, `joint_torque`, `winding_c`, `housing_c` (legs, torso, right arm, left
    arm, head; rad on the link's side and, over the gear's ratio, on the motor's; rad/s, N m, temperature of the motors'
    windings and housings in C: ambient where no data sheet drives the joint); `right_hand`, `left_hand` (position and
    quaternion in the base frame, from encoders); `gripper` (distance between the fingers, m, right and left);
    `hand_pos` (driven joints of hands that have several); `wrist_wrench` (force and torque, right then left); `imu`
    (angular rate, acceleration).
    A planar or fixed base: `base_pose` (odometry x, y, yaw) and `base_velocity`. A robot on legs: `imu_quat`
    (attitude of the inertial unit) and `foot_wrench` (force and torque of the ankles, right then left, each in the
    foot's frame); it has no sensor that tells its place or velocity.
    """

    def __init__(self, model: mujoco.MjModel, robot: Robot, drives: Drives) -> None:
        self._drives = drives
        self._joints = joints = robot.driven
        self._qadr = np.array([int(model.joint(n).qposadr[0]) for n in joints])
        self._vadr = np.array([int(model.joint(n).dofadr[0]) for n in joints])
        self._base = BaseFrame(model, robot)
        self._base_v = np.array([int(model.joint(n).dofadr[0]) for n in robot.groups["base"]], np.int64)
        self._hands = {side: _Opening(model, hand) for side, hand in robot.hands.items()}
        self._fingers = np.array([int(model.joint(n).qposadr[0]) for n in robot.fingers], np.int64)
        self._sides, self._feet = tuple(robot.hands), tuple(robot.feet)
        self._dexterous = len(robot.fingers) > len(robot.hands)

    def __call__(self, xp: Any, sense: Sense) -> dict[str, Any]:
        """Observation of all simulations."""
        base = self._base(xp, sense)
        link = sense.qpos[:, self._qadr]
        obs = {
            "joint_pos": link,
            "motor_pos": self._drives.motor_pos(xp, sense, self._joints, link),
            "joint_vel": sense.qvel[:, self._vadr],
            "joint_torque": self._drives.torque(xp, sense, self._joints),
            "winding_c": self._drives.temperature_c(xp, sense, self._joints, "winding"),
            "housing_c": self._drives.temperature_c(xp, sense, self._joints, "housing"),
            **self._hand_poses(xp, sense, base),
        }
        if self._hands:
            obs["gripper"] = xp.stack([opening(sense) for opening in self._hands.values()], axis=-1)
            wrench = [sense[f"{side}_wrist_{part}"] for side in self._sides for part in ("force", "torque")]
            obs["wrist_wrench"] = xp.concatenate(wrench, axis=-1)
        if self._dexterous:
            obs["hand_pos"] = sense.qpos[:, self._fingers]
        obs["imu"] = xp.concatenate([sense["imu_gyro"], sense["imu_acc"]], axis=-1)
        if self._feet:
            wrench = [sense[f"{side}_ankle_{part}"] for side in self._feet for part in ("force", "torque")]
            return {**obs, "imu_quat": sense["imu_quat"], "foot_wrench": xp.concatenate(wrench, axis=-1)}
        velocity = sense.qvel[:, self._base_v] if len(self._base_v) else xp.zeros_like(base)
        return {**obs, "base_pose": base, "base_velocity": velocity}

    def _hand_poses(self, xp: Any, sense: Sense, base: Any) -> dict[str, Any]:
        unturn = quat_from_axis_angle(xp, _VERTICAL, -base[:, 2])
        hands = {}
        for side in self._sides:
            position = into_planar(xp, base, sense[f"{side}_tcp_pos"])
            turn = quat_mul(xp, unturn, sense[f"{side}_tcp_quat"])
            hands[f"{side}_hand"] = xp.concatenate([position, turn], axis=-1)
        return hands


def senses(robot: Robot) -> dict[str, tuple[tuple[str, ...], str]]:
    """Names of the numbers in each entry that `RobotObserver` may give of a robot, in their order, and their unit."""
    joints, sides, feet = tuple(robot.driven), tuple(robot.hands), tuple(robot.feet)
    pose = ("x", "y", "z", "qw", "qx", "qy", "qz")
    axes = ("x", "y", "z")

    def wrench(places: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{side}_{part}_{axis}" for side in places for part in ("force", "torque") for axis in axes)

    return {
        "joint_pos": (joints, "rad"),
        "motor_pos": (joints, "rad"),
        "joint_vel": (joints, "rad/s"),
        "joint_torque": (joints, "N m"),
        "winding_c": (joints, "C"),
        "housing_c": (joints, "C"),
        **{f"{side}_hand": (pose, "m, quaternion") for side in sides},
        "gripper": (sides, "m"),
        "hand_pos": (tuple(robot.fingers), "rad"),
        "wrist_wrench": (wrench(sides), "N, N m"),
        "imu": (tuple(f"{part}_{axis}" for part in ("rate", "acceleration") for axis in axes), "rad/s, m/s^2"),
        "imu_quat": (pose[3:], "quaternion"),
        "foot_wrench": (wrench(feet), "N, N m"),
        "base_pose": (("x", "y", "yaw"), "m, rad"),
        "base_velocity": (("vx", "vy", "wz"), "m/s, rad/s"),
    }


class _Opening:
    """Distance between the fingers of a hand, by the mean way from fist to open of the driven joints that open it."""

    def __init__(self, model: mujoco.MjModel, hand: Hand) -> None:
        way = np.array(hand.opened) - np.array(hand.closed)
        opens = np.flatnonzero(way)
        self._qadr = np.array([int(model.joint(hand.actuators[i]).qposadr[0]) for i in opens])
        self._closed = np.array(hand.closed)[opens]
        self._scale = 2.0 * hand.opening_max_m / way[opens] / len(opens)

    def __call__(self, sense: Sense) -> Any:
        """Opening (n,), m."""
        return ((sense.qpos[:, self._qadr] - self._closed) * self._scale).sum(axis=-1)
