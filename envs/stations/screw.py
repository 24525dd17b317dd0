"""B3: drive six M4 screws into a cover with a screwdriver on its arm, each to its torque."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.base_frame import base_of
from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import into_planar, norm, wrap, yaw_of
from pilotline.envs.outage import told
from pilotline.envs.placement import Placement
from pilotline.envs.rendering import View
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.stations.screw_law import preload_n
from pilotline.envs.stations.screw_layout import FEEDER_M, HOLES_M, PARK_M, POCKETS, pocket_x
from pilotline.envs.stations.screw_machine import (
    NO_SCREW_RAD,
    heads,
    holds,
    outputs,
    run_driver,
    run_threads,
    thread_angles,
    tool_at,
)
from pilotline.envs.stations.screw_scene import build_scene
from pilotline.envs.stations.screw_start import draw_cycle, place_cycle
from pilotline.envs.tolerance import tolerance
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.robots import Robot

_TOUCH_N = 0.05
_SETTLE_S = 0.3
_PARKED_M, _AWAY_M = 0.03, 0.06
"""A driver this near to its parking place is parked; one that was this far from it has been used."""
_FALLEN_RAD, _FALLEN_M = 1.0, -0.03
"""A screw that leans so far, or lies so far below the part's face, has been dropped."""
_IN_POCKET_M = 0.004


