"""What follows from a control step of physics: memory, faults, verdict, reward and observation, as pure functions.

They are written against an array namespace `xp`; the CPU engine runs them compiled (`pilotline.envs.fused`), the MJX
one under `jax.numpy`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import mujoco

from pilotline.envs.drives import Drives
from pilotline.envs.observation import RobotObserver
from pilotline.envs.sense import Sense
from pilotline.envs.stability import Stability
from pilotline.envs.station import Array, Arrays, Noise, Station, Verdict
from pilotline.envs.world import CONTROL_PERIOD_S, World

ENGINE_FAULTS = ("bad_action", "diverged", "fall", "drive_trip", "timeout")
"""Faults that end a cycle at every station: non-finite action, diverged physics, tipping robot, a drive that switched
off because its winding was too hot, no end."""


class Progress(NamedTuple):
    """How far n cycles are.

    Attributes:
      memory: of the station, see `Station.start`.
      faults: those of `ENGINE_FAULTS` that have happened, (n,) bool each.
      tipping_s: (n,) for how long each robot has been tipping.
      steps: (n,) int, control steps made.
      limit_s: (n,) when each cycle is cut off.
      keys: (n,) uint64, from which the noise of sensors follows.
    """

    memory: Arrays
    faults: Arrays
    tipping_s: Array
    steps: Array
    limit_s: Array
    keys: Array


class Step(NamedTuple):
    """What one control step of n simulations gave.

    Attributes:
      obs: named observations, (n, k) each.
      reward: (n,), mean of the terms, 0 for a simulation that ended in a fault of `ENGINE_FAULTS`.
      terms: named reward terms, (n,) each.
      verdict: success, done and every fault of station and engine.
    """

    obs: Arrays
    reward: Array
    terms: Arrays
    verdict: Verdict


@dataclass(frozen=True)
class Rules:
    """What reads and judges the simulations of one world."""

    station: Station
    observer: RobotObserver
    stability: Stability
    drives: Drives

    @classmethod
    def of(cls, world: World, model: mujoco.MjModel | None = None) -> Rules:
        """Rules of a world; `model` where it is not stepped as compiled."""
        model = model or world.model
        drives = Drives(model, world.drives)
        return cls(world.station, RobotObserver(model, world.robot, drives), Stability(world.robot), drives)


NoiseOf = Callable[[Array, Array], Noise]
"""Sensor noise of cycles with `keys` after `steps` control steps, see `pilotline.envs.noise`."""


def observe(
    xp: Any, rules: Rules, sense: Sense, progress: Progress, draw: Arrays, noise_of: NoiseOf
) -> dict[str, Array]:
    """Named observations (n, k): the robot's own senses, then what the station tells."""
    noise = noise_of(progress.keys, progress.steps)
    told = rules.station.observe(xp, sense, progress.memory, draw, noise)
    return {**rules.observer(xp, sense), **told}


def follow(
    xp: Any,
    rules: Rules,
    sense: Sense,
    before: Progress,
    draw: Arrays,
    broken: Array,
    diverged: Array,
    noise_of: NoiseOf,
) -> tuple[Progress, dict[tuple[str, str], Array], Step]:
    """What follows from a control step.

    Args:
      sense: after the step.
      before: progress before it.
      draw: of the cycles.
      broken: (n,) bool, the action was not finite.
      diverged: (n,) bool, the physics broke down in the step.

    Returns:
      Progress after it, machine outputs as in `Station.advance`, and what the step gave.
    """
    station, stability = rules.station, rules.stability
    steps = before.steps + 1
    memory, outputs = station.advance(xp, sense, before.memory, draw)
    tipping_s = xp.where(stability.outside(xp, sense), before.tipping_s + CONTROL_PERIOD_S, 0.0)
    verdict = station.judge(xp, sense, memory, draw)
    faults = {
        "bad_action": before.faults["bad_action"] | broken,
        "diverged": before.faults["diverged"] | diverged,
        "fall": before.faults["fall"] | (tipping_s > stability.patience_s),
        "drive_trip": before.faults["drive_trip"] | rules.drives.tripped(xp, sense),
        "timeout": before.faults["timeout"],
    }
    ended = faults["bad_action"] | faults["diverged"] | faults["fall"] | faults["drive_trip"] | faults["timeout"]
    # running out of time counts only where nothing else has ended the cycle
    late = (steps * CONTROL_PERIOD_S >= before.limit_s) & ~(verdict.done | ended)
    faults["timeout"] = faults["timeout"] | late
    ended = ended | late
    after = before._replace(memory=memory, faults=faults, tipping_s=tipping_s, steps=steps)
    terms = station.reward(xp, sense, memory, draw)
    mean = xp.stack(list(terms.values()), axis=-1).sum(axis=-1) / len(terms)
    found = Verdict(success=verdict.success & ~ended, done=verdict.done | ended, faults={**verdict.faults, **faults})
    obs = observe(xp, rules, sense, after, draw, noise_of)
    return after, outputs, Step(obs, xp.where(ended, 0.0, mean), terms, found)
