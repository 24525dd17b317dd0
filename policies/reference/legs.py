"""Legs of a robot under joint control that keep it on its feet, as actions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.world import TIMESTEP_S
from pilotline.policies.reference.balance.gains import servo_gains
from pilotline.policies.reference.balance.stand import BalancePolicy
from pilotline.robots import Robot

Float = NDArray[np.float64]


_JOINTS = 6
"""A foot that shall take any place and attitude needs so many joints in its leg."""


def legless(robot: Robot) -> str | None:
    """Why the robot has no legs that can be kept in balance here; None if it has."""
    if not robot.feet:
        return f"it stands on a {robot.base.kind} base, not on legs"
    short = {side: count for side in robot.feet if (count := len(robot.groups[f"{side}_leg"])) < _JOINTS}
    return next((f"its {side} leg has {count} joints, {_JOINTS} are needed" for side, count in short.items()), None)


class Legs:
    """Balance of n robots under whatever their upper bodies do.

    Args:
      robot: a robot with two feet, whose servos are taken for those of the `ideal` tier.
      nsim: robots served.
    """

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._balance = BalancePolicy(robot, nsim, *servo_gains(robot, timestep_s=TIMESTEP_S))
        legs = [joint for side in robot.feet for joint in robot.groups[f"{side}_leg"]]
        self._columns = np.array([robot.driven.index(joint) for joint in legs])
        self._upper = np.array([robot.driven.index(joint) for joint in self._balance.upper], np.int64)
        figures = [robot.joints[joint] for joint in legs]
        self._low, self._high = np.array([(joint.low, joint.high) for joint in figures]).T

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Robots `ids` stand somewhere anew."""
        self._balance.begin(ids)

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Action entries (n, leg joints): right leg, left leg, each joint's range as [-1, 1]."""
        told = self._balance.act(obs, obs["joint_pos"][:, self._upper])[:, self._columns]
        return (2.0 * told - self._low - self._high) / (self._high - self._low)
