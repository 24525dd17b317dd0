"""Capitals that no strategy can expect to raise where there is nothing to find, by counting every outcome."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from pilotline.benchmarks.statistics import wilson
from pilotline.benchmarks.statistics.sequential import (
    EFFECT_CYCLES,
    bounded_sequence,
    differences_p,
    mean_sequence,
    p_path,
    pairs_p,
    rate_above,
    rate_sequence,
    symmetric_above,
)

ALPHA = 0.05
counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def outcomes(n: int) -> np.ndarray:
    """Every row of n coins, (2^n, n)."""
    return np.array(list(itertools.product((0, 1), repeat=n)))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_capital_of_a_rate_is_the_mixed_likelihood_ratio(rate):
    ratio = lambda p: (p / rate) ** 7 * ((1 - p) / (1 - rate)) ** 3 / (1 - rate)  # noqa: E731
    area, _ = integrate.quad(ratio, rate, 1.0)
    assert rate_above(7, 10, rate) == pytest.approx(math.log(area), rel=1e-9)


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.8])
def test_capital_of_a_rate_stays_1_on_average_at_the_rate_and_falls_below_it(rate):
    good = np.arange(31)
    capital = np.exp(rate_above(good, 30, rate))
    assert stats.binom.pmf(good, 30, rate) @ capital == pytest.approx(1.0, rel=1e-9)
    assert stats.binom.pmf(good, 30, 0.7 * rate) @ capital < 1.0


def test_capital_of_differences_is_its_integral():
    d = np.array([0.3, -0.1, 0.8, 0.4, 0.0, 1.2])
    z = d / np.sqrt(np.cumsum(d**2) / np.arange(1, 7))
    half_normal = stats.halfnorm(scale=1.0 / math.sqrt(EFFECT_CYCLES)).pdf
    area, _ = integrate.quad(lambda x: math.exp(x * z.sum() - x * x * (z @ z) / 2.0) * half_normal(x), 0.0, np.inf)
    assert symmetric_above(d)[-1] == pytest.approx(math.log(area), rel=1e-9)


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=8))
def test_capital_of_differences_is_at_most_1_on_average_over_all_signs(sizes):
    signs = 2 * outcomes(len(sizes)) - 1
    assert np.mean([math.exp(symmetric_above(row * sizes)[-1]) for row in signs]) <= 1.0 + 1e-9


def test_units_do_not_matter_to_differences():
    d = np.random.default_rng(1).normal(0.3, 1.0, 50)
    assert symmetric_above(1000.0 * d) == pytest.approx(symmetric_above(d))


def test_looking_after_each_of_300_pairs_errs_in_less_than_one_of_twenty_exactly():
    """Chance that p ever gets to 5 % among equally good arms, by the law of the walk of wins among discordant pairs."""
    alive, ever = {0: 1.0}, 0.0
    for n in range(1, 301):
        step: dict[int, float] = {}
        for won, chance in alive.items():
            for more in (0, 1):
                step[won + more] = step.get(won + more, 0.0) + 0.5 * chance
        capital = 0.5 * (np.exp(rate_above(list(step), n)) + np.exp(rate_above([n - won for won in step], n)))
        ever += sum(chance for chance, has in zip(step.values(), capital, strict=True) if has >= 1.0 / ALPHA)
        alive = {won: chance for (won, chance), has in zip(step.items(), capital, strict=True) if has < 1.0 / ALPHA}
    assert 0.02 < ever <= ALPHA


def test_p_values_only_fall_and_begin_at_1():
    path = p_path([-1.0, 0.5, -3.0, 4.0])
    assert path == pytest.approx([1.0, math.exp(-0.5), math.exp(-0.5), math.exp(-4.0)])
    assert p_path([]).shape == (0,)


def test_an_arm_that_wins_every_pair_is_better_after_a_dozen():
    wins = np.ones(12, dtype=bool)
    path = pairs_p(wins, ~wins)
    assert path[2] > ALPHA > path[11]


def test_pairs_that_came_out_alike_change_nothing():
    wins = np.array([True, False, True, False, False])
    losses = np.array([False, False, False, True, False])
    assert pairs_p(wins, losses)[-1] == pairs_p(wins[wins | losses], losses[wins | losses])[-1]


def test_a_shift_of_half_the_spread_is_found_and_none_is_not():
    noise = np.random.default_rng(4).normal(0.0, 1.0, 200)
    assert differences_p(noise + 0.5)[-1] < 0.001
    assert differences_p(noise)[-1] > 0.05


@given(counts)
def test_confidence_sequence_of_a_rate_holds_point_and_wilson_interval(count):
    good, n = count
    low, high = rate_sequence(good, n)
    narrow_low, narrow_high = wilson(good, n)
    assert low <= narrow_low + 1e-12
    assert high >= narrow_high - 1e-12
    assert 0.0 <= low <= good / n <= high <= 1.0


def test_confidence_sequence_of_a_rate_ends_where_the_capital_is_20():
    low, high = rate_sequence(37, 50)
    for p in (low, high):
        ratio = lambda q, p=p: (q / p) ** 37 * ((1 - q) / (1 - p)) ** 13 * stats.beta(0.5, 0.5).pdf(q)  # noqa: E731
        area, _ = integrate.quad(ratio, 0.0, 1.0, limit=200)
        assert area == pytest.approx(20.0, rel=1e-6)
    assert rate_sequence(0, 0) == (0.0, 1.0)


def test_confidence_sequence_of_a_bounded_mean_is_what_the_hedged_capital_leaves():
    """Every candidate on a grid, bet by bet, as the paper writes it."""
    x = np.random.default_rng(3).beta(8.0, 2.0, 60)
    left = []
    for m in np.linspace(0.005, 0.995, 199):
        up = down = 1.0
        mean, variance, total, squares, most = 0.5, 0.25, 0.0, 0.0, 0.0
        for t, value in enumerate(x, start=1):
            bet = math.sqrt(2.0 * math.log(2.0 / ALPHA) / (variance * t * math.log(1.0 + t)))
            up *= 1.0 + min(bet, 0.5 / m) * (value - m)
            down *= 1.0 - min(bet, 0.5 / (1.0 - m)) * (value - m)
            most = max(most, 0.5 * up, 0.5 * down)
            total += value
            mean = (0.5 + total) / (t + 1)
            squares += (value - mean) ** 2
            variance = (0.25 + squares) / (t + 1)
        if most < 1.0 / ALPHA:
            left.append(m)
    assert bounded_sequence(x, 0.0, 1.0) == pytest.approx((min(left), max(left)), abs=0.005)


@given(st.lists(st.floats(-3.0, 5.0), max_size=30))
def test_confidence_sequence_of_a_bounded_mean_mirrors_and_stays_inside_the_limits(values):
    low, high = bounded_sequence(values, -3.0, 5.0)
    mirrored = bounded_sequence([-value for value in values], -5.0, 3.0)
    assert (low, high) == pytest.approx((-mirrored[1], -mirrored[0]), abs=1e-6)
    assert low >= -3.0
    assert high <= 5.0


def test_values_outside_the_limits_are_refused():
    with pytest.raises(ValueError, match=r"allowed: 0.0 to 1.0"):
        bounded_sequence([0.5, 1.5], 0.0, 1.0)


def test_confidence_sequence_of_a_mean_is_wider_than_an_interval_at_one_n():
    x = np.random.default_rng(6).normal(10.0, 2.0, 100)
    found = mean_sequence(x)
    assert found is not None
    half = 0.5 * (found[1] - found[0])
    ratio = half / (1.96 * np.std(x, ddof=1) / 10.0)
    assert 1.3 < ratio < 2.0
    assert sum(found) / 2.0 == pytest.approx(x.mean())
    assert mean_sequence([1.0]) is None
