"""How a cycle of the destacking station begins: its draw, and the world set up from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.frames import yaw_quat
from pilotline.envs.outage import draw_outage
from pilotline.envs.placement import Placement, friction
from pilotline.envs.station import Arrays
from pilotline.envs.stations.tote import ToteShapes, tote_inertia, tote_walls
from pilotline.envs.stations.tote_scene import LAYERS_SHOWN, MISSING, PARKED

_HALVES = (("right", -1.0), ("right", 1.0), ("left", -1.0), ("left", 1.0))
"""Halves of the rim over the grip holes, of which one may have broken off: side, and end along x."""


def draw_cycle(card: StationCard, shapes: ToteShapes, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw one cycle: SI units, radians; the totes are the one to move, the one below and the one behind.

    Args:
      card: with the figures of the pack.
    """
    kind = int(rng.integers(2))
    layers = card.figures["layers"].value
    assert isinstance(layers, tuple)
    layer = float(rng.integers(1, int(layers[kind]) + 1))
    low, high = card.figure_range("gross_mass_kg")
    tare = float(shapes.tare[kind])
    gross = rng.uniform(max(low, tare), high, size=3)
    ordered = gross[0]
    reach = card.figure("cog_offset_fraction") * shapes.outer[kind, [1, 0]]
    shift = card.figure("pallet_offset_mm") / 1000.0
    turn = np.deg2rad(card.figure("pallet_turn_deg"))
    bias, bias_rad = card.figure("pose_bias_mm") / 1000.0, np.deg2rad(card.figure("pose_bias_deg"))
    cog = rng.uniform(-1.0, 1.0, size=2) * reach
    sliding = rng.uniform(*card.figure_range("friction"))
    pallet = np.array([*rng.uniform(-shift, shift, size=2), rng.uniform(-turn, turn)])
    tote_bias = np.array([*rng.normal(0.0, bias, size=3), rng.normal(0.0, bias_rad)])
    belt_bias = np.array([*rng.normal(0.0, bias, size=3), rng.normal(0.0, bias_rad)])
    empty = rng.random() < card.figure("empty_rate")
    damaged, half = rng.random() < card.figure("damage_rate"), rng.integers(len(_HALVES))
    missing = rng.random() < card.figure("missing_rate")
    if empty:
        gross = np.array([tare, *gross[1:]])
    return {
        "kind": np.float64(kind),
        "layer": np.float64(layer),
        "gross": gross,
        "ordered_kg": np.float64(ordered),
        "empty": np.float64(empty),
        "cog": cog * (gross[0] - tare) / gross[0],
        "friction": np.float64(sliding),
        "damage": np.float64(damaged * (1 + half)),
        "missing": np.float64(missing),
        "pallet": pallet,
        "tote_bias": tote_bias,
        "belt_bias": belt_bias,
        "jitter": np.float64(card.figure("pose_jitter_mm") / 1000.0),
        **draw_outage(rng, card.figure("outage_s"), card.figure_range("outage_from_s")),
    }


def place_cycle(card: StationCard, shapes: ToteShapes, draw: Arrays, put: Placement) -> None:
    """Shape the totes to their type, load them, and stack them."""
    kind = draw["kind"].astype(np.int64)
    outer, inner, step = shapes.outer[kind], shapes.inner[kind], shapes.step[kind]
    m = len(kind)
    walls = tote_walls(outer, inner, shapes.hole_z[kind], shapes.nesting, shapes.hole)
    for name, (centre, half) in {**walls, **_broken(walls, draw["damage"])}.items():
        put.box(f"tote_{name}", centre, half)
        put.model("geom_friction", f"tote_{name}", friction(draw["friction"]))
    _shape_neighbours(put, outer, inner, shapes.nesting, draw["friction"])
    _load(put, outer, inner, shapes.tare[kind], draw)

    half_aisle = card.figure("aisle_m") / 2
    origin, yaw = draw["pallet"][:, :2] + np.array([half_aisle + 0.03, 0.0]), draw["pallet"][:, 2]
    put.model("body_pos", "pallet", np.concatenate([origin, np.zeros((m, 1))], axis=-1))
    put.model("body_quat", "pallet", yaw_quat(np, yaw))
    deck = card.figure("deck_height_m")
    layer, width = draw["layer"], outer[:, 1]
    near, far = width / 2 + 0.002, width * 1.5 + 0.008
    for column, x, levels in (("near", near, layer - 2), ("far", far, layer - 1)):
        _pile(put, column, x, levels, deck, outer, step)
        put.model("geom_friction", f"pile_{column}", friction(draw["friction"]))
    top = deck + (layer - 1) * step
    put.qpos("tote", _stacked(origin, yaw, near, top))
    behind = _stacked(origin, yaw, far, top)
    put.qpos("behind", np.where(draw["missing"][:, None] > 0.5, _aside(MISSING, m), behind))
    below = _stacked(origin, yaw, near, deck + (layer - 2) * step)
    put.qpos("below", np.where((layer > 1.5)[:, None], below, _aside(PARKED, m)))


