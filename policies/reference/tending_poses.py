"""Arm postures of the C1 controller: tool poses in the base frame, and what the arms make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.policies.reference.taught import ArmPostures, Posture, ToolPose, missed
from pilotline.robots import Robot

Float = NDArray[np.float64]

_ACROSS = np.pi / 2
"""Roll of a hand that has its fingers side by side, round something upright."""
WORK = ToolPose((0.72, 0.15, 1.10), 0.4, -0.3, _ACROSS)
"""At a part in the chuck: from a little outside and above, so that the forearm clears sill and jaws."""
TRAY = ToolPose((0.70, 0.15, 1.00), 0.4, -0.3, _ACROSS)
CARRY = ToolPose((0.60, 0.30, 1.20), 0.4, -0.3, _ACROSS)
"""A part on its way: near the body, over the trays."""
BAR = ToolPose((0.62, 0.28, 1.15), 0.2, -0.3, _ACROSS)
"""On the door's bar: here the wrist bears 80 N across."""
BEFORE_BAR = ToolPose((0.515, 0.313, 1.15), 0.2, -0.3, _ACROSS)
HOVER = ToolPose((0.53, -0.38, 1.18), 0.2, 0.2, _ACROSS)
"""The right fist before the buttons."""
REST = ToolPose((0.36, -0.32, 0.90), 1.2, 0.0, _ACROSS)
"""The right hand out of the way: near the body, so that the robot can turn between machine and trays."""


@dataclass(frozen=True)
class _Taught:
    pose: ToolPose
    side: str
    flip: bool
    angles: tuple[float, ...]


# Postures taught to arms of RB-Y1: elbows low, wrists away from their ends and their singularity. On the bar the hand
# is turned half round, which a gripper does not mind and the wrist's last joint does.
_TAUGHT = {
    "work": _Taught(WORK, "left", False, (-0.56, 0.77, -0.57, -1.86, 0.30, 0.82, -0.84)),
    "tray": _Taught(TRAY, "left", False, (-0.43, 0.73, -0.73, -1.73, -0.03, 0.60, -0.61)),
    "carry": _Taught(CARRY, "left", False, (-0.09, 0.71, 0.39, -2.32, 0.96, 1.25, -1.51)),
    "bar": _Taught(BAR, "left", True, (0.13, 0.90, 0.04, -2.23, 0.64, 0.54, 1.89)),
    "before bar": _Taught(BEFORE_BAR, "left", True, (0.30, 0.90, 0.10, -2.40, 0.64, 0.54, 1.89)),
    "hover": _Taught(HOVER, "right", True, (0.17, -0.57, -0.58, -2.23, -1.14, 0.92, 1.86)),
    "rest": _Taught(REST, "right", True, (0.66, -0.39, -0.12, -2.45, -0.45, 1.43, 1.54)),
}


@dataclass(frozen=True)
class ArmPlan:
    """What a robot's arms do in the cell.

    Attributes:
      angles: joint angles (k,) by tool pose.
      quats: tool orientation (4,) in the base frame by tool pose.
      miss: the worst pose that an arm does not reach, in words; None if all are reached.
    """

    angles: Mapping[str, Float]
    quats: Mapping[str, Float]
    miss: str | None


@cache
def plan_of(robot: Robot) -> ArmPlan:
    """Plan of a robot with two grippers; takes seconds where the arms are not those that were taught."""
    arms = {
        (side, flip): ArmPostures(robot, side, flip)
        for side, flip in (("left", False), ("left", True), ("right", True))
    }
    found: dict[str, Posture] = {}
    for name, taught in _TAUGHT.items():
        start = np.array(taught.angles)
        near = [start] if len(start) == len(robot.groups[f"{taught.side}_arm"]) else []
        found[name] = arms[taught.side, taught.flip].find(taught.pose, near)
    angles = {name: one.angles for name, one in found.items()}
    quats = {name: _quat(taught.pose, -1.0 if taught.flip else 1.0) for name, taught in _TAUGHT.items()}
    return ArmPlan(angles, quats, missed(found))


def _quat(pose: ToolPose, flip: float) -> Float:
    ahead, across = pose.axes
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.stack([ahead, flip * across, np.cross(ahead, flip * across)], axis=1).ravel())
    return quat
