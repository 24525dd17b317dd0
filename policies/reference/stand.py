"""Reference controller of the task Stand: the legs stay in balance under the upper body's work."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.policies.reference.legs import Legs, legless
from pilotline.robots import Robot

Float = NDArray[np.float64]


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this job with this controller; None if it can."""
    return legless(robot)


class StandPolicy:
    """Acts on the robot's own senses alone.

    Args:
      robot: whose legs are used.
      nsim: simulations served.
    """

    control = "legs"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._legs = Legs(robot, nsim)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._legs.begin(ids)

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, leg joints)."""
        return self._legs.act(obs)
