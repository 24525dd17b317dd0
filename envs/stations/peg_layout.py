"""Drawing of the assembly cell: where holes, shafts and trays are, in the frame of the board (middle of its top).

+x points away from the robot, +y to its left. Scene, judge and reference controller share these figures, as
builder, acceptance test and robot programmer of a real cell share its drawing. The board's frame moves with the
board from cycle to cycle; `cell` is the frame of the bench, where the board stands without offset.
"""

from __future__ import annotations

from pilotline.robots import Robot
from pilotline.robots.bench import bench_ahead_m

BOARD_HEIGHT_M = 0.90
"""Top of the board above the hall's floor."""
BOARD_HALF_M = 0.20
BOARD_THICK_M = 0.030
_BEHIND_M = 0.03
"""The board's middle is this much further away than where hands work best: its row of holes is nearer."""


def cell_at(robot: Robot) -> tuple[float, float, float]:
    """Cell frame in the world: the board's nominal place."""
    return (bench_ahead_m(robot) + _BEHIND_M, 0.0, BOARD_HEIGHT_M)


SIZES_MM = (4, 8, 12, 16)
PEGS = tuple(f"peg_{size}" for size in SIZES_MM)
HOLES = tuple(f"hole_{size}" for size in SIZES_MM)
GEARS = ("gear_large", "gear_medium", "gear_small")
SHAFTS = ("shaft_large", "shaft_medium", "shaft_small")
PARTS = (*PEGS, *GEARS)
"""Order of parts in every array that has one entry a part."""

ROW_X_M = -0.06
"""Holes and shafts stand in a row across the board."""
HOLE_Y_M = (-0.030, -0.075, -0.120, -0.165)
"""Holes for the pegs of 4, 8, 12 and 16 mm, the right half of the row."""
PEG_LENGTH_M = 0.050
HOLE_DEPTH_M = 0.025
"""A seated peg stands out by the other half."""

MODULE_M = 0.0025
PRESSURE_ANGLE_RAD = 0.3490658503988659
"""20 degrees."""
PINION_TEETH = 8
GEAR_TEETH = (24, 16, 8)
"""Large, medium, small: pitch diameters 60, 40 and 20 mm."""
PINION_Y_M = 0.030
SHAFT_Y_M = (0.0705, 0.1210, 0.1515)
"""Shafts of the large, medium and small gear: centre distances 40.5, 50.5 and 30.5 mm, 0.5 mm more than the pitch
radii add up to, which is the play of the teeth."""
FACE_M = 0.010
"""Width of the toothed rim, the lower part of a gear."""
GEAR_HEIGHT_M = 0.030
HUB_RADIUS_M = 0.007
"""Above the rim: where a hand takes a gear."""
SHAFT_RADIUS_M = 0.003993
SHAFT_HEIGHT_M = 0.028
"""With its round end, half a ball, which leads a gear's bore in."""

TRAY_Y_M = 0.25
"""Trays left and right of the board begin here."""
TRAY_FLOOR_M = -0.040
"""Floor of the trays, cell frame: lower than the board, whose corners may swing above a tray's rim."""
TRAY_HALF_M = (0.16, 0.075)
TRAY_X_M = -0.07
PEG_SPOT_M = tuple((x, -0.335) for x in (0.005, -0.045, -0.095, -0.145))
"""Where the pegs of 4 to 16 mm stand in the right tray, cell frame, before the tray's error."""
GEAR_SPOT_M = ((-0.145, 0.335), (-0.060, 0.335), (0.005, 0.335))
"""Where the gears lie in the left tray."""
POCKET_HEIGHT_M = 0.015
"""A peg stands this deep in its pocket."""

PEG_GRIP_M, GEAR_GRIP_M = 0.048, 0.032
"""Height of a hand's tool point above the foot of a peg and of a gear where it holds it: the finger tips of our
grippers reach 20 mm further, and so end 3 mm above the board beside a seated peg, and 2 mm above a gear's rim."""


def seat_m(part: int) -> tuple[float, float, float]:
    """Where the foot of a part is when it is seated, board frame; the foot is the middle of a part's underside."""
    if part < len(PEGS):
        return (ROW_X_M, HOLE_Y_M[part], -HOLE_DEPTH_M)
    return (ROW_X_M, SHAFT_Y_M[part - len(PEGS)], 0.0)


def spot_m(part: int) -> tuple[float, float, float]:
    """Where the foot of a part is in its tray, cell frame, without the tray's error."""
    x, y = PEG_SPOT_M[part] if part < len(PEGS) else GEAR_SPOT_M[part - len(PEGS)]
    return (x, y, TRAY_FLOOR_M)
