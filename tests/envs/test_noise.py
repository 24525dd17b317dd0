"""Sensor noise depends on cycle, step and channel alone, and is nearly standard normal."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pilotline.envs.noise import StepNoise

key = st.integers(0, 2**64 - 1)


def draws(keys, steps, channel="pose", k=3):
    return StepNoise(np.array(keys, np.uint64), np.array(steps, np.int64))(channel, k)


@given(st.lists(st.tuples(key, st.integers(0, 5000)), min_size=1, max_size=8))
def test_a_row_is_the_same_alone_and_in_company(cycles):
    together = draws([k for k, _ in cycles], [s for _, s in cycles])
    for row, (k, s) in zip(together, cycles, strict=True):
        assert row.tobytes() == draws([k], [s])[0].tobytes()


@given(key, st.integers(0, 5000))
def test_step_channel_and_cycle_all_matter(k, step):
    reference = draws([k], [step])
    assert (draws([k], [step + 1]) != reference).all()
    assert (draws([k], [step], channel="belt") != reference).all()
    assert (draws([k ^ 1], [step]) != reference).all()


@given(key, st.integers(1, 6), st.integers(1, 6))
def test_asking_for_fewer_columns_gives_the_first_ones(k, few, more):
    few, more = sorted((few, more))
    assert draws([k], [7], k=few).tobytes() == draws([k], [7], k=more)[:, :few].tobytes()


def test_mean_spread_and_bound():
    many = draws(np.arange(20_000), np.zeros(20_000))
    assert np.abs(many.mean(axis=0)).max() < 0.03
    assert np.abs(many.std(axis=0) - 1.0).max() < 0.02
    assert np.abs(many).max() <= 2.0 * np.sqrt(3.0)


def test_neighbouring_steps_and_channels_are_uncorrelated():
    steps = StepNoise(np.full(20_000, 3, np.uint64), np.arange(20_000))("pose", 2)
    assert abs(np.corrcoef(steps[:-1, 0], steps[1:, 0])[0, 1]) < 0.03
    assert abs(np.corrcoef(steps[:, 0], steps[:, 1])[0, 1]) < 0.03
