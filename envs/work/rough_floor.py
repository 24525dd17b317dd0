"""An uneven floor without end: one square of bumps that repeats, moved along under the robot."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.placement import Placement

Float = NDArray[np.float64]

BODY = "rough_floor"
CELL_M, CELLS = 0.1, 40
"""Distance of the points whose heights are given, and points after which they repeat."""
_COARSE = 2
"""Only every second point is drawn, those between are means: no slope is steeper than the full height in 0.2 m."""
_HALF_CELLS = 60
_SEED = 20261123
_PARKED_M = -2.0
_AROUND_CELLS = 5
"""A robot that stands at the origin has its feet within so many cells of it."""


def heights() -> Float:
    """Heights (CELLS, CELLS) along y and x, from 0 to 1 of the floor's full height."""
    coarse = np.random.default_rng(_SEED).random((CELLS // _COARSE, CELLS // _COARSE))
    coarse = (coarse - coarse.min()) / (coarse.max() - coarse.min())
    fine = np.repeat(np.repeat(coarse, _COARSE, axis=0), _COARSE, axis=1)
    for axis in (0, 1):
        odd = np.arange(CELLS) % _COARSE == 1
        mean = 0.5 * (fine + np.roll(fine, -1, axis=axis))
        fine = np.where(odd if axis == 1 else odd[:, None], mean, fine)
    return fine


def add_rough_floor(spec: mujoco.MjSpec, height_m: float) -> None:
    """Add the floor, parked below the flat one."""
    index = np.arange(-_HALF_CELLS, _HALF_CELLS + 1) % CELLS
    side = _HALF_CELLS * CELL_M
    spec.add_hfield(
        name=BODY,
        size=(side, side, height_m, 0.05),
        nrow=len(index),
        ncol=len(index),
        userdata=heights()[np.ix_(index, index)].ravel(),
    )
    body = spec.worldbody.add_body(name=BODY, pos=(0.0, 0.0, _PARKED_M))
    body.add_geom(
        name=BODY,
        type=mujoco.mjtGeom.mjGEOM_HFIELD,
        hfieldname=BODY,
        rgba=(0.52, 0.54, 0.55, 1.0),
        priority=1,
    )


def draw_offset(rng: np.random.Generator, rough: bool) -> dict[str, Float]:
    """Place of the pattern's origin: `rough` 1 or 0, `bump` (2,) m, on the grid of heights."""
    return {"rough": np.array(float(rough)), "bump": CELL_M * rng.integers(-CELLS // 2, CELLS // 2, 2).astype(float)}


def start_height(draw: Any, height_m: float) -> Float:
    """Highest point (m,) of the floor near the origin, m; 0 on the flat one."""
    around = np.arange(-_AROUND_CELLS, _AROUND_CELLS + 1)
    cell = np.round(draw["bump"] / CELL_M).astype(int)
    rows, columns = ((around[None, :] - cell[:, axis, None]) % CELLS for axis in (1, 0))
    near = heights()[rows[:, :, None], columns[:, None, :]]
    return np.asarray(draw["rough"] * height_m * near.max(axis=(1, 2)))


def follow(xp: Any, draw: Any, at: Any) -> Any:
    """Place (n, 3) of the floor's body for robots at (n, 2), so that no bump moves under them."""
    period = CELL_M * CELLS
    near = draw["bump"] + period * xp.floor((at - draw["bump"]) / period + 0.5)
    height = xp.where(draw["rough"] > 0.5, 0.0, _PARKED_M)
    return xp.concatenate([near, height[:, None]], axis=-1)


def place_floor(draw: Any, friction: Any, put: Placement) -> None:
    """Put the floor where the robots begin, with sliding friction (m,) for it and the flat one."""
    put.model("body_pos", BODY, follow(np, draw, np.zeros((len(friction), 2))))
    coefficients = np.stack([friction, np.full_like(friction, 0.005), np.full_like(friction, 0.0001)], axis=-1)
    for geom in ("floor", BODY):
        put.model("geom_friction", geom, coefficients)
