"""The Gymnasium faces keep Gymnasium's contracts: checkers, seeds, autoreset, info, errors."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from pilotline.benchmarks.cli.display import why_not_drawing
from pilotline.configs import lines
from pilotline.envs.registration import register
from pilotline.envs.stations import names

NAME = "pilotline/ToteDestack-v1"
UNBOUNDED = "A Box observation space m(in|ax)imum value is -?infinity"
"""What Gymnasium's checker says of sensors without bounds; nothing else is allowed."""


@pytest.fixture(scope="module")
def env():
    return gymnasium.make(NAME)


@pytest.fixture(scope="module", params=list(AutoresetMode), ids=lambda mode: mode.value)
def envs(request):
    return gymnasium.make_vec(NAME, num_envs=4, autoreset_mode=request.param)


@pytest.fixture(scope="module")
def next_step():
    return gymnasium.make_vec(NAME, num_envs=4)


@pytest.fixture(scope="module")
def same_step():
    return gymnasium.make_vec(NAME, num_envs=4, autoreset_mode=AutoresetMode.SAME_STEP)


def still(envs, bad=()):
    """Actions of all slots, those of `bad` poisoned so that their cycles end."""
    actions = np.zeros(envs.action_space.shape, np.float32)
    for slot in bad:
        actions[slot, 0] = np.nan
    return actions


def equal(left, right):
    return all(left[key].tobytes() == right[key].tobytes() for key in left)


def test_every_station_is_registered_once_however_often_it_is_asked():
    before = set(gymnasium.registry)
    register()
    register()
    assert set(gymnasium.registry) == before
    ours = [name for name in before if name.startswith("pilotline/")]
    assert len(ours) == len(names()) + len(lines.names())
    assert NAME in ours


@pytest.mark.parametrize("options", [{}, {"flatten": True}, {"control": "ee"}], ids=str)
def test_gymnasiums_checker_is_content(options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=f".*{UNBOUNDED}")
        check_env(gymnasium.make(NAME, **options).unwrapped, skip_render_check=True)


def test_the_vector_environment_is_a_batch_and_says_how_it_resets(next_step, same_step):
    assert type(next_step).__name__ == "StationVectorEnv"
    assert next_step.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert same_step.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    explicit = gymnasium.make_vec(NAME, num_envs=2, vectorization_mode="vector_entry_point", control="ee")
    assert explicit.single_action_space.shape == (17,)


def test_spaces_hold_what_is_returned(envs):
    obs, _ = envs.reset(seed=3)
    assert obs in envs.observation_space
    assert all(value.dtype == np.float32 for value in obs.values())
    obs, reward, terminated, truncated, _ = envs.step(envs.action_space.sample())
    assert obs in envs.observation_space
    assert (reward.dtype, terminated.dtype, truncated.dtype) == (np.float64, np.bool_, np.bool_)
    assert reward.shape == terminated.shape == truncated.shape == (4,)
    assert envs.single_action_space == gymnasium.spaces.Box(-1.0, 1.0, (27,), np.float32)


def test_returned_arrays_are_the_callers(next_step):
    next_step.reset(seed=3)
    first = next_step.step(still(next_step))
    kept = {key: value.copy() for key, value in first[0].items()}
    faults = {key: value.copy() for key, value in first[4]["faults"].items()}
    for _ in range(2):
        next_step.step(still(next_step, bad=[0]))
    assert equal(first[0], kept)
    assert equal(first[4]["faults"], faults)


def test_the_flat_observation_is_the_named_one_end_to_end(env):
    flat = gymnasium.make(NAME, flatten=True)
    named, _ = env.reset(seed=11)
    vector, _ = flat.reset(seed=11)
    assert vector.tobytes() == np.concatenate(list(named.values())).tobytes()


def test_one_seed_counts_up_over_the_slots_and_a_list_gives_one_each(next_step):
    counted, _ = next_step.reset(seed=20)
    listed, _ = next_step.reset(seed=[20, 21, 22, 23])
    assert equal(counted, listed)
    swapped, _ = next_step.reset(seed=[21, 20, 22, 23])
    assert all((swapped[key][[1, 0, 2, 3]] == counted[key]).all() for key in counted)


