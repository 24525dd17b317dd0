"""How a cycle of the screwing station begins: its draw, and the world set up from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.frames import quat_mul, rotate, yaw_quat
from pilotline.envs.outage import draw_outage
from pilotline.envs.placement import Placement
from pilotline.envs.station import Arrays
from pilotline.envs.stations.screw_law import joint_rate
from pilotline.envs.stations.screw_layout import (
    DECOY_M,
    FEEDER_M,
    HOLES_M,
    LENGTH_M,
    POCKETS,
    REST_M,
    pocket_x,
)
from pilotline.envs.stations.screw_parts import HOLES, SCREWS, shank_of

RUNS = 24
"""Runs of the driver in a cycle that have a scatter of their own; later ones have the last."""
_OUTAGE_WITHIN_S = (5.0, 35.0)


def draw_cycle(card: StationCard, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw one cycle: SI units, radians; x, y, yaw where three numbers stand together."""

    def planar(name: str) -> NDArray[np.float64]:
        shift, turn = card.figure(f"{name}_offset_mm") / 1000.0, np.deg2rad(card.figure(f"{name}_turn_deg"))
        return np.array([*rng.uniform(-shift, shift, size=2), rng.uniform(-turn, turn)])

    bias_m, bias_rad = card.figure("pose_bias_mm") / 1000.0, np.deg2rad(card.figure("pose_bias_deg"))
    bias = np.array([bias_m, bias_m, bias_rad])
    jitter_m, jitter_rad = card.figure("pose_jitter_mm") / 1000.0, np.deg2rad(card.figure("pose_jitter_deg"))
    off = card.figure("hole_offset_mm") / 1000.0
    dock, part, feeder = planar("dock"), planar("part"), planar("feeder")
    holes = rng.uniform(-off, off, size=(len(HOLES), 2))
    c, s = np.cos(part[2]), np.sin(part[2])
    local = np.array(HOLES_M) + holes
    at = part[:2] + np.stack([c * local[:, 0] - s * local[:, 1], s * local[:, 0] + c * local[:, 1]], axis=-1)
    decoy = np.zeros(POCKETS)
    pocket = rng.integers(POCKETS)
    decoy[pocket] = rng.random() < card.figure("decoy_rate")
    scatter = card.figure("driver_offset") * rng.normal() + card.figure("driver_scatter") * rng.normal(size=RUNS)
    return {
        "dock": dock,
        "part": part,
        "feeder": feeder,
        "hole_offset": holes,
        "hole_at": at,
        "length": np.where(decoy > 0.5, DECOY_M, LENGTH_M),
        "thread_friction": np.float64(rng.uniform(*card.figure_range("thread_friction"))),
        "driver_error": scatter,
        "yaw": rng.uniform(-np.pi, np.pi, size=POCKETS),
        "bench_bias": rng.normal(size=3) * bias,
        "part_bias": rng.normal(size=3) * bias,
        "feeder_bias": rng.normal(size=3) * bias,
        "encoder_bias": rng.normal(size=3) * card.figure("encoder_mm") / 1000.0,
        "jitter": np.array([jitter_m, jitter_m, jitter_rad]),
        "suction_n": np.float64(card.figure("suction_n")),
        "mount": np.float64(card.figure("mount_nm_per_rad")),
        **draw_outage(rng, card.figure("outage_s"), _OUTAGE_WITHIN_S),
    }


def place_cycle(card: StationCard, draw: Arrays, put: Placement) -> None:
    """Stand the bench where the robot docked, part and feeder on it, a screw in each pocket; friction and stiffness."""
    m = len(draw["dock"])
    zero = np.zeros((m, 1))
    yaw = draw["dock"][:, 2]
    origin = put.default("body_pos", "bench") + np.concatenate([draw["dock"][:, :2], zero], axis=-1)
    for body in ("bench", "arm"):
        put.model("body_pos", body, origin)
        put.model("body_quat", body, yaw_quat(np, yaw))
    for name, centre in (("part", (0.0, 0.0, 0.0)), ("feeder", FEEDER_M)):
        put.model("body_pos", name, np.array(centre) + np.concatenate([draw[name][:, :2], zero], axis=-1))
        put.model("body_quat", name, yaw_quat(np, draw[name][:, 2]))
    for i, hole in enumerate(HOLES):
        put.model("body_pos", hole, np.concatenate([np.array(HOLES_M[i]) + draw["hole_offset"][:, i], zero], axis=-1))
    rate = joint_rate(card, draw["thread_friction"])
    gain, bias = (np.tile(put.default(f"actuator_{kind}prm", "joint"), (m, 1)) for kind in ("gain", "bias"))
    gain[:, 0], bias[:, 1] = rate, -rate
    put.model("actuator_gainprm", "joint", gain)
    put.model("actuator_biasprm", "joint", bias)
    feeder_yaw = yaw + draw["feeder"][:, 2]
    for i, name in enumerate(SCREWS):
        local = rotate(np, yaw_quat(np, draw["feeder"][:, 2]), np.tile((pocket_x(i), 0.0, REST_M), (m, 1)))
        at = np.array(FEEDER_M) + local + np.concatenate([draw["feeder"][:, :2], zero], axis=-1)
        turn = quat_mul(np, yaw_quat(np, feeder_yaw), yaw_quat(np, draw["yaw"][:, i]))
        put.qpos(name, np.concatenate([origin + rotate(np, yaw_quat(np, yaw), at), turn], axis=-1))
        _shank(name, draw["length"][:, i], put)
    for joint in ("tilt_x", "tilt_y"):
        stiffness = np.tile(put.default("jnt_stiffness", joint), (m, 1))
        stiffness[:, 0] = draw["mount"]
        put.model("jnt_stiffness", joint, np.reshape(stiffness, (m, *np.shape(put.default("jnt_stiffness", joint)))))


def _shank(name: str, length: Any, put: Placement) -> None:
    """Give a screw its length (m,), m, from the middle of the head to the tip."""
    zero = np.zeros_like(length)
    for part, (radius, reach) in shank_of(length).items():
        geom = f"{name}_{part}"
        put.model("geom_pos", geom, np.stack([zero, zero, -0.5 * reach], axis=-1))
        put.model("geom_size", geom, np.stack([zero + radius, 0.5 * reach - radius, zero], axis=-1))
        put.model("geom_rbound", geom, 0.5 * reach)
        put.model("geom_aabb", geom, np.stack([zero, zero, zero, zero + radius, zero + radius, 0.5 * reach], axis=-1))
