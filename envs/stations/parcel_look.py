"""What makes the station look like one: visual geoms only, no mass, no contact."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from pilotline.envs.decor import decor
from pilotline.envs.placement import Placement
from pilotline.envs.stations.parcel_kinds import NORMALS, Parcel
from pilotline.envs.stations.parcel_layout import (
    BELT_HALF_WIDTH_M,
    BELT_HEIGHT_M,
    INDUCTION_END_X_M,
    INDUCTION_Y_M,
    INFEED_END_X_M,
    INFEED_Y_M,
    NOSE_X_M,
    SLIDE_END_X_M,
)

_CYLINDER = mujoco.mjtGeom.mjGEOM_CYLINDER
_LABEL_HALF_M, _LABEL_THICK_M = 0.034, 0.0003
_BARS = (-0.6, -0.42, -0.3, -0.05, 0.08, 0.3, 0.42, 0.62)
_COLOURS = {
    "carton": (0.72, 0.55, 0.36, 1.0),
    "stick": (0.66, 0.50, 0.33, 1.0),
    "mailer": (0.30, 0.34, 0.40, 1.0),
    "padded": (0.86, 0.68, 0.34, 1.0),
}


def add_materials(spec: mujoco.MjSpec) -> None:
    """Cardboard, film and paper, one material for each kind of parcel."""
    for kind, rgba in _COLOURS.items():
        shine = 0.5 if kind == "mailer" else 0.1
        spec.add_material(name=f"parcel_{kind}", rgba=rgba, specular=shine, shininess=shine)


def dress_parcel(body: mujoco.MjsBody, parcel: Parcel) -> None:
    """The valid label with its bars, and an old one."""
    small = (0.001, 0.001, 0.001)
    decor(body, (0, 0, 0), small, "label_white", name=f"{parcel.body}_valid")
    for k in range(len(_BARS)):
        decor(body, (0, 0, 0), small, "polymer_black", name=f"{parcel.body}_bar_{k}")
    decor(body, (0, 0, 0), small, name=f"{parcel.body}_old", rgba=(0.80, 0.76, 0.62, 1.0))
    decor(body, (0, 0, 0), small, name=f"{parcel.body}_struck", rgba=(0.75, 0.15, 0.12, 1.0))


def place_labels(parcel: Parcel, half: Any, valid: Any, old: Any, put: Placement) -> None:
    """Put labels on the sides of m parcels.

    Args:
      half: (m, 3) m.
      valid, old: (m, 4) one-hot, see `pilotline.envs.stations.parcel_kinds.FACES`.
    """
    room = half / np.array([len(parcel.tiles), 1.0, 1.0])
    flat = np.minimum(_LABEL_HALF_M, 0.85 * room)
    for face, patch, marks in ((valid, "valid", [f"bar_{k}" for k in range(len(_BARS))]), (old, "old", ["struck"])):
        normal = face @ NORMALS
        there = np.abs(normal)
        # a label that is not there is a speck inside the parcel
        size = np.where(there.any(axis=1, keepdims=True), np.where(there > 0.5, _LABEL_THICK_M, flat), 1e-4)
        at = normal * half
        put.box(f"{parcel.body}_{patch}", at, size)
        for k, name in enumerate(marks):
            bar = size * (there > 0.5) * 1.6 + size * (there < 0.5) * (0.75, 0.6, 0.6)
            offset = np.zeros_like(at)
            if patch == "valid":
                bar[:, 0] = 0.0009 + 0.0008 * (k % 3)
                offset[:, 0] = _BARS[k] * size[:, 0]
            else:
                bar[:, 0] = 0.85 * size[:, 0]
                bar = np.where((there < 0.5) & (np.arange(3) > 0), 0.1 * size, bar)
            put.box(f"{parcel.body}_{name}", at + offset, bar)


def dress_cell(cell: mujoco.MjsBody) -> None:
    """Belt frames, rollers, legs, drives, camera gantry over the infeed, scanner at the induction belt."""
    for y, end, colour in (
        (INFEED_Y_M, INFEED_END_X_M, "machine_blue"),
        (INDUCTION_Y_M, INDUCTION_END_X_M, "safety_yellow"),
    ):
        _conveyor(cell, y, end, colour)
    _plate(cell)
    _gantry(cell)
    _scanner(cell)


def _conveyor(cell: mujoco.MjsBody, y: float, end: float, colour: str) -> None:
    middle, half = (NOSE_X_M + end) / 2, (end - NOSE_X_M) / 2
    for sign in (-1.0, 1.0):
        rail = y + sign * (BELT_HALF_WIDTH_M + 0.004)
        decor(cell, (middle, rail, -0.028), (half - 0.012, 0.004, 0.026), "aluminium")
        decor(cell, (middle, rail + sign * 0.0045, -0.030), (half - 0.012, 0.0008, 0.008), colour)
    for x in (NOSE_X_M + 0.020, end - 0.020):
        turn = (0.7071, 0.7071, 0, 0)
        decor(cell, (x, y, -0.0205), (0.0202, BELT_HALF_WIDTH_M, 0.0), "belt_rubber", type=_CYLINDER, quat=turn)
        decor(cell, (x, y, -0.0205), (0.008, BELT_HALF_WIDTH_M + 0.009, 0.0), "steel", type=_CYLINDER, quat=turn)
    for x in (NOSE_X_M + 0.22, end - 0.18):
        for sign in (-1.0, 1.0):
            foot = y + sign * (BELT_HALF_WIDTH_M - 0.02)
            decor(cell, (x, foot, -(BELT_HEIGHT_M + 0.05) / 2), (0.02, 0.02, (BELT_HEIGHT_M - 0.05) / 2), "steel")
            decor(cell, (x, foot, 0.006 - BELT_HEIGHT_M), (0.04, 0.035, 0.006), "dark_steel")
        decor(cell, (x, y, -0.35), (0.012, BELT_HALF_WIDTH_M - 0.03, 0.012), "steel")
    decor(cell, (end - 0.40, y, -0.095), (0.09, 0.07, 0.04), "dark_steel")
    decor(cell, (end - 0.28, y, -0.095), (0.035, 0.045, 0.03), "machine_blue")


def _plate(cell: mujoco.MjsBody) -> None:
    """Legs of the smooth plate and the bumper at its end."""
    y = INDUCTION_Y_M
    for sign in (-1.0, 1.0):
        foot = y + sign * (BELT_HALF_WIDTH_M - 0.02)
        x = SLIDE_END_X_M - 0.2
        decor(cell, (x, foot, -(BELT_HEIGHT_M + 0.02) / 2), (0.02, 0.02, (BELT_HEIGHT_M - 0.02) / 2), "steel")
        decor(cell, (x, foot, 0.006 - BELT_HEIGHT_M), (0.04, 0.035, 0.006), "dark_steel")
    decor(cell, (SLIDE_END_X_M - 0.003, y, 0.05), (0.003, BELT_HALF_WIDTH_M, 0.05), "safety_yellow")


def _gantry(cell: mujoco.MjsBody) -> None:
    """Posts beside the infeed carry the dimensioning camera and its light; two mirrors show the sides."""
    x, y = 0.62, INFEED_Y_M - BELT_HALF_WIDTH_M - 0.06
    decor(cell, (x, y, (0.95 - BELT_HEIGHT_M) / 2), (0.02, 0.02, (0.95 + BELT_HEIGHT_M) / 2), "aluminium")
    decor(cell, (x, y + 0.11, 0.93), (0.02, 0.13, 0.02), "aluminium")
    decor(cell, (0.34, INFEED_Y_M, 0.93), (0.30, 0.02, 0.02), "aluminium")
    decor(cell, (0.16, INFEED_Y_M, 0.88), (0.045, 0.03, 0.03), "polymer_black")
    decor(cell, (0.16, INFEED_Y_M, 0.845), (0.022, 0.012, 0.0), "glass_dark", type=_CYLINDER)
    decor(cell, (0.34, INFEED_Y_M, 0.895), (0.10, 0.05, 0.008), "label_white")
    lean = (0.9239, -0.3827, 0.0, 0.0)
    decor(cell, (0.25, INFEED_Y_M - 0.20, 0.10), (0.14, 0.045, 0.002), "glass_dark", quat=lean)
    decor(cell, (0.25, INFEED_Y_M - 0.205, 0.02), (0.012, 0.008, 0.07), "steel")


def _scanner(cell: mujoco.MjsBody) -> None:
    """Label scanner below the induction belt, its readout, a lamp."""
    decor(cell, (0.55, INDUCTION_Y_M, -0.10), (0.06, 0.11, 0.045), "polymer_black")
    decor(cell, (0.55, INDUCTION_Y_M + BELT_HALF_WIDTH_M + 0.012, -0.028), (0.03, 0.002, 0.014), "signal_red")
    x, y = 0.70, INDUCTION_Y_M + BELT_HALF_WIDTH_M + 0.05
    decor(cell, (x, y, (0.42 - BELT_HEIGHT_M) / 2), (0.015, 0.015, (0.42 + BELT_HEIGHT_M) / 2), "aluminium")
    decor(cell, (x - 0.02, y, 0.40), (0.012, 0.11, 0.075), "polymer_black")
    decor(cell, (x - 0.0335, y, 0.40), (0.001, 0.10, 0.065), rgba=(0.06, 0.10, 0.16, 1.0))
    for i, width in enumerate((0.07, 0.05, 0.08)):
        decor(cell, (x - 0.035, y + 0.09 - width, 0.435 - 0.025 * i), (0.0005, width, 0.005), rgba=(0.2, 0.7, 0.5, 1))
    decor(cell, (x - 0.035, y - 0.06, 0.37), (0.0005, 0.022, 0.018), "signal_green")
    for i, colour in enumerate(("signal_green", "safety_yellow", "signal_red")):
        decor(cell, (x, y, 0.50 + 0.05 * i), (0.022, 0.024, 0.0), colour, type=_CYLINDER)
