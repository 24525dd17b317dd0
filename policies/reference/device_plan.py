"""What the hands of the C2 controller do in each step: pure functions, in the frame of the nest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import turn_planar, wrap
from pilotline.envs.stations.device_layout import (
    GRIP_Y_M,
    HANDLE_RADIUS_M,
    OUTFEED_M,
    PITCH_M,
    REJECT_M,
    handle_at,
)

Float = NDArray[np.float64]
Poses = Mapping[str, Mapping[str, Float]]
"""Joint angles (k,) by side and by the name of a tool pose."""
Bool = NDArray[np.bool_]
Table = dict[IntEnum, Float | float]

OPEN_M, PINCH_M, FIST_M = 0.026, 0.003, 0.0
"""Opening of the fingers round an edge, commanded to hold it (about 60 N a finger on 7 mm), and as a fist."""
BITE_M = 0.022
"""How far the tool point goes past a device's edge; the tips are 20 mm ahead of it."""
ALIGNED_M = 0.0008
"""Above the pocket the new device waits until camera and pocket agree this well (a corner counts)."""

_BACK_M = 0.065
"""Hands wait this far from the edge."""
_LIFT_M, _RELEASE_M = 0.024, 0.001
"""Height at which devices travel, and height above straps or rails at which they are let go."""
_HOVER_M, _SEAT_M = 0.010, 0.0055
"""Height above the pocket floor at which the new device waits, and is let go, inside the lead-in."""
_SHORT_M = 0.010
"""The new device is brought in this much short of the pocket, off the open lid's foot."""
_RACK_BACK_M, _RACK_SIDE_M = 0.12, 0.15
"""A rejected device rises to the rack here, in front of the open lid and of the rails."""
_FIST_Y_M, _FINGER_M, _TIP_M = 0.155, 0.0107, 0.010
"""The fist on the lid's handle: beside the lid, lower finger on the bar, tips just beyond it."""


class Left(IntEnum):
    """Steps of the left hand, in order: unload, sort, shut the lid."""

    START = 0
    READY = 1
    INSERT = 2
    PINCH = 3
    LIFT = 4
    CLEAR = 5
    CARRY = 6
    LOWER = 7
    OPEN = 8
    RETRACT = 9
    FOLD = 10
    RISE = 11
    POISE = 12
    SHUT = 13
    AWAY = 14


class Right(IntEnum):
    """Steps of the right hand, in order: take the new device, seat it, press it home."""

    START = 0
    READY = 1
    ALIGN = 2
    INSERT = 3
    PINCH = 4
    LIFT = 5
    CARRY = 6
    HOVER = 7
    LOWER = 8
    OPEN = 9
    PRESS = 10
    FREE = 11
    RETRACT = 12


@dataclass(frozen=True)
class Goal:
    """Where a hand shall be, in the frame of the nest.

    Attributes:
      position: (n, 3) m, tool point.
      yaw, pitch: (n,) rad from forward and level, to the left and down.
      speed: (n,) m/s.
      opening: (n,) m between the fingers.
    """

    position: Float
    yaw: Float
    pitch: Float
    speed: Float
    opening: Float


def left_goal(
    phase: NDArray[np.int64], hand: Float, taken: Float, lid: Float, bad: Bool, half: Float, fist_rad: float
) -> Goal:
    """Goal of the left hand.

    Args:
      phase: (n,) steps of `Left`.
      hand, taken: (n, 3), the tool point now and where it pinched.
      lid: (n,) rad, lid angle the fist shall follow.
      bad: (n,), the verdict.
      half: (3,) m, half lengths of a device.
      fist_rad: how far the fist on the lid points down.
    """
    inside, outside, level = BITE_M - half[0], -half[0] - _BACK_M, half[2]
    target = np.where(bad[:, None], REJECT_M, OUTFEED_M)
    side, rest = GRIP_Y_M + target[:, 1], level + target[:, 2] + _RELEASE_M
    travel = level + np.where(bad, REJECT_M[2], 0.0) + _LIFT_M
    back = inside - np.where(bad, _RACK_BACK_M, 0.0)
    # coming down on the rack from in front, a device stays high until it is over the rails
    over = np.minimum(np.maximum(0.5 * (inside - hand[:, 0]) - 0.002, 0.0), _LIFT_M)
    on_bar, along, across = fist_on(lid, fist_rad)
    zero = np.zeros(len(phase))

    def at(x: Float | float, y: Float | float, z: Float | float) -> Float:
        return np.stack([x + zero, y + zero, z + zero], axis=-1)

    ready = at(outside, GRIP_Y_M, level)
    places = {
        Left.START: ready,
        Left.READY: ready,
        Left.INSERT: at(inside, GRIP_Y_M, level),
        Left.PINCH: taken,
        Left.LIFT: taken + at(0.0, 0.0, _LIFT_M),
        Left.CLEAR: at(back, GRIP_Y_M + np.where(bad, _RACK_SIDE_M, 0.0), travel),
        Left.CARRY: at(back, side, travel),
        Left.LOWER: at(inside, side, rest + over),
        Left.OPEN: at(inside, side, rest),
        Left.RETRACT: at(outside - 0.04, side, rest - _RELEASE_M),
        Left.FOLD: on_bar,
        Left.RISE: on_bar,
        Left.POISE: on_bar + 0.012 * across,
        Left.SHUT: on_bar,
        Left.AWAY: on_bar + 0.10 * across - 0.05 * along,
    }
    rising = _out_of_pocket(hand[:, 2] - taken[:, 2])
    speeds: Table = {Left.INSERT: 0.2, Left.LIFT: rising, Left.LOWER: 0.10}
    holds = (phase >= Left.PINCH) & (phase < Left.OPEN)
    return Goal(
        position=np.select([(phase == step)[:, None] for step in places], list(places.values())),
        yaw=zero,
        pitch=np.where(phase >= Left.FOLD, fist_rad, 0.0),
        speed=_chosen(phase, speeds, 0.45),
        opening=np.select([holds, phase >= Left.FOLD], [PINCH_M, FIST_M], OPEN_M),
    )


