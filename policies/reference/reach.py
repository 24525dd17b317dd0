"""Reference controller of Reach: straight to the target."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.motion import hand_twist
from pilotline.robots import Robot

Float = NDArray[np.float64]

_SPEED_M_PER_S = 0.6
_DOWN = (0.5, 0.5, 0.5, -0.5)
"""Tool x down: so turned, no joint of the arm meets its limit on the way."""


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this with this controller; None if it can."""
    if robot.feet:
        return "it stands on legs, and hand motion says nothing about balance"
    return no_grippers(robot)


class ReachPolicy:
    """Moves the right hand along the line to the target and points it down; everything else rests.

    Args:
      robot: whose right hand it is.
      nsim: simulations served.
    """

    control = "ee"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._grips = len(robot.hands)
        self._base = len(robot.base.joints)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Nothing is remembered."""

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions of the `ee` layout."""
        hand = obs["right_hand"]
        n = len(hand)
        right = hand_twist(hand, obs["target"], np.tile(_DOWN, (n, 1)), _SPEED_M_PER_S)
        return np.concatenate([right, np.zeros((n, 6)), -np.ones((n, self._grips)), np.zeros((n, self._base))], axis=-1)
