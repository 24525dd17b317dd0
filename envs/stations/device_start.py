"""How a cycle of the device test begins: its draw, and the world set up from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.frames import rotate, yaw_quat
from pilotline.envs.outage import draw_outage
from pilotline.envs.placement import Placement, friction
from pilotline.envs.station import Arrays
from pilotline.envs.stations.device_layout import INFEED_M, TRAVEL_M
from pilotline.envs.stations.device_scene import DEVICES, INFEED_STRAPS, NEST_GEOMS

_CREEP_M_PER_S = 1e-9
"""Speed of a belt that stands: with zero the world would have no moving surfaces, then or later."""
_PLAY_USED = 0.8
"""Share of the pocket's clearance in which a tested device may lie."""


def draw_cycle(card: StationCard, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw one cycle: SI units, radians; x, y, yaw where three numbers stand together.

    Args:
      card: with the figures of the pack.
    """
    shift, turn = card.figure("belt_pose_mm") / 1000.0, np.deg2rad(card.figure("belt_turn_deg"))
    dock, dock_turn = card.figure("dock_offset_mm") / 1000.0, np.deg2rad(card.figure("dock_turn_deg"))
    play = _PLAY_USED * card.figure("nest_clearance_mm") / 1000.0
    rate = rng.uniform(*card.figure_range("bad_rate"))
    bias_m, bias_rad = card.figure("pose_bias_mm") / 1000.0, np.deg2rad(card.figure("pose_bias_deg"))
    bias = np.array([bias_m, bias_m, bias_rad])
    jitter_m, jitter_rad = card.figure("pose_jitter_mm") / 1000.0, np.deg2rad(card.figure("pose_jitter_deg"))
    return {
        "belt_speed": np.float64(rng.uniform(*card.figure_range("belt_speed_m_per_s"))),
        "belt_pose": np.array([*rng.uniform(-shift, shift, size=2), rng.uniform(-turn, turn)]),
        "old_pose": rng.uniform(-play, play, size=2),
        "bad": np.float64(rng.random() < rate),
        "glass_friction": np.float64(rng.uniform(*card.figure_range("glass_friction"))),
        "nest_friction": np.float64(rng.uniform(*card.figure_range("nest_friction"))),
        "dock": np.array([*rng.uniform(-dock, dock, size=2), rng.uniform(-dock_turn, dock_turn)]),
        "new_bias": rng.normal(size=3) * bias,
        "old_bias": rng.normal(size=3) * bias,
        "nest_bias": rng.normal(size=3) * bias,
        "jitter": np.array([jitter_m, jitter_m, jitter_rad]),
        "cling_n": np.float64(rng.uniform(*card.figure_range("cling_n"))),
        "late_s": np.float64(rng.uniform(*card.figure_range("late_s"))),
        **draw_outage(rng, card.figure("outage_s"), card.figure_range("outage_from_s")),
    }


def place_cycle(card: StationCard, draw: Arrays, put: Placement) -> None:
    """Stand the cell where the robot docked, open the lid, put both devices in, start the belt."""
    m = len(draw["bad"])
    yaw, height = draw["dock"][:, 2], card.figures["device_mm"].value[2] / 2000.0  # type: ignore[index]
    origin = put.default("body_pos", "cell") + np.concatenate([draw["dock"][:, :2], np.zeros((m, 1))], axis=-1)
    put.model("body_pos", "cell", origin)
    put.model("body_quat", "cell", yaw_quat(np, yaw))
    put.qpos("lid", np.full((m, 1), np.deg2rad(card.figure("lid_open_deg"))))
    level = np.full((m, 1), height)
    put.qpos("old", _free(origin, yaw, np.concatenate([draw["old_pose"], level], axis=-1), np.zeros(m)))
    arriving = draw["belt_pose"][:, :2] + np.array([INFEED_M[0] + TRAVEL_M, INFEED_M[1]])
    put.qpos("new", _free(origin, yaw, np.concatenate([arriving, level], axis=-1), draw["belt_pose"][:, 2]))
    for name in DEVICES:
        put.model("geom_friction", f"{name}_device", friction(draw["glass_friction"]))
    for name in NEST_GEOMS:
        put.model("geom_friction", name, friction(draw["nest_friction"]))
    running = np.zeros((m, 6))
    running[:, 0] = -_CREEP_M_PER_S
    for strap in INFEED_STRAPS:
        put.model("geom_surfacevel", strap, running)


def _free(origin: Any, yaw: Any, at: Any, turn: Any) -> Any:
    """Free-joint coordinates (m, 7) of a body at a point (m, 3) of the cell, turned by (m,) in it."""
    pos = origin + rotate(np, yaw_quat(np, yaw), at)
    return np.concatenate([pos, yaw_quat(np, yaw + turn)], axis=-1)
