"""D1: take parcels from an infeed, turn each label down, set them singulated on an induction belt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.base_frame import base_of
from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import into_planar, norm, turn_planar, wrap, yaw_of
from pilotline.envs.outage import told
from pilotline.envs.placement import Placement
from pilotline.envs.rendering import View
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.stations import parcel_flow as flow
from pilotline.envs.stations.parcel_kinds import BAGS, COUNT
from pilotline.envs.stations.parcel_layout import EDGE_X_M, INDUCTION_Y_M
from pilotline.envs.stations.parcel_scene import INDUCTION, INFEED, build_scene
from pilotline.envs.stations.parcel_start import draw_run, place_run
from pilotline.envs.tolerance import tolerance
from pilotline.robots import Robot

_SETTLE_S = 0.2
_BELT_M_PER_S2 = 3.0
"""How fast belts start and stop (estimate: geared motor with brake)."""
_PERIOD_S = 0.02
_TOUCH_N = 0.05
_CLEAR_M = 0.04
"""A tool point this far from a parcel has its finger tips 20 mm clear of it."""
_RIDES_M_PER_S = 0.05
"""A parcel that differs less from the belt's speed rides on it."""
_TAIL_LIMIT_M = 2.0
_VISIBLE = np.array([0.0, 1.0, 1.0, 1.0])
"""Cameras see the top and both sides of a parcel on the infeed, not what it lies on."""
_HANDS = ("right", "left")


