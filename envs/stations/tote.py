"""Small load carriers (VDA 4500): shapes, and mass properties of shell and contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pilotline.envs.card import StationCard


@dataclass(frozen=True)
class ToteShapes:
    """Dimensions of the tote types, one row each, metres and kilograms.

    Attributes:
      outer: (types, 3), length (between the grip holes), width, height.
      inner: (types, 2), length and width inside.
      tare: (types,).
      hole_z: (types,), height of the grip holes' centre above the foot (estimate).
      nesting: depth by which a foot sinks into the tote below.
      hole: half width and half height of a grip hole.
    """

    outer: Any
    inner: Any
    tare: Any
    hole_z: Any
    nesting: float
    hole: tuple[float, float]

    @property
    def step(self) -> Any:
        """Height of one stacked layer, (types,)."""
        return self.outer[:, 2] - self.nesting


def tote_shapes(card: StationCard) -> ToteShapes:
    """Read the tote types 6429 and 4315 from a station card."""
    names = ("klt6429", "klt4315")

    def rows(suffix: str) -> Any:
        return np.array([card.figures[n + suffix].value for n in names], dtype=np.float64)

    outer = rows("_mm") / 1000.0
    hole = card.figures["grip_hole_mm"].value
    assert isinstance(hole, tuple)
    return ToteShapes(
        outer=outer,
        inner=rows("_inner_mm") / 1000.0,
        tare=rows("_tare_kg"),
        hole_z=outer[:, 2] - np.array([0.075, 0.055]),
        nesting=card.figure("nesting_mm") / 1000.0,
        hole=(hole[0] / 2000.0, hole[1] / 2000.0),
    )


def tote_walls(
    outer: Any, inner: Any, hole_z: Any, nesting: float, hole: tuple[float, float]
) -> dict[str, tuple[Any, Any]]:
    """Boxes that make a tote: name to (centre (m, 3), half-lengths (m, 3)) in the tote frame.

    The frame sits at the middle of the foot's underside, x along the width, y along the length. The foot is the inner
    outline less 4 mm, as deep as the nesting, so it drops into the rim of a tote below.
    """
    length, width, height = outer[:, 0], outer[:, 1], outer[:, 2]
    ly, lx = length / 2, width / 2
    iy, ix = inner[:, 0] / 2, inner[:, 1] / 2
    ty, tx = (ly - iy) / 2, (lx - ix) / 2
    bottom = nesting + 0.001
    hw, hh = hole
    zero = np.zeros_like(length)

    def box(x: Any, y: Any, z0: Any, z1: Any, sx: Any, sy: Any) -> tuple[Any, Any]:
        centre = np.stack([x + zero, y + zero, (z0 + z1) / 2 + zero], axis=-1)
        return centre, np.stack([sx + zero, sy + zero, (z1 - z0) / 2 + zero], axis=-1)

    boxes = {
        "foot": box(0.0, 0.0, 0.0, bottom + 0.004, ix - 0.004, iy - 0.004),
        "front": box(-(ix + tx), 0.0, bottom, height, tx, ly),
        "back": box(ix + tx, 0.0, bottom, height, tx, ly),
    }
    for side, sign in (("right", -1.0), ("left", 1.0)):
        y = sign * (iy + ty)
        cheek = (ix - hw) / 2
        boxes[f"{side}_sill"] = box(0.0, y, bottom, hole_z - hh, ix, ty)
        boxes[f"{side}_lintel"] = box(0.0, y, hole_z + hh, height, ix, ty)
        boxes[f"{side}_cheek_front"] = box(-(hw + cheek), y, hole_z - hh, hole_z + hh, cheek, ty)
        boxes[f"{side}_cheek_back"] = box(hw + cheek, y, hole_z - hh, hole_z + hh, cheek, ty)
    return boxes


def tote_inertia(outer: Any, inner: Any, tare: Any, gross: Any, offset: Any) -> tuple[Any, Any]:
    """Centre of mass and diagonal inertia of a loaded tote.

    Shell: floor and four walls as plates of equal area density. Contents: a uniform block over the inner floor that
    fills half the height, its centre displaced by `offset`. Products of inertia are left out: at the largest offsets
    in use they reach 11 % of the smallest moment.

    Args:
      outer, inner: (m, 3), (m, 2) m.
      tare, gross: (m,) kg, gross >= tare.
      offset: (m, 2) m, displacement of the contents along x and y.

    Returns:
      Centre of mass (m, 3) from the foot's underside, and moments about it (m, 3).
    """
    length, width, height = outer[:, 0], outer[:, 1], outer[:, 2]
    contents = gross - tare
    areas = np.stack([length * width, width * height, width * height, length * height, length * height], axis=-1)
    share = areas / areas.sum(axis=-1)[:, None] * tare[:, None]
    zero = np.zeros_like(length)
    place = np.stack(
        [
            np.stack([zero, zero, zero], axis=-1),
            np.stack([zero, -length / 2, height / 2], axis=-1),
            np.stack([zero, length / 2, height / 2], axis=-1),
            np.stack([-width / 2, zero, height / 2], axis=-1),
            np.stack([width / 2, zero, height / 2], axis=-1),
        ],
        axis=1,
    )
    size = np.stack(
        [
            np.stack([width, length, zero], axis=-1),
            np.stack([width, zero, height], axis=-1),
            np.stack([width, zero, height], axis=-1),
            np.stack([zero, length, height], axis=-1),
            np.stack([zero, length, height], axis=-1),
        ],
        axis=1,
    )
    block = np.stack([inner[:, 1], inner[:, 0], height / 2], axis=-1)
    block_at = np.stack([offset[:, 0], offset[:, 1], height / 4 + 0.01], axis=-1)
    mass = np.concatenate([share, contents[:, None]], axis=1)
    centre = np.concatenate([place, block_at[:, None]], axis=1)
    extent = np.concatenate([size, block[:, None]], axis=1)
    com = (mass[:, :, None] * centre).sum(axis=1) / gross[:, None]
    d = centre - com[:, None]
    moments = []
    for a, b in ((1, 2), (0, 2), (0, 1)):
        own = (extent[:, :, a] ** 2 + extent[:, :, b] ** 2) / 12.0
        moments.append((mass * (own + d[:, :, a] ** 2 + d[:, :, b] ** 2)).sum(axis=1))
    return com, np.stack(moments, axis=-1)
