"""Rigid-body kinematics and inverse dynamics of one robot: plain loops for numba, no row knows of another.

Everything is in a frame with the world's axes and its origin at the root body. Recursive Newton-Euler after Luh,
Walker and Paul (1980), in world axes.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.policies.reference.balance.tree import Tree

Float = NDArray[np.float64]

GRAVITY = 9.81


@njit(cache=True)
def cross(a: Float, b: Float) -> Float:
    """Vector product, (3,)."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


@njit(cache=True)
def turned(r: Float, v: Float) -> Float:
    """r @ v for (3, 3) and (3,)."""
    return np.array(
        [
            r[0, 0] * v[0] + r[0, 1] * v[1] + r[0, 2] * v[2],
            r[1, 0] * v[0] + r[1, 1] * v[1] + r[1, 2] * v[2],
            r[2, 0] * v[0] + r[2, 1] * v[1] + r[2, 2] * v[2],
        ]
    )


@njit(cache=True)
def turned_back(r: Float, v: Float) -> Float:
    """r.T @ v for (3, 3) and (3,)."""
    return np.array(
        [
            r[0, 0] * v[0] + r[1, 0] * v[1] + r[2, 0] * v[2],
            r[0, 1] * v[0] + r[1, 1] * v[1] + r[2, 1] * v[2],
            r[0, 2] * v[0] + r[1, 2] * v[1] + r[2, 2] * v[2],
        ]
    )


@njit(cache=True)
def product(a: Float, b: Float) -> Float:
    """a @ b for (3, 3)."""
    out = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]
    return out


@njit(cache=True)
def about(u: Float, angle: float) -> Float:
    """Rotation matrix about the unit axis u."""
    c, s = np.cos(angle), np.sin(angle)
    d = 1.0 - c
    out = np.empty((3, 3))
    out[0, 0] = c + u[0] * u[0] * d
    out[0, 1] = u[0] * u[1] * d - u[2] * s
    out[0, 2] = u[0] * u[2] * d + u[1] * s
    out[1, 0] = u[1] * u[0] * d + u[2] * s
    out[1, 1] = c + u[1] * u[1] * d
    out[1, 2] = u[1] * u[2] * d - u[0] * s
    out[2, 0] = u[2] * u[0] * d - u[1] * s
    out[2, 1] = u[2] * u[1] * d + u[0] * s
    out[2, 2] = c + u[2] * u[2] * d
    return out


@njit(cache=True)
def matrix(q: Float) -> Float:
    """Rotation matrix of a quaternion w x y z."""
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
    """Axis times angle of a rotation matrix; angles below pi."""
    v = 0.5 * np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    s = np.sqrt(v[0] ** 2 + v[1] ** 2 + v[2] ** 2)
    c = 0.5 * (r[0, 0] + r[1, 1] + r[2, 2] - 1.0)
    if s < 1e-9:
        return v
    return v * (np.arctan2(s, c) / s)


@njit(cache=True)
def pose(t: Tree, r0: Float, q: Float) -> tuple[Float, Float]:
    """Places (m, 3) and rotations (m, 3, 3) of the links, the root at the origin with rotation r0."""
    m = len(t.parent)
    p, r = np.zeros((m, 3)), np.empty((m, 3, 3))
    r[0] = r0
    for b in range(1, m):
        a = t.parent[b]
        base = product(r[a], t.rot[b])
        r[b] = product(base, about(t.axis[b], q[t.joint[b]]))
        p[b] = p[a] + turned(r[a], t.pos[b]) + turned(base, t.anchor[b]) - turned(r[b], t.anchor[b])
    return p, r


@njit(cache=True)
def motion(t: Tree, p: Float, r: Float, w0: Float, qd: Float) -> tuple[Float, Float]:
    """Velocities (m, 3) of link origins and angular velocities (m, 3), the root's origin at rest, turning with w0."""
    m = len(t.parent)
    v, w = np.zeros((m, 3)), np.zeros((m, 3))
    w[0] = w0
    for b in range(1, m):
        a = t.parent[b]
        u = turned(r[b], t.axis[b])
        w[b] = w[a] + u * qd[t.joint[b]]
        c = turned(r[b], t.anchor[b])
        v[b] = v[a] + cross(w[a], p[b] + c - p[a]) - cross(w[b], c)
    return v, w


