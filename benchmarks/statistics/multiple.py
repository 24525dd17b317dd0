"""Many questions at once: p-values that keep the chance of any false answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's step-down adjusted p-values, (m,), in the order given.

    The chance of any false rejection among the m is at most the level, however they depend on each other. Holds for
    anytime-valid p-values too, all read at the same moment.

    S. Holm, "A simple sequentially rejective multiple test procedure" (1979). Held against statsmodels' multipletests
    in the tests; that is not called here because it brings pandas and runs the garbage collector in every call.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not np.all((values >= 0.0) & (values <= 1.0)):
        raise ValueError(f"p_values is {values}; allowed: numbers from 0 to 1 in a row")
    order = np.argsort(values, kind="stable")
    steps = (len(values) - np.arange(len(values))) * values[order]
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
