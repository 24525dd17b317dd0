"""What torso, arms and head are told while the legs keep the balance: work, recorded or random, a tote, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.station import Arrays
from pilotline.envs.work import postures
from pilotline.envs.work.minimum_jerk import PEAK_SPEED, blend
from pilotline.envs.work.postures import Postures
from pilotline.envs.work.recording import clips
from pilotline.envs.work.retarget import retarget
from pilotline.envs.work.upper_body import HandPose, UpperBody

Float = NDArray[np.float64]

RECORDED, RANDOM, CARRY, STILL = 0, 1, 2, 3
"""Kinds of motion."""

TOTE_HALF = 0.256
"""Half the distance between hands on a tote, in arm lengths: a tote of 396 mm for the arms that were recorded."""
_CARRY_AHEAD, _CARRY_BELOW, _CARRY_ROUNDS = 0.52, 0.45, 200
"""Where hands hold a tote against the shoulders, in arm lengths: between what is recorded of carrying (0.5-0.6 ahead,
0.3-0.5 below)."""
_CARRY_STARTS, _CARRY_BETTER = 12, 0.01
"""Postures that are tried, and arm lengths by which another must be nearer."""
_CARRY_TURN = np.array([[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]], [[0.0, 1.0, 0], [-1.0, 0, 0], [0, 0, 1]]])
"""Tools of the right and left hand: they point at each other, fingers open along the tote's cheek."""
_EASE_S = 3.0
"""Time in which recorded work begins, from home."""


@dataclass(frozen=True)
class Pace:
    """How lively the motion is.

    Attributes:
      speed_share: of each joint's speed that is used.
      bend_rad: largest roll and pitch of the torso.
      segment_s: shortest and longest time that random work takes from posture to posture.
    """

    speed_share: float
    bend_rad: float
    segment_s: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Motion:
    """Motions of one robot.

    Attributes:
      joints: that move, k of them.
      home, speed: (k,) rad, and rad/s that are used.
      table: (f, k) recorded clips one after the other, a row each control step.
      first, length: (c,) first row and rows of each clip.
      postures: of random work.
      carry: (k,) angles with a tote in hands.
      pace: figures it was made with.
      period_s: of a row.
    """

    joints: tuple[str, ...]
    home: Float
    speed: Float
    table: Float
    first: NDArray[np.int64]
    length: NDArray[np.int64]
    postures: Postures
    carry: Float
    pace: Pace
    period_s: float

    def draw(self, rng: np.random.Generator, kinds: Sequence[int], seconds: float) -> dict[str, Float]:
        """Motion of a cycle that lasts `seconds`.

        `motion` is the kind; `clip` and `clip_start` (rows) choose recorded work; `posture` (s,) and `posture_at` (s,)
        s are the postures of random work and when each is reached.
        """
        kind = kinds[int(rng.integers(len(kinds)))]
        clip = int(rng.integers(len(self.first)))
        start = int(rng.integers(int(self.length[clip])))
        count = int(np.ceil(seconds / self.pace.segment_s[0])) + 2
        low, high = self.pace.segment_s
        wished = rng.uniform(low, high, count)
        shares = rng.random(count)
        posture, at = np.zeros(count), np.zeros(count)
        angles, follows = self.postures.angles, self.postures.follows
        for k in range(1, count):
            before = int(posture[k - 1])
            choice = np.flatnonzero(follows[before])
            after = int(choice[int(shares[k] * len(choice))])
            needed = PEAK_SPEED * np.abs(angles[after] - angles[before]) / self.speed
            posture[k], at[k] = after, at[k - 1] + max(float(wished[k]), float(needed.max()))
        return {
            "motion": np.array(float(kind)),
            "clip": np.array(float(clip)),
            "clip_start": np.array(float(start)),
            "posture": posture,
            "posture_at": at,
        }

    def targets(self, xp: Any, draw: Arrays, step: Any) -> Any:
        """Angles (n, k) at control step `step` (n,) int of cycles; work begins at home, carrying and nothing stay."""
        kind = draw["motion"][:, None]
        work = self.recorded(xp, draw, step)
        eased = self.home + blend(xp, step * (self.period_s / _EASE_S))[:, None] * (work - self.home)
        moving = xp.where(kind == RANDOM, self.random(xp, draw, step), eased)
        resting = xp.where(kind == STILL, self.home, moving)
        return xp.where(kind == CARRY, xp.asarray(self.carry), resting)

    def recorded(self, xp: Any, draw: Arrays, step: Any) -> Any:
        """Angles (n, k) of the recorded clips, which go round and round."""
        clip = draw["clip"].astype(int)
        row = (draw["clip_start"].astype(int) + step) % xp.asarray(self.length)[clip]
        return xp.asarray(self.table)[xp.asarray(self.first)[clip] + row]

    def random(self, xp: Any, draw: Arrays, step: Any) -> Any:
        """Angles (n, k) on the way from posture to posture."""
        at, time = draw["posture_at"], step * self.period_s
        last = at.shape[1] - 1
        leg = xp.minimum((at[:, 1:] <= time[:, None]).sum(axis=-1), last - 1)
        rows = xp.arange(len(time))
        begun, due = at[rows, leg], at[rows, leg + 1]
        angles = xp.asarray(self.postures.angles)
        come = angles[draw["posture"][rows, leg].astype(int)]
        go = angles[draw["posture"][rows, leg + 1].astype(int)]
        return come + blend(xp, (time - begun) / (due - begun))[:, None] * (go - come)


def motion_of(body: UpperBody, pace: Pace, period_s: float) -> Motion:
    """All motions of a robot.

    Raises:
      WorkError: its arms cannot work ahead of its body.
    """
    tables = [retarget(body, clip, pace.speed_share, pace.bend_rad, period_s) for clip in clips()]
    length = np.array([len(table) for table in tables])
    set_of = postures.find(body, pace.bend_rad)
    return Motion(
        joints=body.joints,
        home=body.home,
        speed=pace.speed_share * body.speed,
        table=np.concatenate(tables),
        first=np.cumsum(length) - length,
        length=length,
        postures=set_of,
        carry=_carry(body, set_of.angles[:_CARRY_STARTS]),
        pace=pace,
        period_s=period_s,
    )


def _carry(body: UpperBody, starts: Float) -> Float:
    """Angles (k,) with a tote in hands: the best that is found from several postures (s, k), the first one at home.

    Best is what touches nothing, then what brings the hands nearest to a tote; home wins where others are no better.
    """
    wanted = _carrying(body)
    best, least = body.home, np.inf
    for start in starts:
        q = body.reach(wanted, start, _CARRY_ROUNDS)
        touching = body.touching(q)
        off = float(np.abs(body.hands().place - wanted.place).max()) + (1.0 if touching else 0.0)
        if off < least - _CARRY_BETTER:
            best, least = q, off
        if least < _CARRY_BETTER:
            break
    return best


def _carrying(body: UpperBody) -> HandPose:
    """Hands on both ends of a tote ahead of the belly."""
    across = np.array([-1.0, 1.0]) * TOTE_HALF - body.shoulder[:, 1] / body.arm_m
    ahead, below = np.full(2, _CARRY_AHEAD), np.full(2, -_CARRY_BELOW)
    return HandPose(np.stack([ahead, across, below], axis=-1), _CARRY_TURN)
