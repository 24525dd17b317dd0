"""From wanted motion to ground forces that the soles can give, joint torques and servo targets."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.policies.reference.balance import dynamics
from pilotline.policies.reference.balance.estimate import Body
from pilotline.policies.reference.balance.tree import Tree

Float = NDArray[np.float64]

_DAMPING = 3e-4
"""Of the legs' inverse, m^2 on squared Jacobians: a straight knee asks for no endless acceleration."""


@njit(cache=True)
def leg_accelerations(t: Tree, body: Body, a0: Float, al0: Float, qd: Float, feet: Float) -> Float:
    """Joint accelerations (k,) that give the soles the accelerations `feet` (2, 6) when the root has a0, al0."""
    still = np.zeros(len(qd))
    acc, al = dynamics.accelerations(t, body.p, body.r, body.w, a0, al0, qd, still)
    out = np.zeros(len(qd))
    for s in range(2):
        b = t.foot[s]
        arm = body.sole[s] - body.p[b]
        wanted = feet[s].copy()
        wanted[:3] -= acc[b] + dynamics.cross(al[b], arm) + dynamics.cross(body.w[b], dynamics.cross(body.w[b], arm))
        wanted[3:] -= al[b]
        solved = dynamics.damped_solution(
            dynamics.leg_jacobian(t, body.p, body.r, s, body.sole[s]), wanted, _DAMPING
        )
        for i in range(t.leg.shape[1]):
            out[t.leg[s, i]] = solved[i]
    return out


@njit(cache=True)
def _needed(t: Tree, body: Body, a0: Float, al0: Float, qd: Float, feet: Float) -> tuple[Float, Float, Float]:
    """Joint accelerations, and the force and moment about the root's origin that the ground has to give."""
    qdd = leg_accelerations(t, body, a0, al0, qd, feet)
    acc, al = dynamics.accelerations(t, body.p, body.r, body.w, a0, al0, qd, qdd)
    none = np.zeros_like(body.p)
    _, force, moment = dynamics.inverse(t, body.p, body.r, body.w, acc, al, qdd, none, none)
    return qdd, force, moment


_FLATTENS_M = 0.3
"""By how much the usable sole shrinks towards the far edge per rad that a foot tips (m/rad)."""


@njit(cache=True)
def clip_to_sole(body: Body, half: Float, s: int, point: Float) -> Float:
    """The point of sole s nearest to a point near its plane, (3,); a foot that tips keeps off the edge it tips about."""
    x = dynamics.turned_back(body.sole_rot[s], point - body.sole[s])
    for a in range(2):
        tip = body.sole_rot[s, 2, a]  # > 0: the sole's +x or +y side is up
        low = -half[s, a] + min(_FLATTENS_M * max(tip, 0.0), half[s, a])
        high = half[s, a] - min(_FLATTENS_M * max(-tip, 0.0), half[s, a])
        x[a] = min(max(x[a], low), high)
    x[2] = 0.0
    return body.sole[s] + dynamics.turned(body.sole_rot[s], x)


@njit(cache=True)
def _rubbing(force: Float, friction: float) -> Float:
    """The force with as much of its horizontal part as friction bears, and always some push on the floor."""
    lift = max(force[2], 1.0)
    side = np.sqrt(force[0] ** 2 + force[1] ** 2)
    keep = min(1.0, friction * lift / max(side, 1e-9))
    return np.array([force[0] * keep, force[1] * keep, lift])


@njit(cache=True)
def share(
    body: Body,
    half: Float,
    stance: NDArray[np.bool_],
    force: Float,
    moment: Float,
    friction: float,
    upright: float,
) -> tuple[Float, Float]:
    """Ground forces (2, 3) and their points (2, 3) that come nearest to a force and a moment about the origin.

    Args:
      upright: 0..1, how much of the moment that is out of the soles' reach about the centre of mass is made up for
        by changing the horizontal force: 0 keeps the centre of mass on its way, 1 keeps the body's turning.
    """
    f = _rubbing(force, friction)
    points = body.sole.copy()
    forces = np.zeros((2, 3))
    weights = np.zeros(2)
    floor = 0.0
    count = 0.0
    for s in range(2):
        if stance[s]:
            weights[s] = 1.0
            floor += body.cop[s, 2]
            count += 1.0
    floor /= count
    # moment = c x f with c_z on the floor
    wanted = np.array([(f[0] * floor - moment[1]) / f[2], (moment[0] + f[1] * floor) / f[2], floor])
    if count < 1.5:
        s = 0 if stance[0] else 1
        points[s] = clip_to_sole(body, half, s, wanted)
    else:
        way = body.sole[1] - body.sole[0]
        length = max(way[0] ** 2 + way[1] ** 2, 1e-6)
        left = ((wanted[0] - body.sole[0, 0]) * way[0] + (wanted[1] - body.sole[0, 1]) * way[1]) / length
        left = min(max(left, 0.0), 1.0)
        weights[0], weights[1] = 1.0 - left, left
        for _ in range(4):
            miss = wanted - weights[0] * points[0] - weights[1] * points[1]
            for s in range(2):
                points[s] = clip_to_sole(body, half, s, points[s] + miss)
    at = weights[0] * points[0] + weights[1] * points[1]
    short = moment - dynamics.cross(body.com, force) - dynamics.cross(at - body.com, f)
    high = max(body.com[2] - at[2], 0.1)
    f[0] -= upright * short[1] / high
    f[1] += upright * short[0] / high
    f = _rubbing(f, friction)
    for s in range(2):
        forces[s] = f * weights[s]
    return forces, points


