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


def test_a_memory_is_a_part_of_the_output_and_not_of_the_action() -> None:
    envs = StationSB3VecEnv("reach", 3, nthread=1)
    here = interface_of(envs.envs.batch)
    plain, keeps = (InputsEnv(envs, here, ("right_hand", "target", *more)) for more in ((), ("memory:2",)))
    assert keeps.action_space.shape == (plain.action_space.shape[0] + 2,)
    found = []
    for env, extra in ((plain, 0), (keeps, 2)):
        env.seed(7)
        env.reset()
        rng = np.random.default_rng(0)
        for _ in range(3):
            action = rng.uniform(-1.0, 1.0, (3, plain.action_space.shape[0]))
            obs, *_ = env.step(np.concatenate([action, np.full((3, extra), 0.25)], axis=1))
        found.append(obs)
    np.testing.assert_array_equal(found[1][:, :-2], found[0])
    np.testing.assert_array_equal(found[1][:, -2:], np.full((3, 2), 0.75))


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
