"""What makes the tending cell look like one: visual geoms only, no mass, no contact."""

from __future__ import annotations

import mujoco
import numpy as np

from pilotline.envs.decor import decor, rod
from pilotline.envs.stations.tending_layout import (
    BUTTON_RADIUS_M,
    BUTTONS_M,
    CHUCK_AT_M,
    CHUCK_HEIGHT_M,
    CHUCK_RADIUS_M,
    DOOR_X_M,
    HANDLE_HALF_M,
    HANDLE_M,
    IN_Y_M,
    OPENING_Y_M,
    OPENING_Z_M,
    OUT_Y_M,
    TABLE_AT_M,
)

_BOX, _CYLINDER = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CYLINDER
_CAPSULE = mujoco.mjtGeom.mjGEOM_CAPSULE
_Triple = tuple[float, float, float]
_ALONG_X = (np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0)
_WHITE, _GREY, _WET = (0.90, 0.91, 0.92, 1.0), (0.36, 0.39, 0.42, 1.0), (0.50, 0.53, 0.55, 1.0)
_LINER = (0.66, 0.69, 0.71, 1.0)


def dress_machine(machine: mujoco.MjsBody) -> None:
    """Enclosure, rails, control panel, lamp, working table with T-slots, chuck, spindle with a tool, air nozzle."""
    _enclosure(machine)
    _inside(machine)
    _controls(machine)


def _enclosure(machine: mujoco.MjsBody) -> None:
    (y0, y1), (z0, z1) = OPENING_Y_M, OPENING_Z_M
    x, back, left, right, top = DOOR_X_M + 0.03, 1.40, 1.45, -0.80, 2.05
    skin = 0.004
    decor(machine, (x + skin, (right + y0) / 2, (z0 + top) / 2), (skin, (y0 - right) / 2, (top - z0) / 2), _WHITE)
    decor(machine, (x + skin, (y1 + left) / 2, (z0 + top) / 2), (skin, (left - y1) / 2, (top - z0) / 2), _WHITE)
    decor(machine, (x + skin, (y0 + y1) / 2, (z1 + top) / 2), (skin, (y1 - y0) / 2, (top - z1) / 2), _WHITE)
    for y in (right, left):
        decor(machine, ((x + back) / 2, y, (z0 + top) / 2), ((back - x) / 2, skin, (top - z0) / 2), _GREY)
        decor(machine, ((x + back) / 2 + 0.03, y, z0 / 2), ((back - x) / 2 - 0.03, skin, z0 / 2), _GREY)
    decor(machine, (back, (left + right) / 2, top / 2), (skin, (left - right) / 2, top / 2), _GREY)
    decor(
        machine,
        ((x + back) / 2 + 0.12, (left + right) / 2, top),
        ((back - x) / 2 - 0.12, (left - right) / 2, skin),
        _GREY,
    )
    decor(machine, (x + 0.055 + skin, (left + right) / 2, z0 / 2), (skin, (left - right) / 2, z0 / 2), _GREY)
    decor(machine, (x + 0.05, (left + right) / 2, z0 - 0.03), (0.012, (left - right) / 2, 0.03), "machine_blue")
    decor(machine, (x + 0.05, 0.60, 0.45), (0.004, 0.55, 0.16), "dark_steel")
    for i in range(6):
        decor(machine, (x + 0.046, 0.60, 0.35 + 0.035 * i), (0.002, 0.50, 0.006), "polymer_black")
    decor(machine, (x + 0.046, -0.45, 0.60), (0.002, 0.16, 0.05), "label_white")
    for z in (z0 - 0.01, z1 + 0.045):
        decor(machine, (DOOR_X_M + 0.016, (y0 + left) / 2, z), (0.018, (left - y0) / 2, 0.012), "aluminium")
    decor(machine, (x, 1.00, top - 0.10), (0.003, 0.30, 0.045), "machine_blue")
    decor(machine, (x - 0.001, 1.00, top - 0.10), (0.003, 0.24, 0.010), "label_white")


