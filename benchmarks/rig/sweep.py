"""Shapes of the signals that the bench applies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ramps(corners: Sequence[float], rate_per_s: float, step_s: float) -> tuple[Floats, tuple[int, ...]]:
    """Straight lines from 0 over the corners at one rate.

    Returns:
      (signal, index of the sample at which each corner is reached).
    """
    parts, ends, at, level = [], [], 0, 0.0
    for corner in corners:
        steps = max(1, round(abs(corner - level) / rate_per_s / step_s))
        parts.append(np.linspace(level, corner, steps + 1)[1:])
        level, at = corner, at + steps
        ends.append(at - 1)
    return np.concatenate(parts), tuple(ends)


def turning(speed_rad_s: Floats, step_s: float) -> Floats:
    """Angle of a shaft that turns at a speed, both at the end of each step, from 0."""
    return np.cumsum(speed_rad_s, axis=-1) * step_s
