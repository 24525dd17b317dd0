"""Rigid-body kinematics and inverse dynamics of one robot: plain loops for numba, no row knows of another.

Everything is in a frame with the world's axes and its origin at the root body. Inverse dynamics is the recursive
Newton-Euler method of Luh, Walker and Paul (1980) in the world's axes.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.envs.linear import solved
from pilotline.policies.reference.balance.matrices import about, product, unturned
from pilotline.policies.reference.balance.tree import Tree

Float = NDArray[np.float64]

GRAVITY = 9.81


@njit(cache=True)
def place_links(t: Tree, q: Float, p: Float, r: Float) -> None:
    """Places p (m, 3) and rotations r (m, 3, 3) of the links at joints q (k,), from r[0], the root at the origin."""
    for i in range(3):
        p[0, i] = 0.0
    for b in range(1, len(t.parent)):
        a = t.parent[b]
        base = product(r[a], t.rot[b])
        r[b] = product(base, about(t.axis[b], q[t.joint[b]]))
        for i in range(3):
            p[b, i] = p[a, i]
            for j in range(3):
                p[b, i] += r[a, i, j] * t.pos[b, j] + (base[i, j] - r[b, i, j]) * t.anchor[b, j]


@njit(cache=True)
def place_hinges(t: Tree, r: Float, lever: Float, axis: Float) -> None:
    """Hinges in the world's axes: from the links' origins (m, 3) m, and unit axes (m, 3)."""
    for b in range(len(t.parent)):
        for i in range(3):
            lever[b, i] = axis[b, i] = 0.0
            for j in range(3):
                lever[b, i] += r[b, i, j] * t.anchor[b, j]
                axis[b, i] += r[b, i, j] * t.axis[b, j]


@njit(cache=True)
def move_links(t: Tree, p: Float, lever: Float, axis: Float, qd: Float, v: Float, w: Float) -> None:
    """Velocities v of the links' origins and w of their turning (m, 3), from w[0] with the root's origin at rest."""
    v[0] = 0.0
    for b in range(1, len(t.parent)):
        a = t.parent[b]
        rate = qd[t.joint[b]]
        for i in range(3):
            w[b, i] = w[a, i] + axis[b, i] * rate
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            sj, sk = p[b, j] + lever[b, j] - p[a, j], p[b, k] + lever[b, k] - p[a, k]
            v[b, i] = v[a, i] + w[a, j] * sk - w[a, k] * sj - w[b, j] * lever[b, k] + w[b, k] * lever[b, j]


@njit(cache=True)
def accelerate(
    t: Tree, p: Float, lever: Float, axis: Float, w: Float, qd: Float, qdd: Float, acc: Float, al: Float
) -> None:
    """Accelerations acc of the links' origins and al of their turning (m, 3), from acc[0] and al[0]; no gravity."""
    for b in range(1, len(t.parent)):
        a, h = t.parent[b], t.joint[b]
        sx, sy, sz = p[b, 0] + lever[b, 0] - p[a, 0], p[b, 1] + lever[b, 1] - p[a, 1], p[b, 2] + lever[b, 2] - p[a, 2]
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            al[b, i] = al[a, i] + axis[b, i] * qdd[h] + (w[a, j] * axis[b, k] - w[a, k] * axis[b, j]) * qd[h]
        s2 = w[a, 0] * sx + w[a, 1] * sy + w[a, 2] * sz
        w2 = w[a, 0] ** 2 + w[a, 1] ** 2 + w[a, 2] ** 2
        c2 = w[b, 0] * lever[b, 0] + w[b, 1] * lever[b, 1] + w[b, 2] * lever[b, 2]
        v2 = w[b, 0] ** 2 + w[b, 1] ** 2 + w[b, 2] ** 2
        acc[b, 0] = acc[a, 0] + al[a, 1] * sz - al[a, 2] * sy + w[a, 0] * s2 - w2 * sx
        acc[b, 1] = acc[a, 1] + al[a, 2] * sx - al[a, 0] * sz + w[a, 1] * s2 - w2 * sy
        acc[b, 2] = acc[a, 2] + al[a, 0] * sy - al[a, 1] * sx + w[a, 2] * s2 - w2 * sz
        acc[b, 0] -= al[b, 1] * lever[b, 2] - al[b, 2] * lever[b, 1] + w[b, 0] * c2 - v2 * lever[b, 0]
        acc[b, 1] -= al[b, 2] * lever[b, 0] - al[b, 0] * lever[b, 2] + w[b, 1] * c2 - v2 * lever[b, 1]
        acc[b, 2] -= al[b, 0] * lever[b, 1] - al[b, 1] * lever[b, 0] + w[b, 2] * c2 - v2 * lever[b, 2]


@njit(cache=True)
def spread(t: Tree, r: Float, arm: Float, inertia: Float) -> None:
    """Links' centres of mass from their origins, arm (m, 3) m, and inertias (m, 3, 3), in the world's axes."""
    for b in range(len(t.parent)):
        half = product(r[b], t.inertia[b])
        inertia[b] = unturned(half, r[b])
        for i in range(3):
            arm[b, i] = r[b, i, 0] * t.com[b, 0] + r[b, i, 1] * t.com[b, 1] + r[b, i, 2] * t.com[b, 2]


