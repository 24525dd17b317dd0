"""Reference controller of A1: hook both grip holes, lift, turn round, set down on the mark."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import quat_from_axis_angle, quat_mul, rotate, wrap
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.motion import (
    base_action,
    grip_action,
    hand_errors,
    hand_twist,
    limited,
    slew,
)
from pilotline.robots import Robot

Float = NDArray[np.float64]

_STAND_OFF_M = 0.38
_STAND_OFF_KNEELING_M = 0.44
_KNEEL_BELOW_M = 0.70
"""Base centre to the near face of the tote: the base's front plus a hand's breadth."""
_ASIDE_M = 0.10
"""Fingertips wait this far outside the tote."""
_AWAY_M = 0.16
"""How far hands draw back from a tote that stands on the belt."""
_DEPTH_M = 0.015
"""How far the tool point goes into a grip hole."""
_CARRY_CLEARANCE_M = 0.10
_CARRY_AHEAD_M = 0.62
"""A tote is carried at least this far ahead of the base centre: knees must not meet the conveyor."""
_INCLINE_RAD = 0.12
"""Hands point this far below the horizontal, so that wrists stay clear of belt and deck."""
_FORWARD_RAD = 0.21
"""Hands come from a little behind: more would bring the palm's edge against the tote before the fingers are in."""
_BRACE_M = 0.10
"""Fingers open against both cheeks of a grip hole: a tote with its weight off the middle cannot pitch."""


class Phase(IntEnum):
    """Steps of the job, in order."""

    SHAPE = 0
    DOCK = 1
    INSERT = 2
    BRACE = 3
    LIFT = 4
    BACK = 5
    RAISE = 6
    TURN = 7
    ADVANCE = 8
    LOWER = 9
    CLOSE = 10
    RETRACT = 11
    REST = 12


