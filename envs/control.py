"""From policy actions in [-1, 1] to actuator commands: joint targets, or hand motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.sense import Sense
from pilotline.robots import Robot

Float = NDArray[np.float64]

BASE_SPEED = (0.8, 0.8, 1.5)
"""Largest base velocity: forward and sideways m/s, turning rad/s (estimate, inside the wheels' 1.57 m/s)."""

BASE_ACTIONS = ("base_vx", "base_vy", "base_wz")


@dataclass(frozen=True)
class Channel:
    """A number of an action: `low` is what -1 commands and `high` what 1 does, in `unit`."""

    name: str
    low: float
    high: float
    unit: str


class ControlError(ValueError):
    """An action layout that a robot cannot have; one line with what is allowed."""


class ActionLayout(Protocol):
    """How an action becomes commands; a pure function of action and state, or one that remembers (`ee`)."""

    names: tuple[str, ...]
    channels: tuple[Channel, ...]

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Forget what simulations `ids` were commanded."""


@runtime_checkable
class TargetLayout(ActionLayout, Protocol):
    """A layout whose commands follow from action and state alone."""

    actuators: NDArray[np.int64]
    """(k,) ids of the actuators that it commands."""

    def targets(self, xp: Any, action: Any, sense: Sense) -> Any:
        """Commands (n, k) from actions (n, len(names)) in [-1, 1]."""


class BaseMotion:
    """Velocity of a planar base, given in its own frame; a robot without one takes no actions here."""

    def __init__(self, model: mujoco.MjModel, robot: Robot) -> None:
        self.names = BASE_ACTIONS if robot.base.joints else ()
        units = ("m/s", "m/s", "rad/s")
        limits = zip(self.names, BASE_SPEED, units, strict=False)
        self.channels = tuple(Channel(name, -limit, limit, unit) for name, limit, unit in limits)
        self.actuators = np.array([model.actuator(name).id for name in robot.base.joints], np.int64)
        self._yaw = int(model.joint(robot.base.joints[2]).qposadr[0]) if robot.base.joints else -1

    def yaw(self, xp: Any, qpos: Any) -> Any:
        """Heading (n,) of the base in the world from qpos (n, nq); 0 for a base that does not turn."""
        return qpos[:, self._yaw] if self.names else xp.zeros(len(qpos))

    def targets(self, xp: Any, base: Any, yaw: Any) -> Any:
        """Commands (n, 3 or 0) of base velocities (n, 3 or 0) in the base frame, in [-1, 1]."""
        if not self.names:
            return base
        c, s = xp.cos(yaw), xp.sin(yaw)
        vx, vy, wz = (base[:, i] * BASE_SPEED[i] for i in range(3))
        return xp.stack([c * vx - s * vy, s * vx + c * vy, wz], axis=-1)


class Grips:
    """All fingers of a hand together, from a fist (-1) to wide open (1)."""

    def __init__(self, model: mujoco.MjModel, robot: Robot) -> None:
        self.names = tuple(f"{side}_gripper" for side in robot.hands)
        self._sides = np.repeat(np.arange(len(robot.hands)), [len(hand.actuators) for hand in robot.hands.values()])
        self.actuators = np.array([model.actuator(name).id for name in robot.fingers], np.int64)
        self._closed = np.array([value for hand in robot.hands.values() for value in hand.closed])
        self._way = np.array([value for hand in robot.hands.values() for value in hand.opened]) - self._closed
        spans = zip(self.names, (hand.opening_max_m for hand in robot.hands.values()), strict=True)
        self.channels = tuple(Channel(name, 0.0, opening, "m") for name, opening in spans)

    def targets(self, grip: Any) -> Any:
        """Commands (n, fingers) of grips (n, hands) in [-1, 1]."""
        return self._closed + 0.5 * (grip[:, self._sides] + 1.0) * self._way


class JointTargets:
    """Absolute targets of joints, scaled so that [-1, 1] spans each joint's range; `home` holds the home pose."""

    def __init__(self, model: mujoco.MjModel, robot: Robot, joints: tuple[str, ...]) -> None:
        self.names = joints
        self.actuators = np.array([model.actuator(name).id for name in joints], np.int64)
        ranges = np.array([model.joint(name).range for name in joints])
        self._mid, self._half = ranges.mean(axis=1), 0.5 * (ranges[:, 1] - ranges[:, 0])
        slides = [int(model.joint(name).type[0]) == int(mujoco.mjtJoint.mjJNT_SLIDE) for name in joints]
        self.channels = tuple(
            Channel(name, float(low), float(high), "m" if slide else "rad")
            for name, (low, high), slide in zip(joints, ranges, slides, strict=True)
        )
        self.home = self.scaled([robot.home[name] for name in joints])

    def scaled(self, targets: Sequence[float]) -> Float:
        """The action (k,) of targets (k,), rad or m."""
        return np.asarray((np.array(targets) - self._mid) / self._half)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Nothing is remembered between steps."""

    def targets(self, xp: Any, action: Any, sense: Sense) -> Any:
        """See `TargetLayout`."""
        return self._mid + action * self._half


class JointControl:
    """Every joint that a drive moves, fingers after the others, and the velocity of a planar base.

    `home` is the action (k,) that holds the home pose with hands shut.
    """

    def __init__(self, model: mujoco.MjModel, robot: Robot) -> None:
        self._joints = JointTargets(model, robot, (*robot.driven, *robot.fingers))
        self._base = BaseMotion(model, robot)
        shut = [value for hand in robot.hands.values() for value in hand.closed]
        still = np.zeros(len(self._base.names))
        self.home = np.concatenate([self._joints.scaled([*(robot.home[j] for j in robot.driven), *shut]), still])
        self.names = (*self._joints.names, *self._base.names)
        self.channels = (*self._joints.channels, *self._base.channels)
        self.actuators = np.concatenate([self._joints.actuators, self._base.actuators])

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Nothing is remembered between steps."""

    def targets(self, xp: Any, action: Any, sense: Sense) -> Any:
        """See `TargetLayout`."""
        k = len(self._joints.names)
        joints = self._joints.targets(xp, action[:, :k], sense)
        base = self._base.targets(xp, action[:, k:], self._base.yaw(xp, sense.qpos))
        return xp.concatenate([joints, base], axis=-1)


def driven_dofs(model: mujoco.MjModel, robot: Robot) -> dict[str, NDArray[np.int64]]:
    """Degrees of freedom of each joint group that has any."""
    return {
        group: np.array([int(model.joint(name).dofadr[0]) for name in names], dtype=np.int64)
        for group, names in robot.groups.items()
        if names
    }
