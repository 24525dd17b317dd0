"""What a cycle is worth that ends before its time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnvWrapper


class Absorbing(VecEnvWrapper):
    """Rewards of cycles that go on for ever once they are done right, at the highest reward, 1.

    A reward in [0, 1] for each step would otherwise make it worth while to put the end off: a job that is done earns
    nothing more. Rewards are in units of 1 - gamma, so that returns are in [0, 1], 1 for a job that is done at once.

    Args:
      envs: whose infos tell `success` where a cycle ends.
      gamma: discount.
    """

    def __init__(self, envs: Any, gamma: float) -> None:
        super().__init__(envs)
        self._gamma = gamma

    def reset(self) -> Any:
        """Start a cycle in every slot."""
        return self.venv.reset()

    def step_wait(self) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance 20 ms."""
        obs, reward, done, infos = self.venv.step_wait()
        worth = (1.0 - self._gamma) * reward
        for slot in np.flatnonzero(done).tolist():
            worth[slot] += self._gamma * infos[slot]["success"]
        return obs, worth, done, infos
