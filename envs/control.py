"""From policy actions in [-1, 1] to actuator commands: joint targets, or hand motion."""

from __future__ import annotations

from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.engine import Engine
from pilotline.robots import Robot
from pilotline.robots.posture import reaching_joints

Float = NDArray[np.float64]

BASE_SPEED = (0.8, 0.8, 1.5)
"""Largest base velocity: forward and sideways m/s, turning rad/s (estimate, inside the wheels' 1.57 m/s)."""


class ActionLayout(Protocol):
    """How an action becomes commands."""

    names: tuple[str, ...]

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Forget what simulations `ids` were commanded."""

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids` from actions (m, len(names)) in [-1, 1]."""


class BaseAndGrip:
    """Base, grippers and the addresses of the driven joints."""

    def __init__(self, engine: Engine, robot: Robot) -> None:
        model = engine.model
        self.engine = engine
        self.base_ctrl = [model.actuator(name).id for name in ("base_x", "base_y", "base_yaw")]
        self.yaw = int(model.joint("base_yaw").qposadr[0])
        self.grip_ctrl = [model.actuator(f"{side}_gripper").id for side in robot.hands]
        self.grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])

    def command(self, grip: Float, base: Float, ids: NDArray[np.int64]) -> None:
        """Write gripper openings (m, 2) and base velocity (m, 3) in the base frame, both in [-1, 1]."""
        yaw = self.engine.qpos[ids, self.yaw]
        c, s = np.cos(yaw), np.sin(yaw)
        vx, vy, wz = (base[:, i] * BASE_SPEED[i] for i in range(3))
        ctrl = self.engine.ctrl
        ctrl[ids, self.base_ctrl[0]] = c * vx - s * vy
        ctrl[ids, self.base_ctrl[1]] = s * vx + c * vy
        ctrl[ids, self.base_ctrl[2]] = wz
        for i, actuator in enumerate(self.grip_ctrl):
            ctrl[ids, actuator] = 0.5 * (grip[:, i] + 1.0) * self.grip_max[i]


class JointControl:
    """Absolute joint targets, scaled so that [-1, 1] spans each joint's range.

    Action: torso, right arm, left arm, head; right and left gripper opening; base velocity in the base frame.
    `home` is the action (k,) that holds the home pose with grippers shut.
    """

    def __init__(self, engine: Engine, robot: Robot) -> None:
        joints = (*reaching_joints(robot), *robot.groups["head"])
        self._base_and_grip = BaseAndGrip(engine, robot)
        self._engine = engine
        self._ctrl = np.array([engine.model.actuator(name).id for name in joints])
        ranges = np.array([engine.model.joint(name).range for name in joints])
        self._mid, self._half = ranges.mean(axis=1), 0.5 * (ranges[:, 1] - ranges[:, 0])
        home = (np.array([robot.home[name] for name in joints]) - self._mid) / self._half
        self.home = np.concatenate([home, [-1.0, -1.0, 0.0, 0.0, 0.0]])
        self.names = (*joints, "right_gripper", "left_gripper", "base_vx", "base_vy", "base_wz")

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Nothing is remembered between steps."""

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids`."""
        k = len(self._ctrl)
        self._engine.ctrl[np.ix_(ids, self._ctrl)] = self._mid + action[:, :k] * self._half
        self._base_and_grip.command(action[:, k : k + 2], action[:, k + 2 :], ids)


def driven_dofs(model: mujoco.MjModel, robot: Robot) -> dict[str, NDArray[np.int64]]:
    """Degrees of freedom of each joint group."""
    return {
        group: np.array([int(model.joint(name).dofadr[0]) for name in names], dtype=np.int64)
        for group, names in robot.groups.items()
    }
