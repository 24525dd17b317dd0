"""Drawing of the test cell: where things are, in the frame of the nest (pocket centre, pocket floor).

+x points away from the robot, +y to its left. Scene, judge and reference controller share these figures, as
builder, acceptance test and robot programmer of a real cell share its drawing.
"""

from __future__ import annotations

import numpy as np

from pilotline.robots import Robot
from pilotline.robots.bench import bench_ahead_m

NEST_HEIGHT_M = 0.90
"""Pocket floor above the hall's floor."""


def nest_at(robot: Robot) -> tuple[float, float, float]:
    """Nest frame in the world when the robot has docked without error; it docks where its arms reach."""
    return (bench_ahead_m(robot), 0.0, NEST_HEIGHT_M)


PITCH_M = 0.33
"""Sideways distance from infeed to nest and from nest to outfeed."""
INFEED_M = (0.0, -PITCH_M, 0.0)
"""Where a new device stops, its underside on the straps."""
OUTFEED_M = (0.0, PITCH_M, 0.0)
REJECT_M = (0.0, PITCH_M, 0.13)
"""The reject rack stands above the outfeed."""

OVERHANG_M = 0.055
"""Near part of a device that no strap or rail carries, so that a hand can take its edge."""
STRAPS_Y_M = (-0.028, 0.028)
STRAP_HALF_WIDTH_M = 0.012
EYE_X_M = -0.078
"""Photo-eye of the infeed, in the infeed's frame: it looks up between the straps."""
TRAVEL_M = 0.30
"""Distance a new device still has to go when a cycle starts."""

NOTCH_Y_M = 0.062
"""The nest is open from here outwards at its near side, left and right of the middle, for fingers."""
GRIP_Y_M = 0.085
"""Where a hand takes a device's near edge: right hand at -y, left hand at +y."""

WALL_M = 0.004
"""Upright part of the pocket walls."""
CHAMFER_M = (0.0025, 0.0035)
"""Lead-in above it, width and height: 54 degrees."""

LID_HINGE_M = (0.117, 0.0, 0.010)
LID_LENGTH_M = 0.212
LID_THICK_M = 0.008
LID_HALF_WIDTH_M = 0.132
LID_GAP_M = 0.0095
"""Underside of the shut lid above the pocket floor: 2.5 mm above the glass of a seated device."""
HANDLE_M = (-0.205, 0.0, 0.022)
"""Handle bar in the lid's frame (at the hinge, x away from the robot when shut)."""
HANDLE_RADIUS_M = 0.008
HANDLE_HALF_M = 0.18
"""Half length: the bar stands out at both sides of the lid."""


def handle_at(angle: np.ndarray) -> np.ndarray:
    """Handle bar's centre (n, 3) in the nest frame at lid angles (n,) rad, 0 shut."""
    c, s = np.cos(angle), np.sin(angle)
    x = LID_HINGE_M[0] + c * HANDLE_M[0] + s * HANDLE_M[2]
    z = LID_HINGE_M[2] - s * HANDLE_M[0] + c * HANDLE_M[2]
    return np.stack([x, np.zeros_like(x), z], axis=-1)
