"""MuJoCo alone, from the state in which our environments begin: what every face is measured against."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import mujoco
from mujoco import batch as mjbatch

from pilotline.benchmarks.speed.ours import SEED
from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Way
from pilotline.envs.gym_env import StationEnv
from pilotline.envs.world import substeps_of

_BLOCK = 20
"""Control steps of a simulation in one call of the loop over all threads, so that starting them costs nothing."""


@dataclass(frozen=True)
class Start:
    """The first cycle's model and state, as our environments set them; `source` holds them."""

    source: Any

    @property
    def model(self) -> mujoco.MjModel:
        """With the cycle's own masses, friction and placement."""
        return self.source.get_model(0)


def start(setting: Setting) -> Start:
    """The world of a setting at the beginning of its first cycle."""
    first = StationEnv(setting.station, setting.robot, setting.actuators)
    first.reset(seed=SEED)
    return Start(first.batch.engine.batch)


def batch(setting: Setting, name: str, begin: Start, nsim: int) -> Way:
    """`mujoco.batch` and nothing else."""
    raw = mjbatch.Batch(begin.model, nsim, setting.threads)
    raw.state[:] = begin.source.state[0]
    return Way(name, nsim, partial(raw.step, nstep=substeps_of(begin.model)))


def loop(name: str, begin: Start) -> Way:
    """`mj_step` on one thread, ten at a call as in a control step."""
    model, data = begin.model, begin.source.get_data(0)
    return Way(name, 1, lambda: mujoco.mj_step(model, data, substeps_of(model)))


def loops(setting: Setting, name: str, begin: Start, stack: ExitStack) -> Way:
    """`mj_step` in a C loop on every thread, a simulation each."""
    model, threads = begin.model, setting.threads
    pool = stack.enter_context(ThreadPoolExecutor(threads))
    copies = [begin.source.get_data(0) for _ in range(threads)]

    def step() -> None:
        list(pool.map(lambda data: mujoco.mj_step(model, data, _BLOCK * substeps_of(model)), copies))

    return Way(name, threads * _BLOCK, step)
