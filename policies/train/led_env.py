"""A station whose script is led, for Stable-Baselines3 and SBX."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnvWrapper

from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.guided import Guide, seen

_UNIT_S = 10.0
"""Returns of a few tens of seconds are a few units."""


class LedEnv(VecEnvWrapper):
    """Many simulations of a station with a script in each: actions are its trims, observations hold what it says.

    A step is as long as a trim is held. The reward is minus a time, in units of 10 s: the time in which trims have an
    effect, and `fault_s` for the script's risk rising from 0 to 1; a cycle that ends in anything but success ends at 1.
    What the station pays is not used: for each step of a job well under way it pays the more the longer the job takes.

    Args:
      envs: with named observations, in the control of the script.
      guide: the script, for as many simulations.
      fault_s: seconds that a fault is worth.
    """

    def __init__(self, envs: StationSB3VecEnv, guide: Guide, fault_s: float) -> None:
        self._guide, self._fault_s = guide, fault_s
        name, parts = guide.tells.name, len(guide.tells.parts)
        assert isinstance(envs.observation_space, gymnasium.spaces.Dict)
        said = gymnasium.spaces.Box(-np.inf, np.inf, (parts,), np.float32)
        spaces = gymnasium.spaces.Dict({**envs.observation_space.spaces, name: said})
        super().__init__(envs, spaces, gymnasium.spaces.Box(-1.0, 1.0, (len(guide.trims),), np.float32))
        self._batch = envs.envs.batch
        self._obs: dict[str, Any] = {}
        self._trims = np.zeros((envs.num_envs, len(guide.trims)))
        self._risk = np.zeros(envs.num_envs)

    def reset(self) -> dict[str, Any]:
        """Start a cycle in every slot."""
        obs = self.venv.reset()
        assert isinstance(obs, dict)
        self._obs = obs
        self._guide.begin(np.arange(self.num_envs))
        self._risk = self._guide.risk(self._batch.metrics())
        return seen(obs, self._guide)

    def step_async(self, actions: NDArray[np.floating]) -> None:
        """Take the trims (num_envs, k) of the step that `step_wait` makes."""
        self._trims = np.clip(np.asarray(actions, np.float64), -1.0, 1.0)

    def step_wait(self) -> tuple[dict[str, Any], NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance by as many control steps as a trim is held; a slot whose cycle ends begins its next one untrimmed."""
        n = self.num_envs
        infos: list[dict[str, Any]] = [{} for _ in range(n)]
        ended, wrong, led_s = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n)
        trims = self._trims.copy()
        for _ in range(self._guide.hold):
            led_s += CONTROL_PERIOD_S * (self._guide.led() & ~ended)
            obs, _, done, told = self.venv.step(self._guide.act(self._obs, trims))
            assert isinstance(obs, dict)
            self._obs = obs
            # a slot ends once in a step; a cycle of less than a fraction of a second would be lost, and there is none
            over = np.flatnonzero(done & ~ended)
            if len(over):
                last = self._guide.told()
                for slot in over.tolist():
                    infos[slot] = told[slot]
                    infos[slot]["terminal_observation"][self._guide.tells.name] = last[slot]
                    wrong[slot] = not told[slot]["success"]
                self._guide.begin(over)
                ended[over] = True
                trims[over] = 0.0
        risk = self._guide.risk(self._batch.metrics())
        rise = np.where(ended, np.where(wrong, 1.0 - self._risk, 0.0), risk - self._risk)
        self._risk = risk
        reward = -(led_s + self._fault_s * rise) / _UNIT_S
        return seen(self._obs, self._guide), reward, ended, infos
