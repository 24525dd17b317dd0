"""What libraries do for many environments: a process each, with pipes between."""

from __future__ import annotations

import multiprocessing
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec

import numpy as np
from gymnasium.vector import AsyncVectorEnv

from pilotline.benchmarks.speed.ours import SEED, Refreshing, still_of
from pilotline.benchmarks.speed.python_laws import PythonLawEnv
from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Way
from pilotline.envs.gym_env import StationEnv

_PRELOADED = "stable_baselines3.common.vec_env.subproc_vec_env"


def start_method() -> str:
    """How workers are started: copies of a server that has imported everything, where the system has them."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return "spawn"
    names = [__name__, *([_PRELOADED] if find_spec("stable_baselines3") else [])]
    multiprocessing.get_context("forkserver").set_forkserver_preload(names)
    return "forkserver"


def gymnasium_workers(setting: Setting, name: str, count: int, stack: ExitStack) -> Way:
    """Gymnasium's `AsyncVectorEnv` over our single environment."""
    make = partial(StationEnv, setting.station, setting.robot, setting.actuators, flatten=True)
    workers = AsyncVectorEnv([make] * count, context=start_method())
    stack.callback(workers.close)
    workers.reset(seed=[SEED] * count)
    return Way(name, count, Refreshing(workers.step, count, still_of(make().batch)))


def sb3_workers(setting: Setting, name: str, count: int, stack: ExitStack) -> Way:
    """Stable-Baselines3's `SubprocVecEnv` over our single environment.

    Raises:
      ImportError: Stable-Baselines3 is not installed.
    """
    from stable_baselines3.common.vec_env import SubprocVecEnv

    make = partial(StationEnv, setting.station, setting.robot, setting.actuators, flatten=True)
    workers = SubprocVecEnv([make] * count, start_method=start_method())
    stack.callback(workers.close)
    workers.seed(SEED)
    workers.reset()
    return Way(name, count, Refreshing(workers.step, count, still_of(make().batch)))


def python_law(setting: Setting, name: str, at_once: bool) -> Way:
    """One environment in this process whose actuator laws run in Python, joint by joint or all `at_once`.

    Raises:
      NoLawError: see `PythonLawEnv`.
    """
    env = PythonLawEnv(setting.station, setting.robot, setting.actuators, at_once)
    env.reset(seed=SEED)
    return Way(name, 1, partial(env.step, env.still))


def python_law_workers(setting: Setting, name: str, count: int, stack: ExitStack) -> Way:
    """Such environments in a process each, all joints at once.

    Raises:
      NoLawError: see `PythonLawEnv`.
    """
    make = partial(PythonLawEnv, setting.station, setting.robot, setting.actuators)
    still_action = make().still
    workers = AsyncVectorEnv([make] * count, context=start_method())
    stack.callback(workers.close)
    workers.reset(seed=[SEED] * count)
    return Way(name, count, partial(workers.step, np.tile(still_action, (count, 1))))