def test_resets_without_a_seed_go_on_with_other_cycles_and_repeat_after_reseeding(env):
    runs = []
    for _ in range(2):
        obs, _ = env.reset(seed=6)
        runs.append([obs, env.reset()[0], env.reset()[0]])
    assert all(equal(a, b) for a, b in zip(*runs, strict=True))
    assert not equal(runs[0][0], runs[0][1])
    assert not equal(runs[0][1], runs[0][2])


def test_a_wrong_number_of_seeds_is_refused(next_step):
    with pytest.raises(ValueError, match=r"3 seeds.*4 simulations"):
        next_step.reset(seed=[1, 2, 3])


def test_a_mask_resets_those_slots_only(next_step):
    next_step.reset(seed=1)
    for _ in range(3):
        before = next_step.step(still(next_step))[0]
    mask = np.array([False, True, False, True])
    options = {"reset_mask": mask}
    after, _ = next_step.reset(options=options)
    same = [all((after[key][i] == before[key][i]).all() for key in after) for i in range(4)]
    assert same == (~mask).tolist()
    assert "reset_mask" in options


@pytest.mark.parametrize(
    ("mask", "error", "text"),
    [
        ([True] * 4, TypeError, "list"),
        (np.ones(4), TypeError, "float64"),
        (np.ones(3, bool), ValueError, r"\(3,\).*\(4,\)"),
        (np.zeros(4, bool), ValueError, "at least one"),
    ],
)
def test_a_mask_that_is_none_is_refused(next_step, mask, error, text):
    with pytest.raises(error, match=text):
        next_step.reset(options={"reset_mask": mask})


def test_next_step_autoreset_ignores_one_action_and_returns_the_first_observation(next_step):
    next_step.reset(seed=9)
    _, reward, terminated, truncated, info = next_step.step(still(next_step, bad=[2]))
    assert terminated.tolist() == [False, False, True, False]
    assert not truncated.any()
    assert info["faults"]["bad_action"].tolist() == [False, False, True, False]
    obs, reward, terminated, _, info = next_step.step(still(next_step, bad=[2]))
    assert (reward[2], terminated[2]) == (0.0, False)
    assert info["_success"].tolist() == [True, True, False, True]
    single = gymnasium.make(NAME)
    single.reset(seed=11)
    first, _ = single.reset()
    assert all((obs[key][2] == first[key]).all() for key in first)


def test_same_step_autoreset_hands_over_the_last_observation_and_info(same_step):
    single = gymnasium.make(NAME)
    single.reset(seed=11)
    last, _, terminated, _, last_info = single.step(still(same_step, bad=[2])[2])
    assert terminated
    first, _ = single.reset()
    same_step.reset(seed=9)
    obs, _, terminated, _, info = same_step.step(still(same_step, bad=[2]))
    assert terminated.tolist() == [False, False, True, False]
    assert info["_final_obs"].tolist() == info["_final_info"].tolist() == terminated.tolist()
    assert all((info["final_obs"][2][key] == last[key]).all() for key in last)
    assert info["final_obs"][0] is None
    final = info["final_info"]
    assert {name for name, value in final["faults"].items() if name[0] != "_" and value[2]} == {"bad_action"}
    assert final["terms"]["reach"][2] == last_info["terms"]["reach"]
    assert all((obs[key][2] == first[key]).all() for key in first)
    _, _, terminated, _, info = same_step.step(still(same_step))
    assert not terminated.any()
    assert "final_obs" not in info


