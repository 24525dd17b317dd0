"""How a cycle of the weld cell begins: its draw, and the world set up from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.frames import yaw_quat
from pilotline.envs.outage import draw_outage
from pilotline.envs.placement import Placement, friction
from pilotline.envs.station import Arrays
from pilotline.envs.stations.weld_layout import (
    PANELS,
    PIN_LENGTH_M,
    RACK_FOOT_M,
    THICK_M,
    PanelSize,
)
from pilotline.envs.stations.weld_panel import panel_boxes, panel_inertia
from pilotline.envs.stations.weld_scene import BODIES, FORK_HALF_M, LEVELS_SHOWN, fork_box

_HIDDEN_Z_M = -1.0


def draw_cycle(card: StationCard, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw one cycle: SI units, radians; x, y, z, yaw where four numbers stand together, panels in order."""
    n = len(PANELS)
    masses = np.array([card.figure_range(f"{name}_kg") for name in PANELS])
    sheet = rng.uniform()
    levels = card.figure_range("rack_levels")
    shift, turn = card.figure("nesting_mm") / 1000.0, np.deg2rad(card.figure("nesting_deg"))
    offset, twist = card.figure("fixture_offset_mm") / 1000.0, np.deg2rad(card.figure("fixture_turn_deg"))
    wear = card.figure("pin_wear_mm") / 1000.0
    bias_m, bias_rad = card.figure("pose_bias_mm") / 1000.0, np.deg2rad(card.figure("pose_bias_deg"))
    bias = np.array([bias_m, bias_m, bias_m, bias_rad])
    open_s = card.figure("tau_machine_s") - card.figure("window_s")
    return {
        "mass": masses[:, 0] + sheet * (masses[:, 1] - masses[:, 0]),
        "cog": rng.uniform(-1.0, 1.0, size=(n, 2)) * card.figure("cog_offset_mm") / 1000.0,
        "friction": rng.uniform(*card.figure_range("friction"), size=n),
        "stock": rng.integers(int(levels[0]), int(levels[1]) + 1, size=n).astype(np.float64),
        "pitch": rng.uniform(*card.figure_range("rack_pitch_mm"), size=n) / 1000.0,
        "nesting": np.concatenate([rng.uniform(-shift, shift, (n, 2)), rng.uniform(-turn, turn, (n, 1))], axis=-1),
        "fixture": np.array([*rng.uniform(-offset, offset, size=3), rng.uniform(-twist, twist)]),
        "pin_wear": rng.uniform(-wear, wear, size=(n, 2)),
        "hole": np.full(n, (card.figure("pin_mm") + card.figure("hole_play_mm")) / 2000.0),
        "signal_late_s": np.float64(rng.uniform(0.0, card.figure("signal_jitter_s"))),
        "panel_bias": rng.normal(size=(n, 4)) * bias,
        "nest_bias": rng.normal(size=(n, 4)) * bias,
        "jitter": np.array([*[card.figure("pose_jitter_mm") / 1000.0] * 3, np.deg2rad(card.figure("pose_jitter_deg"))]),
        **draw_outage(rng, card.figure("outage_s"), (open_s, open_s + 0.6 * card.figure("window_s"))),
    }


def place_cycle(card: StationCard, sizes: dict[str, PanelSize], draw: Arrays, put: Placement) -> None:
    """Fill the racks, set up the fixture and its pins, arm the light curtain."""
    m = len(draw["stock"])
    origin = put.default("body_pos", "fixture")
    put.model("body_pos", "fixture", origin + draw["fixture"][:, :3])
    put.model("body_quat", "fixture", yaw_quat(np, np.pi + draw["fixture"][:, 3]))
    for i, name in enumerate(PANELS):
        size = sizes[name]
        for k, side in enumerate((1, 0)):
            radius = card.figure("pin_mm") / 2000.0 + draw["pin_wear"][:, i, k] / 2
            put.model("geom_size", f"pin_{name}_{side}", _pin_size(radius))
        _shape_panel(put, name, size, draw, i)
        _fill_rack(put, name, size, draw, i)
        rack = put.default("body_pos", f"rack_{name}")
        level = RACK_FOOT_M + (draw["stock"][:, i] - 1.0) * draw["pitch"][:, i]
        at = rack + np.concatenate([draw["nesting"][:, i, :2], (level + THICK_M / 2)[:, None]], axis=-1)
        put.qpos(BODIES[name], np.concatenate([at, yaw_quat(np, draw["nesting"][:, i, 2])], axis=-1))
    put.model("body_pos", "door_beams", np.zeros((m, 3)))


def _shape_panel(put: Placement, name: str, size: PanelSize, draw: Arrays, i: int) -> None:
    for part, (centre, half) in panel_boxes(size, draw["hole"][:, i]).items():
        put.box(f"{name}_{part}", centre, half)
        put.model("geom_friction", f"{name}_{part}", friction(draw["friction"][:, i]))
    mass = draw["mass"][:, i]
    put.model("body_mass", BODIES[name], mass)
    put.model("body_inertia", BODIES[name], panel_inertia(size, mass))
    put.model("body_ipos", BODIES[name], np.concatenate([draw["cog"][:, i], 0.0 * mass[:, None]], axis=-1))


def _fill_rack(put: Placement, name: str, size: PanelSize, draw: Arrays, i: int) -> None:
    """Forks under the top panel; what waits below it is part of the rack."""
    stock, pitch = draw["stock"][:, i], draw["pitch"][:, i]
    zero = np.zeros_like(stock)

    def at(x: float, y: float, z: Any) -> Any:
        return np.stack([x + zero, y + zero, z], axis=-1)

    def tile(half: tuple[float, ...]) -> Any:
        return np.tile(np.array(half), (len(stock), 1))

    top = RACK_FOOT_M + (stock - 1.0) * pitch
    below = np.where(stock > 1.5, top - pitch + THICK_M / 2, _HIDDEN_Z_M)
    put.box(f"stock_{name}", at(0.0, 0.0, below), tile((size.half_across, size.half_along, THICK_M / 2)))
    for k, sign in enumerate((-1.0, 1.0)):
        centre, half = fork_box(size, sign)
        put.box(f"fork_{name}_{k}", at(centre[0], centre[1], top + centre[2]), tile(half))
        for level in range(LEVELS_SHOWN):
            z = RACK_FOOT_M + level * pitch - FORK_HALF_M[1]
            put.box(f"tine_{name}_{level}_{k}", at(centre[0], centre[1], z), tile(half))
    for level in range(LEVELS_SHOWN):
        z = np.where(stock > level + 1.5, RACK_FOOT_M + level * pitch + THICK_M / 2, _HIDDEN_Z_M)
        put.model("geom_pos", f"shown_{name}_{level}", at(0.0, 0.0, z))


def _pin_size(radius: Any) -> Any:
    """Radius and half length of a capsule pin whose tip stays at its height."""
    return np.stack([radius, (PIN_LENGTH_M + 0.06) / 2 - radius, np.zeros_like(radius)], axis=-1)
