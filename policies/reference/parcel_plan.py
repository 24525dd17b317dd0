"""What the right hand of the D1 controller does in each step: pure functions, in the frame of the cell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.stations.parcel_layout import EDGE_X_M, INDUCTION_Y_M, INFEED_Y_M, NOSE_X_M
from pilotline.policies.reference.parcel_poses import BITE_M

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_BACK_M = 0.055
"""The hand waits so far from a parcel's edge."""
OUT_M, _CHEST_Y_M = 0.025, -0.15
"""Fingers are out of a parcel so far before its edge; left of here the hand keeps no more than that back."""
_TIPS_M = 0.030
"""The tool point stays so far before a belt, the tips 10 mm less."""
_ROOM_M = 0.024
"""Fingers are open by so much more than a parcel is high."""
_SQUEEZE_M = 0.030
"""And close to so much less than that: grippers reach their full force."""
_LIFT_M = 0.028
"""Clearance of a parcel on its way over the belts."""
_PASS_M = 0.09
"""A parcel that waits for room is held higher by this, over what stands on the belt."""
_SAG_M = 0.035
"""Bags hang so much lower than their near part."""
_GATE_Y_M = INFEED_Y_M + 0.12
"""A parcel waits here, beside the induction belt, until that is free."""
_PULL_M, _APART_M = 0.035, 0.08
"""A parcel is drawn back so far from the next one, and not straightened before it is so far beside it."""
_HOVER_M, _ROLL_ROOM_M = 0.012, 0.006
"""Height above the belt at which a parcel arrives over its place, and without which it is rolled no further."""
_TURNED_RAD = 0.1
"""From this yaw on a parcel is not taken at roll 0, see `start_roll`."""
TURNS = np.array([0.0, -np.pi, -np.pi / 2, np.pi / 2])
"""Roll of the hand that brings each face down, in the order of `FACES`; half round goes either way."""


class Step(IntEnum):
    """Steps of the right hand, in order; the last one leads to READY."""

    START = 0
    READY = 1
    INSERT = 2
    GRIP = 3
    LIFT = 4
    CARRY = 5
    LOWER = 6
    OPEN = 7
    BACK = 8


@dataclass(frozen=True)
class Goal:
    """Where the hand shall be, in the frame of the cell.

    Attributes:
      position: (n, 3) m, tool point.
      yaw: (n,) rad to the left.
      roll: (n,) rad about the fingers: 0 one above the other, -pi turned half round.
      speed: (n,) m/s.
      opening: (n,) m between the fingers.
    """

    position: Float
    yaw: Float
    roll: Float
    speed: Float
    opening: Float


@dataclass(frozen=True)
class Held:
    """The parcel that the hand goes for or holds: rows of n.

    Attributes:
      edge: (n, 3) x, y, yaw of the middle of its near edge where it lies.
      size: (n, 3) m along, across, high.
      bag: (n,) 1 for a bag.
      face: (n,) its valid label's side, as in `FACES`.
    """

    edge: Float
    size: Float
    bag: Float
    face: Int


def start_roll(face: Int, now: Float, yaw: Float) -> Float:
    """Roll (n,) with which a parcel is taken, 0 or -pi, from the label's side, the hand's roll now and its yaw there.

    Where both do, the nearer one is taken, but with the hand turned to the left the last joint has no room at 0.
    """
    turned = (now < -np.pi / 2 - 0.01) | (yaw > _TURNED_RAD)
    return np.select([face == 2, face == 3], [0.0 * now, 0.0 * now - np.pi], np.where(turned, -np.pi, 0.0))


def end_roll(face: Int, start: Float) -> Float:
    """Roll (n,) with which a parcel is set down."""
    half_round = np.where(start < -0.5, 0.0, -np.pi)
    return np.where(face == 1, half_round, np.minimum(np.maximum(start + TURNS[face], -np.pi), 0.0))


def half_height(size: Float, turned: Float) -> Float:
    """Half height (n,) m of parcels rolled by (n,) rad."""
    return 0.5 * (size[:, 2] * np.abs(np.cos(turned)) + size[:, 1] * np.abs(np.sin(turned)))