def right_goal(
    phase: NDArray[np.int64], hand: Float, taken: Float, aim: Float, held: Float, beside: Float, half: Float
) -> Goal:
    """Goal of the right hand.

    Args:
      phase: (n,) steps of `Right`.
      hand, taken: (n, 3), the tool point now and where it pinched.
      aim: (n, 3), x, y, yaw of the device on the belt.
      held: (n, 3), x, y, yaw of the device's middle seen from the hand.
      beside: (n,) m, how far the device is from its place over the pocket.
      half: (3,) m, half lengths of a device.
    """
    zero = np.zeros(len(phase))
    # where the device's middle shall be, and the hand relative to it
    short = np.array([-_SHORT_M, 0.0, 0.0]) + np.zeros_like(aim)
    middle = np.select([(phase <= Right.LIFT)[:, None], (phase == Right.CARRY)[:, None]], [aim, short], 0.0)
    grip = np.where((phase < Right.LIFT)[:, None], np.array([half[0] - BITE_M, GRIP_Y_M, 0.0]), held)
    yaw = wrap(np, middle[:, 2] - grip[:, 2])
    waits = (phase <= Right.ALIGN) | (phase == Right.RETRACT)
    position = turn_planar(
        np, yaw, np.stack([-grip[:, 0] - np.where(waits, _BACK_M + BITE_M, 0.0), -grip[:, 1], zero], axis=-1)
    )
    position[:, :2] += middle[:, :2]
    heights: Table = {
        Right.CARRY: _LIFT_M,
        Right.HOVER: _HOVER_M,
        Right.LOWER: np.where(beside < 2.0 * ALIGNED_M, _SEAT_M, _HOVER_M),
        Right.OPEN: _SEAT_M,
        Right.PRESS: -0.020,
    }
    position[:, 2] = half[2] + _chosen(phase, heights, 0.0)
    up = np.stack([zero, zero, zero + _LIFT_M], axis=-1)
    position = np.select(
        [(phase == Right.PINCH)[:, None], (phase == Right.LIFT)[:, None]], [taken, taken + up], position
    )
    # the upper finger meets the glass at a known height of the tool point: slow down before it
    gap = hand[:, 2] - (2.0 * half[2] - 0.5 * OPEN_M)
    speeds: Table = {
        Right.INSERT: 0.2,
        Right.LIFT: _out_of_pocket(hand[:, 2] - taken[:, 2]),
        Right.HOVER: 0.12,
        Right.LOWER: 0.05,
        Right.PRESS: np.minimum(0.006 + 8.0 * np.maximum(gap - 0.0015, 0.0), 0.08),
    }
    holds = (phase >= Right.PINCH) & (phase < Right.OPEN)
    return Goal(
        position=position,
        yaw=yaw,
        pitch=zero,
        speed=_chosen(phase, speeds, 0.45),
        opening=np.where(holds, PINCH_M, OPEN_M),
    )


def postures(
    poses: Poses, right: NDArray[np.int64], left: NDArray[np.int64], right_y: Float, left_y: Float
) -> tuple[Float, Bool]:
    """Arm joints to prefer (n, 2 k) rad, right then left, and (n, 2) where an arm simply goes there.

    Args:
      poses: of both arms of k joints.
      right, left: (n,) steps.
      right_y, left_y: (n,) m, tool points across the cell.
    """

    def work(arm: Mapping[str, Float], y: Float) -> Float:
        share = np.minimum(np.maximum((y - GRIP_Y_M) / PITCH_M, 0.0), 1.0)[:, None]
        return arm["nest"] + share * (arm["belt"] - arm["nest"])

    ours, theirs = poses["right"], poses["left"]
    right_arm = np.where((right == Right.START)[:, None], ours["before belt"], work(ours, -right_y))
    steps = [left == Left.START, left == Left.FOLD, left == Left.RISE, left > Left.RISE]
    goals = [theirs[name] for name in ("before nest", "folded", "above lid", "lid")]
    left_arm = np.select([step[:, None] for step in steps], goals, work(theirs, left_y))
    taught = np.stack([right == Right.START, steps[0] | steps[1] | steps[2]], axis=-1)
    return np.concatenate([right_arm, left_arm], axis=-1), taught


def fist_on(lid: Float, pitch_rad: float) -> tuple[Float, Float, Float]:
    """Tool point (n, 3) of a fist pitched down on the handle of a lid at angles (n,), and its x and y axes (3,)."""
    c, s = np.cos(pitch_rad), np.sin(pitch_rad)
    along, across = np.array([c, 0.0, -s]), np.array([s, 0.0, c])
    handle = handle_at(lid)
    handle[:, 1] = _FIST_Y_M
    return handle + (HANDLE_RADIUS_M + _FINGER_M) * across - _TIP_M * along, along, across


def _out_of_pocket(height: Float) -> Float:
    """Slowly while the pocket's walls are near, then faster: speed (n,) m/s at heights (n,) m."""
    return np.minimum(0.012 + 4.0 * np.maximum(height, 0.0), 0.15)


def _chosen(phase: NDArray[np.int64], table: Table, other: float) -> Float:
    """The entry (n,) of the table for each step, `other` where there is none."""
    return np.select(
        [phase == step for step in table], [value + np.zeros(len(phase)) for value in table.values()], other
    )
