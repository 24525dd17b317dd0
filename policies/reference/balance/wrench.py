"""From wanted motion to ground forces that the soles can give, and the joint torques of both."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.envs.linear import solved
from pilotline.policies.reference.balance import dynamics, matrices
from pilotline.policies.reference.balance.estimate import Body
from pilotline.policies.reference.balance.orders import Orders
from pilotline.policies.reference.balance.tree import Tree
from pilotline.policies.reference.balance.tuning import Tuning

Float = NDArray[np.float64]

_DAMPING = 3e-4
"""Of the legs' inverse, m^2 on squared Jacobians: a straight knee asks for no endless acceleration."""
_FLATTENS_M = 0.3
"""By how much the usable sole shrinks towards the far edge per rad that a foot tips (m/rad)."""


@njit(cache=True)
def clip_to_sole(t: Tree, body: Body, i: int, s: int, share: Float, point: Float) -> Float:
    """The point of the usable sole s nearest to a point near its plane, (3,).

    A foot that tips keeps off the edge it tips about. `share` (2,) of the sole's half lengths is usable.
    """
    rot = body.sole_rot[i, s]
    x = matrices.turned_back(rot, matrices.minus(point, body.sole[i, s]))
    for a in range(2):
        half = t.half[s, a]
        tip = _FLATTENS_M * rot[2, a]  # > 0: the sole's far side in +x or +y is up
        x[a] = min(max(x[a], -share[a] * half + min(max(tip, 0.0), half)), share[a] * half - min(max(-tip, 0.0), half))
    x[2] = 0.0
    return matrices.plus(body.sole[i, s], matrices.turned(rot, x))


@njit(cache=True)
def rubbing(force: Float, friction: float) -> Float:
    """The force (3,) with as much of its horizontal part as friction bears, and always some push on the floor."""
    lift = max(force[2], 1.0)
    keep = min(1.0, friction * lift / max(np.sqrt(force[0] ** 2 + force[1] ** 2), 1e-9))
    return np.array([force[0] * keep, force[1] * keep, lift])


@njit(cache=True)
def share_out(
    t: Tree, body: Body, i: int, stance: NDArray[np.bool_], force: Float, moment: Float, k: Tuning
) -> tuple[Float, Float]:
    """Ground forces (2, 3) N and their points (2, 3) m nearest to a force and a moment (3,) about the origin.

    The force's line is moved to where the soles reach. The moment about the centre of mass that this costs is made up
    for, by `k.upright` of it, with the horizontal force: 0 keeps the centre of mass on its way, 1 the trunk upright.
    """
    usable = np.array([k.use_x, k.use_y])
    f = rubbing(force, k.friction)
    points, weights, floor = body.sole[i].copy(), np.zeros(2), 0.0
    for s in range(2):
        weights[s] = 1.0 if stance[s] else 0.0
        floor += weights[s] * body.cop[i, s, 2]
    floor /= weights.sum()
    # moment = c x f with c on the floor
    wanted = np.array([(f[0] * floor - moment[1]) / f[2], (moment[0] + f[1] * floor) / f[2], floor])
    if stance[0] and stance[1]:
        way = points[1] - points[0]
        along = (wanted[0] - points[0, 0]) * way[0] + (wanted[1] - points[0, 1]) * way[1]
        weights[1] = min(max(along / max(way[0] ** 2 + way[1] ** 2, 1e-6), 0.0), 1.0)
        weights[0] = 1.0 - weights[1]
    at, miss = np.zeros(3), np.zeros(3)
    for turn in range(5):
        for a in range(3):
            at[a] = weights[0] * points[0, a] + weights[1] * points[1, a]
            miss[a] = wanted[a] - at[a]
        for s in range(2):
            if stance[s] and turn < 4:
                points[s] = clip_to_sole(t, body, i, s, usable, matrices.plus(points[s], miss))
    had = matrices.cross(matrices.minus(at, body.com[i]), f)
    short = matrices.minus(matrices.minus(moment, matrices.cross(body.com[i], force)), had)
    high = max(body.com[i, 2] - at[2], 0.1)
    f[0] -= k.upright * short[1] / high
    f[1] += k.upright * short[0] / high
    f = rubbing(f, k.friction)
    forces = np.zeros((2, 3))
    for s in range(2):
        for a in range(3):
            forces[s, a] = weights[s] * f[a]
    return forces, points


@njit(cache=True)
def twisting_lever(t: Tree, body: Body, i: int, s: int, point: Float) -> float:
    """Mean distance (m) of a sole's corners from its centre of pressure, as they bear load: what twists on friction."""
    x = matrices.turned_back(body.sole_rot[i, s], matrices.minus(point, body.sole[i, s]))
    fore = min(max(0.5 + 0.5 * x[0] / t.half[s, 0], 0.0), 1.0)
    left = min(max(0.5 + 0.5 * x[1] / t.half[s, 1], 0.0), 1.0)
    mean = 0.0
    for c in range(4):
        ahead, beside = c < 2, c % 2 == 0
        dx = x[0] - (t.half[s, 0] if ahead else -t.half[s, 0])
        dy = x[1] - (t.half[s, 1] if beside else -t.half[s, 1])
        bears = (fore if ahead else 1.0 - fore) * (left if beside else 1.0 - left)
        mean += bears * np.sqrt(dx * dx + dy * dy)
    return mean


