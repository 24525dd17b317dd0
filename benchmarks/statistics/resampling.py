"""Bootstrap over scenarios: cycles are drawn again within each stratum, never across."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pilotline.benchmarks.statistics.intervals import CONFIDENCE, RESAMPLES

Float = NDArray[np.float64]
Statistic = Callable[[Sequence[Float]], Float]
"""Strata, each (..., n_k, fields), to a figure (...)."""


def iqm(values: Float) -> Float:
    """Interquartile mean over the last axis: the mean of the middle half of (..., n).

    Less moved by single odd cycles than the mean, with less scatter than the median (R. Agarwal et al., "Deep
    reinforcement learning at the edge of the statistical precipice", NeurIPS 2021).
    """
    return np.asarray(stats.trim_mean(values, 0.25, axis=-1), dtype=np.float64)


def pooled_iqm(strata: Sequence[Float]) -> Float:
    """Interquartile mean over the first field of all strata together."""
    return iqm(np.concatenate([stratum[..., 0] for stratum in strata], axis=-1))


def mean_of_means(strata: Sequence[Float]) -> Float:
    """Mean over strata of the mean of their first field: every scenario weighs the same."""
    return np.asarray(np.mean([stratum[..., 0].mean(axis=-1) for stratum in strata], axis=0), dtype=np.float64)


def stratified_bootstrap(
    strata: Sequence[Float],
    statistic: Statistic,
    seed: Sequence[int],
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """Two-sided percentile bootstrap interval of a figure over strata.

    None where a stratum has fewer than two cycles, or where some draw leaves the figure without a finite value.

    Args:
      strata: one array (n_k, fields) per scenario or station, a row per cycle or pair; rows are drawn whole, so that
        what belongs together stays together. How many cycles a stratum has is kept, as in rliable.
      statistic: of strata with leading axes, to those axes.
      seed: of the draws; the result is a function of the arguments alone.
    """
    arrays = [np.asarray(stratum, dtype=np.float64) for stratum in strata]
    if not arrays or any(array.ndim != 2 for array in arrays):
        raise ValueError(f"strata have shapes {[array.shape for array in arrays]}; allowed: (n, fields), one or more")
    if any(len(array) < 2 for array in arrays):
        return None
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed))))
    step = max(1, 2_000_000 // max(array.size for array in arrays))
    found = np.empty(resamples)
    for begin in range(0, resamples, step):
        end = min(resamples, begin + step)
        drawn = [array[rng.integers(0, len(array), (end - begin, len(array)))] for array in arrays]
        found[begin:end] = statistic(drawn)
    if not np.all(np.isfinite(found)):
        return None
    tail = 50.0 * (1.0 - confidence)
    low, high = np.percentile(found, (tail, 100.0 - tail))
    return float(low), float(high)
