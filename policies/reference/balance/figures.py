"""Figures of one robot that balance needs: its usual stance, the reach of its legs, and how its servos answer."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.policies.reference.balance import dynamics, matrices
from pilotline.policies.reference.balance.capture import Reach
from pilotline.policies.reference.balance.servo import response
from pilotline.policies.reference.balance.tree import Tree
from pilotline.policies.reference.balance.tuning import Tuning

Float = NDArray[np.float64]

_STRETCH = 0.965
"""Share of the straight leg's length that a leg is planned to use."""
_AHEAD, _FAR = 0.65, 0.85
"""Shares of the leg's length that a step goes ahead or back, and sideways from the other foot."""
_NEAR = 0.8
"""Share of the home stance's width that feet keep between them."""
_SETTLED_M = 2e-3
_CROUCH, _BENT_RAD = 0.85, 0.3
"""Share of home height, and bend of joints near their limits, from which stances are searched."""
_DAMPING = 1e-4


class Figures(NamedTuple):
    """k driven joints, feet right then left.

    Attributes:
      height: m, of the root over the soles. stance: (k,) rad, joints of the usual stance, the rest at home.
      reach: of a step.
      hip: (2, 3) m, middle of the hip's joints from the root. length: m, how far from it a foot is planned to be.
      is_leg: (k,).
      stiffness, limit: (k,) N m/rad, N m.
      held, held_stays, held_drifts: (k,) inertia that a standing joint moves, kg m^2, and its `servo.response`.
      free, free_stays, free_drifts: the same of a joint that moves what hangs on it.
    """

    height: float
    stance: Float
    reach: Reach
    hip: Float
    length: float
    is_leg: NDArray[np.bool_]
    stiffness: Float
    limit: Float
    held: Float
    held_stays: Float
    held_drifts: Float
    free: Float
    free_stays: Float
    free_drifts: Float


def figures(
    t: Tree,
    home: Float,
    ranges: Float,
    limit: Float,
    stiffness: Float,
    damping: Float,
    period: float,
    k: Tuning,
) -> Figures:
    """Figures of the robot with link tree t, joints at home (k,) rad within their ranges (k, 2), and servos."""
    sole, com = _standing(t, home)
    height = -0.5 * float(sole[0, 2] + sole[1, 2])
    rate = np.sqrt(dynamics.GRAVITY / (com[2] + height))
    own = float(sole[1, 1] - sole[0, 1])
    # the capture point of a sideways push must stay between the outer edges
    wide = max(own, 2.0 * (k.side_push_m_s / rate - k.use_y * t.half[0, 1] + k.trigger_m))
    middle = 0.5 * (sole[0, 0] + sole[1, 0])
    spots = np.array([[middle, -0.5 * wide, -height], [middle, 0.5 * wide, -height]])
    bent, _ = place_soles(t, _off_limits(home, ranges, t), spots * (1.0, 1.0, _CROUCH), 100)
    hip, straight = _straight_legs(t, bent, spots)
    height = min(height, _reached(t, bent, hip[0], _STRETCH * straight))
    spots[:, 2] = -height
    stance, missed = place_soles(t, bent, spots, 100)
    if missed > _SETTLED_M:
        raise ValueError(
            f"balance: no stance {wide:.3f} m wide at height {height:.3f} m, soles miss it by {missed:.3f} m"
        )
    held, free = inertias(t, stance)
    held_stays, held_drifts = response(held, stiffness, damping, period)
    free_stays, free_drifts = response(free, stiffness, damping, period)
    is_leg = np.zeros(len(home), np.bool_)
    is_leg[t.leg.ravel()] = True
    return Figures(
        height=height,
        stance=stance,
        reach=Reach(
            ahead=_AHEAD * straight,
            near=max(_NEAR * own, 2.2 * float(t.half[0, 1])),
            far=_FAR * straight,
            nominal=wide,
            speed=k.speed_m_s,
            half=t.half[0].copy(),
            aim=k.aim,
            spare=k.spare_m,
        ),
        hip=hip,
        length=_STRETCH * straight,
        is_leg=is_leg,
        stiffness=stiffness,
        limit=limit,
        held=held,
        held_stays=held_stays,
        held_drifts=held_drifts,
        free=free,
        free_stays=free_stays,
        free_drifts=free_drifts,
    )


def _off_limits(home: Float, ranges: Float, t: Tree) -> Float:
    """Home with straight knees bent a little the way they bend: no leg joint near an end of a wide range."""
    q, legs = home.copy(), t.leg.ravel()
    low, high = ranges[legs].T
    inner = np.minimum(_BENT_RAD, 0.25 * (high - low))
    q[legs] = np.clip(home[legs], low + inner, high - inner)
    return q