@njit(cache=True)
def inverse(
    t: Tree,
    p: Float,
    lever: Float,
    axis: Float,
    arm: Float,
    inertia: Float,
    w: Float,
    qdd: Float,
    acc: Float,
    al: Float,
    force: Float,
    moment: Float,
    torque: Float,
) -> None:
    """Joint torques (k,) of a motion under outer forces (m, 3) N and moments (m, 3) N m about the links' origins.

    `force` and `moment` are used up; their first rows are left holding what is missing at the root (what a free root
    would need from outside).
    """
    for b in range(len(t.parent) - 1, -1, -1):
        cx, cy, cz = arm[b, 0], arm[b, 1], arm[b, 2]
        wx, wy, wz = w[b, 0], w[b, 1], w[b, 2]
        ax, ay, az = al[b, 0], al[b, 1], al[b, 2]
        wc, w2 = wx * cx + wy * cy + wz * cz, wx * wx + wy * wy + wz * wz
        fx = t.mass[b] * (acc[b, 0] + ay * cz - az * cy + wx * wc - w2 * cx)
        fy = t.mass[b] * (acc[b, 1] + az * cx - ax * cz + wy * wc - w2 * cy)
        fz = t.mass[b] * (acc[b, 2] + ax * cy - ay * cx + wz * wc - w2 * cz + GRAVITY)
        i3 = inertia[b]
        hx = i3[0, 0] * wx + i3[0, 1] * wy + i3[0, 2] * wz
        hy = i3[1, 0] * wx + i3[1, 1] * wy + i3[1, 2] * wz
        hz = i3[2, 0] * wx + i3[2, 1] * wy + i3[2, 2] * wz
        sx = i3[0, 0] * ax + i3[0, 1] * ay + i3[0, 2] * az + wy * hz - wz * hy
        sy = i3[1, 0] * ax + i3[1, 1] * ay + i3[1, 2] * az + wz * hx - wx * hz
        sz = i3[2, 0] * ax + i3[2, 1] * ay + i3[2, 2] * az + wx * hy - wy * hx
        moment[b, 0] = sx + cy * fz - cz * fy - moment[b, 0]
        moment[b, 1] = sy + cz * fx - cx * fz - moment[b, 1]
        moment[b, 2] = sz + cx * fy - cy * fx - moment[b, 2]
        force[b, 0] = fx - force[b, 0]
        force[b, 1] = fy - force[b, 1]
        force[b, 2] = fz - force[b, 2]
    for b in range(len(t.parent) - 1, 0, -1):
        a, h = t.parent[b], t.joint[b]
        dx, dy, dz = p[b, 0] - p[a, 0], p[b, 1] - p[a, 1], p[b, 2] - p[a, 2]
        lx, ly, lz = lever[b, 0], lever[b, 1], lever[b, 2]
        fx, fy, fz = force[b, 0], force[b, 1], force[b, 2]
        nx, ny, nz = moment[b, 0], moment[b, 1], moment[b, 2]
        torque[h] = (
            axis[b, 0] * (nx - ly * fz + lz * fy)
            + axis[b, 1] * (ny - lz * fx + lx * fz)
            + axis[b, 2] * (nz - lx * fy + ly * fx)
            + t.armature[h] * qdd[h]
        )
        force[a, 0] += fx
        force[a, 1] += fy
        force[a, 2] += fz
        moment[a, 0] += nx + dy * fz - dz * fy
        moment[a, 1] += ny + dz * fx - dx * fz
        moment[a, 2] += nz + dx * fy - dy * fx


@njit(cache=True)
def leg_jacobian(t: Tree, p: Float, lever: Float, axis: Float, side: int, point: Float) -> Float:
    """Jacobian (6, j), linear then angular, of a point (3,) fixed to a foot, with respect to that leg's joints."""
    out = np.zeros((6, t.leg.shape[1]))
    b = t.foot[side]
    while b > 0:
        for i in range(t.leg.shape[1]):
            if t.leg[side, i] == t.joint[b]:
                ax = point[0] - p[b, 0] - lever[b, 0]
                ay = point[1] - p[b, 1] - lever[b, 1]
                az = point[2] - p[b, 2] - lever[b, 2]
                out[0, i] = axis[b, 1] * az - axis[b, 2] * ay
                out[1, i] = axis[b, 2] * ax - axis[b, 0] * az
                out[2, i] = axis[b, 0] * ay - axis[b, 1] * ax
                out[3, i], out[4, i], out[5, i] = axis[b, 0], axis[b, 1], axis[b, 2]
        b = t.parent[b]
    return out


@njit(cache=True)
def damped_inverse(jac: Float, damping: float) -> Float:
    """(j, 6) that gives the least squares solution of jac (6, j), damped so that straight legs stay finite."""
    k = jac.shape[1]
    gram, back = np.zeros((k, k)), np.empty((k, 6))
    for i in range(k):
        for j in range(k):
            for s in range(6):
                gram[i, j] += jac[s, i] * jac[s, j]
        gram[i, i] += damping
        for s in range(6):
            back[i, s] = jac[s, i]
    return solved(gram, back)
