"""A station whose observation is the vector that a network takes, for Stable-Baselines3 and SBX."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnvWrapper, VecMonitor, VecNormalize

from pilotline import robots
from pilotline.envs.interface import Interface, interface_of
from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.policies.file.inputs import Inputs
from pilotline.policies.file.words import segments
from pilotline.policies.guided import GUIDED, GuideError, guide_of, guided
from pilotline.policies.train.judged_env import JudgedEnv
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.led_env import LedEnv
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.vec_learner import Shape

Float32 = NDArray[np.float32]


class InputsEnv(VecEnvWrapper):
    """Many simulations of a station, each observed as one vector (width,): see `pilotline.policies.file.Inputs`.

    The same code makes these vectors where the policy file is used, so that a network meets there what it learned from.
    What a network does to its memory is a part of what it does: outputs beside those of the action.

    Args:
      envs: with named observations.
      interface: of the station.
      reads: entries, as for `Contract.of`.

    Raises:
      ValueError: an entry that the station does not have.
    """

    def __init__(
        self, envs: StationSB3VecEnv | JudgedEnv | LedEnv, interface: Interface, reads: tuple[str, ...] | None
    ) -> None:
        self._count = len(interface.action)
        self._inputs = Inputs(
            segments(interface, reads), interface.observation, self._count, envs.num_envs, interface.period_s
        )
        space = gymnasium.spaces.Box(-np.inf, np.inf, (self._inputs.width,), np.float32)
        outputs = self._count + self._inputs.memory.shape[1]
        super().__init__(envs, space, gymnasium.spaces.Box(-1.0, 1.0, (outputs,), np.float32))
        self._action = np.zeros((envs.num_envs, outputs))

    def reset(self) -> Float32:
        """Start a cycle in every slot."""
        self._inputs.begin(np.arange(self.num_envs))
        return self._inputs(self.venv.reset())

    def step_async(self, actions: NDArray[np.floating]) -> None:
        """Take the outputs (num_envs, k) of the step that `step_wait` makes."""
        self._action = np.clip(actions, -1.0, 1.0)
        self.venv.step_async(actions[:, : self._count])

    def step_wait(self) -> tuple[Float32, NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance 20 ms."""
        obs, reward, done, infos = self.venv.step_wait()
        assert isinstance(obs, dict)
        self._inputs.took(self._action)
        ended = np.flatnonzero(done)
        if len(ended):
            last = {name: values.copy() for name, values in obs.items()}
            for slot in ended.tolist():
                for name, values in infos[slot]["terminal_observation"].items():
                    last[name][slot] = values
            final = self._inputs(last)
            for slot in ended.tolist():
                infos[slot]["terminal_observation"] = final[slot]
            self._inputs.begin(ended)
        return self._inputs(obs), reward, done, infos


def make_simulations(plan: Plan, nthread: int, control: str | None = None) -> StationSB3VecEnv:
    """The simulations of a plan, with named observations, in cycles that a score grades; in its control by default."""
    return StationSB3VecEnv(
        plan.station,
        plan.nsim,
        robot=plan.robot,
        actuators=plan.actuators,
        control=control or plan.control,
        pack=plan.pack,
        nthread=nthread,
        graded=True,
    )


def make_env(plan: Plan, nthread: int, clip_obs: float) -> tuple[VecNormalize, Interface]:
    """The simulations of a plan, observed as the normalised vector that its network takes, and their interface.

    Raises:
      TrainError: a script that cannot be led.
    """
    envs, interface = _led(plan, nthread) if plan.control == GUIDED else _plain(plan, nthread)
    inputs = InputsEnv(envs, interface, plan.reads)
    return VecNormalize(VecMonitor(inputs), norm_reward=False, clip_obs=clip_obs), interface


def _plain(plan: Plan, nthread: int) -> tuple[StationSB3VecEnv | JudgedEnv, Interface]:
    envs = make_simulations(plan, nthread)
    judged = Shape.of(plan).reward == "verdict"
    return JudgedEnv(envs) if judged else envs, interface_of(envs.envs.batch)


def _led(plan: Plan, nthread: int) -> tuple[LedEnv, Interface]:
    try:
        guide = guide_of(plan.station, robots.load(plan.robot), plan.nsim, plan.actuators)
    except GuideError as error:
        raise TrainError(str(error)) from None
    envs = make_simulations(plan, nthread, guide.control)
    return LedEnv(envs, guide, Shape.of(plan).fault_s), guided(interface_of(envs.envs.batch), guide)