@njit(cache=True)
def solve(t: Tree, body: Body, qd: Float, orders: Orders, k: Tuning, torque: Float, qdd: Float) -> None:
    """Joint torques and accelerations (n, k) of n robots that come nearest to their orders.

    What the ground must give is affine in the root's acceleration once the soles' accelerations are settled: six
    probes give its slope. From the ground's best answer follows what the root will do, and from that the joints.
    """
    m, mass = len(t.parent), t.mass.sum()
    acc, al, force, moment = np.zeros((m, 3)), np.zeros((m, 3)), np.zeros((m, 3)), np.zeros((m, 3))
    points, forces = np.zeros((2, 3)), np.zeros((2, 3))
    legs = np.zeros((2, t.leg.shape[1], 6))
    none, base, slope, root = np.zeros(qd.shape[1]), np.zeros(6), np.zeros((6, 6)), np.zeros(6)
    twist = np.zeros(2)
    for i in range(len(qd)):
        p, lever, axis, w = body.p[i], body.lever[i], body.axis[i], body.w[i]
        for s in range(2):
            jac = dynamics.leg_jacobian(t, p, lever, axis, s, body.sole[i, s])
            legs[s] = dynamics.damped_inverse(jac, _DAMPING)
        for probe in range(8):
            root[:] = 0.0
            if 0 < probe < 7:
                root[probe - 1] = 1.0
            force[:] = 0.0
            moment[:] = 0.0
            moment[0, 0] = -mass * dynamics.GRAVITY * orders.burden[i, 1]
            moment[0, 1] = mass * dynamics.GRAVITY * orders.burden[i, 0]
            if probe == 7:
                root[:] = _answer(t, body, i, orders, k, mass, base, slope, forces, points, twist)
                for s in range(2):
                    b = t.foot[s]
                    force[b] = forces[s]
                    moment[b] = matrices.cross(matrices.minus(points[s], p[b]), forces[s])
                    moment[b, 2] += twist[s]
            acc[0], al[0] = root[:3], root[3:]
            dynamics.accelerate(t, p, lever, axis, w, qd[i], none, acc, al)
            _swing_legs(t, body, i, legs, orders.feet[i], acc, al, qdd[i])
            dynamics.accelerate(t, p, lever, axis, w, qd[i], qdd[i], acc, al)
            dynamics.inverse(
                t, p, lever, axis, body.arm[i], body.inertia[i], w, qdd[i], acc, al, force, moment, torque[i]
            )
            for a in range(3):
                if probe == 0:
                    base[a], base[3 + a] = force[0, a], moment[0, a]
                elif probe < 7:
                    slope[a, probe - 1] = force[0, a] - base[a]
                    slope[3 + a, probe - 1] = moment[0, a] - base[3 + a]


@njit(cache=True)
def _swing_legs(t: Tree, body: Body, i: int, legs: Float, feet: Float, acc: Float, al: Float, qdd: Float) -> None:
    """Joint accelerations (k,) of the legs that give the soles theirs, over what still joints would give them."""
    qdd[:] = 0.0
    wanted = np.zeros(6)
    for s in range(2):
        b = t.foot[s]
        d, w = matrices.minus(body.sole[i, s], body.p[i, b]), body.w[i, b]
        wd, w2 = w[0] * d[0] + w[1] * d[1] + w[2] * d[2], w[0] ** 2 + w[1] ** 2 + w[2] ** 2
        swung = matrices.cross(al[b], d)
        for a in range(3):
            wanted[a] = feet[s, a] - acc[b, a] - swung[a] - w[a] * wd + w2 * d[a]
            wanted[3 + a] = feet[s, 3 + a] - al[b, a]
        for j in range(t.leg.shape[1]):
            for a in range(6):
                qdd[t.leg[s, j]] += legs[s, j, a] * wanted[a]


@njit(cache=True)
def _answer(
    t: Tree,
    body: Body,
    i: int,
    orders: Orders,
    k: Tuning,
    mass: float,
    base: Float,
    slope: Float,
    forces: Float,
    points: Float,
    twist: Float,
) -> Float:
    """The root's acceleration (6,) under the ground's best answer, which is written to `forces`, `points`, `twist`."""
    goal, left, top = np.empty(3), np.empty((3, 1)), np.empty((3, 3))
    for a in range(3):
        goal[a] = mass * (orders.com_acc[i, a] + (dynamics.GRAVITY if a == 2 else 0.0))
        left[a, 0] = goal[a] - base[a]
        for c in range(3):
            left[a, 0] -= slope[a, 3 + c] * orders.turn_acc[i, c]
            top[a, c] = slope[a, c]
    move = solved(top, left)
    moment = np.empty(3)
    for a in range(3):
        moment[a] = base[3 + a]
        for c in range(3):
            moment[a] += slope[3 + a, c] * move[c, 0] + slope[3 + a, 3 + c] * orders.turn_acc[i, c]
    forces[:], points[:] = share_out(t, body, i, orders.stance[i], goal, moment, k)
    given = np.empty((6, 1))
    for a in range(6):
        given[a, 0] = -base[a]
    for s in range(2):
        turns = matrices.cross(points[s], forces[s])
        for a in range(3):
            given[a, 0] += forces[s, a]
            given[3 + a, 0] += turns[a]
    spin = moment[2] - given[5, 0] - base[5]
    lift = forces[0, 2] + forces[1, 2]
    for a in range(2):
        orders.pressed[i, a] = (forces[0, 2] * points[0, a] + forces[1, 2] * points[1, a]) / lift
    for s in range(2):
        most = k.grip * k.friction * forces[s, 2] * twisting_lever(t, body, i, s, points[s])
        twist[s] = min(max(spin * forces[s, 2] / lift, -most), most)
        given[5, 0] += twist[s]
    return solved(slope, given)[:, 0]
