"""What the hand of the B3 controller does in each step: pure functions, in the frame of the bench."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.stations.screw_layout import FEEDER_M, HANDLE_M, PARK_M, RECESS_M, REST_M, SNUG_M, pocket_x

Float = NDArray[np.float64]
Int = NDArray[np.int64]

OPEN_M, GRIP_M = 0.060, 0.012
"""Opening of the fingers round the handle bar (20 mm high), and commanded to hold it."""
OVER_M = 0.032
"""Height of the bit's end at which screws travel: a hanging screw's tip is 15 mm lower."""
_HOVER_M = 0.0175
"""Height at which a screw's tip is just above its hole."""
_LED_M = 0.007
"""Height at which the sleeve is about a head in its pocket."""
_BACK_M = 0.07
"""The hand waits this far in front of the handle."""
_PICK_PRESS_M, DRIVE_PRESS_M = 0.0012, 0.0045
"""How far the spindle gives way when a screw is picked, less than starts the driver, and when its head sits."""


class Step(IntEnum):
    """Steps of the hand, in order; from `RAISE` the next screw begins at `TO_POCKET`."""

    START = 0
    READY = 1
    REACH = 2
    GRIP = 3
    TO_POCKET = 4
    PICK = 5
    LIFT = 6
    TO_HOLE = 7
    ALIGN = 8
    DRIVE = 9
    RAISE = 10
    PARK = 11
    OPEN = 12
    RETRACT = 13


@dataclass(frozen=True)
class Goal:
    """Where the bit's end shall be while the hand holds the driver, and where the hand otherwise.

    Attributes:
      tool: (n, 3) m, bit's end with the spindle out.
      hand: (n, 3) m, tool point of the hand.
      holds: (n,) bool, whether `tool` is the goal.
      speed: (n,) m/s.
      opening: (n,) m between the fingers.
    """

    tool: Float
    hand: Float
    holds: NDArray[np.bool_]
    speed: Float
    opening: Float


def pocket_at(pocket: Int, feeder: Float) -> Float:
    """Middle of pockets (n,) in the bench's frame (n, 2), m, of feeders (n, 3): x, y, yaw off their place."""
    along = np.array([pocket_x(k) for k in range(32)])[np.minimum(np.maximum(pocket, 0), 31)]
    c, s = np.cos(feeder[:, 2]), np.sin(feeder[:, 2])
    return np.stack([FEEDER_M[0] + feeder[:, 0] + c * along, FEEDER_M[1] + feeder[:, 1] + s * along], axis=-1)


def goal_of(step: Int, tool: Float, pocket: Float, hole: Float, offset: Float) -> Goal:
    """Goal of the hand.

    Args:
      step: (n,) steps of `Step`.
      tool: (n, 3), bit's end now.
      pocket, hole: (n, 2), where the next screw hangs and where it belongs.
      offset: (n, 2), added to both while a screw is felt for.
    """
    n = len(step)

    def at(place: Float, height: Float | float) -> Float:
        return np.concatenate([place, np.broadcast_to(np.reshape(height, (-1, 1)), (n, 1))], axis=-1)

    # a head in the sleeve shows where its pocket is: the hand lets itself be led, and draws the screw straight out
    led = tool[:, 2:] < _LED_M
    above = np.minimum(tool[:, 2], OVER_M)
    picked, driven = REST_M + RECESS_M - _PICK_PRESS_M, SNUG_M + RECESS_M - DRIVE_PRESS_M
    places = {
        Step.TO_POCKET: at(pocket, OVER_M),
        Step.PICK: at(np.where(led, tool[:, :2], pocket + offset), picked),
        Step.LIFT: at(tool[:, :2], OVER_M),
        Step.TO_HOLE: at(hole, OVER_M),
        Step.ALIGN: at(hole + offset, _HOVER_M),
        Step.DRIVE: at(hole + offset, driven),
        Step.RAISE: at(hole, OVER_M),
        Step.PARK: np.tile(PARK_M, (n, 1)),
    }
    parked = np.tile(PARK_M, (n, 1))
    goal = np.select([(step == one)[:, None] for one in places], list(places.values()), parked)
    handle = np.array(PARK_M) + np.array(HANDLE_M)
    away = (step <= Step.READY) | (step == Step.RETRACT)
    hand = np.tile(handle, (n, 1)) - np.array([_BACK_M, 0.0, 0.0]) * away[:, None]
    slow = {
        # down on a head, and down into a hole: slow before things meet
        Step.PICK: 0.015 + 2.0 * np.maximum(above - picked - 0.004, 0.0),
        Step.DRIVE: np.full(n, 0.03),
        Step.REACH: np.full(n, 0.15),
        Step.LIFT: 0.03 + 3.0 * np.maximum(above - picked, 0.0),
        Step.RAISE: np.full(n, 0.12),
    }
    speed = np.select([step == one for one in slow], list(slow.values()), 0.35)
    gripped = (step >= Step.GRIP) & (step < Step.OPEN)
    return Goal(goal, hand, (step >= Step.TO_POCKET) & (step <= Step.PARK), speed, np.where(gripped, GRIP_M, OPEN_M))
