"""What a hand of the B1 controller does in each step with each part: pure functions, in the frame of the board.

A row is one hand; tools point straight down, fingers part along the board's x.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import load_card
from pilotline.envs.frames import wrap
from pilotline.envs.stations.peg_layout import (
    FACE_M,
    GEAR_GRIP_M,
    GEAR_TEETH,
    HOLE_DEPTH_M,
    HUB_RADIUS_M,
    PARTS,
    PEG_GRIP_M,
    PEGS,
    PINION_TEETH,
    SHAFT_HEIGHT_M,
    TRAY_FLOOR_M,
    seat_m,
)
from pilotline.envs.stations.peg_teeth import in_mesh
from pilotline.policies.reference.peg_poses import ROW_Y_M, TRAY_Y_M
from pilotline.policies.reference.search import raster, spiral

Float = NDArray[np.float64]
Int = NDArray[np.int64]

QUEUE = ((3, 2, 1, 0), (4, 5, 6))
"""Parts in the order in which the right and the left hand take them: the wide hole first, which tells where the board
is; the large gear first, which meshes with the pinion."""

_IS_PEG = np.array([name in PEGS for name in PARTS])
_GRIP_M = np.where(_IS_PEG, PEG_GRIP_M, GEAR_GRIP_M)
_SEAT_M = np.array([seat_m(part) for part in range(len(PARTS))])
_OPENER_M, _SQUEEZE_M = 0.012, 0.0014
"""Fingers open so much wider than the part, and shut so much narrower: 42 N a finger."""
_OVER_M = 0.112
"""Tool point above a tray's floor where the camera still sees the parts."""
_RAMP_M_PER_S2 = 0.8
"""Hands start gently, since the whole robot gives way to what they push off from."""
_RAISE_M = 0.25
_TRAVEL_M = 0.042
"""Foot of a carried part above the board: higher than seated gears."""
_PEG_HOVER_M, _GEAR_HOVER_M = 0.004, SHAFT_HEIGHT_M + 0.003
_PITCHES = 1.6
"""Turns or lines of a search are so many plays of the fit apart."""
_SPIRAL_M_PER_S, _SPIRAL_REACH_M = 0.004, 0.0030
_RASTER_M_PER_S, _RASTER_REACH_M, _RASTER_LINES = 0.0035, 0.0013, 11
"""A place once found says where the board is along the fingers' motion, which centres parts between them; across it
every part has an error of its own, and lines are walked that way."""
_PEG_LEVELS_M = np.array([0.0, HOLE_DEPTH_M, HOLE_DEPTH_M])
_GEAR_LEVELS_M = np.array([0.0, FACE_M, SHAFT_HEIGHT_M - 0.001])
"""Heights of a foot above its seat at which a part meets the seat, the board or teeth, and the shaft's round end."""
_LAND_M_PER_S, _LAND_PER_S, _FALL_M_PER_S = 0.003, 6.0, 0.015
"""Speeds of a hand that waits for contact: at it, more per metre above it, and at most."""
_UNSURE_M = 0.001
"""How far a part may have slid between the fingers unnoticed."""
_POCKET_M = 0.016
"""A hand lifts a peg slowly while it stands in its pocket."""


class Step(IntEnum):
    """Steps of a hand, in order; after RISE it goes on at OVER with its next part."""

    RAISE = 0
    START = 1
    OVER = 2
    DOWN = 3
    PINCH = 4
    LIFT = 5
    CARRY = 6
    HOVER = 7
    TOUCH = 8
    SEARCH = 9
    PUSH = 10
    OPEN = 11
    RISE = 12
    AWAY = 13


@dataclass(frozen=True)
class Hands:
    """What hands are at.

    Attributes:
      step, part: (n,).
      since_s: (n,) s in this step.
      slid_s: (n,) s of search that are walked.
      here, taken: (n, 3) m, the tool point now and where it pinched, board frame.
      held: (n, 3) m, foot of the part that it holds, from the tool point, where the tool's yaw is 0.
      place: (n, 2) m, where a hand that feels its way down is to be, board frame.
      turn: (n,) rad, by which the part must be turned from its tray to its seat.
    """

    step: Int
    part: Int
    since_s: Float
    slid_s: Float
    here: Float
    taken: Float
    held: Float
    place: Float
    turn: Float


