"""What makes the assembly cell look like one: visual geoms only, no mass, no contact."""

from __future__ import annotations

from typing import Any

import mujoco

from pilotline.envs.decor import decor
from pilotline.envs.stations.peg_layout import (
    BOARD_HALF_M,
    BOARD_THICK_M,
    FACE_M,
    GEAR_HEIGHT_M,
    HOLE_Y_M,
    PEG_SPOT_M,
    PINION_Y_M,
    ROW_X_M,
    SHAFT_RADIUS_M,
    SHAFT_Y_M,
    TRAY_FLOOR_M,
    TRAY_HALF_M,
    TRAY_X_M,
    TRAY_Y_M,
)

_CYLINDER = mujoco.mjtGeom.mjGEOM_CYLINDER
_Triple = tuple[float, float, float]


def _disc(body: mujoco.MjsBody, pos: _Triple, radius: float, half: float, material: str = "", **more: Any) -> None:
    decor(body, pos, (radius, half, 0.0), material, type=_CYLINDER, **more)


def dress_cell(cell: mujoco.MjsBody, board: mujoco.MjsBody, near: float, far: float, top: float) -> None:
    """Table from `near` to `far` with its top at `top`, all m in the cell frame, and what stands on it."""
    _table(cell, near, far, top)
    _board(board, top)
    for sign in (-1.0, 1.0):
        _tray(cell, sign, top)
    _pockets(cell)
    _gantry(cell, far, top)
    _panel(cell, near, far, top)


def dress_gear(gear: mujoco.MjsBody, root: float) -> None:
    """The bore's mouth, and a groove in the rim's face."""
    dark = (0.15, 0.15, 0.16, 1.0)
    _disc(gear, (0.0, 0.0, GEAR_HEIGHT_M), SHAFT_RADIUS_M, 0.00005, rgba=dark)
    if root > 0.012:
        _disc(gear, (0.0, 0.0, FACE_M), 0.82 * root, 0.00008, rgba=(0.80, 0.79, 0.74, 1.0))
        _disc(gear, (0.0, 0.0, FACE_M), 0.50 * root, 0.00012, rgba=(0.93, 0.92, 0.88, 1.0))


def _table(cell: mujoco.MjsBody, near: float, far: float, top: float) -> None:
    x, deep = (near + far) / 2, (far - near) / 2
    decor(cell, (x, 0.0, top - 0.021), (deep, 0.50, 0.017), "aluminium")
    decor(cell, (x, 0.0, top - 0.002), (deep, 0.50, 0.002), rgba=(0.30, 0.36, 0.33, 1.0))
    for leg in (near + 0.03, far - 0.03):
        for y in (-0.46, 0.46):
            decor(cell, (leg, y, (top - 0.90) / 2 - 0.02), (0.02, 0.02, (top + 0.90) / 2 - 0.02), "aluminium")
    decor(cell, (near + 0.035, 0.0, top - 0.075), (0.012, 0.44, 0.03), "aluminium")
    decor(cell, (near + 0.18, -0.22, top - 0.26), (0.14, 0.20, 0.18), "machine_blue")
    for i in range(3):
        decor(cell, (near + 0.038, -0.22, top - 0.15 - 0.11 * i), (0.002, 0.185, 0.048), "dark_steel")
        decor(cell, (near + 0.033, -0.22, top - 0.12 - 0.11 * i), (0.005, 0.05, 0.004), "aluminium")


def _board(board: mujoco.MjsBody, top: float) -> None:
    """Clamping plate and turntable under the board, its screws and marks, the spindle's motor."""
    under = -BOARD_THICK_M
    decor(board, (0.0, 0.0, under - 0.006), (BOARD_HALF_M - 0.02, BOARD_HALF_M - 0.02, 0.006), "dark_steel")
    _disc(board, (0.02, 0.0, (under - 0.012 + top) / 2), 0.11, (under - 0.012 - top) / 2, "machine_blue")
    _disc(board, (0.02, 0.0, top + 0.006), 0.135, 0.006, "steel")
    for x in (-1.0, 1.0):
        for y in (-1.0, 1.0):
            at = BOARD_HALF_M - 0.018
            _disc(board, (x * at, y * at, 0.0), 0.006, 0.0006, "dark_steel")
    yellow = (0.95, 0.74, 0.07, 1.0)
    for i, y in enumerate(HOLE_Y_M):
        # as many dots as quarters of a 16 mm peg: the size's mark
        for k in range(i + 1):
            _disc(board, (ROW_X_M - 0.022, y + 0.004 * (k - i / 2), 0.0), 0.0014, 0.0003, rgba=yellow)
    decor(board, (ROW_X_M, 0.0, 0.0), (0.045, 0.0008, 0.0003), rgba=yellow)
    for y in SHAFT_Y_M:
        _disc(board, (ROW_X_M, y, 0.0), 0.0062, 0.00015, "steel")
    _disc(board, (ROW_X_M, PINION_Y_M, FACE_M + 0.002), 0.004, 0.002, "dark_steel")
    _disc(board, (ROW_X_M, PINION_Y_M, under - 0.045), 0.020, 0.035, "polymer_black")
    decor(board, (0.11, -0.10, 0.0), (0.030, 0.055, 0.0003), "label_white")
    for i in range(4):
        decor(board, (0.127 - 0.011 * i, -0.105, 0.0), (0.0016, 0.035, 0.0005), rgba=(0.2, 0.2, 0.2, 1.0))


