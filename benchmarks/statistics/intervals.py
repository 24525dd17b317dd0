"""Interval estimates of one campaign; everything SciPy has comes from SciPy.

Wilson intervals are for display (their coverage is closest to what they say), Clopper-Pearson bounds are for
grading (they never promise too much).
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 2000


def wilson(good: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Two-sided Wilson score interval of a success rate; (0, 1) without trials."""
    return _interval(good, n, confidence, "wilson")


def clopper_pearson(good: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Two-sided exact interval of a success rate; (0, 1) without trials."""
    return _interval(good, n, confidence, "exact")


def clopper_pearson_lower(good: int, n: int, confidence: float = CONFIDENCE) -> float:
    """One-sided exact lower bound of a success rate, the one grades rest on; 0 without trials."""
    _check(good, n)
    if n == 0:
        return 0.0
    test = stats.binomtest(good, n, alternative="greater")
    return float(test.proportion_ci(confidence, method="exact").low)


def mtbf_lower_s(failures: int, running_s: float, confidence: float = CONFIDENCE) -> float:
    """One-sided lower bound of the mean time between failures, seconds.

    2T / chi2_c(2r + 2) for r failures in a time-truncated run of T: failures are taken as a Poisson process.
    """
    if failures < 0 or running_s < 0.0:
        raise ValueError(f"failures is {failures} and running_s is {running_s}; allowed: 0 or more")
    return 2.0 * running_s / float(stats.chi2.ppf(confidence, 2 * failures + 2))


def ratio_lower(
    gain: np.ndarray,
    cost: np.ndarray,
    seed: Sequence[int],
    fixed_cost: float = 0.0,
    confidence: float = CONFIDENCE,
) -> float | None:
    """One-sided bootstrap lower bound of sum(gain) / (sum(cost) + fixed_cost).

    gain, cost: (n,) per cycle, resampled together; fixed_cost is time that no cycle owns. Percentile
    bootstrap with its own generator from `seed`, so that the bound is a function of its arguments alone. None
    below two cycles: there is nothing to resample. A run without failures resamples to none; how rare
    failures may be is for the Clopper-Pearson bound to say.
    """
    gain, cost = np.asarray(gain, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    if gain.ndim != 1 or gain.shape != cost.shape:
        raise ValueError(f"gain has shape {gain.shape} and cost {cost.shape}; allowed: two equal (n,)")
    if len(gain) < 2:
        return None

    def ratio(gain: np.ndarray, cost: np.ndarray, axis: int = -1) -> np.ndarray:
        return gain.sum(axis=axis) / (cost.sum(axis=axis) + fixed_cost)

    result = stats.bootstrap(
        (gain, cost),
        ratio,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, 2_000_000 // len(gain)),
        confidence_level=confidence,
        alternative="greater",
        method="percentile",
        rng=np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed)))),
    )
    return float(result.confidence_interval.low)


def _interval(good: int, n: int, confidence: float, method: str) -> tuple[float, float]:
    _check(good, n)
    if n == 0:
        return 0.0, 1.0
    low, high = stats.binomtest(good, n).proportion_ci(confidence, method=method)
    return float(low), float(high)


def _check(good: int, n: int) -> None:
    if not 0 <= good <= n:
        raise ValueError(f"good is {good} of n {n}; allowed: 0 <= good <= n")
