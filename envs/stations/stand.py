"""Stand: keep the place while the arms work, hands carry loads, and somebody pushes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import wrap, yaw_of
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.tolerance import tolerance
from pilotline.envs.work.motion import RANDOM, RECORDED
from pilotline.envs.work.push import Pushes
from pilotline.envs.work.task import PERIOD_S, LegTask

_SURVIVED_S = 1.0
"""A push that is so long over without a fall is survived."""


@dataclass(frozen=True)
class Stand(LegTask):
    """Stay where you are for the time on the card; feet may step.

    The upper body goes through recorded or random work with a load in each hand, and the pelvis is pushed now and then.
    The policy has the legs. Success: no fall, and at the end near the place and heading of the start, and still.
    """

    card: StationCard = field(default_factory=lambda: load_card("stand"))

    kinds: ClassVar[tuple[int, ...]] = (RECORDED, RANDOM)

    @property
    def pushes(self) -> Pushes:
        """How the robot is pushed."""
        card = self.card
        return Pushes(
            impulse=card.figure_range("push_ns_per_kg"),
            gap_s=card.figure_range("push_gap_s"),
            quiet_s=card.figure("push_quiet_s"),
            push_s=card.figure("push_s"),
            period_s=PERIOD_S,
        )

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Motion, loads, floor and pushes of one cycle."""
        return {**self._common_draw(rng, pack), **self.pushes.draw(rng, self.card.figure("duration_s"))}

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Nothing has happened yet."""
        m = len(draw["motion"])
        return {**self._common_start(m), "still_s": np.zeros(m), "away_m": np.zeros(m)}

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Move the upper body, push, and remember how far the robot went and since when it stands still."""
        fit = self._own
        new, outputs = self._common_advance(xp, sense, memory, draw)
        slow = self._speed(xp, sense) < self.card.figure("still_limit_m_per_s")
        new["still_s"] = xp.where(slow & (new["air_s"].max(axis=-1) <= 0.0), memory["still_s"] + PERIOD_S, 0.0)
        new["away_m"] = xp.maximum(memory["away_m"], self._away(xp, sense))
        outputs["push", fit.robot.root] = self.pushes.wrench(xp, draw, new["step"], fit.mass_kg)
        return new, outputs

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """Nothing: the robot's own senses have to do."""
        return {}

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Stand upright at height with flat feet, gently, still, in place and heading."""
        place = self.card.figure("place_limit_m")
        turned = xp.abs(wrap(xp, yaw_of(xp, sense["base_quat"])))
        return {
            **self._common_reward(xp, sense, memory, draw),
            "still": tolerance(xp, self._speed(xp, sense), 0.0, 0.05, 0.5),
            "place": tolerance(xp, self._away(xp, sense), 0.0, place / 3.0, 2.0 * place),
            "heading": tolerance(xp, turned, 0.0, np.deg2rad(5.0), np.deg2rad(40.0)),
        }

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Everything but a fall is judged when the time is over."""
        card = self.card
        over = memory["step"] >= self.steps
        turned = xp.abs(wrap(xp, yaw_of(xp, sense["base_quat"])))
        faults = {
            "strayed": over & (self._away(xp, sense) > card.figure("place_limit_m")),
            "turned": over & (turned > np.deg2rad(card.figure("turn_limit_deg"))),
            "restless": over & (memory["still_s"] < card.figure("still_time_s") - 0.5 * PERIOD_S),
        }
        wrong = faults["strayed"] | faults["turned"] | faults["restless"]
        return Verdict(success=over & ~wrong, done=over, faults=faults)

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle."""
        push = draw["push"] * self._own.mass_kg
        return {
            **self._common_metrics(xp, sense, memory, draw),
            "max_away_mm": 1000.0 * memory["away_m"],
            "largest_push_n_s": xp.sqrt((push * push).sum(axis=-1)).max(axis=-1),
            "pushes": self.pushes.given(xp, draw, memory["step"]),
            "pushes_survived": self.pushes.survived(xp, draw, memory["step"], _SURVIVED_S),
        }

    def _away(self, xp: Any, sense: Sense) -> Any:
        """Distance (n,) of the pelvis from where it began, over the floor."""
        at = sense["base_pos"][:, :2]
        return xp.sqrt((at * at).sum(axis=-1))

    def _speed(self, xp: Any, sense: Sense) -> Any:
        """Horizontal speed (n,) of the pelvis."""
        v = sense["base_vel"][:, :2]
        return xp.sqrt((v * v).sum(axis=-1))
