"""Postures that random work goes through: hands ahead of the body, nothing touching, and which follow which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.work.upper_body import UpperBody, WorkError

Float = NDArray[np.float64]

COUNT = 48
_SEED = 20261122
_MOST_TRIALS = 20000
_AHEAD, _BELOW, _ABOVE, _ACROSS = 0.2, -0.95, 0.4, 0.15
"""Where hands work, in arm lengths from their shoulders: at least so far ahead, between these heights, and no further
across to the other side (estimates: between the knees of one who stands and the eyes)."""
_BETWEEN = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Shares of the way from posture to posture at which nothing may touch."""
_HEAD_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Postures:
    """A set of postures.

    Attributes:
      angles: (p, k) rad of `UpperBody.joints`; the first is home.
      follows: (p, p) bool, whether the straight way from one to another is free.
    """

    angles: Float
    follows: NDArray[np.bool_]


def find(body: UpperBody, bend_rad: float) -> Postures:
    """`COUNT` postures of a robot, the same ones every time.

    Torso joints stay within `bend_rad` of home where they roll or pitch, all others have their range.

    Raises:
      WorkError: the robot has too few: its arms cannot reach ahead, or touch the body.
    """
    rng = np.random.default_rng(_SEED)
    low, high = _bounds(body, bend_rad)
    found = [body.home]
    for _ in range(_MOST_TRIALS):
        q = rng.uniform(low, high)
        if _works(body, q) and any(_free(body, q, other) for other in found):
            found.append(q)
        if len(found) == COUNT:
            break
    else:
        raise WorkError(
            f"robot {body.robot.name}: {len(found)} of {COUNT} working postures in {_MOST_TRIALS} trials; "
            "allowed: arms that reach ahead of the body"
        )
    free = np.zeros((COUNT, COUNT), np.bool_)
    for i in range(COUNT):
        for j in range(i):
            free[i, j] = free[j, i] = _free(body, found[i], found[j])
    return Postures(np.array(found), free)


def _bounds(body: UpperBody, bend_rad: float) -> tuple[Float, Float]:
    low, high = body.low.copy(), body.high.copy()
    turning = body.turning()
    for number, joint in enumerate(body.joints):
        home = body.home[number]
        if joint in turning and turning[joint][0] != 2:
            low[number], high[number] = max(low[number], home - bend_rad), min(high[number], home + bend_rad)
        elif joint in body.robot.groups["head"] or joint in turning:
            low[number] = home + _HEAD_SHARE * (low[number] - home)
            high[number] = home + _HEAD_SHARE * (high[number] - home)
    return low, high


def _works(body: UpperBody, q: Float) -> bool:
    """Hands where work is, nothing touching."""
    body.put(q)
    ahead, left, up = body.hands().place.T
    own = left * np.array([-1.0, 1.0])
    placed = (ahead > _AHEAD).all() and (up > _BELOW).all() and (up < _ABOVE).all() and (own > -_ACROSS).all()
    return bool(placed) and not body.touching(q)


def _free(body: UpperBody, a: Float, b: Float) -> bool:
    return not any(body.touching(a + share * (b - a)) for share in _BETWEEN)
