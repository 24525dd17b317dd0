"""What hands feel: forces at the wrists in the base frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import quat_conj, quat_mul, rotate
from pilotline.robots import Robot

Float = NDArray[np.float64]


class Wrists:
    """Turns readings of the wrist sensors into the base frame.

    Args:
      robot: with two hands, right and left.
    """

    def __init__(self, robot: Robot) -> None:
        model = robot.spec(shells=False).compile()
        self._turn = {
            side: quat_mul(np, quat_conj(np, model.site(hand.tcp_site).quat), model.site(hand.wrist_site).quat)
            for side, hand in robot.hands.items()
        }

    def forces(self, obs: Mapping[str, Float]) -> Float:
        """Force (n, 2, 3), N, with which each wrist holds hand and load, right then left: a weight reads as +z."""
        read = obs["wrist_wrench"].reshape(len(obs["wrist_wrench"]), 2, 2, 3)[:, :, 0]
        held = [
            rotate(np, quat_mul(np, obs[f"{side}_hand"][:, 3:], turn), read[:, i])
            for i, (side, turn) in enumerate(self._turn.items())
        ]
        return np.stack(held, axis=1)
