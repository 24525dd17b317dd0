"""Walk: follow a velocity command over flat or uneven floor while the arms work or carry a tote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard, load_card
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.tolerance import tolerance
from pilotline.envs.work.balance import GRAVITY, add_balance_sensors, balance, weigh
from pilotline.envs.work.motion import CARRY, RANDOM, RECORDED
from pilotline.envs.work.task import PERIOD_S, LegTask
from pilotline.robots import Robot

_SHORT_M = 0.5
"""Cost of transport of a shorter way is that of this one: who stands has none."""


@dataclass(frozen=True)
class Walk(LegTask):
    """Go as you are told: ahead, sideways and turning, in turns of some seconds, for the time on the card.

    The upper body goes through recorded or random work, or carries a tote; the policy has the legs. Success: no fall,
    and mean errors of speed and turning within their limits. Commands and velocity pass the same first-order filter
    before they are compared, so that neither a step in the command nor the sway of a gait counts as an error.
    """

    card: StationCard = field(default_factory=lambda: load_card("walk"))

    kinds: ClassVar[tuple[int, ...]] = (RECORDED, RANDOM, CARRY)

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """As every task on legs, and what the robot reckons its balance from."""
        super().build(spec, robot)
        add_balance_sensors(spec, robot)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Motion, loads, floor and commands: `command` (c, 3) holds from control step `command_at` (c,) on."""
        card = self.card
        common = self._common_draw(rng, pack)
        low, high = card.figure_range("hold_s")
        count = int(np.ceil(card.figure("duration_s") / low)) + 1
        at = card.figure("first_s") + np.concatenate([[0.0], np.cumsum(rng.uniform(low, high, count - 1))])
        vy, wz = card.figure("command_vy_m_per_s"), card.figure("command_wz_rad_per_s")
        spans = np.array([card.figure_range("command_vx_m_per_s"), (-vy, vy), (-wz, wz)])
        command = rng.uniform(spans[:, 0], spans[:, 1], (count, 3))
        command[rng.random(count) < card.figure("standing_share")] = 0.0
        still = np.zeros((1, 3))
        return {
            **common,
            "command_at": np.round(np.concatenate([[0.0], at]) / PERIOD_S),
            "command": np.concatenate([still, command]),
        }

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Nothing has happened yet."""
        m = len(draw["motion"])
        memory = self._common_start(m)
        for name in ("told", "moved"):
            memory[name] = np.zeros((m, 3))
        memory["weighed"] = np.zeros((m, len(self._own.robot.hands)))
        for name in ("speed_error", "turn_error", "way_m"):
            memory[name] = np.zeros(m)
        return memory

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Move the upper body and add up how the robot follows.

        `told` and `moved` are the filtered command and velocity; `speed_error`, `turn_error` sums over the steps;
        `weighed` what the wrists say that the hands carry.
        """
        new, outputs = self._common_advance(xp, sense, memory, draw)
        gain = PERIOD_S / (self.card.figure("filter_s") + PERIOD_S)
        velocity = self.velocity(xp, sense)
        told = memory["told"] + gain * (self._command(xp, memory["step"], draw) - memory["told"])
        moved = memory["moved"] + gain * (velocity - memory["moved"])
        off = moved - told
        new["told"], new["moved"] = told, moved
        new["weighed"] = weigh(xp, sense, memory["weighed"], new["step"], self._own.hands_kg, PERIOD_S)
        new["speed_error"] = memory["speed_error"] + xp.sqrt((off[:, :2] * off[:, :2]).sum(axis=-1))
        new["turn_error"] = memory["turn_error"] + xp.abs(off[:, 2])
        new["way_m"] = memory["way_m"] + PERIOD_S * xp.sqrt((moved[:, :2] * moved[:, :2]).sum(axis=-1))
        return new, outputs

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """What is commanded, and where the robot reckons its balance.

        `command`: wanted velocity ahead and to the left (m/s) and turning to the left (rad/s), of the heading.
        `balance`: see `pilotline.envs.work.balance`, right foot, then left.
        """
        fit = self._own
        return {
            "command": self._command(xp, memory["step"], draw),
            "balance": balance(xp, sense, memory["weighed"], draw["load"], fit.mass_kg, tuple(fit.robot.feet)),
        }

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Follow the command, upright at height with flat feet, gently."""
        off = self.velocity(xp, sense) - self._command(xp, memory["step"], draw)
        return {
            **self._common_reward(xp, sense, memory, draw),
            "speed": tolerance(xp, xp.sqrt((off[:, :2] * off[:, :2]).sum(axis=-1)), 0.0, 0.05, 0.5),
            "turn": tolerance(xp, xp.abs(off[:, 2]), 0.0, 0.05, 1.0),
        }

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Everything but a fall is judged when the time is over."""
        over = memory["step"] >= self.steps
        speed, turn = self._errors(xp, memory)
        faults = {
            "off_speed": over & (speed > self.card.figure("speed_limit_m_per_s")),
            "off_turn": over & (turn > self.card.figure("turn_limit_rad_per_s")),
        }
        wrong = faults["off_speed"] | faults["off_turn"]
        return Verdict(success=over & ~wrong, done=over, faults=faults)

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle; clearance is the mean of the greatest heights of the soles in their swings."""
        speed, turn = self._errors(xp, memory)
        weight = GRAVITY * (self._own.mass_kg + draw["load"].sum(axis=-1))
        return {
            **self._common_metrics(xp, sense, memory, draw),
            "speed_error_m_per_s": speed,
            "turn_error_rad_per_s": turn,
            "way_m": memory["way_m"],
            "cost_of_transport": memory["work_j"] / (weight * xp.maximum(memory["way_m"], _SHORT_M)),
            "slip_m": memory["slip_m"],
            "clearance_mm": 1000.0 * memory["clearance_m"] / xp.maximum(memory["steps"], 1.0),
        }

    def _command(self, xp: Any, step: Any, draw: Arrays) -> Any:
        """Command (n, 3) that holds after `step` (n,) control steps."""
        turn = (draw["command_at"] <= step[:, None]).sum(axis=-1) - 1
        return draw["command"][xp.arange(len(step)), turn]

    def _errors(self, xp: Any, memory: Arrays) -> tuple[Any, Any]:
        """Mean errors (n,) of speed (m/s) and turning (rad/s) so far."""
        steps = xp.maximum(memory["step"], 1)
        return memory["speed_error"] / steps, memory["turn_error"] / steps
