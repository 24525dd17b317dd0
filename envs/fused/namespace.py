"""What `xp` is while a function is traced: the part of NumPy that NumPy, JAX and the tracer share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from pilotline.envs.fused.traced import Traced, TracingError, call, choose

pi, inf, nan = np.pi, np.inf, np.nan

add, subtract, multiply, divide = (partial(call, op) for op in ("add", "subtract", "multiply", "divide"))
minimum, maximum, power, arctan2 = (partial(call, op) for op in ("minimum", "maximum", "power", "arctan2"))
abs, sign, floor, sqrt, cbrt = (partial(call, op) for op in ("abs", "sign", "floor", "sqrt", "cbrt"))
sin, cos, tan = (partial(call, op) for op in ("sin", "cos", "tan"))
arcsin, arccos, arctan = (partial(call, op) for op in ("arcsin", "arccos", "arctan"))
exp, log, tanh = (partial(call, op) for op in ("exp", "log", "tanh"))
isnan, isfinite = partial(call, "isnan"), partial(call, "isfinite")
logical_and, logical_or, logical_not = (partial(call, f"logical_{op}") for op in ("and", "or", "not"))
where = choose


def rad2deg(x: Any) -> Traced:
    """Degrees of radians."""
    return call("multiply", x, 180.0 / np.pi)


def deg2rad(x: Any) -> Traced:
    """Radians of degrees."""
    return call("multiply", x, np.pi / 180.0)


def asarray(x: Any) -> Traced:
    """The array as one that can be indexed by traced ones."""
    return x if isinstance(x, Traced) else Traced(x)


def stack(parts: Sequence[Any], axis: int = 0) -> Traced:
    """As NumPy's."""
    return _joined(np.stack, parts, axis)


def concatenate(parts: Sequence[Any], axis: int = 0) -> Traced:
    """As NumPy's."""
    return _joined(np.concatenate, parts, axis)


def zeros(shape: Any, dtype: Any = float) -> Traced:
    """As NumPy's."""
    return Traced(np.zeros(shape, dtype))


def ones(shape: Any, dtype: Any = float) -> Traced:
    """As NumPy's."""
    return Traced(np.ones(shape, dtype))


def full(shape: Any, value: float) -> Traced:
    """As NumPy's, of numbers."""
    return Traced(np.full(shape, value))


def zeros_like(x: Traced) -> Traced:
    """Zeros of the kind of x."""
    return Traced(np.zeros(x.shape, x.dtype))


def ones_like(x: Traced) -> Traced:
    """Ones of the kind of x."""
    return Traced(np.ones(x.shape, x.dtype))


def arange(n: int) -> Traced:
    """As NumPy's, of one number."""
    return Traced(np.arange(n))


def _joined(join: Callable[..., Any], parts: Sequence[Any], axis: int) -> Traced:
    arrays = [part.a if isinstance(part, Traced) else np.asarray(part) for part in parts]
    if any(array.dtype == object for array in arrays):
        arrays = [array.astype(object) for array in arrays]
    return Traced(join(arrays, axis=axis))


def __getattr__(name: str) -> Any:
    raise TracingError(f"xp.{name} cannot be traced; allowed: what envs/fused/namespace.py has")