def _inside(machine: mujoco.MjsBody) -> None:
    (y0, y1), (z0, z1) = OPENING_Y_M, OPENING_Z_M
    cx, cy, cz = CHUCK_AT_M
    bench = cz - CHUCK_HEIGHT_M
    decor(machine, (1.21, (y0 + y1) / 2, (z0 + z1) / 2), (0.005, (y1 - y0) / 2, (z1 - z0) / 2), _LINER)
    decor(machine, (0.90, (y0 + y1) / 2, bench - 0.015), (0.28, (y1 - y0) / 2 - 0.06, 0.016), "steel")
    for i in range(4):
        decor(
            machine, (0.70 + 0.13 * i, (y0 + y1) / 2, bench + 0.001), (0.008, (y1 - y0) / 2 - 0.06, 0.001), "dark_steel"
        )
    decor(machine, (0.55, (y0 + y1) / 2, z0 + 0.004), (0.07, (y1 - y0) / 2, 0.004), _WET)
    decor(
        machine,
        (cx, cy, cz - CHUCK_HEIGHT_M + 0.010),
        (CHUCK_RADIUS_M + 0.02, 0.010, 0.0),
        "dark_steel",
        type=_CYLINDER,
    )
    decor(machine, (cx, cy, cz - 0.030), (CHUCK_RADIUS_M + 0.001, 0.002, 0.0), "dark_steel", type=_CYLINDER)
    decor(machine, (1.02, cy, 1.62), (0.18, 0.072, 0.13), _GREY)
    decor(machine, (cx, cy, 1.62), (0.062, 0.13, 0.0), "steel", type=_CYLINDER)
    decor(machine, (cx, cy, 1.475), (0.038, 0.025, 0.0), "dark_steel", type=_CYLINDER)
    decor(machine, (cx, cy, 1.425), (0.012, 0.045, 0.0), "aluminium", type=_CYLINDER)
    nozzle = (cx + 0.04, cy - 0.10, 1.30)
    rod(machine, (cx + 0.10, cy - 0.14, 1.52), nozzle, 0.009, "tote_blue")
    rod(machine, nozzle, (cx + 0.02, cy - 0.06, 1.22), 0.005, "safety_yellow")
    for y in (y0 + 0.04, y1 - 0.04):
        decor(machine, (1.10, y, z1 - 0.02), (0.08, 0.012, 0.010), (1.0, 1.0, 0.93, 1.0))


def _controls(machine: mujoco.MjsBody) -> None:
    """Screen and key panel beside the door, labels at the buttons, lamp on the roof."""
    x, y = DOOR_X_M + 0.01, BUTTONS_M["chuck"][1]
    decor(machine, (x + 0.012, y, 1.38), (0.012, 0.15, 0.34), "dark_steel")
    decor(machine, (x - 0.001, y, 1.56), (0.002, 0.125, 0.095), (0.05, 0.09, 0.14, 1.0))
    for i, (width, colour) in enumerate(
        ((0.10, (0.2, 0.7, 0.9, 1.0)), (0.07, (0.3, 0.8, 0.4, 1.0)), (0.09, (0.5, 0.6, 0.7, 1.0)))
    ):
        decor(machine, (x - 0.004, y + 0.11 - width, 1.61 - 0.035 * i), (0.001, width, 0.005), colour)
    for row in range(3):
        for column in range(6):
            decor(
                machine, (x - 0.002, y + 0.10 - 0.04 * column, 1.42 - 0.035 * row), (0.003, 0.014, 0.011), "tote_grey"
            )
    for name, (_, by, bz) in BUTTONS_M.items():
        decor(
            machine, (x - 0.002, by, bz), (BUTTON_RADIUS_M + 0.007, 0.004, 0.0), "steel", type=_CYLINDER, quat=_ALONG_X
        )
        stripe = {"start": "signal_green", "chuck": "safety_yellow", "air": "tote_blue"}[name]
        decor(machine, (x - 0.001, by + 0.075, bz), (0.002, 0.032, 0.012), "label_white")
        decor(machine, (x - 0.003, by + 0.075, bz - 0.008), (0.002, 0.026, 0.002), stripe)
    decor(machine, (x - 0.014, y - 0.095, 1.20), (0.024, 0.014, 0.0), "safety_yellow", type=_CYLINDER, quat=_ALONG_X)
    decor(machine, (x - 0.034, y - 0.095, 1.20), (0.019, 0.010, 0.0), "signal_red", type=_CYLINDER, quat=_ALONG_X)
    for i, lamp in enumerate(((0.7, 0.1, 0.1, 1.0), (0.8, 0.6, 0.1, 1.0), (0.15, 0.85, 0.35, 1.0))):
        decor(machine, (0.56, -0.70, 2.33 - 0.055 * i), (0.028, 0.026, 0.0), lamp, type=_CYLINDER)
    decor(machine, (0.56, -0.70, 2.12), (0.010, 0.08, 0.0), "steel", type=_CYLINDER)


