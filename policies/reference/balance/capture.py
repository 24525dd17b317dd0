"""The linear inverted pendulum: where the capture point goes, and where and when a foot must be to stop it.

Capture point xi = c + c' / w with w = sqrt(g / height) obeys xi' = w (xi - p) for a centre of pressure p (Pratt et
al. 2006, Englsberger et al. 2015). Held p: xi(t) = p + (xi(0) - p) exp(w t).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]

PAUSES = np.array([0.0, 0.04, 0.08, 0.12, 0.16, 0.2])
DURATIONS = np.array([0.26, 0.32, 0.38, 0.44])
"""s, of a step's pause and swing: what planning tries."""


@njit(cache=True)
def rectangle(centre: Float, yaw: float, half: Float) -> Float:
    """Corners (4, 2) of a sole on the floor."""
    c, s = np.cos(yaw), np.sin(yaw)
    out = np.empty((4, 2))
    for i in range(4):
        x = half[0] * (1.0 if i < 2 else -1.0)
        y = half[1] * (1.0 if i % 3 == 0 else -1.0)
        out[i, 0] = centre[0] + c * x - s * y
        out[i, 1] = centre[1] + s * x + c * y
    return out


@njit(cache=True)
def hull(points: Float) -> Float:
    """Convex hull (j, 2), anticlockwise, of points (m, 2): Andrew's monotone chain."""
    m = len(points)
    order = np.arange(m)
    for i in range(1, m):  # by x, then y
        j = i
        while j > 0 and (points[order[j], 0], points[order[j], 1]) < (points[order[j - 1], 0], points[order[j - 1], 1]):
            order[j], order[j - 1] = order[j - 1], order[j]
            j -= 1
    chain = np.empty((2 * m, 2))
    k = 0
    for sweep in range(2):
        low = k
        for i in range(m):
            point = points[order[i] if sweep == 0 else order[m - 1 - i]]
            while k - low >= 2:
                ax, ay = chain[k - 1, 0] - chain[k - 2, 0], chain[k - 1, 1] - chain[k - 2, 1]
                if ax * (point[1] - chain[k - 2, 1]) - ay * (point[0] - chain[k - 2, 0]) > 1e-12:
                    break
                k -= 1
            chain[k, 0], chain[k, 1] = point[0], point[1]
            k += 1
        k -= 1
    return chain[:k].copy()


@njit(cache=True)
def depth(polygon: Float, point: Float) -> float:
    """Distance m from a point to the edge of an anticlockwise polygon (j, 2): positive inside.

    Outside it is the distance to the worst edge's line, a lower bound of the true one.
    """
    least = 1e9
    for i in range(len(polygon)):
        j = (i + 1) % len(polygon)
        ex, ey = polygon[j, 0] - polygon[i, 0], polygon[j, 1] - polygon[i, 1]
        inward = ex * (point[1] - polygon[i, 1]) - ey * (point[0] - polygon[i, 0])
        least = min(least, inward / max(np.sqrt(ex * ex + ey * ey), 1e-9))
    return least


@njit(cache=True)
def nearest(polygon: Float, point: Float) -> Float:
    """The point (2,) of an anticlockwise polygon (j, 2) nearest to a point."""
    found = np.array([point[0], point[1]])
    if depth(polygon, point) >= 0.0:
        return found
    best = 1e18
    for i in range(len(polygon)):
        j = (i + 1) % len(polygon)
        ax, ay = polygon[i, 0], polygon[i, 1]
        ex, ey = polygon[j, 0] - ax, polygon[j, 1] - ay
        s = ((point[0] - ax) * ex + (point[1] - ay) * ey) / max(ex * ex + ey * ey, 1e-12)
        s = min(max(s, 0.0), 1.0)
        away = (point[0] - ax - s * ex) ** 2 + (point[1] - ay - s * ey) ** 2
        if away < best:
            best = away
            found[0], found[1] = ax + s * ex, ay + s * ey
    return found


@njit(cache=True)
def after(xi: Float, p: Float, rate: float, time: float) -> Float:
    """Capture point (2,) after `time` s with the centre of pressure held at p."""
    grown = np.exp(rate * time)
    return np.array([p[0] + (xi[0] - p[0]) * grown, p[1] + (xi[1] - p[1]) * grown])


class Reach(NamedTuple):
    """Where and how fast a foot may step, from the standing sole's middle: x ahead, y outwards to the foot's side.

    Attributes:
      ahead: m, largest |x|. near, far: m, least and largest y. nominal: m, y of the usual stance.
      speed: m/s, mean over a step. half: (2,) m, half sole.
      aim: share of half a sole by which a step may miss the capture point. spare: m, by how much it goes wider.
    """

    ahead: float
    near: float
    far: float
    nominal: float
    speed: float
    half: Float
    aim: float
    spare: float


@njit(cache=True)
def foothold(xi: Float, reach: Reach) -> tuple[float, float, float]:
    """Where to put the foot so that the stance holds the capture point xi (2,), and by how much it fails to, m.

    The stance holds xi if a point between the two soles' middles is near it: a step that xi has not reached sideways
    must go the further ahead.
    """
    ahead, beside = reach.aim * reach.half[0], 0.3 * reach.half[1]
    out = min(max(xi[1] + reach.spare, reach.near), reach.far)
    share = min(max(xi[1] / out, 0.0), 1.0)
    need = xi[0] - min(max(xi[0], -ahead), ahead)
    step = min(max(need / max(share, 0.1), -reach.ahead), reach.ahead)
    short = max(0.0, abs(xi[0] - share * step) - ahead)
    short += max(0.0, xi[1] - out + beside) + max(0.0, -xi[1] - beside)
    return step, out, short


_MISSED, _WAITED = 20.0, 0.2
"""What a metre missed, and m/s that a second waited, cost against a metre walked."""


@njit(cache=True)
def plan(
    xi: Float, rate: float, stance: Float, swing: Float, foot: Float, reach: Reach
) -> tuple[float, float, Float, float]:
    """How to take one step with one foot: cost, pause before it lifts (s), centre of pressure till then, duration (s).

    Tries pauses, centres of pressure under the corners of both soles (or under the capture point, where that can be)
    and durations, all in the frame of `Reach`.

    Args:
      xi: (2,) capture point. rate: 1/s. stance, swing: (4, 2) corners of the soles. foot: (2,) middle of the foot.
    """
    best, pause, push, duration = 1e9, 0.0, np.array([xi[0], xi[1]]), DURATIONS[0]
    both = np.empty((8, 2))
    both[:4], both[4:] = stance, swing
    under, inner = hull(both), hull(stance)
    for i in range(len(PAUSES)):
        for j in range(9):
            p = xi if j == 8 else both[j]
            if j == 8 and depth(under, xi) < 0.0:
                continue
            lifted = after(xi, p, rate, PAUSES[i])
            held = nearest(inner, lifted)
            for d in range(len(DURATIONS)):
                x, y, missed = foothold(after(lifted, held, rate, DURATIONS[d]), reach)
                way = np.sqrt((x - foot[0]) ** 2 + (y - foot[1]) ** 2)
                cost = _MISSED * (missed + max(0.0, way - reach.speed * DURATIONS[d]))
                cost += abs(x) + abs(y - reach.nominal) + _WAITED * (PAUSES[i] + DURATIONS[d])
                if cost < best:
                    best, pause, duration = cost, PAUSES[i], DURATIONS[d]
                    push[0], push[1] = p[0], p[1]
            if i == 0:
                break  # nothing is pushed in no time
    return best, pause, push, duration
