"""Process capability of a characteristic with one limit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


def upper_lower_bound(values: Sequence[float], upper: float, confidence: float = 0.95) -> float | None:
    """One-sided lower bound of Cpk = (upper - mean) / (3 s) of n normal values.

    Cpk - z sqrt(1 / (9 n) + Cpk^2 / (2 (n - 1))), the normal approximation of Bissell, "How reliable is your capability
    index?" (1990). None below two values, or where they do not vary.
    """
    n = len(values)
    if n < 2 or (spread := float(np.std(values, ddof=1))) == 0.0:
        return None
    cpk = (upper - float(np.mean(values))) / (3.0 * spread)
    return cpk - float(stats.norm.ppf(confidence)) * math.sqrt(1.0 / (9.0 * n) + cpk**2 / (2.0 * (n - 1)))
