"""What makes the weld cell look like one: visual geoms only, no mass, no contact."""

from __future__ import annotations

import mujoco
import numpy as np

from pilotline.envs.decor import decor, rod
from pilotline.envs.stations.weld_layout import (
    ACROSS_M,
    DOOR_X_M,
    NET_HEIGHT_M,
    PERSON_Y_M,
    RISER_M,
    THICK_M,
    PanelSize,
)

_CYLINDER = mujoco.mjtGeom.mjGEOM_CYLINDER
_SHEET_M = 0.0015
_SHEET, _RIM = (0.58, 0.60, 0.63, 1.0), (0.47, 0.49, 0.53, 1.0)
_ORANGE = (0.93, 0.42, 0.05, 1.0)


def dress_panel(body: mujoco.MjsBody, name: str, size: PanelSize, hole: float) -> None:
    """Sheet with hemmed edges and beads, cut out round the locating holes, a part label."""
    w, end, pin = size.half_across, size.half_along, size.pin_y
    near, far = pin - hole, pin + hole
    decor(body, (0.0, 0.0, 0.0), (w, near, _SHEET_M), rgba=_SHEET)
    for sign in (-1.0, 1.0):
        decor(body, (0.0, sign * (far + end) / 2, 0.0), (w, (end - far) / 2, _SHEET_M), rgba=_SHEET)
        for side in (-1.0, 1.0):
            middle = side * (w + hole) / 2
            decor(body, (middle, sign * pin, 0.0), ((w - hole) / 2, hole, _SHEET_M), rgba=_SHEET)
        decor(body, (0.0, sign * (end - 0.003), 0.0), (w, 0.003, THICK_M / 2), rgba=_RIM)
        decor(body, (sign * (w - 0.003), 0.0, 0.0), (0.003, end, THICK_M / 2), rgba=_RIM)
    for x in (-0.45 * w, 0.45 * w):
        decor(body, (x, 0.0, 0.0015), (0.008, near - 0.04, 0.0022), rgba=_RIM)
    if name == "side":
        for y in (-0.12, 0.12):
            decor(body, (0.0, y, 0.0005), (0.022, 0.07, _SHEET_M), rgba=(0.16, 0.17, 0.19, 1.0))
    elif name == "cross":
        for y in (-0.06, 0.06):
            decor(body, (0.0, y, 0.0005), (0.03, 0.03, 0.0), type=_CYLINDER, rgba=(0.16, 0.17, 0.19, 1.0))
    else:
        decor(body, (0.0, 0.0, 0.0005), (0.028, 0.028, 0.0015), rgba=(0.16, 0.17, 0.19, 1.0))
    decor(body, (-0.72 * w, 0.0, 0.0018), (0.012, 0.03, 0.0006), "label_white")


def dress_rack(rack: mujoco.MjsBody, name: str, size: PanelSize, behind: float, levels: int) -> None:
    """Stacking pillars with a header and feet, a label, and the forks and panels that wait below the top one."""
    spread = size.net_y
    for sign in (-1.0, 1.0):
        decor(rack, (behind, sign * spread, 0.65), (0.03, 0.03, 0.65), "machine_blue")
        decor(rack, (behind - 0.12, sign * spread, 0.025), (0.22, 0.04, 0.025), "machine_blue")
    decor(rack, (behind, 0.0, 1.27), (0.025, spread + 0.03, 0.03), "machine_blue")
    decor(rack, (behind, 0.0, 0.45), (0.02, spread, 0.03), "machine_blue")
    decor(rack, (behind - 0.032, 0.0, 1.27), (0.002, min(spread, 0.09), 0.025), "label_white")
    decor(rack, (behind - 0.034, 0.0, 1.27), (0.001, min(spread, 0.09) * 0.7, 0.006), "polymer_black")
    for k in range(levels):
        for i, sign in enumerate((-1.0, 1.0)):
            decor(rack, (0.0, sign * spread, -1.0), (0.1, 0.02, 0.008), "machine_blue", name=f"tine_{name}_{k}_{i}")
        decor(rack, (0.0, 0.0, -1.0), (size.half_across, size.half_along, _SHEET_M), "steel", name=f"shown_{name}_{k}")


