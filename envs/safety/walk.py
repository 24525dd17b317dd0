"""How a person walks: draws of a cycle, and the commands that follow a way of corners."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.safety.person import Figure
from pilotline.envs.safety.zones import Way, Zones

Float = NDArray[np.float64]
CORNERS = 4
"""Most corners of a way; shorter ones repeat the last."""
_PICK_UP_S = 1.0
"""In which a person comes to walking speed (estimate)."""
_NEAR_M = 0.2
"""A corner this near is passed."""


class Walk(NamedTuple):
    """Walks of n cycles.

    Attributes:
      corners: (n, CORNERS, 2) m.
      enters_s: (n,) when each begins.
      pace_m_s: (n,).
      towards: (n,) int, the corner that is being walked to.
    """

    corners: Float
    enters_s: Float
    pace_m_s: Float
    towards: NDArray[np.int64]


def drawn(zones: Zones, person: Figure, rng: np.random.Generator) -> Walk:
    """The walk of one cycle, n = 1."""
    chosen = zones.ways[int(rng.choice(len(zones.ways), p=[way.share for way in zones.ways]))]
    side, back = rng.uniform(-1.0, 1.0), rng.random() < 0.5
    pace = rng.uniform(person.walking_m_s.low, person.walking_m_s.high)
    enters = rng.uniform(*zones.enters_s)
    corners = _shifted(chosen, side)
    corners = corners[::-1] if back else corners
    padded = np.concatenate([corners, np.repeat(corners[-1:], CORNERS - len(corners), axis=0)])
    return Walk(padded[None], np.array([enters]), np.array([pace]), np.ones(1, np.int64))


def heading(walk: Walk, place: Float) -> Float:
    """Direction (n,) rad in which persons at places (n, 2) look."""
    way = _goal(walk) - place
    return np.asarray(np.arctan2(way[:, 1], way[:, 0]))


def step(walk: Walk, place: Float, time_s: Float) -> tuple[Walk, Float]:
    """Velocity commands (n, 2) m/s at places (n, 2) and times (n,), and the walk with corners passed."""
    away = _goal(walk) - place
    near = np.sqrt(away[:, 0] ** 2 + away[:, 1] ** 2) < _NEAR_M
    walk = walk._replace(towards=np.minimum(walk.towards + near, CORNERS - 1))
    away = _goal(walk) - place
    distance = np.sqrt(away[:, 0] ** 2 + away[:, 1] ** 2)
    eased = np.minimum(np.maximum((time_s - walk.enters_s) / _PICK_UP_S, 0.0), 1.0)
    # a person stands still at the end instead of overshooting it
    pace = np.minimum(walk.pace_m_s * eased, 2.0 * distance)
    return walk, away * (pace / np.maximum(distance, 1e-9))[:, None]


def turned(now: Float, wanted: Float, most: float) -> Float:
    """Headings (n,) one step closer to those wanted, the short way round, by at most `most` rad."""
    way: Any = np.remainder(wanted - now + np.pi, 2.0 * np.pi) - np.pi
    return np.asarray(now + np.minimum(np.maximum(way, -most), most))


def _goal(walk: Walk) -> Float:
    return np.asarray(walk.corners[np.arange(len(walk.towards)), walk.towards])


def _shifted(way: Way, side: float) -> Float:
    """Corners (k, 2) with every leg moved sideways by the same share of the spread."""
    points = np.array(way.points_m)
    legs = np.diff(points, axis=0)
    legs /= np.sqrt((legs * legs).sum(axis=-1, keepdims=True))
    normal = np.stack([-legs[:, 1], legs[:, 0]], axis=-1)
    before, after = np.concatenate([normal[:1], normal]), np.concatenate([normal, normal[-1:]])
    bisector = before + after
    bisector /= (bisector * before).sum(axis=-1, keepdims=True)
    return np.asarray(points + side * way.spread_m * bisector)
