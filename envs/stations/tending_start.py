"""How a cycle of machine tending begins: its draw, and the world set up from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.frames import rotate, yaw_quat
from pilotline.envs.outage import draw_outage
from pilotline.envs.placement import Placement, friction
from pilotline.envs.station import Arrays
from pilotline.envs.stations.tending_layout import CHUCK_AT_M, IN_Y_M, OUT_Y_M, SLOTS, TABLE_AT_M
from pilotline.envs.stations.tending_scene import JAWS, PARTS, WET

_OUTAGE_WITHIN_S = (2.0, 35.0)
_OUT_OF_SIGHT_M = -2.0


def draw_cycle(card: StationCard, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Draw one cycle of a card with the figures of a pack: SI units, radians; x, y, yaw where three stand together."""
    dock, turn = card.figure("dock_offset_mm") / 1000.0, np.deg2rad(card.figure("dock_turn_deg"))
    bias_m, bias_rad = card.figure("pose_bias_mm") / 1000.0, np.deg2rad(card.figure("pose_bias_deg"))
    bias = np.array([bias_m, bias_m, bias_rad])
    jitter_m, jitter_rad = card.figure("pose_jitter_mm") / 1000.0, np.deg2rad(card.figure("pose_jitter_deg"))
    spread = card.figure("blank_spread_mm") / 1000.0

    def uniform(name: str) -> NDArray[np.float64]:
        return np.asarray(rng.uniform(*card.figure_range(name)))

    def docked() -> NDArray[np.float64]:
        return np.array([*rng.uniform(-dock, dock, size=2), rng.uniform(-turn, turn)])

    return {
        "door_drag": uniform("door_drag_n"),
        "coolant_friction": uniform("coolant_friction"),
        "grip_friction": uniform("grip_friction"),
        "jaws_open": np.float64(rng.random() < card.figure("jaws_open_rate")),
        "chips": np.float64(rng.random() < card.figure("chip_rate")),
        "chip_m": uniform("chip_mm") / 1000.0,
        "chip_angle": np.asarray(rng.uniform(-np.pi, np.pi)),
        "blow_s": uniform("blow_s"),
        "hot_s": uniform("hot_s"),
        "in_slot": np.float64(rng.integers(SLOTS)),
        "out_slot": np.float64(rng.integers(SLOTS)),
        "blank_off": rng.uniform(-spread, spread, size=2),
        "machine": docked(),
        "table": docked(),
        "machine_bias": rng.normal(size=3) * bias,
        "table_bias": rng.normal(size=3) * bias,
        "blank_bias": rng.normal(size=2) * bias_m,
        "jitter": np.array([jitter_m, jitter_m, jitter_rad]),
        "stroke": np.float64(card.figure("jaw_stroke_mm") / 1000.0),
        "blank_kg": np.float64(card.figure("blank_kg")),
        **draw_outage(rng, card.figure("outage_s"), _OUTAGE_WITHIN_S),
    }


def place_cycle(card: StationCard, draw: Arrays, put: Placement) -> None:
    """Stand machine and trays where the robot docked, shut the door, put both parts and what fills the trays in."""
    m = len(draw["in_slot"])
    machine_at, machine_quat = _stood(put, "machine", draw["machine"], CHUCK_AT_M)
    table_at, table_quat = _stood(put, "table", draw["table"], (0.0, 0.0, 0.0))
    drag = draw["door_drag"]
    put.model("actuator_forcerange", "door_drag", np.stack([-drag, drag], axis=-1))
    put.qpos("door", np.zeros((m, 1)))
    for jaw in JAWS:
        put.qpos(jaw, (draw["jaws_open"] * draw["stroke"])[:, None])
    for name in WET:
        put.model("geom_friction", name, friction(draw["coolant_friction"]))
    for name in PARTS:
        put.model("geom_friction", f"{name}_part", friction(draw["grip_friction"]))
    half = card.figure("part_height_mm") / 2000.0
    seat = np.tile(np.add(CHUCK_AT_M, (0.0, 0.0, half)), (m, 1))
    put.qpos("finished", np.concatenate([machine_at + rotate(np, machine_quat, seat), machine_quat], axis=-1))
    slot = draw["in_slot"].astype(np.int64)
    on_tray = np.stack([np.zeros(m), np.array(IN_Y_M)[slot] - TABLE_AT_M[1], np.full(m, half)], axis=-1)
    on_tray[:, :2] += draw["blank_off"]
    put.qpos("blank", np.concatenate([table_at + rotate(np, table_quat, on_tray), table_quat], axis=-1))
    _weigh(card, draw["blank_kg"], put)
    out = draw["out_slot"].astype(np.int64)
    for tray, row, there in (
        ("in", IN_Y_M, lambda k: k > slot),
        ("out", OUT_Y_M, lambda k: k < out),
    ):
        for k in range(SLOTS):
            z = np.where(there(k), half, _OUT_OF_SIGHT_M)
            at = np.stack([np.zeros(m), np.full(m, row[k] - TABLE_AT_M[1]), z], axis=-1)
            put.model("geom_pos", f"{tray}_{k}", at)


def slot_place(xp: Any, out_slot: Any) -> Any:
    """Middle of the out tray's slots (n,) in the table's frame, x and y (n, 2) m."""
    y = xp.asarray(OUT_Y_M)[out_slot.astype(int)] - TABLE_AT_M[1]
    return xp.stack([0.0 * y, y], axis=-1)


def _stood(put: Placement, body: str, offset: Any, about: tuple[float, float, float]) -> tuple[Any, Any]:
    """Stand a fixture off its nominal place by x, y, yaw (m, 3), turned about a point of its own; its pose."""
    quat = yaw_quat(np, offset[:, 2])
    point = np.tile(np.array([about[0], about[1], 0.0]), (len(offset), 1))
    shift = np.concatenate([offset[:, :2], np.zeros((len(offset), 1))], axis=-1)
    at = put.default("body_pos", body) + shift + point - rotate(np, quat, point)
    put.model("body_pos", body, at)
    put.model("body_quat", body, quat)
    return at, quat


def _weigh(card: StationCard, blank_kg: Any, put: Placement) -> None:
    """Give the blank its mass, evenly spread."""
    share = blank_kg / card.figure("blank_kg")
    put.model("body_mass", "blank", blank_kg)
    put.model("body_inertia", "blank", put.default("body_inertia", "blank") * share[:, None])