def _broken(walls: dict[str, tuple[Any, Any]], damage: Any) -> dict[str, tuple[Any, Any]]:
    """The rims over the grip holes, where half of one has broken off: what is left of it is the other half."""
    left = {}
    for side in ("right", "left"):
        centre, half = (part.copy() for part in walls[f"{side}_lintel"])
        for number, (own, end) in enumerate(_HALVES, start=1):
            gone = (damage == number) & (own == side)
            centre[:, 0] = np.where(gone, -end * half[:, 0] / 2, centre[:, 0])
            half[:, 0] = np.where(gone, half[:, 0] / 2, half[:, 0])
        left[f"{side}_lintel"] = centre, half
    return left


def _load(put: Placement, outer: Any, inner: Any, tare: Any, draw: Arrays) -> None:
    """Masses of shell and contents; only the tote to move has its weight off the middle."""
    gross = draw["gross"]
    share = (gross[:, 0] - tare) / gross[:, 0]
    offset = draw["cog"] / np.maximum(share, 1e-6)[:, None]
    for i, name in enumerate(("tote", "below", "behind")):
        com, inertia = tote_inertia(outer, inner, tare, gross[:, i], offset if i == 0 else np.zeros_like(offset))
        put.model("body_mass", name, gross[:, i])
        put.model("body_ipos", name, com)
        put.model("body_inertia", name, inertia)


def _pile(put: Placement, column: str, x: Any, levels: Any, deck: float, outer: Any, step: Any) -> None:
    """The layers that carry the totes: one block, and a shell to look at for each."""
    zero = np.zeros(len(x))
    tall = np.maximum(levels, 0.0) * step
    flat = tall <= 0.0
    centre = np.stack([x, zero, np.where(flat, -1.0, deck + tall / 2)], axis=-1)
    half = np.stack([outer[:, 1] / 2, outer[:, 0] / 2, np.where(flat, 0.01, tall / 2)], axis=-1)
    put.box(f"pile_{column}", centre, half)
    for k in range(LAYERS_SHOWN):
        z = np.where(levels > k, deck + (k + 0.5) * step, -1.0)
        size = np.stack([outer[:, 1] / 2 - 0.004, outer[:, 0] / 2 - 0.004, step / 2 - 0.004], axis=-1)
        put.box(f"shell_{column}_{k}", np.stack([x, zero, z], axis=-1), size)


def _stacked(origin: Any, yaw: Any, x: Any, z: Any) -> Any:
    """Free-joint coordinates (m, 7) of a tote x metres into the pallet, foot at height z."""
    pos = np.stack([origin[:, 0] + np.cos(yaw) * x, origin[:, 1] + np.sin(yaw) * x, z], axis=-1)
    return np.concatenate([pos, yaw_quat(np, yaw)], axis=-1)


def _aside(spot: tuple[float, float], m: int) -> Any:
    """Free-joint coordinates (m, 7) of a tote on the floor, out of the way."""
    return np.tile(np.array([*spot, 0.0, 1.0, 0.0, 0.0, 0.0]), (m, 1))


def _shape_neighbours(put: Placement, outer: Any, inner: Any, nesting: float, sliding: Any) -> None:
    """The tote below is a block with a rim that holds the upper foot; the one behind is a block."""
    length, width, height = outer[:, 0], outer[:, 1], outer[:, 2]
    zero = np.zeros_like(length)
    for name, top in (("below", height - nesting), ("behind", height)):
        put.box(
            f"{name}_block",
            np.stack([zero, zero, top / 2], axis=-1),
            np.stack([width / 2, length / 2, top / 2], axis=-1),
        )
        put.model("geom_friction", f"{name}_block", friction(sliding))
    z = height - nesting / 2
    ty, tx = (length - inner[:, 0]) / 4, (width - inner[:, 1]) / 4
    half_z = zero + nesting / 2
    for edge, sign in (("front", -1.0), ("back", 1.0)):
        centre = np.stack([sign * (width / 2 - tx), zero, z], axis=-1)
        put.box(f"below_{edge}", centre, np.stack([tx, length / 2, half_z], axis=-1))
        put.model("geom_friction", f"below_{edge}", friction(sliding))
    for edge, sign in (("right", -1.0), ("left", 1.0)):
        centre = np.stack([zero, sign * (length / 2 - ty), z], axis=-1)
        put.box(f"below_{edge}", centre, np.stack([inner[:, 1] / 2, ty, half_z], axis=-1))
        put.model("geom_friction", f"below_{edge}", friction(sliding))