class ToteDestackPolicy:
    """Acts on observations alone: pose source, encoders, wrist sensors.

    Args:
      robot: whose hands are used.
      nsim: simulations served.
    """

    control = "ee"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._phase = np.zeros(nsim, np.int64)
        self._since = np.zeros(nsim)
        self._velocity = np.zeros((nsim, 3))
        self._aim = np.zeros((nsim, 3))
        self._hook = np.zeros(nsim)
        self._spread = np.zeros(nsim)
        self._axes = {"right": _hand_axes(-1.0), "left": _hand_axes(1.0)}

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._phase[ids] = Phase.SHAPE
        self._since[ids] = 0.0
        self._velocity[ids] = 0.0
        self._aim[ids] = 0.0

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, 17)."""
        phase = self._phase
        tote, belt, size = obs["tote_pose"], obs["belt_pose"], obs["tote_size"]
        half, hole = size[:, 0] / 2, size[:, 3]
        yaw = wrap(np, 2.0 * tote[:, 3]) / 2.0
        carried = (phase >= Phase.LIFT) & (phase < Phase.LOWER)
        placing = phase >= Phase.LOWER

        waiting = phase <= Phase.DOCK
        low = np.where(waiting, tote[:, 2] + hole, self._aim[:, 2]) < _KNEEL_BELOW_M
        distance = np.where(low, _STAND_OFF_KNEELING_M, _STAND_OFF_M) + size[:, 1] / 2
        at_stack = np.stack([distance, np.zeros_like(half), tote[:, 2] + hole], axis=-1)
        over_tote = np.stack([tote[:, 0], tote[:, 1], tote[:, 2] + hole], axis=-1)
        fresh = np.where(waiting[:, None], at_stack, over_tote)
        follow = phase <= Phase.INSERT
        self._aim = np.where(follow[:, None], fresh, self._aim)
        self._hook = np.where(follow, np.where(waiting, 0.0, yaw), self._hook)

        carry_z = np.maximum(belt[:, 2] + hole + _CARRY_CLEARANCE_M, 0.0)
        lift_goal = self._aim[:, 2] + _CARRY_CLEARANCE_M
        reach = 0.0 * self._aim
        z = np.select(
            [phase == Phase.LIFT, carried & (phase > Phase.LIFT), placing],
            [lift_goal, np.where(phase == Phase.BACK, lift_goal, carry_z), belt[:, 2] + hole - 0.004],
            self._aim[:, 2],
        )
        x = np.where(carried & (phase > Phase.BACK), np.maximum(distance, _CARRY_AHEAD_M), self._aim[:, 0])
        y = np.where(carried & (phase > Phase.LIFT), 0.0, self._aim[:, 1])
        centre = np.stack([x, y, z], axis=-1) + reach
        angle = np.where(phase > Phase.LIFT, 0.0, self._hook)
        self._hook = np.where(phase > Phase.LIFT, 0.0, self._hook)
        self._aim = np.where(
            ((phase > Phase.LIFT) & ~placing)[:, None], np.stack([x, y, self._aim[:, 2]], axis=-1), self._aim
        )

        aside = np.select([waiting, phase >= Phase.RETRACT], [_ASIDE_M, _AWAY_M], 0.0)
        gap = obs["left_hand"][:, :3] - obs["right_hand"][:, :3]
        measured = np.sqrt((gap * gap).sum(axis=-1)) / 2
        self._spread = np.where(
            phase <= Phase.INSERT, half - _DEPTH_M, np.where(phase == Phase.BRACE, measured, self._spread)
        )
        turn = quat_from_axis_angle(np, (0.0, 0.0, 1.0), angle)
        speed = np.select([waiting, phase == Phase.LIFT, phase == Phase.LOWER], [0.12, 0.10, 0.10], 0.2)
        twists, misses = [], []
        for side, sign in (("right", -1.0), ("left", 1.0)):
            approach, frame = self._axes[side]
            across = (
                np.stack([0.0 * half, sign * self._spread, 0.0 * half], axis=-1) - aside[:, None] * approach
            )
            goal = centre + rotate(np, turn, across)
            quat = quat_mul(np, turn, np.broadcast_to(frame, (len(half), 4)))
            hand = obs[f"{side}_hand"]
            twists.append(hand_twist(hand, goal, quat, speed))
            move, spin = hand_errors(hand, goal, quat)
            misses.append(np.sqrt((move * move).sum(axis=-1)) + 0.1 * np.sqrt((spin * spin).sum(axis=-1)))
        miss = np.maximum(misses[0], misses[1])

        wanted, off, heading = self._drive(obs, distance, yaw)
        self._velocity = slew(self._velocity, wanted, (0.4, 0.4, 1.2))
        braced = (phase >= Phase.BRACE) & (phase < Phase.CLOSE)
        grip = np.where(braced, _BRACE_M, 0.0)[:, None] + np.zeros(2)
        self._next(miss, off, heading, obs)
        return np.concatenate(
            [twists[0], twists[1], grip_action(grip, self._grip_max), base_action(self._velocity)], axis=-1
        )

    def _drive(self, obs: Mapping[str, Float], distance: Float, yaw: Float) -> tuple[Float, Float, Float]:
        """Base velocity wanted now (n, 3), distance still to go (n,) m and heading error (n,) rad."""
        phase, tote, belt = self._phase, obs["tote_pose"], obs["belt_pose"]
        bearing = np.arctan2(belt[:, 1], belt[:, 0])
        to_tote = np.stack([tote[:, 0] - distance, tote[:, 1]], axis=-1)
        belt_yaw = wrap(np, 2.0 * belt[:, 3]) / 2.0
        over_mark = belt[:, :2] - tote[:, :2]
        back = np.stack([np.full_like(distance, -0.5), np.zeros_like(distance)], axis=-1)
        approach, turning, advance = phase == Phase.DOCK, phase == Phase.TURN, phase == Phase.ADVANCE
        gap = np.select(
            [approach[:, None], (phase == Phase.BACK)[:, None], advance[:, None]],
            [to_tote, back, over_mark],
            0.0,
        )
        heading = np.select([approach, turning, advance], [yaw, bearing, belt_yaw], 0.0)
        linear = limited(0.9 * gap, 0.4)
        spin = np.minimum(np.maximum(1.2 * heading, -0.9), 0.9)
        off = np.sqrt((gap * gap).sum(axis=-1))
        return np.concatenate([linear, spin[:, None]], axis=-1), off, np.abs(heading)

    def _next(self, miss: Float, off: Float, heading: Float, obs: Mapping[str, Float]) -> None:
        """Move on where a phase has reached its goal."""
        phase, since = self._phase, self._since
        speed = np.abs(obs["base_velocity"]).max(axis=-1)
        clear = (obs["tote_pose"][:, 0] > 0.95) | (since > 2.0)
        reached = np.select(
            [phase == p for p in Phase],
            [
                (miss < 0.05) | (since > 8.0),
                (off < 0.02) & (heading < 0.03) & (miss < 0.03) & (speed < 0.03),
                (miss < 0.008) | (since > 2.0),
                since > 0.9,
                (miss < 0.02) | (since > 3.0),
                (since > 1.6) & clear,
                miss < 0.05,
                (heading < 0.15),
                (off < 0.010) & (heading < 0.02) & (speed < 0.03),
                (miss < 0.010) | (since > 3.0),
                since > 0.4,
                miss < 0.03,
                np.zeros(len(phase), np.bool_),
            ],
        ).astype(np.bool_)
        self._phase = phase + reached
        self._since = np.where(reached, 0.0, since + CONTROL_PERIOD_S)


def _hand_axes(sign: float) -> tuple[Float, Float]:
    """Approach direction and orientation of a hand; sign +1 is the left one, -1 its mirror image."""
    c, s = np.cos(_INCLINE_RAD), np.sin(_INCLINE_RAD)
    cy, sy = np.cos(_FORWARD_RAD), np.sin(_FORWARD_RAD)
    approach = np.array([sy * c, -sign * cy * c, -s])
    opening = np.array([cy, sign * sy, 0.0])
    matrix = np.stack([approach, opening, np.cross(approach, opening)], axis=1)
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, matrix.ravel())
    return approach, quat
