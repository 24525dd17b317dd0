"""Ranks of many arms with what is certain about them.

An arm's place is known only as far as its cycles can tell it from the others: a rank interval holds every place that
is left, and the pairwise certainty says how sure it is that one arm makes more good parts per hour than another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pilotline.benchmarks.statistics.intervals import CONFIDENCE
from pilotline.benchmarks.statistics.multiple import holm

DRAWS = 4000
Float = NDArray[np.float64]


@dataclass(frozen=True)
class Entry:
    """What one arm did at one station (or, with all cycles in one row, on a line)."""

    name: str
    good: NDArray[np.bool_]
    """(n,) good cycles."""
    occupied_s: Float
    """(n,) time that each cycle took of the planned time, clearing of failed ones included."""
    lost_s: float
    """What a failed cycle takes at least, such as the line takt: for arms that showed none."""


@dataclass(frozen=True)
class Ranking:
    """Arms by good parts per hour; arrays are in the order of the entries given."""

    names: tuple[str, ...]
    good_per_hour: Float
    """(n,) as measured."""
    low: Float
    high: Float
    """(n,) two-sided 95 % intervals."""
    certainty: Float
    """(n, n) chance that the arm of the row makes more good parts per hour than that of the column; 0.5 with itself."""
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    """(n,) best and worst place that is left, from 1; all of them hold together at 95 %."""

    @property
    def order(self) -> list[int]:
        """Indices of the arms, best measured first; ties as given."""
        return [int(k) for k in np.argsort(-self.good_per_hour, kind="stable")]


def rank(entries: Sequence[Entry], seed: Sequence[int], confidence: float = CONFIDENCE) -> Ranking:
    """Rank arms whose cycles are independent of each other's, by good parts per hour.

    Good parts per hour is y / (y g + (1 - y) f) with the yield y and the mean times g and f of good and failed cycles.
    y is drawn from its Jeffreys posterior Beta(good + 1/2, failed + 1/2), so that ten of ten is no certainty, and the
    means from their bootstrap; the logarithm of what comes out is close to normal, which gives intervals and pairwise
    p-values without a smallest step. Those are Holm-corrected and make the rank intervals.

    Arms with paired seeds gain when they are compared in pairs instead; taken as independent they are merely judged
    too carefully where, as usual, a hard cycle is hard for both.

    Args:
      entries: one or more, names unlike each other.
      seed: of the draws; the result is a function of the arguments alone.
    """
    names = tuple(entry.name for entry in entries)
    if not names or len(set(names)) != len(names):
        raise ValueError(f"entries are {names}; allowed: one or more, each name once")
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed))))
    logs = np.array([np.log(_drawn_rates(entry, rng)) for entry in entries])
    mean, var = logs.mean(axis=1), logs.var(axis=1, ddof=1)
    gap = mean[:, None] - mean[None, :]
    certainty = stats.norm.cdf(gap / np.sqrt(var[:, None] + var[None, :]))
    np.fill_diagonal(certainty, 0.5)
    tail = 0.5 * (1.0 - confidence)
    low, high = np.quantile(logs, (tail, 1.0 - tail), axis=1)
    rank_low, rank_high = rank_intervals(better(certainty, confidence))
    return Ranking(
        names=names,
        good_per_hour=np.array([_measured_rate(entry) for entry in entries]),
        low=3600.0 * np.exp(low),
        high=3600.0 * np.exp(high),
        certainty=certainty,
        rank_low=rank_low,
        rank_high=rank_high,
    )


def better(certainty: Float, confidence: float = CONFIDENCE) -> NDArray[np.bool_]:
    """Which arm (row) is shown to be better than which (column), all pairs together at the given confidence.

    certainty: (n, n), certainty[i, j] = 1 - certainty[j, i].
    """
    n = len(certainty)
    rows, columns = np.triu_indices(n, 1)
    two_sided = np.minimum(1.0, 2.0 * np.minimum(certainty[rows, columns], certainty[columns, rows]))
    shown = holm(two_sided) <= 1.0 - confidence
    found = np.zeros((n, n), dtype=bool)
    found[rows, columns] = shown & (certainty[rows, columns] > 0.5)
    found[columns, rows] = shown & (certainty[rows, columns] < 0.5)
    return found


def rank_intervals(better: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Best and worst place left to each arm, (n,) each, from 1.

    better: (n, n), true where the arm of the row is shown to be better than that of the column. Places are
    1 + (arms shown better) to n - (arms shown worse); if all of those pairs hold together at some confidence, so do
    the intervals (Mogstad, Romano, Shaikh and Wilhelm, "Inference for Ranks", Review of Economic Studies 2024).
    """
    beaten_by, beats = better.sum(axis=0), better.sum(axis=1)
    return 1 + beaten_by.astype(np.int64), len(better) - beats.astype(np.int64)


def _measured_rate(entry: Entry) -> float:
    total = float(entry.occupied_s.sum())
    return 3600.0 * float(entry.good.sum()) / total if total > 0.0 else 0.0


def _drawn_rates(entry: Entry, rng: np.random.Generator) -> Float:
    """Draws of good parts per second, (DRAWS,)."""
    good, n = int(entry.good.sum()), len(entry.good)
    if entry.good.shape != entry.occupied_s.shape or n == 0:
        raise ValueError(f"{entry.name}: good has shape {entry.good.shape}, occupied_s {entry.occupied_s.shape}")
    share = rng.beta(good + 0.5, n - good + 0.5, DRAWS)
    good_s = _drawn_means(entry.occupied_s[entry.good], entry.lost_s, rng)
    failed_s = _drawn_means(entry.occupied_s[~entry.good], entry.lost_s, rng)
    return share / (share * good_s + (1.0 - share) * failed_s)


def _drawn_means(times_s: Float, otherwise_s: float, rng: np.random.Generator) -> Float:
    """Bootstrap means of times, (DRAWS,); a constant where there are none."""
    if not len(times_s):
        return np.full(DRAWS, otherwise_s)
    found = np.empty(DRAWS)
    step = max(1, 2_000_000 // len(times_s))
    for begin in range(0, DRAWS, step):
        end = min(DRAWS, begin + step)
        found[begin:end] = times_s[rng.integers(0, len(times_s), (end - begin, len(times_s)))].mean(axis=1)
    return found
