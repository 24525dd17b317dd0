"""B1: put four pegs into close holes and three gears on their shafts, so that the train turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.base_frame import base_of
from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import into_planar, norm, tilt_of, wrap, yaw_of
from pilotline.envs.outage import told
from pilotline.envs.placement import Placement
from pilotline.envs.rendering import View
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.stations.peg_layout import (
    GEAR_HEIGHT_M,
    GEAR_TEETH,
    GEARS,
    PARTS,
    PEG_LENGTH_M,
    PEGS,
    PINION_TEETH,
    seat_m,
)
from pilotline.envs.stations.peg_scene import build_scene, peg_radii_m
from pilotline.envs.stations.peg_start import draw_cycle, place_cycle
from pilotline.envs.tolerance import tolerance
from pilotline.robots import Robot

_PERIOD_S = 0.02
_SETTLE_S = 0.3
_REST_M_PER_S = 0.02
_TOUCH_N = 0.05
_CLEAR_M = 0.03
"""A tool point this far from a part's axis has its finger tips clear of it."""
_COVERED_M = 0.05
"""The camera above doesn't see a part whose axis is this near to a hand's tool point."""
_UPRIGHT_RAD = 0.05
_RATIO = np.array([-PINION_TEETH / GEAR_TEETH[0], PINION_TEETH / GEAR_TEETH[1], -PINION_TEETH / GEAR_TEETH[2]])
"""Turn of each gear for one of the pinion: neighbours turn against each other."""
_SEAT_M = np.array([seat_m(part)[2] for part in range(len(PARTS))])
"""Foot of each seated part above its seat's frame, which is at the board's top."""
_PINION_RAD = 2 * np.pi * GEAR_TEETH[0] / PINION_TEETH
"""Turn of the pinion for one revolution of the first, large gear."""


