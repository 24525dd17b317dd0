"""Two arms, a number of cycles fixed beforehand: tests, intervals, and how many cycles a difference would take.

Paired where both arms met the same seeds (common random numbers): what makes a cycle hard is then in both, and only
the pairs that came out differently tell the arms apart.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pilotline.benchmarks.statistics.intervals import CONFIDENCE, wilson

Float = NDArray[np.float64]
POWER = 0.8
"""Chance of finding a difference that is there."""
FLIPS = 9999


def mcnemar(wins: int, losses: int) -> float:
    """Exact two-sided McNemar p-value: wins and losses of one arm among the pairs that came out differently."""
    if wins < 0 or losses < 0:
        raise ValueError(f"wins is {wins} and losses is {losses}; allowed: 0 or more")
    return float(stats.binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def fisher(good: int, n: int, other_good: int, other_n: int) -> float:
    """Exact two-sided p-value of two independent rates. Fisher's: careful, and quick at any n."""
    table = [[good, n - good], [other_good, other_n - other_good]]
    return float(stats.fisher_exact(table).pvalue)


def sign_flip(differences: Float, seed: int) -> float:
    """Two-sided permutation p-value of paired differences (n,): their mean, with signs flipped at random.

    Exact up to 13 pairs, else by 9,999 random flips, which give no p-value below 2e-4.
    """
    d = np.asarray(differences, dtype=np.float64)
    if len(d) < 2 or not np.any(d):
        return 1.0
    found = stats.permutation_test(
        (d,),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=FLIPS,
        batch=max(1, 2_000_000 // len(d)),
        rng=np.random.Generator(np.random.PCG64(seed)),
    )
    return float(found.pvalue)


def pair_rate_difference(wins: int, losses: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of the difference of two rates over n pairs, wins and losses among them and the others alike.

    Wald's interval with a pair more of each kind of difference: D. Bonett and R. Price, "Adjusted Wald confidence
    interval for a difference of binomial proportions based on paired data" (J. Educ. Behav. Stat., 2012). (-1, 1)
    without pairs.
    """
    if n == 0:
        return -1.0, 1.0
    won, lost = (wins + 1.0) / (n + 2.0), (losses + 1.0) / (n + 2.0)
    z = float(stats.norm.ppf(0.5 + 0.5 * confidence))
    half = z * math.sqrt((won + lost - (won - lost) ** 2) / (n + 2.0))
    return max(-1.0, won - lost - half), min(1.0, won - lost + half)


def rate_difference(
    good: int, n: int, other_good: int, other_n: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval of good / n - other_good / other_n of independent arms: Newcombe's hybrid score method (1998)."""
    if n == 0 or other_n == 0:
        return -1.0, 1.0
    p, q = good / n, other_good / other_n
    (low, high), (other_low, other_high) = wilson(good, n, confidence), wilson(other_good, other_n, confidence)
    return p - q - math.hypot(p - low, other_high - q), p - q + math.hypot(high - p, q - other_low)


def mean_difference(differences: Float, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Student's interval of the mean of paired differences (n,); None below two."""
    d = np.asarray(differences, dtype=np.float64)
    if len(d) < 2:
        return None
    half = float(stats.t.ppf(0.5 + 0.5 * confidence, len(d) - 1)) * float(np.std(d, ddof=1)) / math.sqrt(len(d))
    return float(d.mean()) - half, float(d.mean()) + half


def welch(values: Float, other: Float, confidence: float = CONFIDENCE) -> tuple[float, float, float] | None:
    """Two-sided p-value and interval of mean(values) - mean(other) of independent arms; None below two in either."""
    if len(values) < 2 or len(other) < 2:
        return None
    gap = float(np.mean(values) - np.mean(other))
    if np.ptp(values) == 0.0 and np.ptp(other) == 0.0:
        return (1.0 if gap == 0.0 else 0.0), gap, gap
    found = stats.ttest_ind(values, other, equal_var=False)
    ends = found.confidence_interval(confidence)
    return float(found.pvalue), float(ends.low), float(ends.high)


def pairs_needed(win_share: float, loss_share: float, level: float, power: float = POWER) -> float:
    """Pairs that a McNemar test takes to tell arms apart which win and lose these shares of all pairs; inf if equal.

    R. Connor, "Sample size for testing differences in proportions for the paired-sample design" (Biometrics 1987).
    """
    gap, differ = win_share - loss_share, win_share + loss_share
    if gap == 0.0:
        return math.inf
    z, y = stats.norm.ppf(1.0 - 0.5 * level), stats.norm.ppf(power)
    return float((z * math.sqrt(differ) + y * math.sqrt(max(0.0, differ - gap**2))) ** 2 / gap**2)


def least_pairs(level: float) -> float:
    """Fewest pairs with which the sign-flip test can come below a level: all of one sign have p = 2^(1 - n)."""
    return 1.0 - math.log2(level)


def cycles_needed(gap: float, variance: float, level: float, power: float = POWER) -> float:
    """Cycles that a test of means takes to find `gap`; inf if it is 0.

    (z + y)^2 variance / gap^2, with the variance of a paired difference, or of both arms added where they are
    independent; for rates p (1 - p) of both.
    """
    if gap == 0.0:
        return math.inf
    z, y = stats.norm.ppf(1.0 - 0.5 * level), stats.norm.ppf(power)
    return float((z + y) ** 2 * variance / gap**2)
