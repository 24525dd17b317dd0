"""The frame in which a robot is told where things are: on the floor below its base, turned with it."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from pilotline.envs.frames import yaw_of
from pilotline.envs.sense import Sense
from pilotline.robots import Robot


class BaseFrame:
    """Reads x, y, yaw of the base of n robots: joints of a planar base, the pose of the root of a robot on legs."""

    def __init__(self, model: mujoco.MjModel, robot: Robot) -> None:
        self._planar = np.array([int(model.joint(n).qposadr[0]) for n in robot.base.joints], np.int64)
        self._moves = robot.base.kind != "fixed"

    def __call__(self, xp: Any, sense: Sense) -> Any:
        """Base x, y (m) and yaw (rad) in the world, (n, 3)."""
        if len(self._planar):
            return sense.qpos[:, self._planar]
        if not self._moves:
            return xp.zeros((len(sense.time), 3))
        return base_of(xp, sense)


def base_of(xp: Any, sense: Sense) -> Any:
    """Base x, y, yaw (n, 3) from the sensors that every world has of it, `base_pos` and `base_quat`."""
    return xp.concatenate([sense["base_pos"][:, :2], yaw_of(xp, sense["base_quat"])[:, None]], axis=-1)
