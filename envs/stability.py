"""Falls of a wheeled robot: its centre of pressure leaves the wheels."""

from __future__ import annotations

from typing import Any

from pilotline.envs.sense import Sense
from pilotline.robots import Robot


class Stability:
    """Judges tipping from the ground reaction.

    The planar base joints carry whatever the ground would; the wrench they carry at floor level gives the
    centre of pressure (-My / Fz, Mx / Fz) in the base frame. Wheels can push but not pull, so a centre of
    pressure outside the support polygon means that the robot is tipping; held for `PATIENCE_S` it is a fall.
    """

    PATIENCE_S = 0.1
    """A dynamic peak shorter than this rocks a 130 kg robot by about a millimetre (estimate)."""

    def __init__(self, robot: Robot) -> None:
        base = robot.card.base
        self._centre, self._half = base.support_centre_m, base.support_half_m

    def outside(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, True where the centre of pressure is outside the support polygon."""
        force, torque = sense["base_force"], sense["base_torque"]
        lift = xp.maximum(xp.abs(force[:, 2]), 1.0)
        x, y = -torque[:, 1] / lift, torque[:, 0] / lift
        return (xp.abs(x - self._centre[0]) > self._half[0]) | (xp.abs(y - self._centre[1]) > self._half[1])