def dress_door(door: mujoco.MjsBody) -> None:
    """Frame round a laminated window, brackets of the handle, a warning label."""
    (y0, y1), (z0, z1) = OPENING_Y_M, OPENING_Z_M
    x, y, z = DOOR_X_M + 0.012, (y0 + y1) / 2, (z0 + z1) / 2
    half_y, half_z, edge = (y1 - y0) / 2 + 0.02, (z1 - z0) / 2 + 0.03, 0.07
    for sign in (-1.0, 1.0):
        decor(door, (x, y, z + sign * (half_z - edge)), (0.0125, half_y, edge), _WHITE)
        decor(door, (x, y + sign * (half_y - edge), z), (0.0125, edge, half_z), _WHITE)
    decor(door, (x, y, z), (0.004, half_y - edge, half_z - edge), (0.55, 0.70, 0.75, 0.25))
    hx, hy, hz = HANDLE_M
    for sign in (-1.0, 1.0):
        rod(door, (hx, hy, hz + sign * HANDLE_HALF_M), (DOOR_X_M, hy, hz + sign * HANDLE_HALF_M), 0.010, "dark_steel")
    decor(door, (DOOR_X_M - 0.001, hy - 0.02, hz + 0.30), (0.001, 0.035, 0.035), "safety_yellow")
    decor(door, (DOOR_X_M - 0.002, hy - 0.02, hz + 0.30), (0.001, 0.020, 0.006), "polymer_black")


def dress_table(table: mujoco.MjsBody, height: float, x: float) -> None:
    """Two trays with printed slots on a table with a back wall; its legs leave room for a base that turns."""
    origin_y = TABLE_AT_M[1]
    decor(table, (-0.03, 0.04, -0.024), (0.219, 0.639, 0.0155), "steel")
    for row, mat, ring in ((IN_Y_M, "tote_blue", "label_white"), (OUT_Y_M, "tote_grey", "signal_green")):
        middle = (row[0] + row[-1]) / 2 - origin_y
        decor(table, (0.0, middle, -0.0045), (0.075, 0.245, 0.0042), mat)
        for y in row:
            decor(table, (0.0, y - origin_y, -0.0040), (0.037, 0.0043, 0.0), ring, type=_CYLINDER)
            decor(table, (0.0, y - origin_y, -0.0039), (0.033, 0.0044, 0.0), mat, type=_CYLINDER)
        decor(table, (0.095, middle, -0.002), (0.012, 0.09, 0.0022), "label_white")
    decor(table, (-0.24, 0.04, 0.06), (0.006, 0.64, 0.10), "machine_blue")
    decor(table, (-0.232, 0.18, 0.09), (0.002, 0.09, 0.035), "label_white")
    decor(table, (-0.232, -0.26, 0.09), (0.002, 0.09, 0.035), "label_white")
    for y in (-0.50, 0.58):
        decor(table, (-0.20, y, (-height - 0.04) / 2 + 0.03), (0.025, 0.03, (height - 0.04) / 2 - 0.03), "aluminium")
        decor(table, (-0.14, y, -height + 0.05), (0.10, 0.03, 0.02), "aluminium")
        rod(table, (-0.20, y, -0.35), (0.10, y, -0.045), 0.014, "aluminium")
    decor(table, (-0.20, 0.04, -0.50), (0.02, 0.54, 0.03), "aluminium")


def dress_part(body: mujoco.MjsBody, half: tuple[float, float], name: str) -> None:
    """A sawn blank, or one with a bright turned collar and a bore."""
    radius, height = half
    if name == "blank":
        decor(body, (0.0, 0.0, height), (radius - 0.001, 0.0003, 0.0), (0.45, 0.43, 0.40, 1.0), type=_CYLINDER)
        return
    decor(body, (0.0, 0.0, height), (radius - 0.006, 0.0004, 0.0), "aluminium", type=_CYLINDER)
    decor(body, (0.0, 0.0, height), (0.012, 0.0006, 0.0), "polymer_black", type=_CYLINDER)
    decor(body, (0.0, 0.0, height - 0.006), (radius + 0.0003, 0.002, 0.0), "dark_steel", type=_CYLINDER)