def _tray(cell: mujoco.MjsBody, sign: float, top: float) -> None:
    """Rim and stand of a tray."""
    x, y = TRAY_X_M, sign * (TRAY_Y_M + TRAY_HALF_M[1])
    long, wide = TRAY_HALF_M
    colour = "tote_blue" if sign < 0.0 else "tote_grey"
    z, high = TRAY_FLOOR_M + 0.0, 0.008
    for side in (-1.0, 1.0):
        decor(cell, (x + side * long, y, z), (0.003, wide + 0.003, high), colour)
        decor(cell, (x, y + side * wide, z), (long, 0.003, high), colour)
    low = TRAY_FLOOR_M - 0.012
    for post in (-1.0, 1.0):
        decor(cell, (x + post * (long - 0.03), y, (low + top) / 2), (0.012, wide - 0.02, (low - top) / 2), "aluminium")
    decor(cell, (x - long - 0.0035, y, z - 0.001), (0.0005, 0.035, 0.006), "label_white")


def _pockets(cell: mujoco.MjsBody) -> None:
    """Foam in the right tray, as wide as the pockets may stand."""
    rows = [x for x, _ in PEG_SPOT_M]
    middle, half = (min(rows) + max(rows)) / 2, (max(rows) - min(rows)) / 2 + 0.030
    decor(cell, (middle, PEG_SPOT_M[0][1], TRAY_FLOOR_M + 0.001), (half, 0.05, 0.001), rgba=(0.13, 0.14, 0.16, 1.0))


def _gantry(cell: mujoco.MjsBody, far: float, top: float) -> None:
    """Posts behind the table carry the camera and a light bar above board and trays."""
    beam = 0.78
    for y in (-0.44, 0.44):
        decor(cell, (far - 0.02, y, (top + beam) / 2), (0.014, 0.014, (beam - top) / 2), "aluminium")
    decor(cell, (far - 0.02, 0.0, beam), (0.016, 0.454, 0.016), "aluminium")
    decor(cell, (far / 2, 0.0, beam - 0.003), (far / 2, 0.014, 0.014), "aluminium")
    decor(cell, (0.0, 0.0, beam - 0.045), (0.028, 0.028, 0.036), "polymer_black")
    _disc(cell, (0.0, 0.0, beam - 0.09), 0.020, 0.012, "glass_dark")
    decor(cell, (0.10, 0.0, beam - 0.026), (0.012, 0.32, 0.009), "label_white")


def _panel(cell: mujoco.MjsBody, near: float, far: float, top: float) -> None:
    """Monitor with the board's drawing, status lamp, buttons."""
    decor(cell, (far - 0.035, 0.24, 0.30), (0.010, 0.17, 0.105), "polymer_black")
    decor(cell, (far - 0.046, 0.24, 0.30), (0.001, 0.158, 0.093), rgba=(0.06, 0.10, 0.16, 1.0))
    for i, radius in enumerate((0.006, 0.010, 0.014, 0.018)):
        turn = (0.7071, 0.0, 0.7071, 0.0)
        _disc(cell, (far - 0.0475, 0.365 - 0.045 * i, 0.30), radius, 0.0005, rgba=(0.1, 0.6, 0.7, 1.0), quat=turn)
    for i, radius in enumerate((0.024, 0.018, 0.011)):
        turn = (0.7071, 0.0, 0.7071, 0.0)
        y = 0.18 - 0.04 * i
        _disc(cell, (far - 0.0475, y, 0.345), radius, 0.0005, rgba=(0.1, 0.7, 0.4, 1.0), quat=turn)
    for i, width in enumerate((0.10, 0.07, 0.12)):
        decor(cell, (far - 0.0475, 0.37 - width, 0.25 - 0.02 * i), (0.0005, width, 0.003), rgba=(0.1, 0.4, 0.5, 1.0))
    lamp = (((0.1, 0.75, 0.3), 1.0), ((0.75, 0.6, 0.1), 0.4), ((0.7, 0.1, 0.1), 0.4))
    for i, (colour, lit) in enumerate(lamp):
        rgba = (*(lit * part + (1.0 - lit) * 0.25 for part in colour), 1.0)
        _disc(cell, (far - 0.05, -0.42, 0.28 - 0.052 * i), 0.026, 0.025, rgba=rgba)
    _disc(cell, (far - 0.05, -0.42, (top + 0.15) / 2), 0.012, (0.15 - top) / 2, "steel")
    decor(cell, (near + 0.06, 0.47, top + 0.020), (0.035, 0.025, 0.020), "dark_steel")
    _disc(cell, (near + 0.075, 0.47, top + 0.046), 0.014, 0.008, "signal_red")
    _disc(cell, (near + 0.045, 0.47, top + 0.042), 0.010, 0.004, "signal_green")
