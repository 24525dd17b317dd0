"""Process capability of a characteristic with an upper limit, a lower one, or both."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


def cpk(values: Sequence[float], lower: float | None = None, upper: float | None = None) -> float | None:
    """Distance of the mean from the nearer limit over three standard deviations (Kane, "Process capability
    indices", 1986).

    None without a limit, below two values, or where they do not vary.
    """
    if len(values) < 2 or (spread := float(np.std(values, ddof=1))) == 0.0:
        return None
    mean = float(np.mean(values))
    rooms = [upper - mean] if upper is not None else []
    rooms += [mean - lower] if lower is not None else []
    return min(rooms) / (3.0 * spread) if rooms else None


def lower_bound(
    values: Sequence[float], lower: float | None = None, upper: float | None = None, confidence: float = 0.95
) -> float | None:
    """One-sided lower bound of Cpk of n normal values; None where there is no Cpk.

    Cpk - z sqrt(1 / (9 n) + Cpk^2 / (2 (n - 1))), the normal approximation of Bissell, "How reliable is your capability
    index?" (1990). With two limits it is on the safe side where the mean lies between them.
    """
    found = cpk(values, lower, upper)
    if found is None:
        return None
    n = len(values)
    return found - float(stats.norm.ppf(confidence)) * math.sqrt(1.0 / (9.0 * n) + found**2 / (2.0 * (n - 1)))
