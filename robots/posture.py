"""Preferred joint positions for hands that work at a height."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilotline.robots.robot import Robot

REACHING_GROUPS = ("torso", "right_arm", "left_arm")
"""Joint groups that serve the hands, in the order of the arrays here."""


def reaching_joints(robot: Robot) -> tuple[str, ...]:
    """Joints of torso and arms."""
    return tuple(name for group in REACHING_GROUPS for name in robot.groups[group])


class WorkingPosture:
    """The posture table of a robot's card as a function of height; the home pose where its card has none.

    Example: `WorkingPosture(robot)(np.array([0.5, 1.1]))` gives (2, joints) angles.
    """

    def __init__(self, robot: Robot) -> None:
        joints = reaching_joints(robot)
        arms = {} if robot.posture is None else robot.posture.arms
        bending = {} if robot.posture is None else robot.posture.bending
        self._rest = np.array([arms.get(name, robot.home[name]) for name in joints])
        self._heights = np.array([0.0] if robot.posture is None else robot.posture.grip_height_m)
        self._bending = [(joints.index(name), np.array(values)) for name, values in bending.items()]

    def __call__(self, height_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Angles (n, joints) in rad for mean hand heights (n,) above the floor; flat beyond the table."""
        posture = np.tile(self._rest, (len(height_m), 1))
        for column, values in self._bending:
            posture[:, column] = np.interp(height_m, self._heights, values)
        return posture
