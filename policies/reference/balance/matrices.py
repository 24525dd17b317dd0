"""Vectors (3,) and matrices (3, 3) for compiled code: no BLAS, whose order of sums depends on the processor."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]


@njit(cache=True)
def cross(a: Float, b: Float) -> Float:
    """Vector product (3,)."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


@njit(cache=True)
def turned(r: Float, v: Float) -> Float:
    """r @ v of (3, 3) and (3,)."""
    out = np.empty(3)
    for i in range(3):
        out[i] = r[i, 0] * v[0] + r[i, 1] * v[1] + r[i, 2] * v[2]
    return out


@njit(cache=True)
def turned_back(r: Float, v: Float) -> Float:
    """r.T @ v of (3, 3) and (3,)."""
    return turned(r.T, v)


@njit(cache=True)
def product(a: Float, b: Float) -> Float:
    """a @ b of (3, 3)."""
    out = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]
    return out


@njit(cache=True)
def unturned(a: Float, b: Float) -> Float:
    """a @ b.T of (3, 3)."""
    return product(a, b.T)


@njit(cache=True)
def about(u: Float, angle: float) -> Float:
    """Rotation matrix about the unit axis u."""
    c, s = np.cos(angle), np.sin(angle)
    out = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = u[i] * u[j] * (1.0 - c)
        out[i, i] += c
    out[0, 1] -= u[2] * s
    out[0, 2] += u[1] * s
    out[1, 2] -= u[0] * s
    out[1, 0] += u[2] * s
    out[2, 0] -= u[1] * s
    out[2, 1] += u[0] * s
    return out


@njit(cache=True)
def matrix(q: Float) -> Float:
    """Rotation matrix of a unit quaternion w x y z."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    out = np.empty((3, 3))
    out[0, 0] = 1.0 - 2.0 * (y * y + z * z)
    out[0, 1] = 2.0 * (x * y - w * z)
    out[0, 2] = 2.0 * (x * z + w * y)
    out[1, 0] = 2.0 * (x * y + w * z)
    out[1, 1] = 1.0 - 2.0 * (x * x + z * z)
    out[1, 2] = 2.0 * (y * z - w * x)
    out[2, 0] = 2.0 * (x * z - w * y)
    out[2, 1] = 2.0 * (y * z + w * x)
    out[2, 2] = 1.0 - 2.0 * (x * x + y * y)
    return out


@njit(cache=True)
def rotation_vector(r: Float) -> Float:
    """Axis times angle (3,) of a rotation matrix, angles below pi."""
    out = np.empty(3)
    out[0] = 0.5 * (r[2, 1] - r[1, 2])
    out[1] = 0.5 * (r[0, 2] - r[2, 0])
    out[2] = 0.5 * (r[1, 0] - r[0, 1])
    s = np.sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2)
    c = 0.5 * (r[0, 0] + r[1, 1] + r[2, 2] - 1.0)
    if s > 1e-9:
        scale = np.arctan2(s, c) / s
        for i in range(3):
            out[i] *= scale
    return out


@njit(cache=True)
def plus(a: Float, b: Float) -> Float:
    """a + b of (3,)."""
    return np.array([a[0] + b[0], a[1] + b[1], a[2] + b[2]])


@njit(cache=True)
def minus(a: Float, b: Float) -> Float:
    """a - b of (3,)."""
    return np.array([a[0] - b[0], a[1] - b[1], a[2] - b[2]])