def dress_fixture(fixture: mujoco.MjsBody, panels: dict[str, PanelSize]) -> None:
    """Welded frame, risers, clamps, cable ducts, two welding robots behind it."""
    top = -RISER_M
    decor(fixture, (0.08, 0.0, top - 0.03), (0.24, 1.4, 0.03), "dark_steel")
    decor(fixture, (0.08, 0.0, top - 0.001), (0.23, 1.39, 0.002), "steel")
    decor(fixture, (-0.1605, 0.0, top - 0.03), (0.001, 1.4, 0.012), "safety_yellow")
    low = NET_HEIGHT_M + top - 0.06
    for y in (-1.25, -0.45, 0.45, 1.25):
        decor(fixture, (0.14, y, top - 0.06 - low / 2), (0.06, 0.06, low / 2), "dark_steel")
    decor(fixture, (0.14, 0.0, top - 0.35), (0.05, 1.25, 0.05), "dark_steel")
    for name, size in panels.items():
        y = -ACROSS_M[name]
        for sign in (-1.0, 1.0):
            at, behind = y + sign * (size.pin_y + size.net_y) / 2, size.half_across + 0.05
            decor(fixture, (0.0, at, (top - 0.024) / 2), (0.03, 0.036, (-top - 0.024) / 2), "machine_blue")
            decor(fixture, (behind, at, top / 2 + 0.02), (0.025, 0.02, -top / 2 + 0.02), "aluminium")
            rod(fixture, (behind, at, 0.04), (behind + 0.01, at, 0.13), 0.009, "safety_yellow")
        decor(fixture, (-0.1608, y, top - 0.03), (0.001, 0.06, 0.02), "label_white")
    for y, lean in ((-0.62, 0.25), (0.62, -0.25)):
        _welding_robot(fixture, y, lean)


def _welding_robot(fixture: mujoco.MjsBody, y: float, lean: float) -> None:
    """Drawn only: the machine that welds while the door is shut, at rest."""
    floor = -NET_HEIGHT_M
    decor(fixture, (0.75, y, floor + 0.15), (0.22, 0.22, 0.15), "dark_steel")
    decor(fixture, (0.75, y, floor + 0.42), (0.15, 0.13, 0.0), type=_CYLINDER, rgba=_ORANGE)
    shoulder, elbow = (0.75, y, floor + 0.62), (0.98, y + lean * 0.3, floor + 1.35)
    wrist = (0.55, y + lean, floor + 1.62)
    rod(fixture, shoulder, elbow, 0.085, rgba=_ORANGE)
    rod(fixture, elbow, wrist, 0.065, rgba=_ORANGE)
    for joint in (shoulder, elbow):
        decor(fixture, joint, (0.10, 0.11, 0.0), "polymer_black", type=_CYLINDER, quat=(0.7071, 0.7071, 0.0, 0.0))
    rod(fixture, wrist, (0.45, y + lean, floor + 1.50), 0.03, "dark_steel")
    for reach in (-0.05, 0.05):
        tip = (0.40, y + lean + reach, floor + 1.34)
        rod(fixture, (0.45, y + lean + reach, floor + 1.50), tip, 0.014, rgba=(0.72, 0.45, 0.20, 1.0))


def dress_beams(body: mujoco.MjsBody) -> None:
    """Beams of the light curtain: they show while it is armed."""
    for z in np.linspace(0.35, 1.55, 7):
        rod(body, (DOOR_X_M, -1.5, float(z)), (DOOR_X_M, 1.5, float(z)), 0.003, rgba=(0.95, 0.10, 0.08, 0.55))


def dress_floor(body: mujoco.MjsBody) -> None:
    """Posts of the light curtain, its line, fence behind the fixture, walkway of persons."""
    for y in (-1.52, 1.52):
        decor(body, (DOOR_X_M, y, 0.85), (0.03, 0.03, 0.85), "safety_yellow")
        decor(body, (DOOR_X_M, y - np.sign(y) * 0.031, 0.95), (0.012, 0.002, 0.65), "glass_dark")
        decor(body, (DOOR_X_M, y, 1.76), (0.035, 0.04, 0.0), "signal_red", type=_CYLINDER)
        decor(body, (-1.85, y, 0.9), (0.85, 0.012, 0.9), rgba=(0.55, 0.57, 0.60, 0.25))
        for x in (-1.2, -2.0, -2.7):
            decor(body, (x, y, 0.95), (0.02, 0.02, 0.95), "dark_steel")
    decor(body, (-2.72, 0.0, 0.9), (0.012, 1.5, 0.9), rgba=(0.55, 0.57, 0.60, 0.25))
    decor(body, (DOOR_X_M, 0.0, 0.001), (0.03, 1.5, 0.001), "signal_red")
    decor(body, (0.0, PERSON_Y_M + 0.03, 0.001), (2.8, 0.03, 0.001), "label_white")
    decor(body, (0.0, PERSON_Y_M + 0.55, 0.0007), (2.8, 0.48, 0.0007), rgba=(0.25, 0.50, 0.33, 1.0))