def _reached(t: Tree, q: Float, hip: Float, length: float) -> float:
    """Height (m) over the soles of a root whose right foot, where q puts it, is `length` from the hip."""
    p, r = _poses(t, q)
    foot = p[t.foot[0]]
    sole = foot + matrices.turned(r[t.foot[0]], t.sole[0])
    flat = foot[:2] - hip[:2]
    return float(np.sqrt(length**2 - (flat * flat).sum()) - hip[2] + foot[2] - sole[2])


@njit(cache=True)
def place_soles(t: Tree, q: Float, spots: Float, rounds: int) -> tuple[Float, float]:
    """Joints (k,), legs changed, that put the soles flat at spots (2, 3) m below a level root, and what is missed, m.

    Damped Gauss-Newton from q.
    """
    q = q.copy()
    m = len(t.parent)
    p, r, lever, axis = np.zeros((m, 3)), np.zeros((m, 3, 3)), np.zeros((m, 3)), np.zeros((m, 3))
    r[0] = np.eye(3)
    wanted, missed = np.zeros(6), 0.0
    for i in range(rounds + 1):
        dynamics.place_links(t, q, p, r)
        dynamics.place_hinges(t, r, lever, axis)
        missed = 0.0
        for s in range(2):
            b = t.foot[s]
            at = matrices.plus(p[b], matrices.turned(r[b], t.sole[s]))
            turn = matrices.rotation_vector(matrices.product(r[b], t.sole_rot[s]))
            for a in range(3):
                wanted[a], wanted[3 + a] = spots[s, a] - at[a], -turn[a]
            missed = max(missed, np.sqrt(wanted[0] ** 2 + wanted[1] ** 2 + wanted[2] ** 2))
            if i < rounds:
                back = dynamics.damped_inverse(dynamics.leg_jacobian(t, p, lever, axis, s, at), _DAMPING)
                for j in range(t.leg.shape[1]):
                    step = 0.0
                    for a in range(6):
                        step += back[j, a] * wanted[a]
                    q[t.leg[s, j]] += min(max(step, -0.3), 0.3)
    return q, missed


def _poses(t: Tree, q: Float) -> tuple[Float, Float]:
    """Places and rotations of the links with a level root."""
    m = len(t.parent)
    p, r = np.zeros((m, 3)), np.tile(np.eye(3), (m, 1, 1))
    dynamics.place_links(t, q, p, r)
    return p, r


def _standing(t: Tree, q: Float) -> tuple[Float, Float]:
    """Soles (2, 3) and centre of mass (3,) from a level root."""
    p, r = _poses(t, q)
    sole = np.array([p[b] + matrices.turned(r[b], t.sole[s]) for s, b in enumerate(t.foot)])
    return sole, (t.mass[:, None] * (p + np.einsum("bij,bj->bi", r, t.com))).sum(axis=0) / t.mass.sum()


def _straight_legs(t: Tree, q: Float, spots: Float) -> tuple[Float, float]:
    """Middles of the hips (2, 3) from the root, and the distance from there to the foot's link with straight legs."""
    low, high = _CROUCH, 1.3
    for _ in range(20):
        tall = 0.5 * (low + high)
        if place_soles(t, q, spots * (1.0, 1.0, tall), 60)[1] < _SETTLED_M:
            low = tall
        else:
            high = tall
    p, r = _poses(t, place_soles(t, q, spots * (1.0, 1.0, low), 60)[0])
    row = {int(j): b for b, j in enumerate(t.joint)}
    hips = [[row[int(j)] for j in leg[:3]] for leg in t.leg]
    hip = np.array([np.mean([p[b] + matrices.turned(r[b], t.anchor[b]) for b in three], axis=0) for three in hips])
    return hip, math.dist(p[t.foot[0]], hip[0])


def inertias(t: Tree, q: Float) -> tuple[Float, Float]:
    """Inertia (k,) kg m^2 about each joint: half of all that it doesn't carry, and all that hangs on it."""
    p, r = _poses(t, q)
    centre = p + np.einsum("bij,bj->bi", r, t.com)
    held, free = np.ones(len(q)), np.ones(len(q))
    for b in range(1, len(t.parent)):
        u, c = matrices.turned(r[b], t.axis[b]), p[b] + matrices.turned(r[b], t.anchor[b])
        beyond = hanging = t.armature[t.joint[b]]
        for i in range(len(t.parent)):
            turned = matrices.turned_back(r[i], u)
            offset = np.cross(u, centre[i] - c)
            about = (turned * matrices.turned(t.inertia[i], turned)).sum() + t.mass[i] * (offset * offset).sum()
            if _carries(t, b, i):
                hanging += about
            else:
                beyond += 0.5 * about
        held[t.joint[b]], free[t.joint[b]] = beyond, hanging
    return held, free


def _carries(t: Tree, link: int, other: int) -> bool:
    while other > link:
        other = int(t.parent[other])
    return other == link
