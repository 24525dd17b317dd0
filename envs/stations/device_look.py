"""What makes the test cell look like one: visual geoms only, no mass, no contact."""

from __future__ import annotations

import mujoco
import numpy as np

from pilotline.envs.decor import decor, rod
from pilotline.envs.stations.device_layout import (
    HANDLE_M,
    INFEED_M,
    LID_HALF_WIDTH_M,
    LID_LENGTH_M,
    LID_THICK_M,
    NEST_HEIGHT_M,
    OUTFEED_M,
    REJECT_M,
)

_BOX, _CYLINDER = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CYLINDER
_Triple = tuple[float, float, float]


def dress_device(body: mujoco.MjsBody, half: np.ndarray) -> None:
    """Light aluminium shell, dark glass with a bezel, camera bump."""
    x, y, z = half
    decor(body, (0.0, 0.0, -0.0012), (x, y, z - 0.0012), "aluminium")
    decor(body, (0.0, 0.0, z - 0.0013), (x - 0.0015, y - 0.0015, 0.0012), "glass_dark")
    decor(body, (0.0, 0.0, z - 0.00005), (x - 0.010, y - 0.010, 0.0001), rgba=(0.10, 0.16, 0.24, 1.0))
    decor(body, (x - 0.005, 0.0, z - 0.00005), (0.0015, 0.0015, 0.0002), rgba=(0.02, 0.02, 0.03, 1.0))


def dress_lid(lid: mujoco.MjsBody, under: float) -> None:
    """Frame round the window, handle posts, hinge blocks."""
    z, x = under + LID_THICK_M / 2, -LID_LENGTH_M / 2
    thick = LID_THICK_M / 2 + 0.0008
    for sign in (-1.0, 1.0):
        decor(lid, (x, sign * (LID_HALF_WIDTH_M - 0.012), z), (LID_LENGTH_M / 2, 0.012, thick), "dark_steel")
        decor(
            lid,
            (x + sign * (LID_LENGTH_M / 2 - 0.010), 0.0, z),
            (0.010, LID_HALF_WIDTH_M, thick),
            "dark_steel",
        )
        decor(lid, (HANDLE_M[0], sign * 0.105, HANDLE_M[2] / 2), (0.005, 0.005, HANDLE_M[2] / 2), "steel")
        decor(
            lid,
            (0.0, sign * 0.09, 0.0),
            (0.009, 0.009, 0.020),
            "steel",
            type=_CYLINDER,
            quat=(0.7071, 0.7071, 0, 0),
        )


def dress_cell(cell: mujoco.MjsBody, top: float, half: np.ndarray) -> None:
    """Table, fixture body, conveyor frames, rack stand, camera gantry, status lamp, monitor, controls."""
    _table(cell, top)
    _fixture(cell, top, half)
    for at, end in ((INFEED_M, 0.50), (OUTFEED_M, 0.42)):
        _conveyor(cell, at, end, top, half)
    _stand(cell, top)
    _gantry(cell, top)
    _panel(cell, top)


def _table(cell: mujoco.MjsBody, top: float) -> None:
    decor(cell, (0.16, 0.0, top - 0.020), (0.32, 0.62, 0.016), "aluminium")
    decor(cell, (0.16, 0.0, top - 0.002), (0.32, 0.62, 0.002), rgba=(0.60, 0.63, 0.65, 1.0))
    for x in (-0.12, 0.44):
        for y in (-0.58, 0.58):
            decor(
                cell,
                (x, y, (top - NEST_HEIGHT_M) / 2 - 0.02),
                (0.02, 0.02, (top + NEST_HEIGHT_M) / 2 - 0.02),
                "aluminium",
            )
    decor(cell, (0.16, 0.0, top - 0.30), (0.28, 0.56, 0.16), "machine_blue")
    decor(cell, (-0.122, 0.0, top - 0.30), (0.002, 0.20, 0.13), "dark_steel")
    for i in range(5):
        decor(cell, (-0.125, 0.0, top - 0.38 + 0.02 * i), (0.001, 0.15, 0.004), "polymer_black")
    decor(cell, (-0.125, 0.38, top - 0.22), (0.001, 0.06, 0.02), "label_white")


def _fixture(cell: mujoco.MjsBody, top: float, half: np.ndarray) -> None:
    """Fixture body under the pocket, gas springs' brackets, probe block, cable duct."""
    low = (top - 0.024) / 2
    decor(cell, (0.035, 0.0, low), (0.085, 0.132, -(top + 0.024) / 2), "dark_steel")
    decor(cell, (0.035, 0.0, top + 0.008), (0.12, 0.16, 0.008), "steel")
    decor(cell, (-0.0515, 0.0, -0.05), (0.0012, 0.06, 0.016), "label_white")
    decor(cell, (-0.0515, 0.09, -0.05), (0.0014, 0.006, 0.006), "signal_green")
    decor(cell, (-0.0515, 0.11, -0.05), (0.0014, 0.006, 0.006), rgba=(0.35, 0.05, 0.05, 1.0))
    for sign in (-1.0, 1.0):
        decor(cell, (0.117, sign * 0.118, -0.02), (0.014, 0.010, 0.034), "steel")
        rod(cell, (0.05, sign * 0.142, -0.06), (0.10, sign * 0.142, 0.0), 0.006, "polymer_black")
        decor(cell, (0.02, sign * (half[1] + 0.012), -0.012), (0.05, 0.004, 0.012), "steel")
    decor(cell, (0.145, 0.0, -0.045), (0.02, 0.08, 0.03), "polymer_black")
    rod(cell, (0.165, 0.03, -0.05), (0.30, 0.06, top + 0.01), 0.007, "polymer_black")
    rod(cell, (0.165, -0.03, -0.05), (0.30, -0.04, top + 0.01), 0.005, "tote_blue")


