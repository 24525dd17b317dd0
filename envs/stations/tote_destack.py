"""A1: take the top tote of a stack on a pallet and set it on a conveyor across the aisle."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.base_frame import base_of
from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import into_planar, norm, quat_conj, rotate, tilt_of, wrap, yaw_of
from pilotline.envs.outage import told
from pilotline.envs.placement import Placement
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.stations.tote import ToteShapes, tote_shapes
from pilotline.envs.stations.tote_scene import BELT_HALF_WIDTH_M, build_scene
from pilotline.envs.stations.tote_start import draw_cycle, place_cycle
from pilotline.envs.tolerance import tolerance
from pilotline.robots import Robot

_SETTLE_S = 0.3
_REST_M_PER_S = 0.02
_TOUCH_N = 0.05
_CLEAR_M = 0.03
_PERIOD_S = 0.02


@dataclass(frozen=True)
class ToteDestack:
    """A tote of one of two types tops layer 1-5 (6429) or 1-6 (4315) of a stack, a neighbour behind it, one below.

    The robot starts in the aisle, facing the pallet at +x; the conveyor is behind it. Success: the tote rests on the
    belt within the card's tolerance of the mark, hands clear, without drop, tilt, squeeze or moved neighbours.
    """

    card: StationCard = field(default_factory=lambda: load_card("tote_destack"))

    @cached_property
    def shapes(self) -> ToteShapes:
        """The tote types."""
        return tote_shapes(self.card)

    @cached_property
    def mark(self) -> tuple[float, float, float]:
        """Where a tote's foot belongs on the belt, world frame."""
        half_aisle = self.card.figure("aisle_m") / 2
        return (-half_aisle - BELT_HALF_WIDTH_M, 0.0, self.card.figure("belt_height_m"))

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Pallet at +x, conveyor at -x, a tote to move and two neighbours."""
        build_scene(spec, robot, self.card, self.mark)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Type, layer, loads, friction, damage, pallet pose and what the cell tells of one cycle."""
        return draw_cycle(self.card.in_pack(pack), self.shapes, rng)

    def place(self, draw: Arrays, put: Placement) -> None:
        """Shape the totes to their type, load them, and stack them."""
        place_cycle(self.card, self.shapes, draw, put)

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Nothing has happened yet."""
        m = len(draw["kind"])
        names = ("clear_s", "flight_z", "drop_m", "tilt_rad", "squeeze_n", "bump_n", "neighbour_m", "lift_m")
        memory: dict[str, Any] = {name: np.zeros(m) for name in names}
        memory["flight_z"] = np.full(m, np.nan)
        memory["started"] = np.zeros(m, np.bool_)
        memory["floored"] = np.zeros(m, np.bool_)
        memory["tote0"] = np.zeros((m, 3))
        memory["below0"] = np.zeros((m, 3))
        memory["behind0"] = np.zeros((m, 3))
        return memory

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Remember the worst of tilt, squeeze, drop and neighbours; the machine itself only waits."""
        tote = sense["tote_pos"]
        first = ~memory["started"]
        origin = {
            f"{name}0": xp.where(first[:, None], sense[f"{name}_pos"], memory[f"{name}0"])
            for name in ("tote", "below", "behind")
        }
        held = norm(xp, sense.peak("tote_right")) + norm(xp, sense.peak("tote_left")) > _TOUCH_N
        touching = norm(xp, sense.peak("tote_any")) > _TOUCH_N
        since = memory["flight_z"]
        fallen = xp.where(xp.isnan(since), 0.0, since - tote[:, 2])
        flight = xp.where(touching, xp.nan, xp.where(xp.isnan(since), tote[:, 2], since))
        moved = xp.maximum(
            norm(xp, sense["below_pos"] - origin["below0"]),
            norm(xp, sense["behind_pos"] - origin["behind0"]),
        )
        squeeze = xp.minimum(_sideways(xp, sense, "right"), _sideways(xp, sense, "left"))
        new = {
            **origin,
            "started": xp.ones_like(memory["started"]),
            "clear_s": xp.where(held | ~self._hands_clear(xp, sense, draw), 0.0, memory["clear_s"] + _PERIOD_S),
            "flight_z": flight,
            "drop_m": xp.maximum(memory["drop_m"], fallen),
            "tilt_rad": xp.maximum(memory["tilt_rad"], tilt_of(xp, sense["tote_quat"])),
            "squeeze_n": xp.maximum(memory["squeeze_n"], squeeze),
            "bump_n": xp.maximum(
                memory["bump_n"],
                norm(xp, xp.maximum(sense.peak("robot_conveyor"), sense.peak("robot_pallet"))),
            ),
            "neighbour_m": xp.maximum(memory["neighbour_m"], moved),
            "lift_m": xp.maximum(memory["lift_m"], tote[:, 2] - origin["tote0"][:, 2]),
            "floored": memory["floored"] | (norm(xp, sense.peak("tote_floor")) > _TOUCH_N),
        }
        return new, {}

    def _hands_clear(self, xp: Any, sense: Sense, draw: Arrays) -> Any:
        """(n,) bool, both hands out of the tote's outline by a finger's length."""
        outer = xp.asarray(self.shapes.outer)[draw["kind"].astype(int)]
        clear = xp.ones(len(outer), dtype=bool)
        for side in ("right", "left"):
            rel = xp.abs(_in_tote(xp, sense, sense[f"{side}_tcp_pos"]))
            beside = (rel[:, 1] > outer[:, 0] / 2 + _CLEAR_M) | (rel[:, 0] > outer[:, 1] / 2 + _CLEAR_M)
            clear = clear & (beside | (rel[:, 2] > outer[:, 2] + _CLEAR_M))
        return clear

    def _errors(self, xp: Any, sense: Sense) -> tuple[Any, Any, Any]:
        """Distance across and along the belt (m) and heading error (rad); a tote turned half round is as good."""
        tote = sense["tote_pos"]
        yaw = yaw_of(xp, sense["tote_quat"])
        return (
            xp.abs(tote[:, 0] - self.mark[0]),
            xp.abs(tote[:, 1] - self.mark[1]),
            xp.abs(wrap(xp, 2.0 * yaw) / 2.0),
        )

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """Tote and belt mark from the pose source (x, y, z, yaw in the base frame), and the order's data.

        `tote_size`: length, width, height, grip-hole height (m), from the label. `tote_mass`: declared gross mass (kg).
        `signal`: 1; 0 and zeros for all the rest while the cell is silent.
        """
        base = base_of(xp, sense)
        kind = draw["kind"].astype(int)
        shapes = self.shapes
        tote = xp.concatenate(
            [
                into_planar(xp, base, sense["tote_pos"]),
                (yaw_of(xp, sense["tote_quat"]) - base[:, 2])[:, None],
            ],
            axis=-1,
        )
        mark = xp.asarray(self.mark)
        belt = xp.concatenate(
            [into_planar(xp, base, mark + 0.0 * sense["tote_pos"]), -base[:, 2:3]],
            axis=-1,
        )
        size = xp.concatenate([xp.asarray(shapes.outer)[kind], xp.asarray(shapes.hole_z)[kind][:, None]], axis=-1)
        tote = tote + draw["tote_bias"] + noise("tote_pose", 4) * draw["jitter"][:, None]
        belt = belt + draw["belt_bias"] + noise("belt_pose", 4) * draw["jitter"][:, None]
        said = {
            "tote_pose": xp.concatenate([tote[:, :3], wrap(xp, tote[:, 3:])], axis=-1),
            "belt_pose": xp.concatenate([belt[:, :3], wrap(xp, belt[:, 3:])], axis=-1),
            "tote_size": size,
            "tote_mass": draw["ordered_kg"][:, None],
        }
        return told(xp, sense, draw, said)

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Reach the grip holes, lift, carry, set down."""
        half = xp.asarray(self.shapes.outer)[draw["kind"].astype(int), 0] / 2
        hole = xp.asarray(self.shapes.hole_z)[draw["kind"].astype(int)]
        gap = 0.0
        for side, sign in (("right", -1.0), ("left", 1.0)):
            rel = _in_tote(xp, sense, sense[f"{side}_tcp_pos"])
            goal = xp.stack([0.0 * half, sign * half, hole], axis=-1)
            facing = xp.stack([0.0 * half, -sign * half, hole], axis=-1)
            gap = gap + xp.minimum(norm(xp, rel - goal), norm(xp, rel - facing))
        across, along, turn = self._errors(xp, sense)
        return {
            "reach": tolerance(xp, gap, upper=0.04, margin=1.5),
            "lift": tolerance(xp, memory["lift_m"], lower=0.05, upper=10.0, margin=0.05),
            "carry": tolerance(xp, xp.sqrt(across * across + along * along), upper=0.02, margin=2.0),
            "turn": tolerance(xp, turn, upper=0.05, margin=1.5),
            "set_down": (norm(xp, sense.peak("tote_belt")) > _TOUCH_N) * 1.0,
        }

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Any fault ends a cycle, and so does a tote at rest on the belt with hands clear."""
        card = self.card
        across, along, turn = self._errors(xp, sense)
        on_belt = norm(xp, sense.peak("tote_belt")) > _TOUCH_N
        still = (norm(xp, sense["tote_vel"]) < _REST_M_PER_S) & (memory["clear_s"] >= _SETTLE_S)
        tolerance_m = card.figure("place_tolerance_mm") / 1000.0
        turn_ok = turn <= np.deg2rad(card.figure("place_turn_deg"))
        placed = (across <= tolerance_m) & (along <= tolerance_m) & turn_ok
        released = on_belt & still
        faults = {
            "drop": (memory["drop_m"] > card.figure("drop_limit_mm") / 1000.0) | memory["floored"],
            "tilt": memory["tilt_rad"] > np.deg2rad(card.figure("tilt_limit_deg")),
            "squeeze": memory["squeeze_n"] > card.figure("squeeze_limit_n"),
            "bump": memory["bump_n"] > card.figure("bump_limit_n"),
            "neighbour_moved": memory["neighbour_m"] > card.figure("neighbour_limit_mm") / 1000.0,
            "misplaced": released & ~placed,
        }
        broken = faults["drop"] | faults["tilt"] | faults["squeeze"] | faults["bump"] | faults["neighbour_moved"]
        return Verdict(success=released & placed & ~broken, done=released | broken, faults=faults)

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle; placement errors mean something once the tote is on the belt."""
        across, along, turn = self._errors(xp, sense)
        verdict = self.judge(xp, sense, memory, draw)
        kind = draw["kind"].astype(int)
        hole, step = xp.asarray(self.shapes.hole_z)[kind], xp.asarray(self.shapes.step)[kind]
        return {
            "mass_kg": draw["gross"][:, 0],
            "grip_from_m": self.card.figure("deck_height_m") + (draw["layer"] - 1) * step + hole,
            "grip_to_m": self.mark[2] + hole,
            "layer": draw["layer"],
            "tote_type": xp.where(draw["kind"] < 0.5, 6429.0, 4315.0),
            "friction": draw["friction"],
            "empty": draw["empty"],
            "rim_damaged": (draw["damage"] > 0.5) * 1.0,
            "place_error_mm": 1000.0 * xp.sqrt(across * across + along * along),
            "yaw_error_deg": xp.rad2deg(turn),
            "max_tilt_deg": xp.rad2deg(memory["tilt_rad"]),
            "max_drop_mm": 1000.0 * memory["drop_m"],
            "max_squeeze_n": memory["squeeze_n"],
            "max_bump_n": memory["bump_n"],
            "neighbour_mm": 1000.0 * memory["neighbour_m"],
            "drops": verdict.faults["drop"] * 1.0,
            "force_exceedances": (verdict.faults["squeeze"] * 1.0) + (verdict.faults["bump"] * 1.0),
            "peak_force_n": xp.maximum(memory["squeeze_n"], memory["bump_n"]),
        }


def _sideways(xp: Any, sense: Sense, side: str) -> Any:
    """Horizontal force (n,) N of one hand on the tote, largest in the step: squeeze or spread at any heading."""
    return norm(xp, sense.peak(f"tote_{side}")[:, :2])


def _in_tote(xp: Any, sense: Sense, point: Any) -> Any:
    """Points (n, 3) of the world in the tote's frame."""
    return rotate(xp, quat_conj(xp, sense["tote_quat"]), point - sense["tote_pos"])