@dataclass(frozen=True)
class ParcelInduction:
    """A run of five parcels: two cartons, a stick, a mailer, a padded bag, in drawn order.

    They come in on a belt that stops when the first one is at its end, and goes on once that one was taken away. The
    robot sets each on the induction belt, its valid label down, 150 mm or more from the others. A parcel counts as
    inducted when it has ridden on the belt for 0.2 s, untouched, hands clear. Success: all five inducted, no wrong
    side, all singulated, none dropped.
    """

    card: StationCard = field(default_factory=lambda: load_card("parcel_induction"))

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Infeed at the right hand, induction belt ahead, both along x; five parcels."""
        build_scene(spec, robot, self.card)

    def view(self) -> View:
        """Over the left shoulder, on both belts' near ends."""
        return View(lookat=(0.72, -0.12, 1.06), distance=1.75, azimuth=-62.0, elevation=-24.0)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Parcels, labels, queue, speeds, friction, docking error, errors of the cameras, interruptions."""
        return draw_run(self.card.in_pack(pack), rng)

    def place(self, draw: Arrays, put: Placement) -> None:
        """Make the parcels and queue them up."""
        place_run(draw, put)

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Nothing has been inducted yet."""
        m = len(draw["surge"])
        return {
            "clear_s": np.zeros((m, COUNT)),
            "inducted": np.zeros((m, COUNT), np.bool_),
            "wrong": np.zeros((m, COUNT), np.bool_),
            "gap_m": np.full((m, COUNT), flow.FAR_M),
            "held_z": np.full((m, COUNT), np.nan),
            "flying": np.zeros((m, COUNT), np.bool_),
            "drop_m": np.zeros((m, COUNT)),
            "press_n": np.zeros(m),
            "bump_n": np.zeros(m),
            "waiting": np.zeros(m, np.bool_),
            "infeed": np.zeros(m),
            "induction": draw["induction_speed"].copy(),
        }

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Run both belts; remember what was inducted, how, and the worst of everything."""
        half = draw["half"]
        pos, quat, velocity = (flow.of_parcels(xp, sense, what) for what in ("pos", "quat", "vel"))
        reach = flow.reach_x(xp, quat, half)
        queue = flow.queued(xp, pos, half)
        waiting = flow.pick_place_taken(xp, pos, queue, pos[..., 0] - reach)
        fed = xp.where(waiting | _within(sense, draw["late_s"]), 0.0, draw["infeed_speed"])
        infeed = _towards(xp, memory["infeed"], fed)
        led = xp.where(_within(sense, draw["jam_s"]), 0.0, draw["induction_speed"])
        induction = _towards(xp, memory["induction"], led)

        on_belt = flow.force_on(xp, sense, "belt") > _TOUCH_N
        touched = flow.force_on(xp, sense, "robot") > _TOUCH_N
        along = xp.stack([induction, 0.0 * induction, 0.0 * induction], axis=-1)
        rides = norm(xp, velocity - along[:, None, :]) < _RIDES_M_PER_S
        free = on_belt & rides & ~touched & self._hands_clear(xp, sense, pos, quat, half)
        clear_s = xp.where(free, memory["clear_s"] + _PERIOD_S, 0.0)
        inducted = memory["inducted"] | (clear_s >= _SETTLE_S)
        new = inducted & ~memory["inducted"]
        tilted = flow.label_drop(xp, quat, draw["valid"]) < np.cos(np.deg2rad(self.card.figure("label_down_deg")))
        gap = flow.gaps(xp, pos[..., 0], reach, on_belt)

        # a fall counts from the last height at which something held the parcel to where it is met again
        touching = flow.force_on(xp, sense, "any") > _TOUCH_N
        held_z, height = memory["held_z"], pos[..., 2]
        falling = (memory["flying"] | ~touching) & ~xp.isnan(held_z) & ~inducted
        fallen = xp.where(falling, held_z - height, 0.0)
        press = xp.where(inducted, 0.0, flow.force_on(xp, sense, "cell")).max(axis=1)
        after = {
            "clear_s": clear_s,
            "inducted": inducted,
            "wrong": memory["wrong"] | (new & tilted),
            "gap_m": xp.where(new, gap, memory["gap_m"]),
            "held_z": xp.where(touching | xp.isnan(held_z), height, held_z),
            "flying": ~touching,
            "drop_m": xp.maximum(memory["drop_m"], fallen),
            "press_n": xp.maximum(memory["press_n"], press),
            "bump_n": xp.maximum(memory["bump_n"], norm(xp, sense.peak("robot_cell"))),
            "waiting": waiting,
            "infeed": infeed,
            "induction": induction,
        }
        return after, {("belt", INFEED): -infeed, ("belt", INDUCTION): induction}

    def _hands_clear(self, xp: Any, sense: Sense, pos: Any, quat: Any, half: Any) -> Any:
        """(n, parcels) bool, both tool points away from a parcel."""
        away = [flow.outside(xp, pos, quat, half, sense[f"{side}_in_cell"]) > _CLEAR_M for side in _HANDS]
        return away[0] & away[1]

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """What cameras and the controller of the cell tell; poses are x, y, yaw in the base frame.

        `parcel`: middle of the near edge of the parcel that comes next, and 1, or zeros if there is none.
        `parcel_size`: its edges along, across, high (m), and whether it is a bag. `labels`: confidence that a valid
        label is on its top, left and right side; 0 where none was read in this frame. `waiting`: 1 while it lies at the
        photo-eye and the infeed stands. `taken`: how many parcels have left the infeed. `cell`: pose of the cell.
        `belt`: speed of the induction belt (m/s), and how far the last parcel let go on it has gone (m, at most 2).
        """
        half = draw["half"]
        pos, quat = flow.of_parcels(xp, sense, "pos"), flow.of_parcels(xp, sense, "quat")
        reach = flow.reach_x(xp, quat, half)
        queue = flow.queued(xp, pos, half)
        first = flow.foremost(xp, queue, pos[..., 0] - reach) * 1.0
        there = first.sum(axis=1)[:, None]

        def of_first(values: Any) -> Any:
            return (first[..., None] * values).sum(axis=1)

        base = base_of(xp, sense)
        cell_yaw = wrap(xp, yaw_of(xp, sense["cell_quat"]) - base[:, 2])
        cell = xp.concatenate([into_planar(xp, base, sense["cell_pos"])[:, :2], cell_yaw[:, None]], axis=-1)
        turn = yaw_of(xp, quat)
        edge = pos[..., :2] - half[..., :1] * xp.stack([xp.cos(turn), xp.sin(turn)], axis=-1)
        near = of_first(xp.concatenate([edge, turn[..., None]], axis=-1))
        seen = turn_planar(xp, cell_yaw, near) + cell
        seen = seen + of_first(draw["pose_bias"]) + noise("parcel_pose", 3) * draw["pose_jitter"]
        size = of_first(2.0 * half + draw["size_bias"])
        bag = of_first(xp.asarray(BAGS * 1.0)[None, :, None] + 0.0 * half[..., :1])

        read = noise("label_read", 3) < of_first(draw["seen"][..., None])
        shaky = noise("label_score", 3) * self.card.figure("score_jitter")
        sides = of_first((draw["valid"] * draw["score"][..., :1] + draw["old"] * draw["score"][..., 1:]) * _VISIBLE)
        score = xp.where(read & (sides[:, 1:] > 0.0), xp.minimum(xp.maximum(sides[:, 1:] + shaky, 0.01), 1.0), 0.0)

        let_go = (flow.force_on(xp, sense, "belt") > _TOUCH_N) & (flow.force_on(xp, sense, "robot") <= _TOUCH_N)
        tail = xp.where(let_go, pos[..., 0] - reach - EDGE_X_M, _TAIL_LIMIT_M).min(axis=1)
        return told(
            xp,
            sense,
            draw,
            {
                "parcel": xp.concatenate([seen * there, there], axis=-1),
                "parcel_size": xp.concatenate([size, bag], axis=-1) * there,
                "labels": score * there,
                "waiting": (1.0 * (memory["waiting"] & (memory["infeed"] <= 0.0)))[:, None] * there,
                "taken": COUNT - (queue * 1.0).sum(axis=1)[:, None],
                "cell": cell + draw["cell_bias"] + noise("cell_pose", 3) * draw["pose_jitter"],
                "belt": xp.stack([memory["induction"], xp.minimum(tail, _TAIL_LIMIT_M)], axis=-1),
            },
        )

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Reach the parcel that waits, carry parcels over, turn labels down, induct, keep them apart."""
        half = draw["half"]
        pos, quat = flow.of_parcels(xp, sense, "pos"), flow.of_parcels(xp, sense, "quat")
        reach = flow.reach_x(xp, quat, half)
        queue = flow.queued(xp, pos, half)
        first = flow.foremost(xp, queue, pos[..., 0] - reach) * 1.0
        away = [flow.outside(xp, pos, quat, half, sense[f"{side}_in_cell"]) for side in _HANDS]
        nearest = (first * xp.minimum(away[0], away[1])).sum(axis=1)
        over = xp.where(memory["inducted"], 0.0, xp.abs(pos[..., 1] - INDUCTION_Y_M))
        down = 0.5 + 0.5 * flow.label_drop(xp, quat, draw["valid"])
        right = memory["inducted"] & ~memory["wrong"]
        return {
            "reach": tolerance(xp, nearest, upper=0.03, margin=0.5),
            "carry": tolerance(xp, over, upper=0.02, margin=0.3).sum(axis=1) / COUNT,
            "turn": xp.minimum(xp.maximum(down, 0.0), 1.0).sum(axis=1) / COUNT,
            "induct": (right * 1.0).sum(axis=1) / COUNT,
            "apart": tolerance(xp, memory["gap_m"].min(axis=1), lower=self._singulated_m, upper=10.0, margin=0.15),
        }

    @property
    def _singulated_m(self) -> float:
        return self.card.figure("singulation_mm") / 1000.0

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """A run ends when all parcels are inducted, or one was dropped or pressed, or the robot hit the cell."""
        card, gap = self.card, memory["gap_m"].min(axis=1)
        ends = {
            "drop": memory["drop_m"].max(axis=1) > card.figure("drop_limit_mm") / 1000.0,
            "press": memory["press_n"] > card.figure("press_limit_n"),
            "bump": memory["bump_n"] > card.figure("bump_limit_n"),
        }
        spoils = {
            "wrong_side": memory["wrong"].any(axis=1),
            "not_singulated": gap < self._singulated_m,
            "double_feed": gap < card.figure("double_feed_mm") / 1000.0,
        }
        broken = ends["drop"] | ends["press"] | ends["bump"]
        spoilt = spoils["wrong_side"] | spoils["not_singulated"]
        finished = memory["inducted"].all(axis=1)
        return Verdict(success=finished & ~broken & ~spoilt, done=finished | broken, faults={**ends, **spoils})

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the run; rates are shares of the parcels inducted."""
        inducted = memory["inducted"] * 1.0
        count = inducted.sum(axis=1)
        some = xp.maximum(count, 1.0)
        close = memory["gap_m"] < self.card.figure("double_feed_mm") / 1000.0
        faults = self.judge(xp, sense, memory, draw).faults
        down = (draw["valid"][..., 0]).sum(axis=1)
        return {
            "mass_kg": draw["mass"].sum(axis=1),
            "inducted": count,
            "parcels_per_h": 3600.0 * count / xp.maximum(sense.time, _PERIOD_S),
            "wrong_side_rate": (memory["wrong"] * 1.0).sum(axis=1) / some,
            "double_feed_rate": (close * 1.0).sum(axis=1) / some,
            "min_gap_mm": 1000.0 * xp.minimum(memory["gap_m"].min(axis=1), _TAIL_LIMIT_M),
            "to_turn": COUNT - down,
            "surge": draw["surge"],
            "parcel_friction": draw["parcel_friction"],
            "belt_friction": draw["belt_friction"],
            "induction_m_per_s": draw["induction_speed"],
            "max_drop_mm": 1000.0 * memory["drop_m"].max(axis=1),
            "max_press_n": memory["press_n"],
            "max_bump_n": memory["bump_n"],
            "drops": faults["drop"] * 1.0,
            "force_exceedances": (faults["press"] * 1.0) + (faults["bump"] * 1.0),
            "peak_force_n": xp.maximum(memory["press_n"], memory["bump_n"]),
        }


def _within(sense: Sense, span: Any) -> Any:
    """(n,) bool, now lies in spans (n, 2) s."""
    return (sense.time >= span[:, 0]) & (sense.time < span[:, 1])


def _towards(xp: Any, speed: Any, wanted: Any) -> Any:
    """Belt speed (n,) m/s one control step later."""
    change = _BELT_M_PER_S2 * _PERIOD_S
    return speed + xp.minimum(xp.maximum(wanted - speed, -change), change)
