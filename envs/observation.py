"""What the robot itself senses, as named arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotline.envs.drives import Drives
from pilotline.envs.engine import Engine
from pilotline.envs.frames import into_planar, quat_from_axis_angle, quat_mul
from pilotline.envs.sense import Sense
from pilotline.robots import Robot
from pilotline.robots.posture import reaching_joints

_VERTICAL = (0.0, 0.0, 1.0)


class RobotObserver:
    """Reads encoders, hands, wrists, inertial unit and odometry of n robots.

    Keys: `joint_pos`, `joint_vel`, `joint_torque`, `winding_c`, `housing_c` (torso, right arm, left arm, head; rad,
    rad/s, N m, temperature of the motors' windings and housings in C: ambient where no data sheet drives the joint);
    `right_hand`, `left_hand` (position and quaternion in the base frame, from encoders); `gripper` (distance
    between the fingers, m, right and left); `wrist_wrench` (force and torque, right then left); `imu`
    (angular rate, acceleration); `base_pose` (odometry x, y, yaw) and `base_velocity`.
    """

    def __init__(self, engine: Engine, robot: Robot, drives: Drives) -> None:
        model = engine.model
        self._drives = drives
        self._joints = joints = (*reaching_joints(robot), *robot.groups["head"])
        self._qadr = np.array([int(model.joint(n).qposadr[0]) for n in joints])
        self._vadr = np.array([int(model.joint(n).dofadr[0]) for n in joints])
        self._base = np.array([int(model.joint(n).qposadr[0]) for n in robot.groups["base"]])
        self._base_v = np.array([int(model.joint(n).dofadr[0]) for n in robot.groups["base"]])
        self._fingers = [
            np.array([int(model.joint(n).qposadr[0]) for n in robot.groups[hand.gripper_group]])
            for hand in robot.hands.values()
        ]
        self._sides = tuple(robot.hands)
        self._engine = engine

    def base_pose(self) -> Any:
        """Base x, y, yaw in the world, (n, 3)."""
        return self._engine.qpos[:, self._base]

    def __call__(self, xp: Any, sense: Sense) -> dict[str, Any]:
        """Observation of all simulations."""
        engine = self._engine
        base = self.base_pose()
        unturn = quat_from_axis_angle(xp, _VERTICAL, -base[:, 2])
        hands = {}
        for side in self._sides:
            position = into_planar(xp, base, sense[f"{side}_tcp_pos"])
            turn = quat_mul(xp, unturn, sense[f"{side}_tcp_quat"])
            hands[f"{side}_hand"] = xp.concatenate([position, turn], axis=-1)
        grip = [engine.qpos[:, adr[0]] + engine.qpos[:, adr[1]] for adr in self._fingers]
        wrench = [sense[f"{side}_wrist_{part}"] for side in self._sides for part in ("force", "torque")]
        return {
            "joint_pos": engine.qpos[:, self._qadr],
            "joint_vel": engine.qvel[:, self._vadr],
            "joint_torque": self._drives.torque(self._joints),
            "winding_c": self._drives.temperature_c(self._joints, "winding"),
            "housing_c": self._drives.temperature_c(self._joints, "housing"),
            **hands,
            "gripper": xp.stack(grip, axis=-1),
            "wrist_wrench": xp.concatenate(wrench, axis=-1),
            "imu": xp.concatenate([sense["imu_gyro"], sense["imu_acc"]], axis=-1),
            "base_pose": base,
            "base_velocity": engine.qvel[:, self._base_v],
        }
