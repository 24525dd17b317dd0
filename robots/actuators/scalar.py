"""The array namespace of laws for one number at a time, compiled: what `xp` is inside the native callback.

NumPy's own `where` and `minimum` make arrays even of scalars under Numba, ten times the cost of a whole law.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types

pi = math.pi

_cbrt = types.ExternalFunction("cbrt", types.float64(types.float64))


def _inline(function: Any) -> Any:
    return njit(inline="always", error_model="numpy")(function)


@_inline
def where(condition, one, other):
    """`one` where the condition holds, else `other`."""
    return one if condition else other


@_inline
def minimum(a, b):
    """The smaller; the first where one is not a number."""
    return b if b < a else a


@_inline
def maximum(a, b):
    """The larger; the first where one is not a number."""
    return b if b > a else a


@_inline
def abs(a):
    """Magnitude."""
    return math.fabs(a)


@_inline
def sign(a):
    """-1, 0 or 1."""
    return 1.0 if a > 0.0 else (-1.0 if a < 0.0 else 0.0)


@_inline
def exp(a):
    """e^a."""
    return math.exp(a)


@_inline
def log(a):
    """Natural logarithm."""
    return math.log(a)


@_inline
def sin(a):
    """Sine."""
    return math.sin(a)


@_inline
def cos(a):
    """Cosine."""
    return math.cos(a)


@_inline
def tanh(a):
    """Hyperbolic tangent."""
    return math.tanh(a)


@_inline
def sqrt(a):
    """Square root."""
    return math.sqrt(a)


@_inline
def cbrt(a):
    """Cube root, negative for a negative number."""
    return _cbrt(a)


@_inline
def power(a, b):
    """a^b."""
    return math.pow(a, b)


@_inline
def floor(a):
    """Largest whole number not above a, as a float."""
    return np.floor(a)
