"""The minimum-jerk profile: from rest to rest, as hands move (Flash and Hogan 1985)."""

from __future__ import annotations

from typing import Any

PEAK_SPEED = 1.875
"""Largest speed of a way of 1 in a time of 1."""


def blend(xp: Any, share: Any) -> Any:
    """Share of the way after a share of the time; 0 before the start, 1 after the end."""
    s = xp.minimum(xp.maximum(share, 0.0), 1.0)
    return s * s * s * (10.0 + s * (6.0 * s - 15.0))
