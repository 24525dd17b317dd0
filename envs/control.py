"""From policy actions in [-1, 1] to actuator commands: joint targets, or hand motion."""

from __future__ import annotations

from typing import Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.engine import Engine
from pilotline.envs.ik import solve_hands
from pilotline.robots import Robot

Float = NDArray[np.float64]

HAND_SPEED_M_PER_S = 0.8
"""Largest hand speed per axis (estimate: half of a careful human reach)."""
HAND_TURN_RAD_PER_S = 2.0
BASE_SPEED = (0.8, 0.8, 1.5)
"""Largest base velocity: forward and sideways m/s, turning rad/s (estimate, inside the wheels' 1.57 m/s)."""

_POSTURE_RATE_PER_S = 0.8
"""How fast joints that the hands leave free go back to the home posture."""
_LEASH_RAD = 0.25
"""A commanded joint never runs further ahead of the measured one than this, so that a blocked arm lets go soon."""
_DAMPING_M2 = 1e-4
_MOBILITY = {"torso": (0.02, 0.35, 0.35, 0.35, 0.02, 0.1), "right_arm": (1.0,) * 7, "left_arm": (1.0,) * 7}
"""Ease of motion in the inverse kinematics: arms first, then bending, hardly any leaning sideways."""


class ActionLayout(Protocol):
    """How an action becomes commands."""

    names: tuple[str, ...]

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Forget what simulations `ids` were commanded."""

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids` from actions (m, len(names)) in [-1, 1]."""


class _Common:
    """Base, grippers and the addresses of the driven joints."""

    def __init__(self, engine: Engine, robot: Robot) -> None:
        model = engine.model
        self.engine = engine
        self.base_ctrl = [model.actuator(name).id for name in ("base_x", "base_y", "base_yaw")]
        self.yaw = int(model.joint("base_yaw").qposadr[0])
        self.grip_ctrl = [model.actuator(f"{side}_gripper").id for side in robot.hands]
        self.grip_max = np.array([hand.opening_max_m / 2 for hand in robot.hands.values()])

    def base_and_grip(self, grip: Float, base: Float, ids: NDArray[np.int64]) -> None:
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


def _driven(robot: Robot, groups: tuple[str, ...]) -> list[str]:
    return [name for group in groups for name in robot.groups[group]]


class JointControl:
    """Absolute joint targets, scaled so that [-1, 1] spans each joint's range.

    Action: torso, right arm, left arm, head; right and left gripper opening; base velocity in the base frame.
    """

    def __init__(self, engine: Engine, robot: Robot) -> None:
        joints = _driven(robot, ("torso", "right_arm", "left_arm", "head"))
        self._common = _Common(engine, robot)
        self._engine = engine
        self._ctrl = np.array([engine.model.actuator(name).id for name in joints])
        ranges = np.array([engine.model.joint(name).range for name in joints])
        self._mid, self._half = ranges.mean(axis=1), 0.5 * (ranges[:, 1] - ranges[:, 0])
        self.names = (*joints, "right_gripper", "left_gripper", "base_vx", "base_vy", "base_wz")

    def scaled(self, targets: Float) -> Float:
        """Action entries in [-1, 1] of joint targets (n, joints) in rad."""
        return (targets - self._mid) / self._half

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Nothing is remembered between steps."""

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids`."""
        k = len(self._ctrl)
        self._engine.ctrl[np.ix_(ids, self._ctrl)] = self._mid + action[:, :k] * self._half
        self._common.base_and_grip(action[:, k : k + 2], action[:, k + 2 :], ids)