@njit(cache=True)
def _lever(body: Body, half: Float, s: int, point: Float) -> float:
    """Mean distance (m) of a sole's corners from its centre of pressure, as they bear load: what twists on friction."""
    x = dynamics.turned_back(body.sole_rot[s], point - body.sole[s])
    fore = min(max(0.5 + 0.5 * x[0] / half[s, 0], 0.0), 1.0)
    left = min(max(0.5 + 0.5 * x[1] / half[s, 1], 0.0), 1.0)
    mean = 0.0
    for i in range(4):
        cx = half[s, 0] if i < 2 else -half[s, 0]
        cy = half[s, 1] if i % 2 == 0 else -half[s, 1]
        bears = (fore if i < 2 else 1.0 - fore) * (left if i % 2 == 0 else 1.0 - left)
        mean += bears * np.sqrt((x[0] - cx) ** 2 + (x[1] - cy) ** 2)
    return mean


@njit(cache=True)
def torques(
    t: Tree,
    body: Body,
    half: Float,
    qd: Float,
    stance: NDArray[np.bool_],
    com_acc: Float,
    turn_acc: Float,
    feet: Float,
    edge: Float,
    friction: float,
    upright: float,
    grip: float,
) -> tuple[Float, Float, Float]:
    """Joint torques and accelerations (k,) and the ground forces (2, 3) of a wanted motion.

    Args:
      com_acc: (3,) m/s^2, of the centre of mass. turn_acc: (3,) rad/s^2, of the root.
      feet: (2, 6) of the soles, m/s^2 and rad/s^2.
    """
    # what the ground must give is affine in the root's acceleration: six probes give its slope
    base, slope = np.zeros(6), np.zeros((6, 6))
    _, force, moment = _needed(t, body, base[:3], base[3:], qd, feet)
    base[:3], base[3:] = force, moment
    for i in range(6):
        probe = np.zeros(6)
        probe[i] = 1.0
        _, force, moment = _needed(t, body, probe[:3], probe[3:], qd, feet)
        slope[:3, i] = force - base[:3]
        slope[3:, i] = moment - base[3:]
    goal = body.mass * (com_acc + np.array([0.0, 0.0, dynamics.GRAVITY]))
    a0 = np.linalg.solve(slope[:3, :3].copy(), goal - base[:3] - np.dot(slope[:3, 3:].copy(), turn_acc))
    moment = base[3:] + np.dot(slope[3:, :3].copy(), a0) + np.dot(slope[3:, 3:].copy(), turn_acc)
    forces, points = share(body, half - edge, stance, goal, moment, friction, upright)
    given = -base
    push, twist = np.zeros_like(body.p), np.zeros_like(body.p)
    for s in range(2):
        b = t.foot[s]
        push[b] = forces[s]
        twist[b] = dynamics.cross(points[s] - body.p[b], forces[s])
        given[:3] += forces[s]
        given[3:] += dynamics.cross(points[s], forces[s])
    spin = moment[2] - given[5] - base[5]
    for s in range(2):
        share_of = forces[s, 2] / (forces[0, 2] + forces[1, 2])
        most = grip * friction * forces[s, 2] * _lever(body, half, s, points[s])
        twisted = min(max(spin * share_of, -most), most)
        twist[t.foot[s], 2] += twisted
        given[5] += twisted
    root = np.linalg.solve(slope, given)
    qdd = leg_accelerations(t, body, root[:3], root[3:], qd, feet)
    acc, al = dynamics.accelerations(t, body.p, body.r, body.w, root[:3].copy(), root[3:].copy(), qd, qdd)
    torque, _, _ = dynamics.inverse(t, body.p, body.r, body.w, acc, al, qdd, push, twist)
    return torque, qdd, forces


@njit(cache=True)
def targets(
    torque: Float,
    qdd: Float,
    q: Float,
    qd: Float,
    led: Float,
    stiffness: Float,
    inertia: Float,
    stays: Float,
    drifts: Float,
    period: float,
) -> Float:
    """Positions (k,) rad for servos that hold them for one period.

    A joint is taken for a mass on its servo's spring and damper under a constant other load, which is what the wanted
    torque and acceleration leave over. A servo too soft to get far in one period is asked for the torque; one that
    settles within it goes where the motion leads (`led`, (k,) rad, at the period's end).

    Args:
      stays, drifts: (k,) and s, what a start of 1 rad and 1 rad/s off the end of the settling leaves of itself.
    """
    out = np.empty_like(torque)
    for j in range(len(torque)):
        a = stays[j]
        free = q[j] + period * qd[j] + 0.5 * period**2 * qdd[j]
        end = a * free + (1.0 - a) * led[j]
        settled = (end - a * q[j] - drifts[j] * qd[j]) / (1.0 - a)
        out[j] = settled - (inertia[j] * qdd[j] - torque[j]) / stiffness[j]
    return out


def response(inertia: Float, stiffness: Float, damping: Float, period: float) -> tuple[Float, Float]:
    """Of I x'' = -kp x - kv x': x after `period` from x = 1 at rest, and from x = 0 at speed 1 (s)."""
    root = np.sqrt(damping**2 - 4.0 * inertia * stiffness + 0j)
    root = np.where(np.abs(root) < 1e-6 * damping, 1e-6 * damping, root)
    fast, slow = (-damping - root) / (2.0 * inertia), (-damping + root) / (2.0 * inertia)
    ef, es = np.exp(fast * period), np.exp(slow * period)
    return ((slow * ef - fast * es) / (slow - fast)).real.copy(), ((es - ef) / (slow - fast)).real.copy()