@dataclass(frozen=True)
class Screw:
    """Screwing of a cover.

    At the start a cover lies in its nest, seven screws hang in the feeder (one of them may be too short), and the
    driver is parked on its arm. Success: the driver is parked again with nobody's hand on it, and each of the six
    holes has a screw of the right length that started in line, sits, and had its torque at an angle inside the window.
    """

    card: StationCard = field(default_factory=lambda: load_card("screw"))

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Bench ahead and to the right: part, feeder on its right, driver on an arm that comes from behind."""
        build_scene(spec, robot, self.card)

    def view(self) -> View:
        """Over the robot's right hand, on part and feeder."""
        return View(lookat=(0.62, -0.14, 0.95), distance=1.25, azimuth=118.0, elevation=-24.0)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Docking, part, holes, feeder, screws, friction, driver and pose-source bias of one cycle."""
        return draw_cycle(self.card.in_pack(pack), rng)

    def place(self, draw: Arrays, put: Placement) -> None:
        """Stand the bench where the robot docked, a screw in each pocket."""
        place_cycle(self.card, draw, put)

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Nothing is screwed in, the driver waits."""
        m, holes = len(draw["dock"]), len(HOLES_M)
        each = {name: np.zeros((m, holes)) for name in ("tilt", "torque")}
        flags = {name: np.zeros((m, holes), np.bool_) for name in ("caught", "crossed", "wrong")}
        states = {name: np.zeros(m, np.bool_) for name in ("running", "judged", "good", "used", "fallen")}
        numbers = ("runs", "run_s", "stall_s", "begun", "turned", "parked_s", "press_n", "bump_n")
        return {
            **each,
            **flags,
            **states,
            **{name: np.zeros(m) for name in numbers},
            "snug": np.full((m, holes), NO_SCREW_RAD),
            "gap": np.ones((m, holes)),
        }

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Run the driver's controller and the threads' law, and remember the worst of everything."""
        threads = run_threads(xp, self.card, sense, memory, draw)
        driver = run_driver(xp, self.card, sense, memory, draw)
        from_park = norm(xp, tool_at(xp, sense) - xp.asarray(PARK_M))
        used = memory["used"] | (from_park > _AWAY_M)
        free = norm(xp, sense.peak("tool_robot")) < _TOUCH_N
        parked = used & free & (from_park < _PARKED_M)
        at, tilt = heads(xp, sense)
        fallen = ((tilt > _FALLEN_RAD) | (at[:, :, 2] < _FALLEN_M)).any(axis=-1)
        press = xp.maximum(sense.peak("press")[:, 2], sense.peak("tool_bench")[:, 2])
        new = {
            **threads,
            **driver,
            "used": used,
            "fallen": memory["fallen"] | fallen,
            "parked_s": xp.where(parked, memory["parked_s"] + CONTROL_PERIOD_S, 0.0),
            "press_n": xp.maximum(memory["press_n"], press),
            "bump_n": xp.maximum(memory["bump_n"], norm(xp, sense.peak("robot_bench"))),
        }
        return new, outputs(xp, self.card, sense, new, draw)

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """Poses from the cameras and the arm's encoders, signals from driver and feeder.

        `bench`: x, y, yaw of the bench (drawing's origin) in the base frame. `holes`: x, y of each hole in the bench's
        frame. `feeder`: x, y, yaw off its drawn place, likewise. `tool`: bit's end (spindle out) in the bench's frame,
        and the spindle's stroke, m. `driver`: running, torque reached, ended without it, turns of this run. `held`: 1
        while a head seals the sleeve, seated and in line. `lengths`: of the screw in each pocket, m from the middle of
        its head, 0 for none.
        """
        base = base_of(xp, sense)
        bench = into_planar(xp, base, sense["bench_pos"])[:, :2]
        turn = wrap(xp, yaw_of(xp, sense["bench_quat"]) - base[:, 2])

        def seen(name: str, place: Any, yaw: Any) -> Any:
            pose = xp.concatenate([place, yaw[:, None]], axis=-1)
            return pose + draw[f"{name}_bias"] + noise(f"{name}_pose", 3) * draw["jitter"]

        def off(name: str, drawn: tuple[float, float, float]) -> Any:
            place = sense[f"{name}_in_bench"][:, :2] - xp.asarray(drawn[:2])
            return seen(name, place, yaw_of(xp, sense[f"{name}_turn_in_bench"]))

        stroke = sense["stroke_at"]
        state = [memory["running"], memory["judged"] & memory["good"], memory["judged"] & ~memory["good"]]
        at, _ = heads(xp, sense)
        blur = noise("length", POCKETS) * self.card.figure("length_jitter_mm") / 1000.0
        filled = self._pockets(xp, sense, at)
        return told(
            xp,
            sense,
            draw,
            {
                "bench": seen("bench", bench, turn),
                "holes": self._holes_seen(xp, draw, noise),
                "feeder": off("feeder", FEEDER_M),
                "tool": xp.concatenate([tool_at(xp, sense) + draw["encoder_bias"], stroke], axis=-1),
                "driver": xp.stack([*(1.0 * one for one in state), memory["turned"] / (2.0 * np.pi)], axis=-1),
                "held": 1.0 * holds(xp, sense)[:, None],
                "lengths": filled * (draw["length"] + blur),
            },
        )

    def _holes_seen(self, xp: Any, draw: Arrays, noise: Noise) -> Any:
        """(n, 2 holes) m, as the camera over the part finds them: one bias for all, jitter for each."""
        count = len(HOLES_M)
        jitter = xp.stack([noise("hole_x", count), noise("hole_y", count)], axis=-1) * draw["jitter"][:, None, :2]
        seen = draw["hole_at"] + draw["part_bias"][:, None, :2] + jitter
        return xp.concatenate([seen[:, i] for i in range(count)], axis=-1)

    def _pockets(self, xp: Any, sense: Sense, at: Any) -> Any:
        """(n, pockets), 1.0 where the screw that the cycle began with still hangs in its pocket."""
        turn = yaw_of(xp, sense["feeder_turn_in_bench"])
        x = xp.asarray([pocket_x(k) for k in range(POCKETS)])
        row = xp.stack([x * xp.cos(turn)[:, None], x * xp.sin(turn)[:, None]], axis=-1)
        away = norm(xp, at[:, :, :2] - row - sense["feeder_in_bench"][:, None, :2])
        return 1.0 * ((away < _IN_POCKET_M) & (at[:, :, 2] < 2.0 * _IN_POCKET_M))

    def _holes(self, xp: Any, sense: Sense, memory: Arrays) -> dict[str, Any]:
        """(n, holes) bool each: what the criteria say of each hole."""
        card = self.card
        low, high = (np.deg2rad(value) for value in card.figure_range("angle_window_deg"))
        target, share = card.figure("torque_nm"), card.figure("torque_tolerance")
        angle = thread_angles(xp, sense) - memory["snug"]
        return {
            "missing": ~memory["caught"],
            "under_torque": memory["torque"] < (1.0 - share) * target,
            "over_torque": memory["torque"] > (1.0 + share) * target,
            "angle": (angle < low) | (angle > high),
            "not_seated": memory["gap"] > card.figure("seat_gap_mm") / 1000.0,
            "cross_thread": memory["crossed"],
            "wrong_screw": memory["wrong"],
        }

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Turn screws in, to their torque, be gentle, bring the driver back."""
        holes = self._holes(xp, sense, memory)
        depth = thread_angles(xp, sense) / memory["snug"]
        good = ~holes["under_torque"] & ~holes["over_torque"] & ~holes["angle"] & ~holes["wrong_screw"]
        done = (1.0 * good).sum(axis=-1) / len(HOLES_M)
        from_park = norm(xp, tool_at(xp, sense) - xp.asarray(PARK_M))
        return {
            "drive": xp.minimum(xp.maximum(depth, 0.0), 1.0).sum(axis=-1) / len(HOLES_M),
            "torque": done,
            "gentle": tolerance(xp, memory["press_n"], upper=self.card.figure("press_limit_n"), margin=40.0),
            "park": done * tolerance(xp, from_park, upper=_PARKED_M, margin=0.5),
        }

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """What cannot be mended ends a cycle at once; the driver back in its place ends the work."""
        card = self.card
        holes = {name: flag.any(axis=-1) for name, flag in self._holes(xp, sense, memory).items()}
        parked = memory["parked_s"] >= _SETTLE_S
        at_once = {
            "cross_thread": holes["cross_thread"],
            "wrong_screw": holes["wrong_screw"],
            "over_torque": holes["over_torque"],
            "dropped": memory["fallen"],
            "press": memory["press_n"] > card.figure("press_limit_n"),
            "bump": memory["bump_n"] > card.figure("bump_limit_n"),
        }
        there = parked & ~holes["missing"]
        at_end = {
            "missing": parked & holes["missing"],
            "under_torque": there & holes["under_torque"],
            "angle": there & ~holes["under_torque"] & holes["angle"],
            "not_seated": there & holes["not_seated"],
        }
        broken = xp.zeros(len(parked), dtype=bool)
        for fault in (*at_once.values(), *at_end.values()):
            broken = broken | fault
        return Verdict(success=parked & ~broken, done=parked | broken, faults={**at_once, **at_end})

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle; torques and angles mean something for holes that have a screw."""
        holes = self._holes(xp, sense, memory)
        faults = self.judge(xp, sense, memory, draw).faults
        angle = xp.rad2deg(thread_angles(xp, sense) - memory["snug"])
        torque = memory["torque"]
        n = len(torque)
        screws = (1.0 * memory["caught"]).sum(axis=-1)
        mean = torque.sum(axis=-1) / len(HOLES_M)
        spread = torque - mean[:, None]
        each = {f"torque_{i + 1}_nm": torque[:, i] for i in range(len(HOLES_M))}
        return {
            "mass_kg": xp.full(n, 0.001 * self.card.figure("screw_g") * len(HOLES_M)),
            "screws_driven": screws,
            "thread_friction": draw["thread_friction"],
            "decoy": (1.0 * (draw["length"] < draw["length"].max(axis=-1)[:, None])).max(axis=-1),
            **each,
            "torque_mean_nm": mean,
            "torque_sd_nm": xp.sqrt((spread * spread).sum(axis=-1) / (len(HOLES_M) - 1.0)),
            "least_angle_deg": angle.min(axis=-1),
            "largest_angle_deg": angle.max(axis=-1),
            "preload_n": preload_n(self.card, mean, draw["thread_friction"]),
            "largest_tilt_deg": xp.rad2deg(memory["tilt"]).max(axis=-1),
            "runs": memory["runs"],
            "max_press_n": memory["press_n"],
            "max_bump_n": memory["bump_n"],
            "cross_threads": (1.0 * holes["cross_thread"]).sum(axis=-1),
            "drops": faults["dropped"] * 1.0,
            "force_exceedances": (faults["press"] * 1.0) + (faults["bump"] * 1.0),
            "peak_force_n": xp.maximum(memory["press_n"], memory["bump_n"]),
        }
