"""How a cycle of the assembly cell begins: its draw, and the world set up from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.frames import yaw_quat
from pilotline.envs.outage import draw_outage
from pilotline.envs.placement import Placement, friction
from pilotline.envs.station import Arrays
from pilotline.envs.stations.peg_holes import STAVES, place_friction, place_hole
from pilotline.envs.stations.peg_layout import (
    GEAR_TEETH,
    HOLE_DEPTH_M,
    HOLES,
    PARTS,
    PEGS,
    SHAFTS,
    spot_m,
)
from pilotline.envs.stations.peg_scene import HOLE_OUTER_M

_OUTAGE_WITHIN_S = (5.0, 60.0)


def draw_cycle(card: StationCard, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw one cycle: SI units, radians; x, y, yaw where three numbers stand together."""
    shift, turn = card.figure("board_mm") / 1000.0, np.deg2rad(card.figure("board_deg"))
    tray = card.figure("tray_mm") / 1000.0
    bias_m, bias_rad = card.figure("pose_bias_mm") / 1000.0, np.deg2rad(card.figure("pose_bias_deg"))
    bias = np.array([bias_m, bias_m, bias_rad])
    burr = np.zeros((len(PEGS), STAVES))
    height = rng.uniform(0.0, card.figure("burr_mm") / 1000.0, size=len(PEGS))
    burr[np.arange(len(PEGS)), rng.integers(STAVES, size=len(PEGS))] = height
    radii = np.array(card.figures["hole_mm"].value) / 2000.0
    jitter = card.figure("pose_jitter_mm") / 1000.0, np.deg2rad(card.figure("pose_jitter_deg"))
    return {
        "board": np.array([*rng.uniform(-shift, shift, size=2), rng.uniform(-turn, turn)]),
        "spots": rng.uniform(-tray, tray, size=(len(PARTS), 2)),
        "turns": rng.uniform(-np.pi, np.pi, size=len(PARTS)) / np.array([*(1.0 for _ in PEGS), *GEAR_TEETH]),
        "friction": np.float64(rng.uniform(*card.figure_range("friction"))),
        "edge": rng.uniform(*card.figure_range("chamfer_mm"), size=len(PEGS)) / 1000.0,
        "burr": burr,
        "pinion": np.float64(rng.uniform(-np.pi, np.pi)),
        "board_bias": rng.normal(size=3) * bias,
        "part_bias": rng.normal(size=(len(PARTS), 3)) * bias,
        "ready_s": np.float64(rng.uniform(0.0, 1.0) * card.figure("late_s")),
        **draw_outage(rng, card.figure("outage_s"), _OUTAGE_WITHIN_S),
        "hole_radius": radii,
        "jitter": np.array([jitter[0], jitter[0], jitter[1]]),
    }


def place_cycle(draw: Arrays, put: Placement) -> None:
    """Stand the board where it was put, size its holes, put the parts into their trays."""
    m = len(draw["friction"])
    cell = put.default("body_pos", "cell")
    yaw = draw["board"][:, 2]
    put.model("body_pos", "board", np.concatenate([draw["board"][:, :2], np.zeros((m, 1))], axis=-1))
    put.model("body_quat", "board", yaw_quat(np, yaw))
    for i, name in enumerate(HOLES):
        radius = draw["hole_radius"][:, i]
        place_hole(put, name, radius, HOLE_DEPTH_M, HOLE_OUTER_M, draw["edge"][:, i], draw["burr"][:, i])
        place_friction(put, name, draw["friction"])
    for name in SHAFTS:
        put.model("geom_friction", f"{name}_pin", friction(draw["friction"]))
    for i, name in enumerate(PARTS):
        foot = np.array(spot_m(i)) + np.concatenate([draw["spots"][:, i], np.zeros((m, 1))], axis=-1)
        if name in PEGS:
            put.model("body_pos", f"pocket_{name}", foot)
        put.qpos(name, np.concatenate([cell + foot, yaw_quat(np, draw["turns"][:, i])], axis=-1))
    put.qpos("pinion", draw["pinion"][:, None])
