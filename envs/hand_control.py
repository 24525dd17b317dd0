"""The `ee` action layout: hand motion, through differential inverse kinematics over torso and arms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.control import BaseMotion, Channel, ControlError, Grips
from pilotline.envs.engine import Engine
from pilotline.envs.ik import solve_hands
from pilotline.robots import Robot
from pilotline.robots.posture import REACHING_GROUPS, WorkingPosture, reaching_joints

Float = NDArray[np.float64]

HAND_SPEED_M_PER_S = 0.8
"""Largest hand speed per axis (estimate: half of a careful human reach)."""
HAND_TURN_RAD_PER_S = 2.0

_LEASH_RAD = 0.25
"""A commanded joint never runs further ahead of the measured one than this, so that a blocked arm lets go soon."""
_DAMPING_M2 = 2e-5
_LEVER_M = 0.3
_TORSO_EASE = 1e-3
"""Ease of motion in the inverse kinematics against an arm's 1, of torso joints for which the robot's card gives none:
the arms serve the hands, the torso follows its posture."""
_POSTURE_GAIN_PER_S = {"torso": 2.0, "right_arm": 0.5, "left_arm": 0.5}
_POSTURE_SPEED_RAD_PER_S = 0.35
"""Torso speed towards the posture: twice as fast moves the centre of pressure by 10 cm."""
_ACCELERATION_RAD_PER_S2 = {"torso": 0.8, "right_arm": 12.0, "left_arm": 12.0}


class HandControl:
    """Hand velocity in the base frame.

    Action: right hand linear and angular velocity, left hand likewise; right and left gripper opening; base velocity.
    The torso bends with the height of the hands, the arms do the rest, the head keeps its home pose. A hand of several
    fingers opens and shuts them together.

    Raises:
      ControlError: a robot without two hands, or one that stands on legs: hand motion says nothing about balance.
    """

    def __init__(self, engine: Engine, robot: Robot, period_s: float) -> None:
        if len(robot.hands) < 2 or robot.feet:
            kind = "stands on legs" if robot.feet else f"has {len(robot.hands)} hands"
            raise ControlError(
                f"control=ee: {robot.name} {kind}; allowed: two hands on a wheeled or fixed base, or joint"
            )
        model = engine.model
        joints = reaching_joints(robot)
        self._base, self._grips = BaseMotion(model, robot), Grips(model, robot)
        twist = (f"{side}_{part}" for side in robot.hands for part in ("vx", "vy", "vz", "wx", "wy", "wz"))
        self.names = (*twist, *self._grips.names, *self._base.names)
        limits = ((HAND_SPEED_M_PER_S, "m/s"), (HAND_TURN_RAD_PER_S, "rad/s"))
        moves = [limit for _ in robot.hands for limit in limits for _ in range(3)]
        self.channels = (
            *(Channel(name, -limit, limit, unit) for name, (limit, unit) in zip(self.names, moves, strict=False)),
            *self._grips.channels,
            *self._base.channels,
        )
        self._engine = engine
        # bound here and not by the engine: what is bound is copied out at every step
        self._anchor, self._axis = engine.batch.bind("xanchor"), engine.batch.bind("xaxis")
        self._period = period_s
        self._ctrl = np.array([model.actuator(name).id for name in joints])
        self._joint = np.array([model.joint(name).id for name in joints])
        self._qadr = model.jnt_qposadr[self._joint]
        self._low, self._high = model.jnt_range[self._joint, 0].copy(), model.jnt_range[self._joint, 1].copy()
        self._posture = WorkingPosture(robot)
        ease = {} if robot.posture is None else robot.posture.ease
        torso = robot.groups["torso"]
        self._mobility = np.array([ease.get(name, _TORSO_EASE) if name in torso else 1.0 for name in joints])
        self._gain = _by_joint(robot, _POSTURE_GAIN_PER_S) * period_s
        self._change = _by_joint(robot, _ACCELERATION_RAD_PER_S2) * period_s * period_s
        sides = tuple(robot.hands)
        movers = [(*robot.groups["torso"], *robot.groups[f"{side}_arm"]) for side in sides]
        self._moves = np.array([[name in own for name in joints] for own in movers], dtype=np.bool_)
        self._tcp = [engine.columns[f"{side}_tcp_pos"] for side in sides]
        head = robot.groups["head"]
        self._head_ctrl = np.array([model.actuator(name).id for name in head])
        self._head_home = np.array([robot.home[name] for name in head])
        self._target = np.zeros((engine.nsim, len(joints)))
        self._last = np.zeros_like(self._target)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Take the measured joint positions as commanded."""
        self._target[ids] = self._engine.qpos[np.ix_(ids, self._qadr)]
        self._last[ids] = 0.0

    def follow(self, ids: NDArray[np.int64]) -> None:
        """Take what the drives of simulations `ids` are given as commanded: a supervisor has changed it."""
        self._target[ids] = self._engine.ctrl[np.ix_(ids, self._ctrl)]
        self._last[ids] = 0.0

    def command(self, action: Float, ids: NDArray[np.int64]) -> None:
        """Write `engine.ctrl` rows `ids`."""
        engine, period = self._engine, self._period
        q = engine.qpos[np.ix_(ids, self._qadr)]
        target = self._target[ids]
        yaw = self._base.yaw(np, engine.qpos[ids])
        tcp = np.stack([engine.sensordata[ids, columns] for columns in self._tcp], axis=1)
        pace = _POSTURE_SPEED_RAD_PER_S * period
        wanted = (self._posture(0.5 * (tcp[:, 0, 2] + tcp[:, 1, 2])) - target) * self._gain
        step = solve_hands(
            self._anchor[np.ix_(ids, self._joint)],
            self._axis[np.ix_(ids, self._joint)],
            tcp,
            self._moves,
            _world_twist(action, yaw, period),
            wanted * np.minimum(1.0, pace / np.maximum(np.abs(wanted).max(axis=-1), 1e-9))[:, None],
            self._mobility,
            _DAMPING_M2,
            _LEVER_M,
            target,
            self._low,
            self._high,
        )
        last = self._last[ids]
        step = np.minimum(np.maximum(step, last - self._change), last + self._change)
        self._last[ids] = step
        target = np.minimum(np.maximum(target + step, q - _LEASH_RAD), q + _LEASH_RAD)
        target = np.minimum(np.maximum(target, self._low), self._high)
        self._target[ids] = target
        engine.ctrl[np.ix_(ids, self._ctrl)] = target
        engine.ctrl[np.ix_(ids, self._head_ctrl)] = self._head_home
        engine.ctrl[np.ix_(ids, self._grips.actuators)] = self._grips.targets(action[:, 12:14])
        engine.ctrl[np.ix_(ids, self._base.actuators)] = self._base.targets(np, action[:, 14:], yaw)


def _by_joint(robot: Robot, figure: dict[str, float]) -> Float:
    """A figure by group as one array over the joints of the hands' chain."""
    return np.concatenate([np.broadcast_to(figure[g], len(robot.groups[g])) for g in REACHING_GROUPS])


def _world_twist(action: Float, yaw: Float, period: float) -> Float:
    """Wanted step of each hand (m, 2, 6) in the world from actions in the base frame."""
    c, s = np.cos(yaw), np.sin(yaw)
    twist = np.empty((len(yaw), 2, 6))
    for hand in range(2):
        for part, limit in ((0, HAND_SPEED_M_PER_S), (3, HAND_TURN_RAD_PER_S)):
            v = action[:, 6 * hand + part : 6 * hand + part + 3] * (limit * period)
            twist[:, hand, part] = c * v[:, 0] - s * v[:, 1]
            twist[:, hand, part + 1] = s * v[:, 0] + c * v[:, 1]
            twist[:, hand, part + 2] = v[:, 2]
    return twist
