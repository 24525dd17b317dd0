"""What a learner observes is what the policy file will see."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.envs.interface import interface_of
from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.policies.train.inputs_env import InputsEnv

STEPS = 125


@pytest.fixture
def env() -> InputsEnv:
    envs = StationSB3VecEnv("reach", 3, nthread=1)
    return InputsEnv(envs, interface_of(envs.envs.batch), ("right_hand", "target"))


def test_vectors_are_the_entries_end_to_end(env: InputsEnv) -> None:
    env.seed(7)
    seen = env.reset()
    obs = env.venv.envs.batch.observe()
    wanted = np.concatenate([obs["right_hand"], obs["target"]], axis=-1).astype(np.float32)
    np.testing.assert_array_equal(seen, wanted)
    assert seen.shape == (3, *env.observation_space.shape)


def test_the_last_observation_of_a_cycle_is_told_beside_the_first_of_the_next(env: InputsEnv) -> None:
    env.seed(7)
    target = env.reset()[:, -3:]
    for _ in range(STEPS):
        obs, _, done, infos = env.step(np.zeros((3, *env.action_space.shape)))
    assert done.all()
    for slot in range(3):
        np.testing.assert_array_equal(infos[slot]["terminal_observation"][-3:], target[slot])
        assert infos[slot]["terminal_observation"].shape == env.observation_space.shape
        assert not np.array_equal(obs[slot, -3:], target[slot])
