"""Driving between racks and fixture: straight up to either, turning round only in the middle of the lane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import turn_planar
from pilotline.envs.world import CONTROL_PERIOD_S

Float = NDArray[np.float64]

_CORRIDOR_M = 0.34
"""The base turns round within so much of the middle of the lane, clear of racks and fixture."""
_SLACK_M = 0.04
_TURNING_RAD, _STRAIGHT_RAD = 0.5, 0.15
"""Further off its heading the base stays in the corridor; less off it may correct anywhere."""
_SPEED, _TURN = 0.8, 1.5
_SLOWING, _TURN_SLOWING = 0.7, 1.8
_GAIN, _TURN_GAIN = 2.5, 3.0
_ACCELERATION = (1.0, 1.0, 2.5)
"""m/s, rad/s, m/s^2, rad/s^2, 1/s: the centre of pressure stays 8 cm inside the wheels."""


class Drive:
    """Velocity of n bases on their way to goals; the lane's frame has x from fixture to racks."""

    def __init__(self, nsim: int) -> None:
        self._velocity = np.zeros((nsim, 3))

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Stand still in `ids`."""
        self._velocity[ids] = 0.0

    def to(self, base: Float, goal: Float) -> Float:
        """Velocity (n, 3) in the base's frame, of bases (n, 4) that go to goals (n, 4) = x, y, z, yaw."""
        turn = goal[:, 3] - base[:, 3]
        inside = np.minimum(np.maximum(goal[:, 0], -_CORRIDOR_M), _CORRIDOR_M)
        x = np.where(np.abs(turn) > _TURNING_RAD, inside, goal[:, 0])
        gap = np.stack([x - base[:, 0], goal[:, 1] - base[:, 1]], axis=-1)
        room = (np.abs(base[:, 0]) < _CORRIDOR_M + _SLACK_M) | (np.abs(turn) < _STRAIGHT_RAD)
        spin = np.where(room, _braking(turn[:, None], _TURN, _TURN_SLOWING, _TURN_GAIN)[:, 0], 0.0)
        wanted = np.concatenate([_braking(gap, _SPEED, _SLOWING, _GAIN), spin[:, None]], axis=-1)
        step = np.array(_ACCELERATION) * CONTROL_PERIOD_S
        self._velocity = self._velocity + np.minimum(np.maximum(wanted - self._velocity, -step), step)
        flat = np.concatenate([self._velocity[:, :2], np.zeros((len(base), 1))], axis=-1)
        return np.concatenate([turn_planar(np, -base[:, 3], flat)[:, :2], self._velocity[:, 2:]], axis=-1)


def _braking(gap: Float, top: float, slowing: float, gain: float) -> Float:
    """Speeds (n, k) that close gaps (n, k): up to `top`, slowing down evenly, proportional at the end."""
    size = np.sqrt((gap * gap).sum(axis=-1, keepdims=True))
    speed = np.minimum(np.minimum(top, np.sqrt(2.0 * slowing * size)), gain * size)
    return gap * (speed / np.maximum(size, 1e-9))
