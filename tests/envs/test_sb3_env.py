"""The Stable-Baselines3 face keeps that library's contracts, and its bits are those of the vector environment."""

import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded

pytest.importorskip("stable_baselines3")

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv, VecMonitor, VecNormalize

from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.envs.vector_env import StationVectorEnv

STATION = "tote_destack"


@pytest.fixture(scope="module")
def named():
    return StationSB3VecEnv(STATION, 3, nthread=1)


@pytest.fixture(scope="module")
def flat():
    return StationSB3VecEnv(STATION, 3, nthread=1, flatten=True)


def begun(env, seed=4):
    env.seed(seed)
    return env.reset()


def moves(n, k, bad=()):
    """Small actions of n slots, those of `bad` poisoned so that their cycles end."""
    actions = np.random.default_rng(1).uniform(-0.2, 0.2, (n, k)).astype(np.float32)
    actions[list(bad), 0] = np.nan
    return actions


def test_importing_the_environments_does_not_import_torch():
    code = "import sys, pilotline.envs, pilotline.envs.vector_env; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_it_is_a_vec_env_with_the_spaces_of_one_slot(named, flat):
    assert isinstance(named, VecEnv)
    assert named.num_envs == 3
    assert isinstance(named.observation_space, gymnasium.spaces.Dict)
    assert isinstance(flat.observation_space, gymnasium.spaces.Box)
    assert flat.action_space == gymnasium.spaces.Box(-1.0, 1.0, (27,), np.float32)
    obs = begun(flat)
    assert obs.dtype == np.float32
    assert obs[0] in flat.observation_space


def test_bits_are_those_of_the_vector_environment(flat):
    envs = StationVectorEnv(STATION, 3, nthread=2, flatten=True, autoreset_mode="SameStep")
    first, _ = envs.reset(seed=4)
    assert begun(flat).tobytes() == first.tobytes()
    for bad in ((), (1,), (), (0, 2), ()):
        actions = moves(3, 27, bad)
        obs, reward, terminated, truncated, _ = envs.step(actions)
        ours = flat.step(actions)
        assert ours[0].tobytes() == obs.tobytes()
        assert ours[1].tobytes() == reward.tobytes()
        assert ours[2].tobytes() == (terminated | truncated).tobytes()


def test_infos_are_filled_where_a_cycle_ended_and_nowhere_else(named):
    begun(named)
    obs, _, done, infos = named.step(moves(3, 27, bad=[1]))
    assert done.tolist() == [False, True, False]
    assert (infos[0], infos[2]) == ({}, {})
    ended = infos[1]
    assert ended["TimeLimit.truncated"] is False
    assert ended["success"] is False
    assert [name for name, fault in ended["faults"].items() if fault] == ["bad_action"]
    assert all(type(term) is float for term in ended["terms"].values())
    last = ended["terminal_observation"]
    assert set(last) == set(obs)
    assert any((last[key] != obs[key][1]).any() for key in obs)
    assert last in named.observation_space


def test_a_terminal_observation_is_kept_apart_from_later_steps(flat):
    begun(flat)
    last = flat.step(moves(3, 27, bad=[0]))[3][0]["terminal_observation"]
    kept = last.copy()
    flat.step(moves(3, 27))
    assert last.tobytes() == kept.tobytes()
    assert last.base is None


def test_time_running_out_is_told_apart(flat):
    begun(flat)
    limit_s = flat.envs.batch.limit_s
    usual = limit_s.copy()
    limit_s[:] = 0.0
    _, _, done, infos = flat.step(moves(3, 27))
    limit_s[:] = usual
    assert done.all()
    assert all(info["TimeLimit.truncated"] is True for info in infos)
    assert all(info["faults"]["timeout"] for info in infos)


def test_seeds_count_up_over_the_slots_and_are_used_once(flat):
    assert flat.seed(20) == [20, 21, 22]
    first = flat.reset()
    second = flat.reset()
    assert (first != second).any()
    flat.seed(21)
    assert (flat.reset()[:2] == first[1:]).all()


def test_stepping_before_the_first_reset_is_refused():
    env = StationSB3VecEnv(STATION, 1)
    with pytest.raises(ResetNeeded):
        env.step(moves(1, 27))


def test_attributes_and_methods_are_those_of_the_batch(named):
    begun(named)
    assert named.get_attr("action_space") == [named.action_space] * 3
    assert named.get_attr("nsim", indices=1) == [3]
    assert named.env_method("elapsed_s", indices=[0, 2]) == [0.0, 0.0]
    assert [row["mass_kg"].shape for row in named.env_method("metrics")] == [()] * 3
    assert named.env_is_wrapped(gymnasium.Wrapper) == [False] * 3
    assert not named.has_attr("nothing_like_it")
    with pytest.raises(AttributeError, match="nothing_like_it"):
        named.env_method("nothing_like_it")


def test_what_slots_share_is_set_for_all_or_not_at_all(named):
    named.set_attr("remark", "ours")
    assert named.get_attr("remark", indices=[2]) == ["ours"]
    with pytest.raises(ValueError, match=r"slots \[1\].*all of them"):
        named.set_attr("remark", "mine", indices=1)


def test_without_pictures_there_are_none(named):
    assert named.render_mode is None
    assert list(named.get_images()) == [None] * 3


@pytest.mark.parametrize(("flatten", "policy"), [(True, "MlpPolicy"), (False, "MultiInputPolicy")])
def test_ppo_learns_on_it_inside_the_librarys_own_wrappers(flatten, policy):
    env = VecNormalize(VecMonitor(StationSB3VecEnv(STATION, 2, flatten=flatten)), norm_obs_keys=None)
    model = PPO(policy, env, n_steps=8, batch_size=8, n_epochs=1, seed=0, device="cpu")
    model.learn(total_timesteps=16)
    action, _ = model.predict(env.reset(), deterministic=True)
    assert action.shape == (2, 27)
    assert np.isfinite(action).all()


def test_learning_repeats_bit_for_bit():
    def weights():
        env = StationSB3VecEnv(STATION, 2, flatten=True)
        model = PPO("MlpPolicy", env, n_steps=4, batch_size=8, n_epochs=1, seed=3, device="cpu").learn(8)
        return [value.numpy().tobytes() for value in model.policy.state_dict().values()]

    assert weights() == weights()
