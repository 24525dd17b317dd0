"""A cycle gives the same bits in any slot, batch size, thread count and face."""

import gymnasium
import numpy as np
import pytest

STEPS = 25


def trajectory(begun, wave, cycles, nthread, control, ids=None):
    """Digest, observation and reward of each cycle after some steps."""
    batch = begun(cycles, nthread, control)
    for step in range(STEPS):
        result = batch.step(wave(cycles, step, len(batch.control.names)), ids)
    return {
        cycle: (
            int(batch.engine.digest[i]),
            float(result.reward[i]),
            b"".join(value[i].tobytes() for value in result.obs.values()),
            batch.engine.energy_j[i],
            batch.engine.peak_torque[i].tobytes(),
        )
        for i, cycle in enumerate(cycles)
    }


@pytest.mark.parametrize("control", ["joint", "ee"])
def test_neither_batch_size_nor_slot_nor_threads_change_a_bit(begun, wave, control):
    alone = trajectory(begun, wave, [3], 1, control)
    for cycles, nthread in (((3, 0, 1), 1), ((0, 1, 3), 2), ((6, 5, 4, 3, 2, 1, 0), 2)):
        assert trajectory(begun, wave, cycles, nthread, control)[3] == alone[3]


def test_stepping_some_slots_leaves_the_others_alone_and_changes_nothing(begun, wave):
    full = trajectory(begun, wave, [0, 1, 2], 1, "joint")
    part = trajectory(begun, wave, [0, 1, 2], 1, "joint", ids=np.array([0, 2]))
    assert [part[cycle] == full[cycle] for cycle in (0, 1, 2)] == [True, False, True]


def test_a_new_cycle_in_one_slot_does_not_disturb_the_others(begun, wave):
    from pilotline.envs.seeds import cycle_seed

    cycles, left = [0, 1, 2], begun([0, 1, 2])
    right = begun(cycles)
    for step in range(STEPS):
        if step == 10:
            right.begin(np.array([1]), [cycle_seed(5, "tote_destack", 9)])
        action = wave(cycles, step, len(left.control.names))
        left.step(action)
        right.step(action)
    same = left.engine.digest == right.engine.digest
    assert same.tolist() == [True, False, True]


def test_the_order_of_slots_that_restart_does_not_matter(begun, wave):
    from pilotline.envs.seeds import cycle_seed

    used, fresh = begun([7, 8]), begun([3])
    for step in range(5):
        used.step(wave([7, 8], step, len(used.control.names)))
    used.begin(np.array([1]), [cycle_seed(5, "tote_destack", 3)])
    for step in range(STEPS):
        used.step(wave([0, 3], step, len(used.control.names)))
        fresh.step(wave([3], step, len(fresh.control.names)))
    assert used.engine.digest[1] == fresh.engine.digest[0]


@pytest.mark.parametrize("control", ["joint", "ee"])
def test_a_slot_of_the_vector_environment_is_the_single_environment(control):
    name = "pilotline/ToteDestack-v1"
    many = gymnasium.make_vec(name, num_envs=3, control=control, nthread=2)
    one = gymnasium.make(name, control=control)
    obs_many, _ = many.reset(seed=40)
    obs_one, _ = one.reset(seed=42)
    many.action_space.seed(3)
    for _ in range(STEPS):
        for key, value in obs_one.items():
            assert obs_many[key][2].tobytes() == value.tobytes()
        # small enough that its cycle does not end: only the vector environment starts the next one by itself
        actions = 0.2 * many.action_space.sample()
        obs_many, reward_many, ended, *_ = many.step(actions)
        obs_one, reward_one, *_ = one.step(actions[2])
        assert reward_many[2] == reward_one
        assert not ended[2]


def test_episodes_after_the_first_are_the_same_in_both_faces():
    name = "pilotline/ToteDestack-v1"
    many = gymnasium.make_vec(name, num_envs=2)
    one = gymnasium.make(name)
    many.reset(seed=1)
    one.reset(seed=2)
    actions = np.zeros(many.action_space.shape, np.float32)
    actions[1] = np.nan
    many.step(actions)
    obs_many, *_ = many.step(np.zeros_like(actions))
    obs_one, _ = one.reset()
    assert all(obs_many[key][1].tobytes() == value.tobytes() for key, value in obs_one.items())