@dataclass(frozen=True)
class PegGear:
    """Assembly of a board: four pegs from the right tray into holes, three gears from the left one onto shafts.

    The board lies anywhere within the card's spread. Once everything is seated and the hands are clear, the cell's
    spindle turns the gear train by one revolution of the large gear. Success: all parts seated within the card's
    depth, the train has turned in its ratio, forces on the board stayed below their limits, nothing fell.
    """

    card: StationCard = field(default_factory=lambda: load_card("peg_gear"))

    @cached_property
    def mass_kg(self) -> float:
        """All parts together."""
        pegs = np.pi * peg_radii_m(self.card) ** 2 * PEG_LENGTH_M * self.card.figure("steel_kg_per_m3")
        return float(pegs.sum() + np.sum(self.card.figures["gear_kg"].value))

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Board ahead, pegs in a tray at the right, gears in one at the left."""
        build_scene(spec, robot, self.card)

    def view(self) -> View:
        """Over the right shoulder, on board and trays."""
        return View(lookat=(0.60, 0.05, 0.95), distance=1.5, azimuth=60.0, elevation=-38.0)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Board and part poses, fits, friction, biases, lateness and outage of one cycle."""
        return draw_cycle(self.card.in_pack(pack), rng)

    def place(self, draw: Arrays, put: Placement) -> None:
        """Stand the board where it was put, size its holes, put the parts into their trays."""
        place_cycle(draw, put)

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Nothing has happened yet; parts stand in the trays."""
        m, k = len(draw["friction"]), len(PARTS)
        memory: dict[str, Any] = {
            name: np.zeros(m) for name in ("axial_n", "lateral_n", "bump_n", "clear_s", "check_s", "spindle_rad")
        }
        memory["passed"] = np.zeros(m, np.bool_)
        memory["early"] = np.zeros(m, np.bool_)
        memory["reached_in"] = np.zeros(m, np.bool_)
        memory["held_z"] = np.full((m, k), np.nan)
        memory["flying"] = np.zeros((m, k), np.bool_)
        memory["drop_m"] = np.zeros((m, k))
        memory["yaw"] = np.full((m, len(GEARS)), np.nan)
        memory["turned"] = np.zeros((m, len(GEARS)))
        return memory

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Turn the train once everything is seated and nobody near, and remember the worst of everything."""
        force = xp.stack([sense.peak(f"{name}_board") for name in PARTS], axis=1)
        touched = xp.stack([norm(xp, sense.peak(f"{name}_robot")) > _TOUCH_N for name in PARTS], axis=-1)
        touching = xp.stack([norm(xp, sense.peak(f"{name}_any")) > _TOUCH_N for name in PARTS], axis=-1)
        bump = norm(xp, sense.peak("robot_cell"))
        height = xp.stack([sense[f"{name}_pos"][:, 2] for name in PARTS], axis=-1)
        # a fall counts from the last height at which something held the part to where it is met again
        held_z = memory["held_z"]
        falling = (memory["flying"] | ~touching) & ~xp.isnan(held_z)
        fallen = xp.where(falling, held_z - height, 0.0)

        clear = ~touched.any(axis=-1) & (bump < _TOUCH_N) & self._hands_clear(xp, sense)
        clear_s = xp.where(clear, memory["clear_s"] + _PERIOD_S, 0.0)
        ready = self._seated(xp, sense).all(axis=-1) & self._still(xp, sense) & (clear_s >= _SETTLE_S)
        running = (memory["check_s"] > 0.0) & ~memory["passed"]
        begins = ready & ~running & ~memory["passed"]
        check_s = xp.where(begins | running, memory["check_s"] + _PERIOD_S, memory["check_s"])

        angle = sense["spindle_angle"][:, 0]
        yaw = xp.stack([yaw_of(xp, sense[f"{name}_turn"]) for name in GEARS], axis=-1)
        moved = xp.where(running[:, None], wrap(xp, yaw - memory["yaw"]), 0.0)
        began = xp.where(running, memory["spindle_rad"], angle)
        done = running & (angle - began >= _PINION_RAD)
        new = {
            "axial_n": xp.maximum(memory["axial_n"], force[:, :, 2].max(axis=-1)),
            "lateral_n": xp.maximum(memory["lateral_n"], norm(xp, force[:, :, :2]).max(axis=-1)),
            "bump_n": xp.maximum(memory["bump_n"], bump),
            "clear_s": clear_s,
            "check_s": check_s,
            "spindle_rad": began,
            "passed": memory["passed"] | done,
            "early": memory["early"] | (touched.any(axis=-1) & (sense.time < draw["ready_s"])),
            "reached_in": memory["reached_in"] | (running & ~clear),
            "held_z": xp.where(touching | xp.isnan(held_z), height, held_z),
            "flying": ~touching,
            "drop_m": xp.maximum(memory["drop_m"], fallen),
            "yaw": yaw,
            "turned": memory["turned"] + moved,
        }
        return new, {("ctrl", "spindle"): ((begins | running) & ~new["passed"]) * 1.0}

    def _hands_clear(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, all tool points away from all parts."""
        clear = xp.ones(len(sense.time), dtype=bool)
        for name in PARTS:
            for side in _sides(sense):
                clear = clear & (_gap(xp, sense, side, name) > _CLEAR_M)
        return clear

    def _seated(self, xp: Any, sense: Sense) -> Any:
        """(n, parts) bool, the part's foot is down in its own hole or on its own shaft, the part upright."""
        depth, beside = self.card.figure("seat_mm") / 1000.0, self.card.figure("beside_mm") / 1000.0
        at = xp.stack([sense[f"{name}_in_seat"] for name in PARTS], axis=1)
        down = xp.asarray(_SEAT_M)
        tilt = xp.stack([tilt_of(xp, sense[f"{name}_turn"]) for name in PARTS], axis=-1)
        return (at[:, :, 2] < down + depth) & (norm(xp, at[:, :, :2]) < beside) & (tilt < _UPRIGHT_RAD)

    def _still(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, no part moves."""
        speed = xp.stack([norm(xp, sense[f"{name}_vel"]) for name in PARTS], axis=-1)
        return speed.max(axis=-1) < _REST_M_PER_S

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """Poses from the camera above, signals from the cell's controller.

        `board`: x, y, yaw in the base frame. `pegs`: x, y of each peg's foot and 1 while it is in view (zeros while a
        hand covers it), four times. `gears`: x, y, yaw of each gear and 1 while in view, three times; yaw is that of
        the tooth nearest to +x. `pinion`: angle of the spindle's encoder in the board's frame, modulo a tooth.
        `seated`: 1 for each part whose seat sensor is pressed. `check`: the spindle runs, the train has passed.
        `ready`: 1 once the trays are released.
        """
        base = base_of(xp, sense)
        scale = draw["jitter"]

        def seen(name: str, bias: Any, key: str) -> Any:
            place = into_planar(xp, base, sense[f"{name}_pos"])[:, :2]
            return place + bias[:, :2] + noise(key, 2) * scale[:, :2]

        def in_view(name: str) -> Any:
            visible = xp.ones(len(sense.time), dtype=bool)
            for side in _sides(sense):
                visible = visible & (_gap(xp, sense, side, name) > _COVERED_M)
            return (visible * 1.0)[:, None]

        board_yaw = wrap(xp, yaw_of(xp, sense["board_quat"]) - base[:, 2])[:, None]
        board_turn = board_yaw + draw["board_bias"][:, 2:] + noise("board_turn", 1) * scale[:, 2:]
        pegs, gears = [], []
        for i, name in enumerate(PEGS):
            view = in_view(name)
            pegs += [seen(name, draw["part_bias"][:, i], f"{name}_place") * view, view]
        for i, name in enumerate(GEARS):
            view, bias, pitch = in_view(name), draw["part_bias"][:, len(PEGS) + i], 2 * np.pi / GEAR_TEETH[i]
            turn = board_yaw[:, 0] + yaw_of(xp, sense[f"{name}_turn"]) + bias[:, 2]
            turn = turn + noise(f"{name}_phase", 1)[:, 0] * scale[:, 2]
            gears += [seen(name, bias, f"{name}_place") * view, _within(xp, turn, pitch)[:, None] * view, view]
        encoder = _within(xp, sense["spindle_angle"][:, 0], 2 * np.pi / PINION_TEETH)
        running = (memory["check_s"] > 0.0) & ~memory["passed"]
        said = {
            "board": xp.concatenate([seen("board", draw["board_bias"], "board_place"), board_turn], axis=-1),
            "pegs": xp.concatenate(pegs, axis=-1),
            "gears": xp.concatenate(gears, axis=-1),
            "pinion": encoder[:, None],
            "seated": self._seated(xp, sense) * 1.0,
            "check": xp.stack([running, memory["passed"]], axis=-1) * 1.0,
            "ready": (sense.time >= draw["ready_s"])[:, None] * 1.0,
        }
        return told(xp, sense, draw, said)

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Bring parts over their seats, seat them, turn the train, be gentle."""
        at = xp.stack([sense[f"{name}_in_seat"] for name in PARTS], axis=1)
        across, high = norm(xp, at[:, :, :2]), at[:, :, 2] - xp.asarray(_SEAT_M)
        bring = tolerance(xp, across, upper=0.001, margin=0.2)
        seat = tolerance(xp, across, upper=0.001, margin=0.01) * tolerance(xp, high, upper=0.001, margin=0.02)
        turned = xp.abs(memory["turned"][:, 0]) / (2 * np.pi)
        return {
            "bring": bring.sum(axis=-1) / len(PARTS),
            "seat": seat.sum(axis=-1) / len(PARTS),
            "turn": xp.minimum(turned, 1.0),
            "gentle": tolerance(xp, memory["axial_n"], upper=self.card.figure("axial_limit_n"), margin=50.0),
        }

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Every limit broken ends a cycle; so does a train that jams or doesn't follow, and the finished job."""
        card = self.card
        lag = xp.abs(memory["turned"] - xp.asarray(_RATIO * _PINION_RAD)).max(axis=-1)
        follows = lag < np.deg2rad(card.figure("train_play_deg"))
        faults = {
            "axial": memory["axial_n"] > card.figure("axial_limit_n"),
            "lateral": memory["lateral_n"] > card.figure("lateral_limit_n"),
            "drop": memory["drop_m"].max(axis=-1) > card.figure("drop_limit_mm") / 1000.0,
            "bump": memory["bump_n"] > card.figure("bump_limit_n"),
            "early": memory["early"],
            "reach_in": memory["reached_in"],
            "jam": ~memory["passed"] & (memory["check_s"] > card.figure("check_limit_s")),
            "no_mesh": memory["passed"] & ~follows,
        }
        broken = xp.zeros(len(sense.time), dtype=bool)
        for fault in faults.values():
            broken = broken | fault
        done = memory["passed"] & self._seated(xp, sense).all(axis=-1)
        return Verdict(success=done & ~broken, done=done | broken, faults=faults)

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle."""
        at = xp.stack([sense[f"{name}_in_seat"] for name in PARTS], axis=1)
        high = at[:, :, 2] - xp.asarray(_SEAT_M)
        faults = self.judge(xp, sense, memory, draw).faults
        return {
            "mass_kg": xp.full(len(at), self.mass_kg),
            "parts_seated": (self._seated(xp, sense) * 1.0).sum(axis=-1),
            "seat_height_mm": 1000.0 * high.max(axis=-1),
            "peak_axial_n": memory["axial_n"],
            "peak_lateral_n": memory["lateral_n"],
            "max_bump_n": memory["bump_n"],
            "max_drop_mm": 1000.0 * memory["drop_m"].max(axis=-1),
            "check_s": memory["check_s"],
            "friction": draw["friction"],
            "least_chamfer_mm": 1000.0 * draw["edge"].min(axis=-1),
            "drops": faults["drop"] * 1.0,
            "force_exceedances": (faults["axial"] * 1.0) + (faults["lateral"] * 1.0) + (faults["bump"] * 1.0),
            "peak_force_n": xp.maximum(xp.maximum(memory["axial_n"], memory["lateral_n"]), memory["bump_n"]),
        }


def _sides(sense: Sense) -> tuple[str, ...]:
    """The robot's hands."""
    return tuple(side for side in ("right", "left") if f"{side}_in_{PARTS[0]}" in sense.columns)


def _gap(xp: Any, sense: Sense, side: str, name: str) -> Any:
    """Distance (n,) m of a hand's tool point from the axis of a part, foot to top."""
    at, height = sense[f"{side}_in_{name}"], PEG_LENGTH_M if name in PEGS else GEAR_HEIGHT_M
    beyond = xp.maximum(xp.maximum(at[:, 2] - height, -at[:, 2]), 0.0)
    return norm(xp, xp.stack([at[:, 0], at[:, 1], beyond], axis=-1))


def _within(xp: Any, angle: Any, pitch: float) -> Any:
    """Angles (n,) brought into half a pitch about zero."""
    return angle - pitch * xp.floor(angle / pitch + 0.5)
