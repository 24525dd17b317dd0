"""Speed of our environments beside raw MuJoCo, measured in turns in one run."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any

import mujoco
import numpy as np
from gymnasium.vector import AsyncVectorEnv
from mujoco import batch as mjbatch
from numpy.typing import NDArray

from pilotline.benchmarks import turns
from pilotline.benchmarks.turns import Way
from pilotline.envs import stations
from pilotline.envs.gym_env import StationEnv
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.vector_env import StationVectorEnv
from pilotline.envs.world import SUBSTEPS

RAW, STEP, BARE = "raw mujoco.batch", "raw mj_step, all threads", "raw mj_step, one thread"
VECTOR, HANDS, SINGLE = "vector env, joint targets", "vector env, hand motion", "single env"
_COMPARED = ((VECTOR, RAW), (HANDS, RAW), (RAW, STEP), (SINGLE, BARE))
_TURN_S = 0.3
"""A turn is short, so that ways which are compared meet the same mood of the machine."""
_FEWEST_ROUNDS = 5
_CYCLE_STEPS = 1250
"""Every simulation of a vector environment starts a new cycle this often (25 s), so that resets count too."""
_SEED = 0


def measure(
    *,
    station: str,
    robot: str,
    nsim: int,
    nthread: int = 0,
    seconds: float = 5.0,
    actuators: str = "ideal",
) -> dict[str, Any]:
    """Control steps of all simulations per second, for raw MuJoCo and for our environments.

    Physics is the same everywhere: the first cycle's world with the robot holding its home pose, ten physics
    steps a control step. (A station that moves part of the robot itself has more contacts and motion than raw MuJoCo,
    where everything holds still.) The ways take turns, and a ratio is the median of the ratios within each turn: a
    shared machine changes its speed.

    Args:
      station, robot, actuators: by name.
      nsim: simulations of each batch.
      nthread: threads of each batch, workers of `AsyncVectorEnv`; 0 for all cores.
      seconds: measured time of each way.

    Returns:
      `ratios` and `ratio_spread` (lowest, highest), `env_steps_per_s` (median), `spread` (lowest, highest).
    """
    threads = nthread or os.cpu_count() or 1
    async_name = f"AsyncVectorEnv, {threads} workers"
    with ExitStack() as stack:
        ways = [*_ours(stack, station, robot, actuators, nsim, threads, async_name)]
        ways += _raw(stack, station, robot, actuators, nsim, threads)
        # those that are compared follow each other
        order = (STEP, HANDS, RAW, VECTOR, async_name, SINGLE, BARE)
        ordered = sorted(ways, key=lambda way: order.index(way.name))
        rates = turns.rates(ordered, seconds, _TURN_S, _FEWEST_ROUNDS)
    compared = [pair for pair in (*_COMPARED, (VECTOR, async_name)) if set(pair) <= rates.keys()]
    ratios = {
        f"{ours} / {other}": [a / b for a, b in zip(rates[ours], rates[other], strict=True)] for ours, other in compared
    }
    return {
        "ratios": {name: statistics.median(values) for name, values in ratios.items()},
        "ratio_spread": {name: [min(values), max(values)] for name, values in ratios.items()},
        "env_steps_per_s": {name: statistics.median(values) for name, values in rates.items()},
        "spread": {name: [min(values), max(values)] for name, values in rates.items()},
        "physics_steps_per_env_step": SUBSTEPS,
        "rounds": len(rates[RAW]),
    }


def _ours(
    stack: ExitStack, station: str, robot: str, actuators: str, nsim: int, threads: int, async_name: str
) -> Iterator[Way]:
    """Our environments; workers are started first, while this process has no threads."""
    make = partial(StationEnv, station, robot, actuators)
    workers = AsyncVectorEnv([make] * threads, context="spawn")
    stack.callback(workers.close)
    workers.reset(seed=[_SEED] * threads)
    single = make()
    single.reset(seed=_SEED)
    still = _still(single.batch)
    yield Way(async_name, threads, partial(workers.step, np.tile(still.astype(np.float32), (threads, 1))))
    yield Way(SINGLE, 1, _SelfResetting(single, still))
    only = stations.load(station).card.control
    for name, control in ((VECTOR, "joint"), (HANDS, "ee")) if only is None else ((VECTOR, only),):
        env = StationVectorEnv(station, nsim, robot, actuators, control, nthread=threads)
        env.reset(seed=[_SEED] * nsim)
        yield Way(name, nsim, _Refreshing(env, _still(env.batch)))


def _raw(stack: ExitStack, station: str, robot: str, actuators: str, nsim: int, threads: int) -> Iterator[Way]:
    """MuJoCo alone, from the state in which our environments begin."""
    first = StationEnv(station, robot, actuators)
    first.reset(seed=_SEED)
    source = first.batch.engine.batch
    model = source.get_model(0)
    raw = mjbatch.Batch(model, nsim, threads)
    raw.state[:] = source.state[0]
    yield Way(RAW, nsim, partial(raw.step, nstep=SUBSTEPS))
    # enough steps in one call that starting threads costs nothing beside them
    block = 20
    pool = stack.enter_context(ThreadPoolExecutor(threads))
    copies = [source.get_data(0) for _ in range(threads)]

    def step_all() -> None:
        list(pool.map(lambda data: mujoco.mj_step(model, data, block * SUBSTEPS), copies))

    yield Way(STEP, threads * block, step_all)
    alone = source.get_data(0)
    yield Way(BARE, 1, lambda: mujoco.mj_step(model, alone, SUBSTEPS))


class _Refreshing:
    """Steps a vector environment with a constant action, and ends each slot's cycle every 25 s in turn."""

    def __init__(self, env: StationVectorEnv, action: NDArray[np.float64]) -> None:
        self._env = env
        self._still = np.tile(action.astype(np.float32), (env.num_envs, 1))
        self._due, self._next = 0.0, 0

    def __call__(self) -> None:
        actions = self._still
        self._due += self._env.num_envs / _CYCLE_STEPS
        if self._due >= 1.0:
            actions = actions.copy()
            while self._due >= 1.0:
                actions[self._next] = np.nan
                self._next = (self._next + 1) % self._env.num_envs
                self._due -= 1.0
        self._env.step(actions)


class _SelfResetting:
    """Steps a single environment with a constant action and resets it where its cycle ends."""

    def __init__(self, env: StationEnv, action: NDArray[np.float64]) -> None:
        self._env, self._action = env, action

    def __call__(self) -> None:
        _, _, terminated, truncated, _ = self._env.step(self._action)
        if terminated or truncated:
            self._env.reset()


def _still(batch: StationBatch) -> NDArray[np.float64]:
    """The action that keeps the robot at home: home joints as targets or no motion, grippers as they are."""
    robot, names = batch.robot, batch.control.names
    action = np.zeros(len(names))
    for i, name in enumerate(names):
        if joint := robot.joints.get(name):
            action[i] = (2.0 * robot.home[name] - joint.low - joint.high) / (joint.high - joint.low)
    return action
