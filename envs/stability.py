"""Falls: a wheeled robot's centre of pressure leaves its wheels, one on legs tilts or goes down."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotline.envs.frames import tilt_of
from pilotline.envs.sense import Sense
from pilotline.robots import Robot
from pilotline.robots.card import FloatingBase, PlanarBase

TILT_RAD = float(np.deg2rad(60.0))
"""A root tilted further lies rather than stands (estimate; the deepest bow over a task is about 50 degrees)."""
SUNK = 0.5
"""Share of its height at home below which a root has gone down (estimate; a deep squat keeps 0.6)."""
PATIENCE_S = 0.1
"""A dynamic peak shorter than this rocks a 130 kg robot on wheels by about a millimetre (estimate)."""


class Stability:
    """Judges whether n robots are falling.

    The planar base joints carry whatever the ground would; the wrench they carry at floor level gives the
    centre of pressure (-My / Fz, Mx / Fz) in the base frame. Wheels can push but not pull, so a centre of
    pressure outside the support polygon means that the robot is tipping; held for `PATIENCE_S` it is a fall.
    A robot on legs has fallen when its root tilts more than `TILT_RAD` or sinks below `SUNK` of its height.
    A fixed one cannot fall.
    """

    def __init__(self, robot: Robot) -> None:
        self._base = robot.base
        self.patience_s = PATIENCE_S if isinstance(robot.base, PlanarBase) else 0.0

    def outside(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, True where a robot is tipping or down."""
        base = self._base
        if isinstance(base, PlanarBase):
            return _tipping(xp, sense, base)
        if isinstance(base, FloatingBase):
            low = sense["base_pos"][:, 2] < SUNK * base.height_m
            return low | (tilt_of(xp, sense["base_quat"]) > TILT_RAD)
        return xp.zeros(len(sense.time), dtype=bool)


def _tipping(xp: Any, sense: Sense, base: PlanarBase) -> Any:
    force, torque = sense["base_force"], sense["base_torque"]
    lift = xp.maximum(xp.abs(force[:, 2]), 1.0)
    x, y = -torque[:, 1] / lift, torque[:, 0] / lift
    centre, half = base.support_centre_m, base.support_half_m
    return (xp.abs(x - centre[0]) > half[0]) | (xp.abs(y - centre[1]) > half[1])
