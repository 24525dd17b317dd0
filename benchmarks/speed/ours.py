"""Our faces as ways of stepping: the robot is asked to hold its pose, and cycles end in turn, so that resets count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Way
from pilotline.envs.gym_env import StationEnv
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.vector_env import StationVectorEnv
from pilotline.robots import Robot

CYCLE_STEPS = 1250
"""Every simulation starts a new cycle this often, 25 s."""

SEED = 0
"""Of all slots, so that every simulation begins in the state that raw MuJoCo is measured in."""


def single(setting: Setting, name: str) -> Way:
    """One environment in this process, its cycles ended and begun again as a user does."""
    env = StationEnv(setting.station, setting.robot, setting.actuators, flatten=True)
    env.reset(seed=SEED)

    def step(actions: NDArray[np.float32]) -> None:
        _, _, terminated, truncated, _ = env.step(actions[0])
        if terminated or truncated:
            env.reset()

    return Way(name, 1, Refreshing(step, 1, still_of(env.batch)))


def vector(setting: Setting, name: str, nsim: int, control: str | None = None) -> Way:
    """The vector environment as it comes, with one observation vector a simulation."""
    env = StationVectorEnv(
        setting.station,
        nsim,
        setting.robot,
        setting.actuators,
        control,
        flatten=True,
        nthread=setting.threads,
    )
    env.reset(seed=[SEED] * nsim)
    return Way(name, nsim, Refreshing(env.step, nsim, still_of(env.batch)))


def sb3(setting: Setting, name: str, nsim: int) -> Way:
    """The Stable-Baselines3 face.

    Raises:
      ImportError: Stable-Baselines3 is not installed.
    """
    from pilotline.envs.sb3_env import StationSB3VecEnv

    env = StationSB3VecEnv(
        setting.station,
        nsim,
        robot=setting.robot,
        actuators=setting.actuators,
        flatten=True,
        nthread=setting.threads,
    )
    env.seed(SEED)
    env.reset()
    return Way(name, nsim, Refreshing(env.step, nsim, still_of(env.envs.batch)))


class Refreshing:
    """Steps environments with a constant action, and ends each slot's cycle every 25 s in turn."""

    def __init__(self, step: Callable[[Any], Any], count: int, action: NDArray[np.float64]) -> None:
        self._step, self._count = step, count
        self._still = np.tile(action.astype(np.float32), (count, 1))
        self._due, self._next = 0.0, 0

    def __call__(self) -> None:
        actions = self._still
        self._due += self._count / CYCLE_STEPS
        if self._due >= 1.0:
            actions = actions.copy()
            while self._due >= 1.0:
                actions[self._next] = np.nan
                self._next = (self._next + 1) % self._count
                self._due -= 1.0
        self._step(actions)


def still(robot: Robot, names: Sequence[str]) -> NDArray[np.float64]:
    """The action (k,) of that layout that keeps the robot at home: home joints as targets or no motion."""
    action = np.zeros(len(names))
    for i, name in enumerate(names):
        if joint := robot.joints.get(name):
            action[i] = (2.0 * robot.home[name] - joint.low - joint.high) / (joint.high - joint.low)
    return action


def still_of(batch: StationBatch) -> NDArray[np.float64]:
    """The action that keeps the robot of a batch at home."""
    return still(batch.robot, batch.control.names)