@dataclass(frozen=True)
class Goal:
    """Where hands shall be.

    Attributes:
      position: (n, 3) m, tool point, board frame; the height where no force decides it.
      yaw: (n,) rad, from that of the board.
      speed: (n,) m/s.
      opening: (n,) m between the fingers.
    """

    position: Float
    yaw: Float
    speed: Float
    opening: Float


def widths() -> Float:
    """(parts,) m between the fingers that hold a part."""
    card = load_card("peg_gear")
    diameters = np.array(card.figures["peg_mm"].value) / 1000.0
    return np.concatenate([diameters, np.full(len(PARTS) - len(PEGS), 2.0 * HUB_RADIUS_M)])


@cache
def _plays_m() -> tuple[float, ...]:
    """Radial play of each peg in its hole, m."""
    holes, pegs = (np.array(load_card("peg_gear").figures[name].value) for name in ("hole_mm", "peg_mm"))
    return tuple((holes - pegs) / 2000.0)


def is_peg(part: Int) -> NDArray[np.bool_]:
    """(n,), whether parts are pegs."""
    found: NDArray[np.bool_] = _IS_PEG[part]
    return found


def foot_m(part: Int, tool_z: Float, held_z: Float) -> Float:
    """Height (n,) m above its seat of a part that a hand holds."""
    height: Float = tool_z + held_z - _SEAT_M[part, 2]
    return height


def grasped(spot: Float, here: Float, turn: Float) -> Float:
    """Foot (n, 3) m of parts that stand in their trays, seen from hands that pinch them, as `Hands.held`.

    Fingers centre a part between them, so that an error is left across their motion only.

    Args:
      spot: (n, 2) m, board frame.
      here: (n, 3) m, tool points.
      turn: (n,) rad, by which the tools are turned back.
    """
    away = spot - here[:, :2]
    across = np.sin(turn) * away[:, 0] + np.cos(turn) * away[:, 1]
    return np.stack([np.zeros(len(turn)), across, TRAY_FLOOR_M - here[:, 2]], axis=-1)


def usual_grip(part: Int) -> Float:
    """Foot (n, 3) m of parts seen from hands that hold them as drawn."""
    zero = np.zeros(len(part))
    return np.stack([zero, zero, -_GRIP_M[part]], axis=-1)


def seat_xy(part: Int) -> Float:
    """Middle (n, 2) m of the holes and shafts of parts, board frame."""
    place: Float = _SEAT_M[part, :2]
    return place


def downwards(part: Int, foot: Float) -> Float:
    """Speed (n,) m/s at which a part goes down by feel: slowly where something is to be met.

    Args:
      foot: (n,) m, see `foot_m`.
    """
    levels = np.where(_IS_PEG[part, None], _PEG_LEVELS_M, _GEAR_LEVELS_M)
    gaps = foot[:, None] - levels
    # a level is behind once the part is 3 mm deeper
    gap = np.where(gaps > -0.003, np.maximum(gaps, 0.0), np.inf).min(axis=-1)
    return np.minimum(_LAND_M_PER_S + _LAND_PER_S * np.maximum(gap - _UNSURE_M, 0.0), _FALL_M_PER_S)


def searched(part: Int, elapsed_s: Float, known: NDArray[np.bool_]) -> Float:
    """Offsets (n, 2) m at which pegs are slid over the board, again and again from the middle.

    Args:
      elapsed_s: (n,) s since the search began.
      known: (n,), whether a part found its place before.
    """
    result = np.zeros((len(part), 2))
    for peg, play in enumerate(_plays_m()):
        pitch = _PITCHES * play
        once_s = np.pi * _SPIRAL_REACH_M**2 / (pitch * _SPIRAL_M_PER_S)
        # out and back, so that a peg never jumps
        back_s = once_s - np.abs(elapsed_s % (2.0 * once_s) - once_s)
        widely = spiral(back_s, pitch, _SPIRAL_M_PER_S, _SPIRAL_REACH_M)
        lines = raster(elapsed_s, pitch, _RASTER_M_PER_S, _RASTER_REACH_M, _RASTER_LINES)
        result = np.where((part == peg)[:, None], np.where(known[:, None], lines, widely), result)
    return result


