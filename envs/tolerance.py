"""One shaping function for every reward term."""

from __future__ import annotations

from typing import Any


def tolerance(xp: Any, x: Any, lower: float = 0.0, upper: float = 0.0, margin: float = 1.0) -> Any:
    """1 within [lower, upper], falling to 0.1 at `margin` outside: the Lorentzian 1 / (1 + 9 (d / margin)^2).

    Args:
      x: (n,) values.
      lower, upper: bounds, lower <= upper.
      margin: distance beyond the bounds at which the value is 0.1, > 0.
    """
    outside = xp.maximum(xp.maximum(lower - x, x - upper), 0.0) / margin
    return 1.0 / (1.0 + 9.0 * outside * outside)