def test_without_autoreset_an_ended_slot_must_be_reset_by_the_caller():
    envs = gymnasium.make_vec(NAME, num_envs=2, autoreset_mode="Disabled")
    envs.reset(seed=0)
    envs.step(still(envs, bad=[1]))
    with pytest.raises(ValueError, match=r"\[1\]"):
        envs.step(still(envs))
    envs.reset(options={"reset_mask": np.array([False, True])})
    assert not envs.step(still(envs))[2].any()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_all_slots_may_end_at_once(mode):
    envs = gymnasium.make_vec(NAME, num_envs=2, autoreset_mode=mode)
    envs.reset(seed=0)
    assert envs.step(still(envs, bad=[0, 1]))[2].all()
    assert not envs.step(still(envs))[2].any()
    assert not envs.step(still(envs))[2].any()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_gymnasiums_own_wrappers_understand_it(mode):
    envs = RecordEpisodeStatistics(gymnasium.make_vec(NAME, num_envs=2, autoreset_mode=mode))
    envs.reset(seed=0)
    envs.step(still(envs))
    info = envs.step(still(envs, bad=[1]))[4]
    assert info["episode"]["l"][1] == 2
    listed = DictInfoToList(gymnasium.make_vec(NAME, num_envs=2))
    listed.reset(seed=0)
    info = listed.step(still(listed))[4]
    assert info[1]["faults"]["drop"] in (False, np.False_)


def test_time_running_out_truncates_and_does_not_terminate(env):
    env.reset(seed=0)
    batch = env.unwrapped.batch
    limit = batch.limit_s.copy()
    batch.limit_s[:] = 0.04
    try:
        assert env.step(still(env))[2:4] == (False, False)
        _, _, terminated, truncated, info = env.step(still(env))
    finally:
        batch.limit_s[:] = limit
    assert (terminated, truncated) == (False, True)
    assert info["faults"]["timeout"] is True
    assert info["success"] is False


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_action_that_is_no_number_terminates_and_the_next_cycle_is_sound(env, value):
    env.reset(seed=0)
    action = still(env)
    action[4] = value
    obs, reward, terminated, truncated, info = env.step(action)
    assert (reward, terminated, truncated) == (0.0, True, False)
    assert [name for name, fault in info["faults"].items() if fault] == ["bad_action"]
    assert obs in env.observation_space
    env.reset()
    assert env.step(still(env))[2] is False


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_diverged_simulation_still_returns_numbers(env):
    env.reset(seed=0)
    env.unwrapped.batch.engine.qvel[0, 5] = np.nan
    obs, reward, terminated, _, info = env.step(still(env))
    assert (reward, terminated, info["faults"]["diverged"]) == (0.0, True, True)
    assert all(np.isfinite(value).all() for value in obs.values())


def test_wrong_shapes_name_both(env, next_step):
    env.reset(seed=0)
    next_step.reset(seed=0)
    with pytest.raises(ValueError, match=r"\(26,\).*\(27,\)"):
        env.unwrapped.step(np.zeros(26))
    with pytest.raises(ValueError, match=r"\(3, 27\).*\(4, 27\)"):
        next_step.step(np.zeros((3, 27)))


def test_stepping_before_the_first_reset_is_refused():
    with pytest.raises(ResetNeeded):
        gymnasium.make_vec(NAME, num_envs=1).step(np.zeros((1, 27)))


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ({"robot": "wheelde"}, "wheeled"),
        ({"actuators": "servos"}, "ideal"),
        ({"control": "torque"}, "joint, ee"),
        ({"pack": "D9"}, "D0"),
    ],
)
def test_unknown_names_list_the_choices(options, choices):
    with pytest.raises(ValueError, match=choices):
        gymnasium.make(NAME, **options)


def test_rendering_gives_pictures():
    if reason := why_not_drawing():
        pytest.skip(reason)
    env = gymnasium.make(NAME, render_mode="rgb_array", width=96, height=64)
    env.reset(seed=0)
    picture = env.render()
    assert picture.shape == (64, 96, 3)
    assert picture.std() > 10.0
    env.close()
    envs = gymnasium.make_vec(NAME, num_envs=2, render_mode="rgb_array", width=96, height=64)
    envs.reset(seed=[0, 3])
    first, second = envs.render()
    assert (first == picture).mean() > 0.99
    assert (first != second).any()
    envs.close()
