"""Loads in the hands: masses of their own at the tool points, different in every cycle."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.placement import Placement
from pilotline.robots import Robot

Float = NDArray[np.float64]

_DENSITY_KG_M3 = 2000.0
"""A workpiece half of solid aluminium, half of air and plastic (estimate)."""
_ALUMINIUM, _TOTE_BLUE = (0.78, 0.79, 0.80, 1.0), (0.10, 0.33, 0.60, 1.0)
_TOTE_SHAPE, _WALL = (0.75, 1.0, 0.37), 0.04
"""Width, length and height of the tote in half lengths (VDA 4500 R-KLT 4315: 297, 396, 147 mm), walls too."""
_TOTE = "carried_tote"
_FACES = ("floor", "front", "back", "right", "left")


def add_loads(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Put a body without mass at each tool point, fixed to its hand, with a block to look at."""
    for side, hand in robot.hands.items():
        site = spec.site(hand.tcp_site)
        body = site.parent.add_body(
            name=f"{side}_load", pos=site.pos, quat=site.quat, mass=0.0, inertia=(0.0, 0.0, 0.0), explicitinertial=True
        )
        body.add_geom(
            name=f"{side}_load",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=(0.01, 0.01, 0.01),
            rgba=_ALUMINIUM,
            contype=0,
            conaffinity=0,
            group=2,
            mass=0.0,
        )


def add_tote(spec: mujoco.MjSpec, robot: Robot, place: Float, turn: Float, half_m: float) -> None:
    """Add a tote to look at, fixed to the right hand; its mass is in the loads.

    Args:
      place: (3,) m, its middle in the frame of the right tool point.
      turn: (3, 3) of its frame, which has x ahead, y to the left, z up.
      half_m: half its length.
    """
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.ascontiguousarray(turn).ravel())
    body = spec.body(f"{next(iter(robot.hands))}_load").add_body(
        name=_TOTE, pos=place, quat=quat, mass=0.0, inertia=(0.0, 0.0, 0.0), explicitinertial=True
    )
    x, y, z = (half_m * share for share in _TOTE_SHAPE)
    wall = half_m * _WALL
    boxes = {
        "floor": ((0.0, 0.0, wall - z), (x, y, wall)),
        "front": ((x - wall, 0.0, 0.0), (wall, y, z)),
        "back": ((wall - x, 0.0, 0.0), (wall, y, z)),
        "right": ((0.0, wall - y, 0.0), (x, wall, z)),
        "left": ((0.0, y - wall, 0.0), (x, wall, z)),
    }
    for face, (centre, size) in boxes.items():
        body.add_geom(
            name=f"{_TOTE}_{face}",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=centre,
            size=size,
            rgba=_TOTE_BLUE,
            contype=0,
            conaffinity=0,
            group=2,
            mass=0.0,
        )


def show_tote(carried: Any, put: Placement) -> None:
    """Draw the tote in the simulations where it is `carried` (m,) bool."""
    for face in _FACES:
        put.model("geom_rgba", f"{_TOTE}_{face}", _seen(carried, _TOTE_BLUE))


def place_loads(robot: Robot, mass: Any, shown: Any, put: Placement) -> None:
    """Give the hands loads of mass (m, 2) kg, right and left: solid cubes, drawn where `shown` (m,) is true."""
    for hand, side in enumerate(robot.hands):
        own = mass[:, hand]
        edge = np.cbrt(own / _DENSITY_KG_M3)
        put.model("body_mass", f"{side}_load", own)
        put.model("body_inertia", f"{side}_load", np.repeat((own * edge * edge / 6.0)[:, None], 3, axis=1))
        half = np.maximum(0.5 * edge, 1e-3)
        put.box(f"{side}_load", np.zeros((len(own), 3)), np.repeat(half[:, None], 3, axis=1))
        put.model("geom_rgba", f"{side}_load", _seen(shown, _ALUMINIUM))


def _seen(shown: Any, rgba: tuple[float, float, float, float]) -> Float:
    """Colours (m, 4): `rgba`, clear where not `shown` (m,)."""
    return np.where(np.asarray(shown)[:, None], rgba, (*rgba[:3], 0.0))
