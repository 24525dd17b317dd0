"""A reward that is progress, once, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.policies.train.inputs_env import make_env
from pilotline.policies.train.judged_env import JudgedEnv
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.sb3 import LIBRARY
from pilotline.policies.train.vec_learner import VecLearner

Tiny = Callable[..., Plan]
STEPS = 125


def rewards(env: Any, act: Callable[[Any], Any]) -> tuple[np.ndarray, list[list[bool]]]:
    """Of two cycles in each slot, (2 * STEPS, n), and whether each was good."""
    env.seed(3)
    obs = env.reset()
    found, good = [], []
    for _ in range(2 * STEPS):
        obs, reward, done, infos = env.step(act(obs))
        found.append(reward)
        if done.all():
            good.append([info["success"] for info in infos])
    return np.array(found), good


def to_target(obs: Any) -> np.ndarray:
    """Moves the right hands of even slots to their targets."""
    action = np.zeros((4, 14))
    action[::2, :3] = np.clip(5.0 * (obs["target"] - obs["right_hand"][:, :3])[::2], -1.0, 1.0)
    return action


def test_a_cycle_is_worth_how_far_it_got_and_its_verdict_however_long_it_took() -> None:
    paid, _ = rewards(StationSB3VecEnv("reach", 4, nthread=1), to_target)
    judged, good = rewards(JudgedEnv(StationSB3VecEnv("reach", 4, nthread=1)), to_target)
    assert good == [[True, False, True, False]] * 2
    verdict = np.where(good, 1.0, -1.0)
    for cycle in range(2):
        steps = slice(cycle * STEPS, (cycle + 1) * STEPS)
        gained = paid[steps][-1] - paid[steps][0]
        np.testing.assert_allclose(judged[steps].sum(axis=0), gained + verdict[cycle], atol=1e-12)
        assert (judged[steps][0] == 0.0).all()
    assert (np.abs(judged) < 1.0)[: STEPS - 1].all()


def test_a_learner_is_paid_so_when_it_asks(tiny: Tiny) -> None:
    for reward, kind in (("station", StationSB3VecEnv), ("verdict", JudgedEnv)):
        env, _ = make_env(tiny("sb3_ppo", reward=reward), 1, 10.0)
        assert type(env.venv.venv.venv) is kind  # below normalisation, monitor and vectors
    learner = VecLearner(tiny("sb3_ppo", reward="verdict"), LIBRARY, 1)
    assert learner.learn(0).steps == 256


@pytest.mark.parametrize(
    ("params", "control", "told"),
    [
        ({"reward": "tips"}, "ee", "params of sb3_ppo: reward"),
        ({"reward": "verdict"}, "guided", "reward=verdict with control=guided, which has its own; allowed: without"),
        ({"reward": "verdict", "gait": {"period_s": 0.8}}, "ee", "reward=verdict with a gait, which has its own"),
    ],
)
def test_rewards_that_cannot_be_are_refused(params: dict[str, Any], control: str, told: str, tiny: Tiny) -> None:
    with pytest.raises(TrainError, match=told):
        VecLearner(replace(tiny("sb3_ppo", **params), control=control), LIBRARY, 1)
