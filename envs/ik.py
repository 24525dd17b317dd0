"""Differential inverse kinematics of two hands, for a batch."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.envs.linear import solved

Float = NDArray[np.float64]

ANGLE_DIGITS = 5
"""Of angles found by iteration, rad: coarser than what processors differ in, finer than an encoder of 19 bit."""


@njit(cache=True)
def solve_hands(
    anchor: Float,
    axis: Float,
    tcp: Float,
    moves: NDArray[np.bool_],
    twist: Float,
    preferred: Float,
    mobility: Float,
    damping: float,
    lever: float,
    q: Float,
    low: Float,
    high: Float,
) -> Float:
    """Joint steps that give each hand its twist, as near as can be to a preferred step.

    Damped least squares with the preferred step in the null space:
    dq = p + M J' (J M J' + damping I)^-1 (v - J p), with M = diag(mobility). A joint whose step would leave
    its range is held at the bound and the rest is solved again: the others take over what it can't do.

    Args:
      anchor: (n, k, 3) m, a point on each hinge axis.
      axis: (n, k, 3) unit axes in the world.
      tcp: (n, h, 3) m, hand points.
      moves: (h, k), which joints move which hand.
      twist: (n, h, 6), wanted linear (m) and angular (rad) step of each hand in the world.
      preferred: (n, k) rad.
      mobility: (k,) relative ease of moving each joint, > 0.
      damping: m^2, regularises near singularities.
      lever: m, length by which a rotation error counts as a position error.
      q, low, high: (n, k), (k,), (k,) rad, position and range.

    Returns:
      (n, k) rad.
    """
    n, k = anchor.shape[0], anchor.shape[1]
    h = tcp.shape[1]
    rows = 6 * h
    step = np.zeros((n, k))
    for i in range(n):
        jac = np.zeros((rows, k))
        for a in range(h):
            for j in range(k):
                if moves[a, j]:
                    ux, uy, uz = axis[i, j, 0], axis[i, j, 1], axis[i, j, 2]
                    rx = tcp[i, a, 0] - anchor[i, j, 0]
                    ry = tcp[i, a, 1] - anchor[i, j, 1]
                    rz = tcp[i, a, 2] - anchor[i, j, 2]
                    jac[6 * a, j] = uy * rz - uz * ry
                    jac[6 * a + 1, j] = uz * rx - ux * rz
                    jac[6 * a + 2, j] = ux * ry - uy * rx
                    jac[6 * a + 3, j] = ux * lever
                    jac[6 * a + 4, j] = uy * lever
                    jac[6 * a + 5, j] = uz * lever
        held = np.zeros(k, np.bool_)
        dq = preferred[i].copy()
        for _ in range(3):
            residual = np.zeros(rows)
            gram = np.zeros((rows, rows))
            for r in range(rows):
                residual[r] = twist[i, r // 6, r % 6] * (lever if r % 6 > 2 else 1.0)
                for j in range(k):
                    residual[r] -= jac[r, j] * dq[j]
            for r in range(rows):
                for c in range(r + 1):
                    total = 0.0
                    for j in range(k):
                        if not held[j]:
                            total += jac[r, j] * mobility[j] * jac[c, j]
                    gram[r, c] = total
                    gram[c, r] = total
                gram[r, r] += damping
            y = solved(gram, residual.reshape((rows, 1)))[:, 0]
            clean = True
            for j in range(k):
                if not held[j]:
                    total = 0.0
                    for r in range(rows):
                        total += jac[r, j] * y[r]
                    dq[j] += mobility[j] * total
            for j in range(k):
                if not held[j]:
                    if q[i, j] + dq[j] < low[j]:
                        dq[j] = low[j] - q[i, j]
                        held[j] = True
                        clean = False
                    elif q[i, j] + dq[j] > high[j]:
                        dq[j] = high[j] - q[i, j]
                        held[j] = True
                        clean = False
            if clean:
                break
        step[i] = dq
    return step
