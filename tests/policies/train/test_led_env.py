"""Learning to lead a script: the same script, told the same, as where the file is used."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecEnv

from pilotline import robots
from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.policies.guided import guide_of
from pilotline.policies.reference.peg_trim import TELLS, TRIMS
from pilotline.policies.train.absorbing import Absorbing
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.led_env import LedEnv
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.sb3 import LIBRARY
from pilotline.policies.train.vec_learner import VecLearner


class Worlds(VecEnv):
    """Two slots at a reward of a half; in the second step the first is done right, the second wrong."""

    def __init__(self) -> None:
        box = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)
        super().__init__(2, box, box)
        self._steps = 0

    def reset(self) -> Any:
        return np.zeros((2, 1), np.float32)

    def step_async(self, actions: Any) -> None:
        self._steps += 1

    def step_wait(self) -> Any:
        done = np.full(2, self._steps == 2)
        infos: list[dict[str, Any]] = [{"success": True}, {"success": False}] if self._steps == 2 else [{}, {}]
        return np.zeros((2, 1), np.float32), np.full(2, 0.5), done, infos

    def close(self) -> None: ...

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [None, None]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None: ...

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        return [None, None]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False, False]


def test_a_job_done_right_is_worth_as_much_as_the_highest_reward_for_ever() -> None:
    gamma = 0.9
    env = Absorbing(Worlds(), gamma)
    env.reset()
    _, first, _, _ = env.step(np.zeros((2, 1)))
    _, second, _, _ = env.step(np.zeros((2, 1)))
    np.testing.assert_allclose(first, 0.05)
    np.testing.assert_allclose(second, [0.05 + 0.9, 0.05])
    assert sum(gamma**k * (1.0 - gamma) for k in range(1000)) == pytest.approx(1.0)


def test_a_slot_that_begins_anew_has_a_script_that_begins_anew() -> None:
    envs = StationSB3VecEnv("peg_gear", 2, robot="wheeled", nthread=1)
    env = LedEnv(envs, guide_of("peg_gear", robots.load("wheeled"), 2, "ideal"))
    env.seed(3)
    first = env.reset()
    assert first["script"].shape == (2, len(TELLS.parts))
    assert not first["script"].any()
    action = np.zeros((2, len(TRIMS)))
    ended = None
    for _ in range(40):
        obs, _, done, infos = env.step(action)
        if envs.envs.batch.elapsed_s()[0] >= 0.6:
            # whatever ends a cycle ends it so
            envs.envs.batch.limit_s[0] = 0.0
        if done[0]:
            ended = obs, infos
            break
    assert ended is not None
    obs, infos = ended
    assert infos[0]["terminal_observation"]["script"].shape == (len(TELLS.parts),)
    guide = env._guide
    assert guide._since[0] == 0.0  # type: ignore[attr-defined]
    assert guide._since[1] > 0.0  # type: ignore[attr-defined]


def plan(**changes: Any) -> Plan:
    params = {
        "n_steps": 8,
        "batch_size": 16,
        "n_epochs": 1,
        "net": [8],
        "log_std_init": -2.0,
        "gamma": 0.99,
        "absorbing": True,
    }
    values: dict[str, Any] = {
        "trainer": "sb3_ppo",
        "params": params,
        "station": "peg_gear",
        "robot": "wheeled",
        "actuators": "ideal",
        "control": "guided",
        "pack": "D0",
        "reads": ("script",),
        "seed": 0,
        "nsim": 2,
        "leg_steps": 16,
        "cycles": 1,
    }
    return Plan(**{**values, **changes})


def test_leading_is_learned_and_is_the_files_own_action() -> None:
    learner = VecLearner(plan(), LIBRARY, nthread=1)
    assert learner.learn(0).steps == 16
    layers, normalisation = learner.network()
    assert layers[-1].weights.shape[1] == len(TRIMS)
    assert len(normalisation.mean) == len(TELLS.parts)
    assert learner.interface.control == "guided"


def test_a_script_that_cannot_be_led_is_refused() -> None:
    with pytest.raises(TrainError, match="whose reference policy cannot be led"):
        VecLearner(plan(station="reach", robot="fixed"), LIBRARY, nthread=1)
