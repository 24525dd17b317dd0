"""Intervals against published figures, closed forms and laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.benchmarks import statistics

counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("claim", "trials"),
    [
        (0.90, (29, 46, 61, 103)),
        (0.95, (59, 93, 124, 208)),
        (0.98, (149, 236, 313, 523)),
        (0.99, (299, 473, 628, 1049)),
        (0.995, (598, 947, 1258, 2100)),
    ],
)
def test_trials_needed_to_claim_a_yield(claim: float, trials: tuple[int, ...]) -> None:
    """Smallest n that supports the claim with 0, 1, 2 and 5 failures, one-sided 95 % Clopper-Pearson."""
    for failures, n in zip((0, 1, 2, 5), trials, strict=True):
        assert statistics.clopper_pearson_lower(n - failures, n) >= claim
        assert statistics.clopper_pearson_lower(n - 1 - failures, n - 1) < claim


def test_ten_of_ten_proves_74_percent_and_fifty_of_fifty_94() -> None:
    assert statistics.clopper_pearson_lower(10, 10) == pytest.approx(0.74, abs=0.005)
    assert statistics.clopper_pearson_lower(50, 50) == pytest.approx(0.94, abs=0.005)


def test_a_clean_run_bounds_yield_by_the_nth_root_of_five_percent() -> None:
    assert statistics.clopper_pearson_lower(200, 200) == pytest.approx(0.05 ** (1 / 200), rel=1e-12)


def test_a_news_claim_of_90_percent_over_143_cycles_means_84_to_94() -> None:
    low, high = statistics.wilson(129, 143)
    assert (round(low, 2), round(high, 2)) == (0.84, 0.94)


@given(counts)
def test_wilson_is_its_closed_form(count: tuple[int, int]) -> None:
    good, n = count
    low, high = statistics.wilson(good, n)
    if n == 0:
        assert (low, high) == (0.0, 1.0)
        return
    z, p = 1.959963984540054, good / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    assert (low, high) == pytest.approx((middle - half, middle + half), abs=1e-12)


@given(counts)
def test_exact_intervals_hold_the_point_and_one_sided_is_tighter(count: tuple[int, int]) -> None:
    good, n = count
    low, high = statistics.clopper_pearson(good, n)
    bound = statistics.clopper_pearson_lower(good, n)
    assert 0.0 <= low <= bound <= (good / n if n else 0.0) <= high <= 1.0


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="good is 5 of n 4"):
        statistics.wilson(5, 4)


@pytest.mark.parametrize(("hours", "bound_h"), [(8, 2.7), (66, 22), (200, 67), (300, 100)])
def test_mean_time_between_failures_of_a_clean_run(hours: float, bound_h: float) -> None:
    assert statistics.mtbf_lower_s(0, hours * 3600.0) / 3600.0 == pytest.approx(bound_h, rel=0.02)


def test_ratio_bound_is_a_function_of_its_arguments() -> None:
    gain, cost = np.array([1.0, 1.0, 0.0, 1.0] * 20), np.linspace(20.0, 60.0, 80)
    first = statistics.ratio_lower(gain, cost, seed=(1, 2))
    assert first == statistics.ratio_lower(gain, cost, seed=(1, 2))
    assert first != statistics.ratio_lower(gain, cost, seed=(1, 3))
    assert first is not None
    assert first < gain.sum() / cost.sum()


def test_ratio_bound_agrees_with_the_normal_approximation() -> None:
    rng = np.random.default_rng(5)
    gain, cost = (rng.random(2000) < 0.9).astype(float), rng.normal(30.0, 4.0, 2000)
    ratio = gain.sum() / cost.sum()
    sd = np.std(gain - ratio * cost, ddof=1) / math.sqrt(2000) / cost.mean()
    assert statistics.ratio_lower(gain, cost, seed=(0,)) == pytest.approx(ratio - 1.645 * sd, abs=0.15 * sd)


def test_ratio_bound_of_equal_cycles_is_the_ratio_and_of_one_cycle_unknown() -> None:
    assert statistics.ratio_lower(np.ones(9), np.full(9, 20.0), seed=(0,)) == 0.05
    assert statistics.ratio_lower(np.ones(9), np.full(9, 20.0), seed=(0,), fixed_cost=20.0) == 0.045
    assert statistics.ratio_lower(np.ones(1), np.ones(1), seed=(0,)) is None
