"""Places of arms, and what is left open of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from pilotline.benchmarks.statistics.multiple import holm
from pilotline.benchmarks.statistics.ranking import Entry, better, rank, rank_intervals


def entry(name: str, good: int, n: int, time_s: float, spread_s: float = 1.0, lost_s: float = 60.0) -> Entry:
    """n cycles of which the first `good` are good, with times spread evenly about a mean."""
    marks = np.arange(n) < good
    times = np.where(marks, time_s + spread_s * np.linspace(-1.0, 1.0, n), lost_s)
    return Entry(name, marks, times, lost_s)


def test_holm_is_the_textbook_example():
    """Smallest times 4, then 3, 2, 1, each at least the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_holm_is_that_of_statsmodels(n):
    values = np.round(np.random.default_rng(n).random(n) ** 3, 2)  # rounded, so that some are equal
    assert holm(values) == pytest.approx(multipletests(values, method="holm")[1], rel=1e-12)


def test_holm_of_nothing_is_nothing_and_no_probability_is_refused():
    assert holm([]).shape == (0,)
    with pytest.raises(ValueError, match="allowed: numbers from 0 to 1"):
        holm([0.2, 1.2])


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(values):
    adjusted = holm(values)
    assert np.all(adjusted >= np.array(values) - 1e-15)
    assert np.all(np.diff(adjusted[np.argsort(values, kind="stable")]) >= -1e-15)


def test_an_arm_twice_as_fast_is_first_for_certain():
    found = rank([entry("slow", 100, 100, 40.0), entry("fast", 100, 100, 20.0)], seed=(1,))
    assert found.order == [1, 0]
    assert found.certainty[1, 0] > 0.999
    assert (found.rank_low.tolist(), found.rank_high.tolist()) == ([2, 1], [2, 1])


def test_good_parts_per_hour_are_those_of_the_rows():
    found = rank([entry("a", 90, 100, 20.0, spread_s=0.0)], seed=(1,))
    assert found.good_per_hour[0] == pytest.approx(3600.0 * 90 / (90 * 20.0 + 10 * 60.0))
    assert found.low[0] < found.good_per_hour[0] < found.high[0]


def test_ten_of_ten_is_not_shown_to_be_better_than_190_of_200():
    found = rank([entry("few", 10, 10, 20.0), entry("many", 190, 200, 20.0)], seed=(3,))
    assert found.good_per_hour[0] > found.good_per_hour[1]
    assert found.rank_low.tolist() == [1, 1]
    assert found.rank_high.tolist() == [2, 2]


def test_like_arms_share_all_places():
    found = rank([entry(name, 95, 100, 20.0) for name in "abc"], seed=(5,))
    assert found.rank_low.tolist() == [1, 1, 1]
    assert found.rank_high.tolist() == [3, 3, 3]
    assert found.certainty == pytest.approx(np.full((3, 3), 0.5), abs=0.1)


def test_an_arm_without_a_good_cycle_is_last():
    found = rank([entry("none", 0, 50, 20.0), entry("some", 40, 50, 20.0)], seed=(5,))
    assert found.good_per_hour[0] == 0.0
    assert found.rank_low.tolist() == [2, 1]


def test_the_ranking_is_a_function_of_entries_and_seed():
    entries = [entry("a", 95, 100, 20.0), entry("b", 90, 100, 19.0)]
    one, same, other = rank(entries, (7,)), rank(entries, (7,)), rank(entries, (8,))
    assert np.array_equal(one.certainty, same.certainty)
    assert not np.array_equal(one.certainty, other.certainty)


def test_the_interval_of_a_rate_is_wilsons_where_only_the_yield_varies():
    """With equal times for good and failed cycles the rate is the yield over that time."""
    found = rank([entry("a", 160, 200, 60.0, spread_s=0.0)], seed=(2,))
    wilson = stats.binomtest(160, 200).proportion_ci(method="wilson")
    assert (found.low[0] / 60.0, found.high[0] / 60.0) == pytest.approx((wilson.low, wilson.high), abs=0.005)


def test_names_must_tell_arms_apart():
    with pytest.raises(ValueError, match="each name once"):
        rank([entry("a", 9, 10, 20.0), entry("a", 8, 10, 20.0)], seed=(1,))


@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.floats(-8.0, 8.0), min_size=n, max_size=n)))
def test_rank_intervals_hold_the_measured_place(levels):
    gaps = np.subtract.outer(levels, levels)
    shown = better(stats.norm.cdf(gaps))
    low, high = rank_intervals(shown)
    place = 1 + (gaps < 0.0).sum(axis=1)
    assert np.all((low <= place) & (place <= high))
    assert np.all((low >= 1) & (high <= len(levels)))
