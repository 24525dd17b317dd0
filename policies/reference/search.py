"""Where to feel for a hole that is not quite where it seemed to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def spiral(elapsed_s: Float, pitch_m: float, speed_m_per_s: float, reach_m: float) -> Float:
    """Offsets (n, 2), m, on an Archimedean spiral r = pitch a / 2 pi, walked from its middle at even speed.

    With s = pitch a^2 / 4 pi, the way along it but for the first turn, a = sqrt(4 pi v t / pitch). Turns lie
    `pitch_m` apart: a hole is found where the pitch is no more than twice the play. Past `reach_m` it goes round
    on the outermost circle.

    Args:
      elapsed_s: (n,) s since the search began.
    """
    angle = np.sqrt(4.0 * np.pi * speed_m_per_s * np.maximum(elapsed_s, 0.0) / pitch_m)
    radius = np.minimum(pitch_m * angle / (2.0 * np.pi), reach_m)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
