"""From one station of a hall to the next: hands up and back, out of the cell, arms home, along the lane, in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import turn_planar, wrap
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.arms import Arms, home_action
from pilotline.policies.reference.motion import base_action, grip_action, limited, reach_twist, slew
from pilotline.robots import Robot

Float = NDArray[np.float64]

_UP_M = 0.12
"""Hands rise this far before they are drawn back over whatever stands in a cell."""
_NEAR_M = 0.42
"""Hands are drawn back to this far ahead of the base's middle."""
_UP_S, _BACK_S, _HOME_S = 1.5, 2.5, 4.0
"""Patience with each of these: what is blocked is left to the next."""
_SPEED, _TURN = 0.7, 1.0
_ACCELERATION = (0.5, 0.5, 1.5)
"""m/s, rad/s, m/s^2, rad/s^2: an upright robot with empty hands; the base itself could do 0.8 m/s."""
_THERE_M, _STRAIGHT_RAD, _STILL = 0.004, 0.004, 0.02
"""How near is there, with what is left of speed, m/s."""
_GAIN_PER_S, _TURN_GAIN_PER_S = 2.5, 2.5
_BRAKE = 0.35
"""m/s^2, of the way into a cell: less than the robot speeds up with, since its velocity lags what it is told."""


class Leg(IntEnum):
    """Parts of the way, in order."""

    UP = 0
    BACK = 1
    OUT = 2
    HOME = 3
    DRIVE = 4
    THERE = 5


class Travel:
    """Drives n robots with planar bases to where they are told; acts on encoders and odometry alone.

    Args:
      robot: with two hands on a planar base.
      nsim: robots served.
    """

    control = "joint"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._arms = Arms(robot, nsim, {name: robot.home[name] for name in robot.groups["torso"]})
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        joints = [*robot.groups["right_arm"], *robot.groups["left_arm"]]
        self._home = np.array([robot.home[name] for name in joints])
        torso = len(robot.groups["torso"])
        self._torso = slice(self._arms.columns.start, self._arms.columns.start + torso)
        self._upright = np.array([robot.home[name] for name in robot.groups["torso"]])
        self._legs = np.array([home_action(robot, name) for side in robot.feet for name in robot.groups[f"{side}_leg"]])
        self._goal = np.zeros((nsim, 3))
        self._leg = np.full(nsim, Leg.THERE, np.int64)
        self._since = np.zeros(nsim)
        self._from = np.zeros((nsim, 2, 3))
        self._velocity = np.zeros((nsim, 3))

    def go(self, ids: NDArray[np.int64], places_m: Float) -> None:
        """Send robots `ids` to places (m, 2) of the hall, to stand there looking at +x."""
        self._arms.begin(ids)
        self._goal[ids, :2] = places_m
        self._leg[ids] = Leg.UP
        self._since[ids] = 0.0
        self._velocity[ids] = 0.0
        self._from[ids] = np.nan

    def there(self) -> NDArray[np.bool_]:
        """(n,), which robots have arrived."""
        return np.asarray(self._leg == Leg.THERE)

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions of the joint layout; `base_pose` is that of the hall."""
        leg, base = self._leg, obs["base_pose"]
        hands = np.stack([obs["right_hand"], obs["left_hand"]], axis=1)
        self._from = np.where(np.isnan(self._from), hands[:, :, :3], self._from)
        up = self._from + np.array([0.0, 0.0, _UP_M])
        back = np.stack([np.minimum(up[:, :, 0], _NEAR_M), up[:, :, 1], up[:, :, 2]], axis=-1)
        goal = np.where((leg == Leg.UP)[:, None, None], up, back)
        move = goal - hands[:, :, :3]
        miss = np.sqrt((move * move).sum(axis=-1)).max(axis=-1)
        twist = np.stack([reach_twist(move[:, i], np.zeros_like(move[:, i]), 0.3) for i in (0, 1)], axis=1)
        homing = leg >= Leg.HOME
        joints = obs["joint_pos"][:, self._arms.columns]
        taught = np.repeat(homing[:, None], 2, axis=1)
        posture = np.broadcast_to(self._home, (len(base), len(self._home)))
        arms = self._arms.act(joints, twist, posture, taught)
        bent = np.abs(self._upright - obs["joint_pos"][:, self._torso]).max(axis=-1)
        off = np.maximum(np.abs(self._home - joints[:, -len(self._home) :]).max(axis=-1), bent)
        drive, gap, turn = self._drive(base)
        # whatever a hand may still hold stays in its cell
        grip = grip_action(np.where(homing[:, None], 0.0, self._grip_max * 2.0), self._grip_max)
        legs = np.broadcast_to(self._legs, (len(base), len(self._legs)))
        speed = np.abs(obs["base_velocity"]).max(axis=-1)
        self._advance(miss, off, gap, turn, speed)
        return np.concatenate([legs, arms, grip, base_action(drive)], axis=-1)

    def _drive(self, base: Float) -> tuple[Float, Float, Float]:
        """Base velocity (n, 3) in its own frame, way still to go (n,) m, and angle (n,) rad."""
        leg = self._leg
        gap = self._goal[:, :2] - base[:, :2]
        # out of a cell straight into the lane, which all stations share
        gap[:, 1] = np.where(leg == Leg.OUT, 0.0, gap[:, 1])
        turn = wrap(np, -base[:, 2])
        moving = (leg == Leg.OUT) | (leg >= Leg.DRIVE)
        turning = leg >= Leg.DRIVE
        far = np.sqrt((gap * gap).sum(axis=-1))
        top = np.minimum(_SPEED, np.sqrt(2.0 * _BRAKE * far))
        way = np.where(moving[:, None], limited(_GAIN_PER_S * gap, top), 0.0)
        spin = np.where(turning, np.minimum(np.maximum(_TURN_GAIN_PER_S * turn, -_TURN), _TURN), 0.0)
        wanted = np.concatenate([way, spin[:, None]], axis=-1)
        self._velocity = slew(self._velocity, wanted, _ACCELERATION)
        own = turn_planar(np, -base[:, 2], self._velocity)
        return own, far, np.abs(turn)

    def _advance(self, miss: Float, off: Float, gap: Float, turn: Float, speed: Float) -> None:
        spent = self._since
        reached = {
            Leg.UP: (miss < 0.02) | (spent > _UP_S),
            Leg.BACK: (miss < 0.03) | (spent > _BACK_S),
            Leg.OUT: (gap < 0.02) & (speed < 0.05),
            Leg.HOME: (off < 0.15) | (spent > _HOME_S),
            Leg.DRIVE: (gap < _THERE_M) & (turn < _STRAIGHT_RAD) & (speed < _STILL) & (off < 0.05),
        }
        done = np.select([self._leg == leg for leg in reached], list(reached.values()), False)
        self._leg = self._leg + done
        self._since = np.where(done, 0.0, spent + CONTROL_PERIOD_S)
