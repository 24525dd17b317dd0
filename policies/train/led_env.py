"""A station whose script is led, for Stable-Baselines3 and SBX."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnvWrapper

from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.policies.guided import Guide, seen


class LedEnv(VecEnvWrapper):
    """Many simulations of a station with a script in each: actions are its trims, observations hold what it says.

    Args:
      envs: with named observations, in the control of the script.
      guide: the script, for as many simulations.
    """

    def __init__(self, envs: StationSB3VecEnv, guide: Guide) -> None:
        self._guide = guide
        name, parts = guide.tells.name, len(guide.tells.parts)
        assert isinstance(envs.observation_space, gymnasium.spaces.Dict)
        said = gymnasium.spaces.Box(-np.inf, np.inf, (parts,), np.float32)
        spaces = gymnasium.spaces.Dict({**envs.observation_space.spaces, name: said})
        super().__init__(envs, spaces, gymnasium.spaces.Box(-1.0, 1.0, (len(guide.trims),), np.float32))
        self._obs: dict[str, Any] = {}

    def reset(self) -> dict[str, Any]:
        """Start a cycle in every slot."""
        obs = self.venv.reset()
        assert isinstance(obs, dict)
        self._obs = obs
        self._guide.begin(np.arange(self.num_envs))
        return seen(obs, self._guide)

    def step_async(self, actions: NDArray[np.floating]) -> None:
        """Take the trims (num_envs, k) of the step that `step_wait` makes."""
        trims = np.clip(np.asarray(actions, np.float64), -1.0, 1.0)
        self.venv.step_async(self._guide.act(self._obs, trims))

    def step_wait(self) -> tuple[dict[str, Any], NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance 20 ms."""
        obs, reward, done, infos = self.venv.step_wait()
        assert isinstance(obs, dict)
        self._obs = obs
        ended = np.flatnonzero(done)
        if len(ended):
            last = self._guide.told()
            for slot in ended.tolist():
                infos[slot]["terminal_observation"][self._guide.tells.name] = last[slot]
            self._guide.begin(ended)
        return seen(obs, self._guide), reward, done, infos
