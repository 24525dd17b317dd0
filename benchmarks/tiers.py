"""What the actuator tiers cost: physics steps per second of one robot in each tier, measured in turns in one run."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from mujoco import batch as mjbatch

from pilotline import robots
from pilotline.benchmarks import turns
from pilotline.benchmarks.turns import Way
from pilotline.envs.scenery import add_cells
from pilotline.envs.world import TIMESTEP_S
from pilotline.robots.actuators import TIERS, attach
from pilotline.robots.actuators.interpreted import python_callbacks

_BLOCK = 10
"""Physics steps in a call, as in a control step."""
_TURN_S = 0.05
"""A turn is short, often a single call, so that tiers which are compared meet the same mood of the machine."""
_FEWEST = 7
_FRESH = 40
"""Turns after which every simulation begins again from the model's own pose; that is not timed."""
_NUDGE_RAD = 0.1
_PYTHON = "harmonic, Python callbacks"


@dataclass(frozen=True)
class Subject:
    """A robot whose tiers are compared.

    Attributes:
      name: for people.
      joints: that change their actuator with the tier.
      build: tier -> compiled model.
    """

    name: str
    joints: tuple[str, ...]
    build: Callable[[str], mujoco.MjModel]


def subject(robot: str) -> Subject:
    """The robot of that text, alone on a floor."""
    body = robots.load(robot)

    def build(tier: str) -> mujoco.MjModel:
        spec = body.spec(shells=False)
        spec.option.timestep = TIMESTEP_S
        attach(spec, body, tier)
        add_cells(spec)
        discrete, plain = mujoco.mjtIntegrator.mjINT_DISCRETE, mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.integrator = discrete if tier == "twin" else plain
        return spec.compile()

    return Subject(body.title, body.driven, build)


def measure(robot: str, nsim: int, nthread: int, seconds: float) -> dict[str, Any]:
    """Speed of every tier against `ideal`.

    Simulations start at the model's own pose; targets jump by a small random angle every block, the same in each
    tier. The tiers take turns, and a ratio is the median of the ratios within each turn. The law as Python callbacks
    cannot run in a batch's threads: its ratio is against `ideal` in a plain `mj_step` loop.

    Args:
      robot: see `subject`.
      nsim, nthread: of the batches; 0 threads for all cores.
      seconds: measured time of each tier.

    Returns:
      `subject`, `joints`, `ratios` (median), `ratio_spread` (middle half), `steps_per_s` (median), `rounds`.
    """
    chosen = subject(robot)
    threads = nthread or os.cpu_count() or 1
    batches = {tier: mjbatch.Batch(chosen.build(tier), nsim, threads) for tier in TIERS}
    ways = [_batched(tier, batch, chosen.joints) for tier, batch in batches.items()]
    rates = turns.rates(ways, seconds, _TURN_S, _FEWEST, _FRESH)
    single = [
        _looped(name, batches[tier].model, chosen.joints) for name, tier in (("ideal", "ideal"), (_PYTHON, "harmonic"))
    ]
    with python_callbacks(batches["harmonic"].model):
        alone = turns.rates(single, min(seconds, 2.0), _TURN_S, _FEWEST, _FRESH)
    pairs = {tier: (rates[tier], rates["ideal"]) for tier in TIERS[1:]} | {_PYTHON: (alone[_PYTHON], alone["ideal"])}
    ratios = {name: [a / b for a, b in zip(*pair, strict=True)] for name, pair in pairs.items()}
    return {
        "subject": chosen.name,
        "joints": len(chosen.joints),
        "ratios": {f"{name} / ideal": statistics.median(values) for name, values in ratios.items()},
        "ratio_spread": {f"{name} / ideal": _middle_half(values) for name, values in ratios.items()},
        "steps_per_s": {tier: statistics.median(values) for tier, values in rates.items()}
        | {_PYTHON: statistics.median(alone[_PYTHON])},
        "rounds": len(rates["ideal"]),
    }


def _middle_half(values: list[float]) -> list[float]:
    return [float(value) for value in np.percentile(values, (25.0, 75.0))]


def _batched(name: str, batch: mjbatch.Batch, joints: tuple[str, ...]) -> Way:
    driven, targets = _commands(batch.model, joints), _targets(batch.model, joints, batch.nsim)

    def step() -> None:
        batch.ctrl[:, driven] = next(targets)
        batch.step(nstep=_BLOCK)

    return Way(name, batch.nsim * _BLOCK, step, batch.reset)


def _looped(name: str, model: mujoco.MjModel, joints: tuple[str, ...]) -> Way:
    data, driven, targets = mujoco.MjData(model), _commands(model, joints), _targets(model, joints, 1)

    def step() -> None:
        data.ctrl[driven] = next(targets)[0]
        mujoco.mj_step(model, data, _BLOCK)

    return Way(name, _BLOCK, step, lambda: mujoco.mj_resetData(model, data))


def _targets(model: mujoco.MjModel, joints: tuple[str, ...], nsim: int) -> Iterator[Any]:
    """Targets (nsim, k) of the driven joints near the model's own pose, the same for every tier."""
    start = model.qpos0[[int(model.joint(name).qposadr[0]) for name in joints]]
    rng = np.random.default_rng(0)
    while True:
        yield start + rng.uniform(-_NUDGE_RAD, _NUDGE_RAD, (nsim, len(joints)))


def _commands(model: mujoco.MjModel, joints: tuple[str, ...]) -> list[int]:
    """Controls of the joints' actuators."""
    return [int(model.actuator(name).id) for name in joints]
