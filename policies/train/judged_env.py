"""A station whose reward is the verdict on a cycle, for Stable-Baselines3 and SBX."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnvWrapper

from pilotline.envs.sb3_env import StationSB3VecEnv


class JudgedEnv(VecEnvWrapper):
    """Many simulations of a station, paid for progress, once, and for the verdict.

    The reward of a step is by how much the station's own, the mean of its terms in [0, 1], has changed since the last
    step; the last step of a cycle has 1 more if it is good and 1 less if not. A station pays for as long as a job is
    well under way, and no more when it is done: whoever learns by that alone, and knows the job, learns not to end it.
    Changes sum up to where the cycle got to, so that nothing is to be gained by taking long, or by undoing and doing
    again (potential-based shaping: Ng, Harada, Russell 1999, without the discount).

    Args:
      envs: with their own rewards.
    """

    def __init__(self, envs: StationSB3VecEnv) -> None:
        super().__init__(envs)
        self._before = np.full(envs.num_envs, np.nan)

    def reset(self) -> Any:
        """Start a cycle in every slot."""
        self._before[:] = np.nan
        return self.venv.reset()

    def step_wait(self) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance 20 ms; the first step of a cycle has no change."""
        obs, paid, done, infos = self.venv.step_wait()
        reward = np.where(np.isnan(self._before), 0.0, paid - self._before)
        self._before = np.where(done, np.nan, paid)
        for slot in np.flatnonzero(done).tolist():
            reward[slot] += 1.0 if infos[slot]["success"] else -1.0
        return obs, reward, done, infos