def goal_of(
    step: Int, hand: Float, held: Held, roll: Float, start: Float, to_roll: Float, free: NDArray[np.bool_]
) -> Goal:
    """Goal of the hand.

    Args:
      step: (n,) of `Step`.
      hand: (n, 3) m, tool point now.
      held: the parcel.
      roll: (n,) rad asked of the hand now, on its way to where it shall be.
      start: (n,) rad, roll at which the parcel was or will be taken.
      to_roll: (n,) rad, how far it still has to roll, 0 or more.
      free: (n,) bool, there is room for the parcel on the induction belt.
    """
    zero = np.zeros(len(step))
    c, s = np.cos(held.edge[:, 2]), np.sin(held.edge[:, 2])

    def ahead(way: float, height: Float) -> Float:
        """Points (n, 3) so far inside the parcel's near edge where it lies, tips before the belt."""
        x = np.minimum(held.edge[:, 0] + way * c, NOSE_X_M - _TIPS_M)
        return np.stack([x, held.edge[:, 1] + way * s, height], axis=-1)

    def at(x: Float | float, y: Float | float, z: Float) -> Float:
        return np.stack([x + zero, y + zero, z], axis=-1)

    level = 0.5 * held.size[:, 2]
    thick = half_height(held.size, roll - start)
    over = thick + _LIFT_M + _SAG_M * held.bag
    beside = np.abs(hand[:, 1] - INDUCTION_Y_M)
    # come down on the way's last stretch already, but never into what is still to be rolled
    high = thick + np.minimum(over - thick, _HOVER_M + 0.5 * np.maximum(beside - 0.03, 0.0) + 0.1 * to_roll)
    inside = EDGE_X_M + BITE_M
    side = np.where(free, INDUCTION_Y_M, _GATE_Y_M)
    apart = hand[:, 1] > INFEED_Y_M + _APART_M
    ready = ahead(-_BACK_M, level)
    # pass the chest with the wrist well ahead of it
    ready[:, 0] = np.maximum(ready[:, 0], EDGE_X_M - np.where(hand[:, 1] > _CHEST_Y_M, OUT_M, 1.0))
    places = {
        Step.READY: ready,
        Step.INSERT: ahead(BITE_M, level),
        Step.GRIP: ahead(BITE_M, level),
        Step.LIFT: ahead(BITE_M - _PULL_M, over),
        Step.CARRY: at(inside - np.where(apart, 0.0, _PULL_M), side, np.where(free, high, over + _PASS_M)),
        Step.LOWER: at(inside, INDUCTION_Y_M, thick),
        Step.OPEN: at(inside, INDUCTION_Y_M, thick),
        Step.BACK: at(EDGE_X_M - _BACK_M, INDUCTION_Y_M, thick),
    }
    holds = (step >= Step.GRIP) & (step < Step.OPEN)
    wide = held.size[:, 2] + np.where(holds, -_SQUEEZE_M, _ROOM_M)
    taking = (step <= Step.LIFT) | (~apart & (step == Step.CARRY))
    return Goal(
        position=np.select([(step == each)[:, None] for each in places], list(places.values()), places[Step.READY]),
        yaw=np.where(taking, held.edge[:, 2], 0.0),
        roll=roll,
        speed=np.select([step == Step.INSERT, step == Step.LOWER, step == Step.LIFT], [0.4, 0.2, 0.5], 0.8 + zero),
        opening=np.maximum(wide, 0.0),
    )


def next_roll(roll: Float, wanted: Float, hand: Float, held: Held, start: Float, step: Int, pace: float) -> Float:
    """Roll (n,) asked next, at most `pace` rad on, and no further than a held parcel has room for at its height."""
    further = roll + np.minimum(np.maximum(wanted - roll, -pace), pace)
    carried = (step == Step.LIFT) | (step == Step.CARRY)
    fits = hand[:, 2] > half_height(held.size, further - start) + _ROLL_ROOM_M
    return np.where(carried & ~fits, roll, further)
