"""How a run of parcels begins: its draw, and the world set up from it."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.frames import rotate, yaw_quat
from pilotline.envs.outage import draw_outage
from pilotline.envs.placement import Placement, friction
from pilotline.envs.station import Arrays
from pilotline.envs.stations.parcel_kinds import COUNT, PARCELS, box_inertia, size_range
from pilotline.envs.stations.parcel_layout import EDGE_X_M, INFEED_Y_M, TRAVEL_M
from pilotline.envs.stations.parcel_look import place_labels
from pilotline.envs.stations.parcel_scene import CELL, INDUCTION, INFEED

_STOP_WITHIN_S = (4.0, 12.0)
"""When an interruption begins, if there is one."""


def draw_run(card: StationCard, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw one run: SI units, radians; x, y, yaw where three numbers stand together; rows are parcels."""
    ranges = [size_range(card, parcel.kind) for parcel in PARCELS]
    low, high = (np.stack(ends) for ends in zip(*ranges, strict=True))
    heavy = np.array([np.log(card.figure_range(f"{parcel.kind}_kg")) for parcel in PARCELS])
    order = rng.permutation(COUNT)
    half = rng.uniform(low, high) / 2.0
    mass = np.exp(rng.uniform(heavy[:, 0], heavy[:, 1]))
    cog = rng.uniform(-1.0, 1.0, (COUNT, 3)) * card.figure("cog_fraction") * 2.0 * half
    surge = rng.random() < card.figure("surge_rate")
    short, long = (gap / 1000.0 for gap in card.figure_range("gap_mm"))
    gaps = rng.uniform(short, long, size=COUNT)
    across = rng.uniform(-1.0, 1.0, COUNT) * card.figure("lateral_mm") / 1000.0
    yaw = rng.uniform(-1.0, 1.0, COUNT) * np.deg2rad(card.figure("yaw_deg"))
    dock, turn = card.figure("dock_offset_mm") / 1000.0, np.deg2rad(card.figure("dock_turn_deg"))
    bias = np.array([card.figure("pose_bias_mm") / 1000.0] * 2 + [np.deg2rad(card.figure("pose_bias_deg"))])
    jitter = np.array([card.figure("pose_jitter_mm") / 1000.0] * 2 + [np.deg2rad(card.figure("pose_jitter_deg"))])
    return {
        "half": half,
        "mass": mass,
        "cog": cog,
        "pose": _queue(order, half, np.where(surge, card.figure("surge_gap_mm") / 1000.0, gaps), across, yaw),
        "stiffness": rng.uniform(*card.figure_range("bag_stiffness_nm_per_rad"), size=COUNT),
        "parcel_friction": np.float64(rng.uniform(*card.figure_range("parcel_friction"))),
        "belt_friction": np.float64(rng.uniform(*card.figure_range("belt_friction"))),
        "infeed_speed": np.float64(rng.uniform(*card.figure_range("infeed_m_per_s"))),
        "induction_speed": np.float64(rng.uniform(*card.figure_range("induction_m_per_s"))),
        "surge": np.float64(surge),
        "dock": np.array([*rng.uniform(-dock, dock, size=2), rng.uniform(-turn, turn)]),
        "cell_bias": rng.normal(size=3) * bias / 2.0,
        "pose_bias": rng.normal(size=(COUNT, 3)) * bias,
        "pose_jitter": jitter,
        "size_bias": rng.normal(size=(COUNT, 3)) * card.figure("size_bias_mm") / 1000.0,
        **_labels(card, rng),
        **draw_outage(rng, card.figure("outage_s"), _STOP_WITHIN_S),
        "late_s": _stop(rng, card.figure("late_s")),
        "jam_s": _stop(rng, card.figure("jam_s")),
    }


def _queue(order: Any, half: Any, gaps: Any, across: Any, yaw: Any) -> NDArray[np.float64]:
    """Where parcels lie on the infeed, x, y, yaw in the cell (parcels, 3): in this order, these gaps between them."""
    reach = half[:, 0] * np.cos(yaw) + half[:, 1] * np.abs(np.sin(yaw))
    x, behind = np.zeros(COUNT), EDGE_X_M + TRAVEL_M
    for place, parcel in enumerate(order):
        x[parcel] = behind + reach[parcel]
        behind = x[parcel] + reach[parcel] + gaps[place]
    return np.stack([x, INFEED_Y_M + across, yaw], axis=-1)