def goal(hands: Hands, spot: Float, offset: Float, width: Float) -> Goal:
    """Goals of hands.

    Args:
      spot: (n, 2) m, where the part stands in its tray, board frame.
      offset: (n, 2) m, found place of the board's features less the seen one.
      width: (n,) m, of the part between the fingers.
    """
    step, part, taken, place = hands.step, hands.part, hands.taken, hands.place
    tray = TRAY_FLOOR_M + np.zeros(len(step))
    seat = _SEAT_M[part]
    over_seat = seat[:, :2] + offset - hands.held[:, :2]
    feel = searched(part, hands.slid_s, np.abs(offset).max(axis=-1) > 0.0)
    grip = -hands.held[:, 2]
    hover = np.where(_IS_PEG[part], _PEG_HOVER_M, _GEAR_HOVER_M)

    def at(across: Float, height: Float) -> Float:
        return np.concatenate([across, height[:, None]], axis=-1)

    travel = _TRAVEL_M + grip
    places = {
        Step.RAISE: taken + np.array([0.0, 0.0, _RAISE_M]),
        Step.START: at(spot, tray + _OVER_M),
        Step.OVER: at(spot, tray + _OVER_M),
        Step.DOWN: at(spot, tray + _GRIP_M[part]),
        Step.PINCH: taken,
        Step.LIFT: at(taken[:, :2], travel),
        Step.CARRY: at(over_seat, travel),
        Step.HOVER: at(over_seat, hover + grip),
        Step.TOUCH: at(over_seat, seat[:, 2] + grip),
        Step.SEARCH: at(over_seat + feel, seat[:, 2] + grip),
        Step.PUSH: at(place, seat[:, 2] + grip),
        Step.OPEN: taken,
        Step.RISE: at(taken[:, :2], _TRAVEL_M + _GRIP_M[part]),
        Step.AWAY: at(taken[:, :2], _TRAVEL_M + _GRIP_M[part]),
    }
    before = step < Step.LIFT
    ramp = 0.05 + _RAMP_M_PER_S2 * hands.since_s
    slow = np.where(_IS_PEG[part], 0.05, 0.12)
    lifting = np.where(hands.here[:, 2] + hands.held[:, 2] - TRAY_FLOOR_M > _POCKET_M, 0.3, slow)
    return Goal(
        position=np.select([(step == one)[:, None] for one in places], list(places.values())),
        yaw=np.where(before, -hands.turn, 0.0),
        speed=np.minimum(
            np.select([step == Step.DOWN, step == Step.LIFT, step == Step.HOVER], [0.15, lifting, 0.12], 0.40), ramp
        ),
        opening=width + np.where((step >= Step.PINCH) & (step < Step.OPEN), -_SQUEEZE_M, _OPENER_M),
    )


def mesh_turn(part: Int, pinion: Float) -> Float:
    """Turn (n,) rad, board frame, at which a gear meshes with its neighbour; 0 for pegs.

    Args:
      pinion: (n,) rad, of the spindle, from which the train's turns follow one after the other.
    """
    turn, mate = pinion, PINION_TEETH
    result = np.zeros(len(part))
    for i, teeth in enumerate(GEAR_TEETH):
        turn = in_mesh(teeth, mate, turn, -np.pi / 2)
        result = np.where(part == len(PEGS) + i, turn, result)
        mate = teeth
    return result


def pitch_rad(part: Int) -> Float:
    """(n,) rad between teeth; of pegs a full turn."""
    pitches = np.array([*(2 * np.pi for _ in PEGS), *(2 * np.pi / teeth for teeth in GEAR_TEETH)])
    chosen: Float = pitches[part]
    return chosen


def within_pitch(part: Int, turn: Float) -> Float:
    """Turns (n,) brought into half a pitch about zero."""
    pitch = pitch_rad(part)
    inside: Float = wrap(np, turn * (2 * np.pi / pitch)) * pitch / (2 * np.pi)
    return inside


def posture(poses: Mapping[str, Float], step: Int, across_m: Float) -> tuple[Float, NDArray[np.bool_]]:
    """Arm joints to prefer (n, k) rad, and (n,) where the arm simply goes there.

    Args:
      across_m: (n,) m, tool point from the middle of the cell towards the hand's side.
    """
    share = np.minimum(np.maximum((across_m - ROW_Y_M) / (TRAY_Y_M - ROW_Y_M), 0.0), 1.0)[:, None]
    work = poses["row"] + share * (poses["tray"] - poses["row"])
    start = step == Step.START
    return np.where(start[:, None], poses["above"], work), start
