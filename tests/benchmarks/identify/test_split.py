"""What is kept back is drawn from the seed, as whole logs or as a block of time of each."""

import numpy as np
import pytest

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.split import split


@pytest.fixture(scope="module")
def trials(servo, logs):
    return [*logs(servo("m1"), 0), *logs(servo("m1"), 1), *logs(servo("m1"), 2)]


def names(pairs):
    return [id(trial) for trial, _ in pairs]


def test_logs_are_kept_back_whole_and_fitted_by_the_others(trials):
    parts = split(trials, "log", 0.25, np.random.SeedSequence(1))
    assert (len(parts.fitted), len(parts.held)) == (4, 2)
    assert not set(names(parts.fitted)) & set(names(parts.held))
    assert all(mask.all() for _, mask in (*parts.fitted, *parts.held))


def test_a_block_of_time_is_kept_back_of_every_log(trials):
    parts = split(trials, "time", 0.25, np.random.SeedSequence(1))
    for (_, fitted), (_, held) in zip(parts.fitted, parts.held, strict=True):
        assert not (fitted & held).any()
        assert (fitted | held).all()
        assert held.mean() == pytest.approx(0.25, abs=0.01)
        assert np.abs(np.diff(held.astype(int))).sum() <= 2


def test_the_seed_alone_decides(trials):
    one, same, other = (names(split(trials, "log", 0.3, np.random.SeedSequence(s)).held) for s in (1, 1, 2))
    assert one == same
    assert one != other


def test_auto_keeps_back_logs_where_there_are_enough(trials):
    assert split(trials, "auto", 0.25, np.random.SeedSequence(1)).how == "log"
    assert split(trials[:3], "auto", 0.25, np.random.SeedSequence(1)).how == "time"
    assert split(trials, "none", 0.25, np.random.SeedSequence(1)).held == ()
    with pytest.raises(IdentifyError, match="holdout=log: there is one log"):
        split(trials[:1], "log", 0.25, np.random.SeedSequence(1))
