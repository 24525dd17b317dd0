"""Putting one part into another by feel: how a hand presses, and how it gives way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def press(push_n: Float, wanted_n: Float | float, free_m_per_s: Float | float) -> Float:
    """Speed (n,) m/s ahead that comes to rest where something pushes back with the wanted force.

    Args:
      push_n: (n,) N, felt against the motion.
      wanted_n: N.
      free_m_per_s: while nothing is felt; backwards it goes no faster.
    """
    return free_m_per_s * np.minimum(np.maximum(1.0 - push_n / wanted_n, -1.0), 1.0)


def give_way(push_n: Float, m_per_s_n: float, limit_m_per_s: float) -> Float:
    """Velocity (n, k) m/s away from what pushes with forces (n, k) N."""
    return np.minimum(np.maximum(m_per_s_n * push_n, -limit_m_per_s), limit_m_per_s)