def _conveyor(cell: mujoco.MjsBody, at: _Triple, end: float, top: float, half: np.ndarray) -> None:
    """Frame between the straps, end pulleys, legs, motor."""
    x0 = at[0] - half[0] + 0.055
    middle, length = (x0 + end) / 2, (end - x0) / 2
    decor(cell, (middle, at[1], -0.028), (length - 0.01, 0.012, 0.016), "aluminium")
    for sign in (-1.0, 1.0):
        decor(cell, (middle, at[1] + sign * 0.043, -0.020), (length - 0.012, 0.002, 0.014), "aluminium")
    for x in (x0 + 0.010, end - 0.010):
        decor(
            cell,
            (x, at[1], -0.0085),
            (0.0082, 0.044, 0.0),
            "steel",
            type=_CYLINDER,
            quat=(0.7071, 0.7071, 0, 0),
        )
    for x in (x0 + 0.06, end - 0.08):
        decor(cell, (x, at[1], (top - 0.04) / 2), (0.018, 0.018, -(top + 0.04) / 2), "steel")
        decor(cell, (x, at[1], top + 0.004), (0.035, 0.035, 0.004), "steel")
    decor(cell, (end - 0.08, at[1] - 0.075, -0.045), (0.03, 0.032, 0.03), "machine_blue")
    decor(cell, (x0 - 0.010, at[1], -0.018), (0.006, 0.008, 0.006), "safety_yellow")


def _stand(cell: mujoco.MjsBody, top: float) -> None:
    """Stand of the reject rack, from behind and outside, so that a device can pass below."""
    x, y, z = REJECT_M
    decor(cell, (x + 0.135, y, z - 0.018), (0.012, 0.05, 0.006), "steel")
    decor(cell, (x + 0.135, y + 0.115, z - 0.018), (0.012, 0.075, 0.006), "steel")
    decor(cell, (x + 0.135, y + 0.18, (top + z - 0.018) / 2), (0.012, 0.012, (z - 0.018 - top) / 2), "steel")
    decor(cell, (x + 0.160, y, z + 0.012), (0.003, 0.08, 0.024), "signal_red")


def _gantry(cell: mujoco.MjsBody, top: float) -> None:
    """Posts behind the fixture carry the 2-D camera and a light bar over belt and nest."""
    for y in (-0.50, 0.16):
        decor(cell, (0.45, y, (top + 0.80) / 2), (0.014, 0.014, (0.80 - top) / 2), "aluminium")
    decor(cell, (0.45, -0.17, 0.80), (0.016, 0.35, 0.016), "aluminium")
    decor(cell, (0.235, -0.17, 0.80), (0.215, 0.014, 0.014), "aluminium")
    decor(cell, (0.03, -0.17, 0.765), (0.024, 0.024, 0.034), "polymer_black")
    decor(cell, (0.03, -0.17, 0.722), (0.018, 0.012, 0.0), "glass_dark", type=_CYLINDER)
    decor(cell, (0.16, -0.17, 0.778), (0.012, 0.26, 0.008), "label_white")


def _panel(cell: mujoco.MjsBody, top: float) -> None:
    """Monitor, status lamp and operator buttons."""
    decor(cell, (0.36, 0.02, 0.42), (0.010, 0.17, 0.105), "polymer_black")
    decor(cell, (0.349, 0.02, 0.42), (0.001, 0.158, 0.093), rgba=(0.06, 0.10, 0.16, 1.0))
    for i, (width, shade) in enumerate(((0.10, 0.7), (0.13, 0.45), (0.08, 0.45), (0.12, 0.45))):
        decor(
            cell,
            (0.3475, 0.14 - width, 0.475 - 0.028 * i),
            (0.0005, width, 0.004),
            rgba=(0.2 * shade, shade, 0.6, 1.0),
        )
    decor(cell, (0.3475, -0.09, 0.375), (0.0005, 0.03, 0.03), "signal_green")
    decor(cell, (0.40, 0.02, (top + 0.42) / 2), (0.012, 0.02, (0.42 - top) / 2), "dark_steel")
    lamp = (((0.1, 0.75, 0.3), 1.0), ((0.75, 0.6, 0.1), 0.4), ((0.7, 0.1, 0.1), 0.4))
    for i, (colour, lit) in enumerate(lamp):
        rgba = (*(lit * part + (1.0 - lit) * 0.25 for part in colour), 1.0)
        decor(cell, (0.44, 0.57, 0.204 - 0.052 * i), (0.026, 0.025, 0.0), type=_CYLINDER, rgba=rgba)
    decor(cell, (0.44, 0.57, (top + 0.075) / 2), (0.012, (0.075 - top) / 2, 0.0), "steel", type=_CYLINDER)
    decor(cell, (-0.10, 0.50, top + 0.020), (0.035, 0.05, 0.020), "dark_steel")
    decor(cell, (-0.10, 0.52, top + 0.046), (0.016, 0.008, 0.0), "signal_red", type=_CYLINDER)
    decor(cell, (-0.10, 0.48, top + 0.042), (0.010, 0.004, 0.0), "signal_green", type=_CYLINDER)
