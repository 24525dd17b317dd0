"""What the body does, from what the robot senses: kinematics, loads under the feet, leg odometry.

The frame has the world's axes and its origin at the root body: nothing here knows where in the world the robot is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.policies.reference.balance import dynamics, matrices
from pilotline.policies.reference.balance.tree import Tree

Float = NDArray[np.float64]

_TRUST = 0.8
"""Share of the gap to the legs' odometry that one control step closes."""
_JUMP_M_S = 0.3
"""No step closes more than this: a foot that slams or slips shows speeds that the body does not have."""
_CALM_RAD_S = 1.5
"""A foot that turns this fast counts half."""
_BARE, _FULL = 0.05, 0.20
"""Shares of the weight under a foot from which, and above which fully, it counts as standing."""
_PRESSED = 0.02
"""Share of the weight above which a foot has a centre of pressure."""


class Body(NamedTuple):
    """n robots, measured; m links, feet right then left.

    Attributes:
      p, r: (n, m, 3) m, (n, m, 3, 3), the links.
      lever, axis: (n, m, 3) m and unit vectors, the links' hinges from their origins.
      v, w: (n, m, 3) velocities with the root's origin at rest, and of turning.
      arm, inertia: (n, m, 3) m, (n, m, 3, 3) kg m^2, the links' centres of mass from their origins.
      com, com_vel: (n, 3) centre of mass, and its velocity over ground.
      root_vel: (n, 3) velocity of the root's origin over ground; what was last estimated, before a measurement.
      sole, sole_rot: (n, 2, 3), (n, 2, 3, 3).
      sole_vel: (n, 2, 6) over ground, linear and angular.
      load: (n, 2) N, vertical force from the ground.
      cop: (n, 2, 3) where the ground's force acts under each foot; the middle of an unloaded sole.
    """

    p: Float
    r: Float
    lever: Float
    axis: Float
    v: Float
    w: Float
    arm: Float
    inertia: Float
    com: Float
    com_vel: Float
    root_vel: Float
    sole: Float
    sole_rot: Float
    sole_vel: Float
    load: Float
    cop: Float


def body(n: int, t: Tree) -> Body:
    """Room for n robots."""
    m = len(t.parent)
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("p", "lever", "axis", "v", "w", "arm"), (m, 3))
    shapes |= {"r": (m, 3, 3), "inertia": (m, 3, 3), "com": (3,), "com_vel": (3,), "root_vel": (3,)}
    shapes |= {"sole": (2, 3), "sole_rot": (2, 3, 3), "sole_vel": (2, 6), "load": (2,), "cop": (2, 3)}
    return Body(**{name: np.zeros((n, *shapes[name])) for name in Body._fields})


