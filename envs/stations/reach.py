"""Reach: bring the right hand to a place in the air and keep it there. The warm-up for those who train."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.base_frame import base_of
from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import into_planar, norm
from pilotline.envs.placement import Placement
from pilotline.envs.rendering import View
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.tolerance import tolerance
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.robots import Robot

_MARK = "target"


@dataclass(frozen=True)
class Reach:
    """Go to a drawn place within the time on the card, and be there, without leaving it again, when time is over.

    The place is told exactly, in the base frame. Nothing is held, nothing is in the way.
    """

    card: StationCard = field(default_factory=lambda: load_card("reach"))

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """A mark to look at, which nothing touches."""
        mark = spec.worldbody.add_body(name=_MARK, pos=(0.5, -0.2, 1.0))
        mark.add_geom(
            name=_MARK,
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            size=(self.card.figure("within_mm") / 1000.0, 0.0, 0.0),
            rgba=(0.95, 0.45, 0.10, 0.8),
            contype=0,
            conaffinity=0,
            group=2,
        )

    def view(self) -> View:
        """Over the right shoulder."""
        return View(lookat=(0.45, -0.2, 1.05), distance=2.2, azimuth=60.0, elevation=-20.0)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """`target` (3,) m, in the frame of the base at home."""
        card = self.card.in_pack(pack)
        low, high = np.array([card.figure_range(f"target_{axis}_m") for axis in "xyz"]).T
        return {"target": rng.uniform(low, high)}

    def place(self, draw: Arrays, put: Placement) -> None:
        """Show the mark."""
        put.model("body_pos", _MARK, draw["target"])

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Nothing has happened yet."""
        m = len(draw["target"])
        return {"step": np.zeros(m, np.int64), "stayed_s": np.zeros(m), "error_m": np.full(m, np.inf)}

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Measure how far the hand is, and since when it is there."""
        error = norm(xp, sense["right_tcp_pos"] - draw["target"])
        there = error <= self.card.figure("within_mm") / 1000.0
        stayed = xp.where(there, memory["stayed_s"] + CONTROL_PERIOD_S, 0.0)
        return {"step": memory["step"] + 1, "stayed_s": stayed, "error_m": error}, {}

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """`target`: where the hand shall be, base frame, m."""
        return {"target": into_planar(xp, base_of(xp, sense), draw["target"])}

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Come near, come close."""
        within = self.card.figure("within_mm") / 1000.0
        return {
            "near": tolerance(xp, memory["error_m"], upper=0.5 * within, margin=0.4),
            "close": tolerance(xp, memory["error_m"], upper=0.5 * within, margin=0.05),
        }

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Everything is judged when the time is over."""
        over = memory["step"] >= round(self.card.figure("duration_s") / CONTROL_PERIOD_S)
        stays = memory["stayed_s"] >= self.card.figure("stay_s") - 0.5 * CONTROL_PERIOD_S
        return Verdict(success=over & stays, done=over, faults={"missed": over & ~stays})

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle."""
        return {"error_mm": 1000.0 * memory["error_m"], "stayed_s": memory["stayed_s"]}
