"""Equivalence of two runs of the same cycles: shown where it is so, not where there is too little to show it."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.weightstats import DescrStatsW

from pilotline.benchmarks.equivalence import MEAN_MARGIN, SHARE_MARGIN, findings, means, shares


@pytest.fixture
def rows(ask, rerun):
    return rerun(ask(cycles=200))


def worse(row):
    return dataclasses.replace(row, success=False, faults=("drop",))


def test_the_same_rows_are_equivalent(rows):
    assert all(finding.shown for finding in findings(rows, rows))


def test_last_bits_that_grew_into_a_few_other_times_are_equivalent(rows):
    rng = np.random.default_rng(1)
    here = [dataclasses.replace(row, time_s=row.time_s * float(rng.normal(1.0, 0.02))) for row in rows]
    found = findings(rows, here)
    assert all(finding.shown for finding in found)
    assert any(finding.low < 0.0 < finding.high for finding in found)


def test_a_shift_beyond_the_margin_is_not_equivalent(rows):
    here = [dataclasses.replace(row, time_s=row.time_s * (1.0 + 1.1 * MEAN_MARGIN)) for row in rows]
    assert [finding.what for finding in findings(rows, here) if not finding.shown] == ["times of good cycles"]


def test_more_failures_than_the_margin_are_not_equivalent(rows):
    here = [worse(row) if row.cycle % 12 == 0 else row for row in rows]
    assert "shares of good cycles" in [finding.what for finding in findings(rows, here) if not finding.shown]


def test_a_handful_of_cycles_shows_nothing_even_when_all_agree(rows):
    assert not findings(rows[:20], rows[:20])[0].shown
    assert findings(rows[:80], rows[:80])[0].shown


def test_cycles_are_paired_by_their_number_and_those_alone_are_left_out(rows):
    (share, *_) = findings(rows, rows[50:])
    assert share.pairs == 150


def test_both_ends_of_the_interval_of_a_share_keep_their_confidence():
    # truth: 4 % good only in the card, 1 % only here; both bounds may miss in at most 5 % of all campaigns
    rng = np.random.default_rng(0)
    n, truth = 150, 0.01 - 0.04
    found = [shares(b, c, n) for b, c, _ in rng.multinomial(n, [0.04, 0.01, 0.95], size=2000)]
    allowed = binom.ppf(0.999, 2000, 0.05)
    assert sum(low > truth for low, _ in found) <= allowed
    assert sum(high < truth for _, high in found) <= allowed


def test_equivalence_is_claimed_wrongly_in_at_most_5_percent():
    # truth: on the margin
    rng = np.random.default_rng(0)
    found = [shares(b, c, 400) for b, c, _ in rng.multinomial(400, [SHARE_MARGIN, 0.0, 1.0 - SHARE_MARGIN], size=2000)]
    claimed = sum(low > -SHARE_MARGIN and high < SHARE_MARGIN for low, high in found)
    assert claimed <= binom.ppf(0.999, 2000, 0.05)


def test_nothing_can_be_said_of_means_of_a_single_pair():
    assert means(np.array([1.0]), np.array([1.0])) == (-np.inf, np.inf)
    assert means(np.zeros(9), np.ones(9)) == (-np.inf, np.inf)
    assert means(np.zeros(9), np.zeros(9)) == (0.0, 0.0)


def test_the_interval_of_a_mean_is_the_one_that_statsmodels_gives():
    rng = np.random.default_rng(2)
    first = rng.uniform(5.0, 9.0, 40)
    second = first + rng.normal(0.02, 0.3, 40)
    expected = DescrStatsW((second - first) / first.mean()).tconfint_mean(alpha=0.1)
    assert means(first, second) == pytest.approx(expected)


def test_a_shift_that_is_the_same_in_every_pair_is_known_exactly():
    assert means(np.full(8, 4.0), np.full(8, 5.0)) == pytest.approx((0.25, 0.25))