def _labels(card: StationCard, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Sides of valid and old labels, as in `FACES`, and how well each is read.

    `valid`, `old`: one-hot (parcels, 4), zeros where there is no old label. `seen`: (parcels,) a standard normal draw
    below this is a frame in which the parcel's labels are read. `score`: (parcels, 2) of valid and old label.
    """
    flat = np.array([parcel.kind != "stick" for parcel in PARCELS])
    up = rng.random(COUNT) < card.figure("up_rate")
    face = np.where(flat, up, rng.integers(4, size=COUNT))
    other = np.where(flat, 1 - face, (face + rng.integers(1, 4, size=COUNT)) % 4)
    twice = rng.random(COUNT) < card.figure("old_label_rate")
    glossy = rng.random(COUNT) < card.figure("glossy_rate")
    below = [NormalDist().inv_cdf(card.figure(name)) for name in ("read_share", "glossy_read_share")]
    score = np.array([card.figure("label_score"), card.figure("old_label_score")])
    return {
        "valid": np.eye(4)[face],
        "old": np.eye(4)[other] * twice[:, None],
        "seen": np.where(glossy, below[1], below[0]),
        "score": score + rng.normal(size=(COUNT, 2)) * card.figure("score_bias"),
    }


def _stop(rng: np.random.Generator, length_s: float) -> NDArray[np.float64]:
    """When a belt stands still, from and to, s; never if for no time."""
    begin = rng.uniform(*_STOP_WITHIN_S)
    return np.array([begin, begin + length_s])


def place_run(draw: Arrays, put: Placement) -> None:
    """Stand the cell where the robot docked, make the parcels, queue them up, start the induction belt."""
    m = len(draw["surge"])
    yaw = draw["dock"][:, 2]
    origin = put.default("body_pos", CELL) + np.concatenate([draw["dock"][:, :2], np.zeros((m, 1))], axis=-1)
    put.model("body_pos", CELL, origin)
    put.model("body_quat", CELL, yaw_quat(np, yaw))
    for belt, speed in ((INFEED, np.zeros(m)), (INDUCTION, draw["induction_speed"])):
        put.model("geom_friction", belt, friction(draw["belt_friction"]))
        running = np.zeros((m, 6))
        running[:, 0] = speed
        put.model("geom_surfacevel", belt, running)
    for i, parcel in enumerate(PARCELS):
        half, thirds = draw["half"][:, i], len(parcel.tiles)
        tile = half / np.array([thirds, 1.0, 1.0])
        mass = draw["mass"][:, i] / thirds
        for name in parcel.tiles:
            put.box(name, np.zeros((m, 3)), tile)
            put.model("geom_friction", name, friction(draw["parcel_friction"]))
            put.model("body_mass", name, mass)
            put.model("body_inertia", name, box_inertia(mass, tile))
            if name != parcel.body:
                side = -1.0 if name.endswith("near") else 1.0
                along = np.zeros((m, 3))
                along[:, 0] = side * tile[:, 0]
                put.model("body_pos", name, 2.0 * along)
                put.model("jnt_pos", name, -along)
                put.model("jnt_stiffness", name, draw["stiffness"][:, i])
                put.qpos(name, np.zeros(m))
            else:
                put.model("body_ipos", name, draw["cog"][:, i] * (0.0 if parcel.bag else 1.0))
        x, y, turn = (draw["pose"][:, i, k] for k in range(3))
        at = np.stack([x, y, half[:, 2]], axis=-1)
        pos = origin + rotate(np, yaw_quat(np, yaw), at)
        put.qpos(parcel.body, np.concatenate([pos, yaw_quat(np, yaw + turn)], axis=-1))
        place_labels(parcel, half, draw["valid"][:, i], draw["old"][:, i], put)
