"""Linear equations in compiled code: not by LAPACK, which sums in an order of its own for each kind of processor."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]


@njit(cache=True)
def solved(a: Float, b: Float) -> Float:
    """x (j, c) of a (j, j) x = b (j, c), by Gaussian elimination with row pivots."""
    n, c = b.shape
    m, x = a.copy(), b.copy()
    for i in range(n):
        top = i
        for r in range(i + 1, n):
            if abs(m[r, i]) > abs(m[top, i]):
                top = r
        for j in range(n):
            m[i, j], m[top, j] = m[top, j], m[i, j]
        for j in range(c):
            x[i, j], x[top, j] = x[top, j], x[i, j]
        for r in range(i + 1, n):
            scale = m[r, i] / m[i, i]
            for j in range(i, n):
                m[r, j] -= scale * m[i, j]
            for j in range(c):
                x[r, j] -= scale * x[i, j]
    for i in range(n - 1, -1, -1):
        for j in range(c):
            for r in range(i + 1, n):
                x[i, j] -= m[i, r] * x[r, j]
            x[i, j] /= m[i, i]
    return x
