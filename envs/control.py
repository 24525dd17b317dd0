"""From policy actions in [-1, 1] to actuator commands: joint targets, or hand motion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.engine import Engine
from pilotline.robots import Robot

Float = NDArray[np.float64]

BASE_SPEED = (0.8, 0.8, 1.5)
"""Largest base velocity: forward and sideways m/s, turning rad/s (estimate, inside the wheels' 1.57 m/s)."""

BASE_ACTIONS = ("base_vx", "base_vy", "base_wz")


class ActionLayout(Protocol):
    """How an action becomes commands."""

    names: tuple[str, ...]

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Forget what simulations `ids` were commanded."""

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids` from actions (m, len(names)) in [-1, 1]."""


class BaseMotion:
    """Velocity of a planar base, given in its own frame; a robot without one takes no actions here."""

    def __init__(self, engine: Engine, robot: Robot) -> None:
        model = engine.model
        self.names = BASE_ACTIONS if robot.base.joints else ()
        self._engine = engine
        self._ctrl = [model.actuator(name).id for name in robot.base.joints]
        self._yaw = int(model.joint(robot.base.joints[2]).qposadr[0]) if robot.base.joints else -1

    def yaw(self, ids: NDArray[np.int64]) -> Float:
        """Heading (m,) of the base in the world; 0 for a base that does not turn."""
        return self._engine.qpos[ids, self._yaw] if self.names else np.zeros(len(ids))

    def command(self, base: Float, ids: NDArray[np.int64]) -> None:
        """Write base velocity (m, 3) in the base frame, in [-1, 1]."""
        if not self.names:
            return
        yaw = self.yaw(ids)
        c, s = np.cos(yaw), np.sin(yaw)
        vx, vy, wz = (base[:, i] * BASE_SPEED[i] for i in range(3))
        ctrl = self._engine.ctrl
        ctrl[ids, self._ctrl[0]] = c * vx - s * vy
        ctrl[ids, self._ctrl[1]] = s * vx + c * vy
        ctrl[ids, self._ctrl[2]] = wz


class Grips:
    """All fingers of a hand together, from a fist (-1) to wide open (1)."""

    def __init__(self, engine: Engine, robot: Robot) -> None:
        self.names = tuple(f"{side}_gripper" for side in robot.hands)
        self._sides = np.repeat(np.arange(len(robot.hands)), [len(hand.actuators) for hand in robot.hands.values()])
        self._engine = engine
        self._ctrl = [engine.model.actuator(name).id for name in robot.fingers]
        self._closed = np.array([value for hand in robot.hands.values() for value in hand.closed])
        self._way = np.array([value for hand in robot.hands.values() for value in hand.opened]) - self._closed

    def command(self, grip: Float, ids: NDArray[np.int64]) -> None:
        """Write commands (m, hands) in [-1, 1]."""
        for i, actuator in enumerate(self._ctrl):
            share = 0.5 * (grip[:, self._sides[i]] + 1.0)
            self._engine.ctrl[ids, actuator] = self._closed[i] + share * self._way[i]


class JointTargets:
    """Absolute targets of joints, scaled so that [-1, 1] spans each joint's range."""

    def __init__(self, engine: Engine, robot: Robot, joints: tuple[str, ...]) -> None:
        self.names = joints
        self._engine = engine
        self._ctrl = np.array([engine.model.actuator(name).id for name in joints])
        ranges = np.array([engine.model.joint(name).range for name in joints])
        self._mid, self._half = ranges.mean(axis=1), 0.5 * (ranges[:, 1] - ranges[:, 0])
        self.home = self.scaled([robot.home[name] for name in joints])

    def scaled(self, targets: Sequence[float]) -> Float:
        """The action (k,) of targets (k,), rad or m."""
        return np.asarray((np.array(targets) - self._mid) / self._half)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Nothing is remembered between steps."""

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids`."""
        self._engine.ctrl[np.ix_(ids, self._ctrl)] = self._mid + action * self._half


class JointControl:
    """Every joint that a drive moves, fingers after the others, and the velocity of a planar base.

    `home` is the action (k,) that holds the home pose with hands shut.
    """

    def __init__(self, engine: Engine, robot: Robot) -> None:
        self._joints = JointTargets(engine, robot, (*robot.driven, *robot.fingers))
        self._base = BaseMotion(engine, robot)
        shut = [value for hand in robot.hands.values() for value in hand.closed]
        still = np.zeros(len(self._base.names))
        self.home = np.concatenate([self._joints.scaled([*(robot.home[j] for j in robot.driven), *shut]), still])
        self.names = (*self._joints.names, *self._base.names)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Nothing is remembered between steps."""

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids`."""
        k = len(self._joints.names)
        self._joints.command(action[:, :k], ids)
        self._base.command(action[:, k:], ids)


def driven_dofs(model: mujoco.MjModel, robot: Robot) -> dict[str, NDArray[np.int64]]:
    """Degrees of freedom of each joint group that has any."""
    return {
        group: np.array([int(model.joint(name).dofadr[0]) for name in names], dtype=np.int64)
        for group, names in robot.groups.items()
        if names
    }