class HandControl:
    """Hand velocity in the base frame, through differential inverse kinematics over torso and arms.

    Action: right hand linear and angular velocity, left hand likewise; right and left gripper opening; base velocity.
    The torso follows as the hands need it; the head keeps its home pose.
    """

    names = tuple(
        [f"{side}_{part}" for side in ("right", "left") for part in ("vx", "vy", "vz", "wx", "wy", "wz")]
        + ["right_gripper", "left_gripper", "base_vx", "base_vy", "base_wz"]
    )

    def __init__(self, engine: Engine, robot: Robot, period_s: float) -> None:
        model = engine.model
        joints = _driven(robot, ("torso", "right_arm", "left_arm"))
        self._common = _Common(engine, robot)
        self._engine = engine
        self._period = period_s
        self._ctrl = np.array([model.actuator(name).id for name in joints])
        self._joint = np.array([model.joint(name).id for name in joints])
        self._qadr = model.jnt_qposadr[self._joint]
        self._low, self._high = model.jnt_range[self._joint, 0].copy(), model.jnt_range[self._joint, 1].copy()
        self._home = np.array([robot.home[name] for name in joints])
        self._mobility = np.array([m for g in ("torso", "right_arm", "left_arm") for m in _MOBILITY[g]])
        sides = tuple(robot.hands)
        self._moves = np.array(
            [[name.startswith(("torso", side)) for name in joints] for side in sides], dtype=np.bool_
        )
        self._tcp = [engine.columns[f"{side}_tcp_pos"] for side in sides]
        head = robot.groups["head"]
        self._head_ctrl = np.array([model.actuator(name).id for name in head])
        self._head_home = np.array([robot.home[name] for name in head])
        self._target = np.tile(self._home, (engine.nsim, 1))

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Take the measured joint positions as commanded."""
        self._target[ids] = self._engine.qpos[np.ix_(ids, self._qadr)]

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids`."""
        engine = self._engine
        q = engine.qpos[np.ix_(ids, self._qadr)]
        target = self._target[ids]
        yaw = engine.qpos[ids, self._common.yaw]
        c, s = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
        twist = np.empty((len(ids), 2, 6))
        for a in range(2):
            for part, limit in ((0, HAND_SPEED_M_PER_S), (3, HAND_TURN_RAD_PER_S)):
                v = action[:, 6 * a + part : 6 * a + part + 3] * (limit * self._period)
                twist[:, a, part] = c[:, 0] * v[:, 0] - s[:, 0] * v[:, 1]
                twist[:, a, part + 1] = s[:, 0] * v[:, 0] + c[:, 0] * v[:, 1]
                twist[:, a, part + 2] = v[:, 2]
        preferred = (self._home - target) * (_POSTURE_RATE_PER_S * self._period) * (self._mobility > 0.0)
        step = solve_hands(
            engine.xanchor[np.ix_(ids, self._joint)],
            engine.xaxis[np.ix_(ids, self._joint)],
            np.stack([engine.sensordata[ids, columns] for columns in self._tcp], axis=1),
            self._moves,
            twist,
            preferred,
            self._mobility,
            _DAMPING_M2,
            target,
            self._low,
            self._high,
        )
        target = np.minimum(np.maximum(target + step, q - _LEASH_RAD), q + _LEASH_RAD)
        target = np.minimum(np.maximum(target, self._low), self._high)
        self._target[ids] = target
        engine.ctrl[np.ix_(ids, self._ctrl)] = target
        engine.ctrl[np.ix_(ids, self._head_ctrl)] = self._head_home
        self._common.base_and_grip(action[:, 12:14], action[:, 14:17], ids)


def make_control(kind: str, engine: Engine, robot: Robot, period_s: float) -> ActionLayout:
    """Build the action layout called `joint` or `ee`.

    Raises:
      ValueError: another name.
    """
    if kind == "joint":
        return JointControl(engine, robot)
    if kind == "ee":
        return HandControl(engine, robot, period_s)
    raise ValueError(f"control={kind!r} does not exist; there are: joint, ee")


def driven_dofs(model: mujoco.MjModel, robot: Robot) -> dict[str, NDArray[np.int64]]:
    """Degrees of freedom of each joint group."""
    return {
        group: np.array([int(model.joint(name).dofadr[0]) for name in names], dtype=np.int64)
        for group, names in robot.groups.items()
    }
