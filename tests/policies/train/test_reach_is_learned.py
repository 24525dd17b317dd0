"""The warm-up at reduced size: both PPOs leave a random policy behind within a few seconds of work."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pilotline.benchmarks.cli.catalog import option
from pilotline.configs.recipes import recipe_of
from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.vec_learner import VecLearner

Tiny = Callable[..., Plan]
CYCLES, STEPS = 64, 125


@pytest.fixture(scope="module")
def random_returns() -> np.ndarray:
    """Returns (64,) of cycles under random actions."""
    envs = StationSB3VecEnv("reach", CYCLES, nthread=2)
    envs.seed(1)
    envs.reset()
    rng, total = np.random.default_rng(0), np.zeros(CYCLES)
    for _ in range(STEPS):
        _, reward, done, _ = envs.step(rng.uniform(-1.0, 1.0, (CYCLES, *envs.action_space.shape)))
        total += reward
    assert done.all()
    return total


@pytest.mark.slow
@pytest.mark.parametrize("trainer", ["sb3_ppo", "sbx_ppo"])
def test_the_return_rises_clear_of_a_random_policys(trainer: str, tiny: Tiny, random_returns: np.ndarray) -> None:
    recipe = recipe_of("reach", "ee", trainer)
    params = {**option("trainer", trainer)["params"], **recipe.params[trainer]}
    plan: Plan = replace(tiny(trainer), params=params, nsim=recipe.nsim, leg_steps=65_536)
    module = importlib.import_module(f"pilotline.policies.train.{trainer[:3]}")
    learned = VecLearner(plan, module.LIBRARY, nthread=2).learn(0)
    assert learned.mean_return is not None
    # means of a hundred cycles and of 64: ten standard errors apart is no chance
    error = random_returns.std() / np.sqrt(CYCLES)
    assert learned.mean_return > random_returns.mean() + 10.0 * error
