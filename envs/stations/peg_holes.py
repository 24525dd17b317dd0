"""Holes and bores as rings of staves whose faces are tangent to the bore; rims of holes as rings of balls.

A round peg of radius r in a ring of N staves with faces at R has a regular polygon as room for its middle, whose faces
are at the clearance c = R - r: its play is c across the faces and c / cos(pi / N) across the corners, 3.5 % more with
twelve staves, whatever the radius; pressed into a corner it feels as much more friction. The rim of a hole is rounded:
a ball above the middle of each stave leads the peg in over an edge radius, the chamfer's width, and a ball pushed
inwards is a burr.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mujoco
import numpy as np

from pilotline.envs.placement import Placement, friction
from pilotline.envs.stations.peg_bits import HOLE, Bits

STAVES = 12
_BOX, _SPHERE = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_SPHERE
_FLOOR_M = 0.005
_LEAST_EDGE_M = 0.00005
ROOM_M = 0.001
"""Geoms are compiled this much larger than they ever are, so that boxes round them hold every cycle's."""
STIFF_SOLREF = (0.0025, 1.0)
"""Twice the physics step of the card."""
STIFF_SOLIMP = (0.99, 0.999, 0.0001, 0.5, 2.0)
PRIORITY = 2
"""Over robot and parts: friction of a fit is that of its hole."""

Array = Any


def ring(bits: Bits) -> dict[str, Any]:
    """What the geoms of a fit have in common."""
    return {
        "contype": bits.contype,
        "conaffinity": bits.conaffinity,
        "solref": STIFF_SOLREF,
        "solimp": STIFF_SOLIMP,
        "priority": PRIORITY,
        "condim": 3,
    }


def angles() -> Iterator[tuple[int, float]]:
    """Staves by number, and where each is, rad."""
    return ((k, 2 * np.pi * k / STAVES) for k in range(STAVES))


def stave(radius: Array, thick: float, low: Array, high: Array, angle: float) -> tuple[Array, Array]:
    """Middle (..., 3) and half lengths (..., 3) of a stave with its face at `radius`, from `low` to `high`, m."""
    out = radius + thick / 2
    across = (radius + thick) * np.tan(np.pi / STAVES)
    middle = np.stack([out * np.cos(angle), out * np.sin(angle), (low + high) / 2], axis=-1)
    return middle, np.stack([np.full_like(out, thick / 2), across, (high - low) / 2], axis=-1)


def turned(angle: float) -> tuple[float, float, float, float]:
    """Quaternion of a turn about the vertical."""
    return (float(np.cos(angle / 2)), 0.0, 0.0, float(np.sin(angle / 2)))


def add_hole(
    body: mujoco.MjsBody, radius: float, depth: float, edge: float, outer: float, room: float = ROOM_M, **more: Any
) -> None:
    """Add a blind hole to a body, its rim's middle at the body's origin.

    Args:
      radius: m, of the bore.
      depth: m, where the floor is.
      edge: m, radius of the rim's edge.
      outer: m, radius over which the staves fill the body; beyond it the body has its own geoms.
      room: m, larger than drawn, for a hole that `place_hole` gives its size.
    """
    common = {**ring(HOLE), **more}
    for k, angle in angles():
        thick = outer - radius
        pos, half = stave(np.float64(radius), thick, np.float64(-depth), np.float64(-edge), angle)
        body.add_geom(
            name=f"{body.name}_stave_{k}",
            type=_BOX,
            pos=pos,
            size=half + room,
            quat=turned(angle),
            **common,
        )
        body.add_geom(
            name=f"{body.name}_rim_{k}",
            type=_SPHERE,
            pos=((radius + edge) * np.cos(angle), (radius + edge) * np.sin(angle), -edge),
            size=(edge + room, 0.0, 0.0),
            **common,
        )
    body.add_geom(
        name=f"{body.name}_floor",
        type=_BOX,
        pos=(0.0, 0.0, -depth - _FLOOR_M / 2),
        size=(outer, outer, _FLOOR_M / 2),
        **common,
    )


def place_hole(put: Placement, name: str, radius: Array, depth: float, outer: float, edge: Array, burr: Array) -> None:
    """Give a hole its size in m simulations: radius and rim edge (m,) m; burr (m, STAVES) m inwards of each ball."""
    edge = np.maximum(edge, _LEAST_EDGE_M)
    for k, angle in angles():
        # the outer face stays where it was compiled
        thick = outer - radius
        out = radius + thick / 2
        across = np.full_like(out, outer * np.tan(np.pi / STAVES))
        middle = np.stack([out * np.cos(angle), out * np.sin(angle), -(depth + edge) / 2], axis=-1)
        put.box(f"{name}_stave_{k}", middle, np.stack([thick / 2, across, (depth - edge) / 2], axis=-1))
        at = radius + edge - burr[:, k]
        _ball(put, f"{name}_rim_{k}", np.stack([at * np.cos(angle), at * np.sin(angle), -edge], axis=-1), edge)


def place_friction(put: Placement, name: str, sliding: Array) -> None:
    """Give the walls and the floor of a hole their sliding friction (m,)."""
    value = friction(sliding)
    for part in ("floor", *(f"{kind}_{k}" for k in range(STAVES) for kind in ("stave", "rim"))):
        put.model("geom_friction", f"{name}_{part}", value)


def _ball(put: Placement, geom: str, pos: Array, radius: Array) -> None:
    zero = np.zeros_like(radius)
    put.model("geom_pos", geom, pos)
    put.model("geom_size", geom, np.stack([radius, zero, zero], axis=-1))
    put.model("geom_rbound", geom, radius)
    put.model("geom_aabb", geom, np.stack([zero, zero, zero, radius, radius, radius], axis=-1))
