"""Tests of two arms against textbook examples, statsmodels and full enumeration."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import contingency_tables
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import confint_proportions_2indep

from pilotline.benchmarks.statistics import testing
from pilotline.benchmarks.statistics.resampling import iqm, mean_of_means, pooled_iqm, stratified_bootstrap


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_test_of_statsmodels(wins, losses):
    expected = contingency_tables.mcnemar([[5, wins], [losses, 9]], exact=True).pvalue if wins + losses else 1.0
    assert testing.mcnemar(wins, losses) == pytest.approx(min(1.0, expected), abs=1e-12)


def test_the_lady_tasting_tea():
    assert testing.fisher(3, 4, 1, 4) == pytest.approx(34.0 / 70.0)


def test_signs_of_a_few_differences_are_flipped_in_every_way():
    """Of 32 ways three are as far out on the high side: all plus, the 0.1 flipped, and none else of 3.2 or more."""
    d = np.array([1.0, 0.9, 0.8, 0.6, 0.1])
    flips = (np.array(np.meshgrid(*[[-1, 1]] * 5)).reshape(5, -1).T * d).sum(axis=1)
    assert testing.sign_flip(d, seed=1) == pytest.approx(np.mean(np.abs(flips) >= d.sum() - 1e-12))


def test_differences_of_zero_tell_nothing_apart():
    assert testing.sign_flip(np.zeros(40), seed=1) == 1.0
    assert testing.sign_flip(np.array([3.0]), seed=1) == 1.0


def test_the_same_seed_gives_the_same_flips():
    d = np.random.default_rng(2).normal(0.2, 1.0, 80)
    assert testing.sign_flip(d, seed=5) == testing.sign_flip(d, seed=5)
    assert testing.sign_flip(d, seed=5) == pytest.approx(stats.ttest_1samp(d, 0.0).pvalue, abs=0.02)


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(0, 40))))
def test_interval_of_independent_rates_is_that_of_statsmodels(counts):
    good, n, other = counts
    expected = confint_proportions_2indep(good, n, other, 40, method="newcomb", compare="diff")
    assert testing.rate_difference(good, n, other, 40) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("won", "lost", "most"), [(0.10, 0.10, 0.98), (0.15, 0.05, 0.98), (0.3, 0.1, 0.98), (0.04, 0.01, 1.0)]
)
def test_interval_of_paired_rates_covers_in_a_full_enumeration(won, lost, most):
    """Where hardly any pair differs the added pairs make it careful, never short."""
    n, covered = 50, 0.0
    for wins in range(n + 1):
        for losses in range(n + 1 - wins):
            low, high = testing.pair_rate_difference(wins, losses, n)
            if low <= won - lost <= high:
                covered += stats.multinomial.pmf([wins, losses, n - wins - losses], n, [won, lost, 1.0 - won - lost])
    assert 0.93 < covered < most


def test_without_cycles_any_difference_is_possible():
    assert testing.pair_rate_difference(0, 0, 0) == (-1.0, 1.0)
    assert testing.rate_difference(0, 0, 5, 5) == (-1.0, 1.0)


def test_students_interval_is_scipys():
    d = np.random.default_rng(3).normal(0.5, 2.0, 30)
    expected = stats.ttest_1samp(d, 0.0).confidence_interval()
    assert testing.mean_difference(d) == pytest.approx((expected.low, expected.high))
    assert testing.mean_difference(d[:1]) is None


def test_independent_means_without_any_spread_are_told_apart_by_any_gap():
    assert testing.welch(np.full(5, 2.0), np.full(5, 2.0)) == (1.0, 0.0, 0.0)
    assert testing.welch(np.full(5, 3.0), np.full(5, 2.0)) == (0.0, 1.0, 1.0)
    assert testing.welch(np.ones(1), np.ones(5)) is None


@pytest.mark.parametrize(("won", "lost"), [(0.12, 0.04), (0.3, 0.12), (0.06, 0.01)])
def test_the_pairs_needed_give_the_power_that_was_asked_for(won, lost):
    n = math.ceil(testing.pairs_needed(won, lost, 0.05))
    differ = np.arange(n + 1)
    power = 0.0
    for pairs, chance in zip(differ, stats.binom.pmf(differ, n, won + lost), strict=True):
        wins = np.arange(pairs + 1)
        shown = np.array([testing.mcnemar(int(w), int(pairs - w)) <= 0.05 for w in wins]) if chance > 1e-6 else 0.0
        power += chance * float(np.sum(stats.binom.pmf(wins, pairs, won / (won + lost)) * shown))
    assert 0.72 < power < 0.88, "the exact test is a little more careful than the formula"


def test_the_cycles_needed_for_a_mean_are_those_of_statsmodels():
    expected = TTestPower().solve_power(effect_size=0.2, alpha=0.05, power=0.8)
    assert testing.cycles_needed(0.2, 1.0, 0.05) == pytest.approx(expected, abs=2.5)


def test_no_difference_takes_forever():
    assert testing.pairs_needed(0.1, 0.1, 0.05) == math.inf
    assert testing.cycles_needed(0.0, 1.0, 0.05) == math.inf


def test_interquartile_mean_leaves_out_a_quarter_at_each_end():
    assert iqm(np.array([100.0, 3.0, 2.0, 1.0, 4.0, 5.0, 6.0, -50.0])) == pytest.approx((2.0 + 3.0 + 4.0 + 5.0) / 4.0)


def test_a_stratum_that_does_not_vary_adds_nothing_however_large():
    """Cycles are drawn within their stratum only, so the share of each stratum is fixed."""
    varied, flat = np.random.default_rng(1).normal(5.0, 1.0, (40, 1)), np.full((400, 1), 3.0)
    alone = stratified_bootstrap([varied], mean_of_means, (1,))
    both = stratified_bootstrap([varied, flat], mean_of_means, (1,))
    assert alone is not None
    assert both is not None
    assert both[1] - both[0] == pytest.approx(0.5 * (alone[1] - alone[0]), rel=0.1)
    assert both[0] < 0.5 * (varied.mean() + 3.0) < both[1]


def test_the_bootstrap_of_a_mean_agrees_with_the_normal_interval():
    values = np.random.default_rng(2).normal(0.0, 1.0, (400, 1))
    low, high = stratified_bootstrap([values], mean_of_means, (3,)) or (0.0, 0.0)
    assert high - low == pytest.approx(2 * 1.96 * np.std(values) / 20.0, rel=0.1)


def test_the_bootstrap_is_a_function_of_its_arguments_and_needs_two_cycles():
    strata = [np.random.default_rng(k).random((20, 1)) for k in range(3)]
    assert stratified_bootstrap(strata, pooled_iqm, (4,)) == stratified_bootstrap(strata, pooled_iqm, (4,))
    assert stratified_bootstrap(strata, pooled_iqm, (4,)) != stratified_bootstrap(strata, pooled_iqm, (5,))
    assert stratified_bootstrap([*strata, np.ones((1, 1))], pooled_iqm, (4,)) is None