@njit(cache=True)
def measure(t: Tree, quat: Float, imu: Float, q: Float, qd: Float, wrench: Float, out: Body) -> None:
    """Fill `out` from the senses of n robots.

    A standing foot turns about its centre of pressure, so the ground's point under it is what stands still: that
    gives the root's velocity even while the foot tips.

    Args:
      quat: (n, 4) of the inertial unit; imu: (n, 6) rad/s and m/s^2 in its frame.
      q, qd: (n, k) rad, rad/s.
      wrench: (n, 12) ankle force and torque, right then left, in the sensors' frames: what the leg does to the foot.
    """
    weight = t.mass.sum() * dynamics.GRAVITY
    for i in range(len(q)):
        p, r, v, w = out.p[i], out.r[i], out.v[i], out.w[i]
        unit = matrices.matrix(quat[i])
        r[0] = 0.0
        for a in range(3):
            r[0, a, a] = 1.0
        if t.imu > 0:
            dynamics.place_links(t, q[i], p, r)
        r[0] = matrices.unturned(unit, matrices.product(r[t.imu], t.imu_rot))
        dynamics.place_links(t, q[i], p, r)
        dynamics.place_hinges(t, r, out.lever[i], out.axis[i])
        dynamics.spread(t, r, out.arm[i], out.inertia[i])
        rate = matrices.turned(unit, imu[i, :3])
        if t.imu > 0:
            w[0] = 0.0
            dynamics.move_links(t, p, out.lever[i], out.axis[i], qd[i], v, w)
            rate = matrices.minus(rate, w[t.imu])
        w[0] = rate
        dynamics.move_links(t, p, out.lever[i], out.axis[i], qd[i], v, w)
        _centre(t, p, v, w, out.arm[i], out.com[i], out.com_vel[i])
        seen, total, grip = np.zeros(3), 0.0, 0.0
        for s in range(2):
            b = t.foot[s]
            out.sole[i, s] = matrices.plus(p[b], matrices.turned(r[b], t.sole[s]))
            out.sole_rot[i, s] = matrices.product(r[b], t.sole_rot[s])
            _press(t, s, weight, p[b], r[b], wrench[i], out.sole[i, s], out.sole_rot[i, s], out.load[i], out.cop[i, s])
            firm = min(max((out.load[i, s] / weight - _BARE) / (_FULL - _BARE), 0.0), 1.0)
            turns = w[b, 0] ** 2 + w[b, 1] ** 2 + w[b, 2] ** 2
            sure = firm / (1.0 + turns / _CALM_RAD_S**2)
            slip = matrices.plus(v[b], matrices.cross(w[b], matrices.minus(out.cop[i, s], p[b])))
            for a in range(3):
                seen[a] -= sure * slip[a]
            total += sure
            grip += firm
        if total > 0.0:
            for a in range(3):
                gap = _TRUST * min(grip, 1.0) * (seen[a] / total - out.root_vel[i, a])
                out.root_vel[i, a] += min(max(gap, -_JUMP_M_S), _JUMP_M_S)
        for s in range(2):
            b = t.foot[s]
            swung = matrices.cross(w[b], matrices.minus(out.sole[i, s], p[b]))
            for a in range(3):
                out.sole_vel[i, s, a] = out.root_vel[i, a] + v[b, a] + swung[a]
                out.sole_vel[i, s, 3 + a] = w[b, a]
        for a in range(3):
            out.com_vel[i, a] += out.root_vel[i, a]


@njit(cache=True)
def _centre(t: Tree, p: Float, v: Float, w: Float, arm: Float, com: Float, com_vel: Float) -> None:
    """Centre of mass and its velocity (3,) with the root's origin at rest."""
    com[:] = 0.0
    com_vel[:] = 0.0
    for b in range(len(t.parent)):
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            com[i] += t.mass[b] * (p[b, i] + arm[b, i])
            com_vel[i] += t.mass[b] * (v[b, i] + w[b, j] * arm[b, k] - w[b, k] * arm[b, j])
    total = t.mass.sum()
    for i in range(3):
        com[i] /= total
        com_vel[i] /= total


@njit(cache=True)
def _press(
    t: Tree, s: int, weight: float, p: Float, r: Float, wrench: Float, sole: Float, rot: Float, load: Float, cop: Float
) -> None:
    """Load (2,) and centre of pressure (3,) of foot s: what it does to the leg, and its own weight."""
    b = t.foot[s]
    sensor = matrices.product(r, t.ankle_rot[s])
    force = matrices.minus(np.zeros(3), matrices.turned(sensor, wrench[6 * s : 6 * s + 3]))
    own = np.array([0.0, 0.0, t.mass[b] * dynamics.GRAVITY])
    load[s] = max(force[2] + own[2], 0.0)
    cop[:] = sole
    f = matrices.turned_back(rot, matrices.plus(force, own))
    if f[2] > _PRESSED * weight:
        # moment of the ground's force about the sole's middle, in the sole's frame: c x f with c on the sole's plane
        lever = matrices.minus(matrices.plus(p, matrices.turned(r, t.ankle[s])), sole)
        heavy = matrices.minus(matrices.plus(p, matrices.turned(r, t.com[b])), sole)
        twist = matrices.minus(
            matrices.plus(matrices.cross(lever, force), matrices.cross(heavy, own)),
            matrices.turned(sensor, wrench[6 * s + 3 : 6 * s + 6]),
        )
        n = matrices.turned_back(rot, twist)
        c = np.zeros(3)
        c[0] = min(max(-n[1] / f[2], -t.half[s, 0]), t.half[s, 0])
        c[1] = min(max(n[0] / f[2], -t.half[s, 1]), t.half[s, 1])
        cop[:] = matrices.plus(sole, matrices.turned(rot, c))