@njit(cache=True)
def centre(t: Tree, p: Float, r: Float, v: Float, w: Float) -> tuple[Float, Float, float]:
    """Centre of mass (3,), its velocity (3,) and the total mass."""
    c, cd, total = np.zeros(3), np.zeros(3), 0.0
    for b in range(len(t.parent)):
        o = turned(r[b], t.com[b])
        c += t.mass[b] * (p[b] + o)
        cd += t.mass[b] * (v[b] + cross(w[b], o))
        total += t.mass[b]
    return c / total, cd / total, total


@njit(cache=True)
def accelerations(t: Tree, p: Float, r: Float, w: Float, a0: Float, al0: Float, qd: Float, qdd: Float) -> tuple[Float, Float]:
    """Accelerations of link origins (m, 3) and angular accelerations (m, 3), gravity left out."""
    m = len(t.parent)
    acc, al = np.zeros((m, 3)), np.zeros((m, 3))
    acc[0], al[0] = a0, al0
    for b in range(1, m):
        a, j = t.parent[b], t.joint[b]
        u = turned(r[b], t.axis[b])
        al[b] = al[a] + u * qdd[j] + cross(w[a], u) * qd[j]
        c = turned(r[b], t.anchor[b])
        s = p[b] + c - p[a]
        hinge = acc[a] + cross(al[a], s) + cross(w[a], cross(w[a], s))
        acc[b] = hinge - cross(al[b], c) - cross(w[b], cross(w[b], c))
    return acc, al


@njit(cache=True)
def inverse(
    t: Tree, p: Float, r: Float, w: Float, acc: Float, al: Float, qdd: Float, push: Float, twist: Float
) -> tuple[Float, Float, Float]:
    """Joint torques (k,), and force and moment (3,) about the root's origin still missing at the root.

    Args:
      push, twist: (m, 3) N and N m, outer force on each link and its moment about the link's origin.
    """
    m = len(t.parent)
    f, n = np.zeros((m, 3)), np.zeros((m, 3))
    torque = np.zeros(len(t.armature))
    for b in range(m - 1, -1, -1):
        o = turned(r[b], t.com[b])
        ac = acc[b] + cross(al[b], o) + cross(w[b], cross(w[b], o))
        g = np.array([ac[0], ac[1], ac[2] + GRAVITY]) * t.mass[b]
        wl, all_ = turned_back(r[b], w[b]), turned_back(r[b], al[b])
        spin = turned(r[b], turned(t.inertia[b], all_) + cross(wl, turned(t.inertia[b], wl)))
        f[b] += g - push[b]
        n[b] += spin + cross(o, g) - twist[b]
        if b > 0:
            a, j = t.parent[b], t.joint[b]
            c = turned(r[b], t.anchor[b])
            u = turned(r[b], t.axis[b])
            about_hinge = n[b] - cross(c, f[b])
            torque[j] = u[0] * about_hinge[0] + u[1] * about_hinge[1] + u[2] * about_hinge[2] + t.armature[j] * qdd[j]
            f[a] += f[b]
            n[a] += n[b] + cross(p[b] - p[a], f[b])
    return torque, f[0], n[0]


@njit(cache=True)
def leg_jacobian(t: Tree, p: Float, r: Float, side: int, point: Float) -> Float:
    """Jacobian (6, j) of a point fixed to a foot with respect to that leg's joints: linear, then angular."""
    k = t.leg.shape[1]
    out = np.zeros((6, k))
    b = t.foot[side]
    while b > 0:
        for i in range(k):
            if t.leg[side, i] == t.joint[b]:
                u = turned(r[b], t.axis[b])
                arm = point - p[b] - turned(r[b], t.anchor[b])
                out[:3, i] = cross(u, arm)
                out[3:, i] = u
        b = t.parent[b]
    return out


@njit(cache=True)
def damped_solution(jac: Float, wanted: Float, damping: float) -> Float:
    """Least squares x (j,) of jac (6, j) x = wanted (6,), damped by `damping` so that straight legs stay finite."""
    k = jac.shape[1]
    gram, right = np.zeros((k, k)), np.zeros(k)
    for i in range(k):
        for j in range(i + 1):
            total = 0.0
            for s in range(6):
                total += jac[s, i] * jac[s, j]
            gram[i, j] = total
            gram[j, i] = total
        gram[i, i] += damping
        for s in range(6):
            right[i] += jac[s, i] * wanted[s]
    return np.linalg.solve(gram, right)
