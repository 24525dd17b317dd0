"""Arm postures of the D1 controller: where its right hand takes and sets down, and how far its wrist can roll there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.stations.parcel_layout import EDGE_X_M, INDUCTION_Y_M, INFEED_Y_M, cell_at
from pilotline.policies.reference.taught import ArmPostures, ToolPose, missed
from pilotline.robots import Robot

Float = NDArray[np.float64]

BITE_M = 0.030
"""How far the tool point goes past a parcel's near edge; the tips are 20 mm ahead of it."""
_ROLL_SPARE_RAD = 0.15
_HEIGHT_M = 0.03
# Postures taught to arms of RB-Y1: elbow out, so that the last joint can roll the hand half round at both belts.
_TAUGHT = {
    "take": (-0.30, -1.11, 1.16, -1.74, 1.20, 1.02, -2.35),
    "wait": (-0.03, -1.15, 1.02, -2.03, 1.30, 1.08, -2.25),
    "set": (-0.74, -0.26, 1.50, -1.46, 0.84, 1.51, -1.88),
}
_XY_M = {
    "take": (EDGE_X_M + BITE_M, INFEED_Y_M),
    "wait": (EDGE_X_M - 0.08, INFEED_Y_M),
    "set": (EDGE_X_M + BITE_M, INDUCTION_Y_M),
}


@dataclass(frozen=True)
class RollingArm:
    """What the right arm of a robot does at the station.

    Attributes:
      take, wait, set: joint angles (k,) with the hand level and ahead at the infeed, before it, and at the induction
        belt.
      misses: the pose it does not reach, in words; None if it reaches both.
    """

    take: Float
    wait: Float
    set: Float
    misses: str | None


@cache
def arm_of(robot: Robot) -> RollingArm:
    """Postures of a robot with two hands, from which its wrist rolls half round to the right (about -x)."""
    arm = ArmPostures(robot, "right", False)
    x, y, z = cell_at(robot)
    poses = {name: ToolPose((x + ahead, y + aside, z + _HEIGHT_M)) for name, (ahead, aside) in _XY_M.items()}
    found = {}
    near: list[Float] = []
    for name, pose in poses.items():
        taught = np.array(_TAUGHT[name])
        start = [taught] if len(taught) == len(robot.groups["right_arm"]) else near
        found[name] = arm.find(pose, start)
        near = [found[name].angles]
    return RollingArm(
        found["take"].angles, found["wait"].angles, found["set"].angles, missed(found) or _stiff(robot, near[0])
    )


def _stiff(robot: Robot, angles: Float) -> str | None:
    """Why the last joint cannot roll a hand half round from a posture; None if it can."""
    last = robot.joints[robot.groups["right_arm"][-1]]
    way = np.pi + _ROLL_SPARE_RAD
    if last.high - last.low < way or last.low > angles[-1] or angles[-1] + way > last.high:
        spare = np.rad2deg(last.high - angles[-1])
        return f"a half turn of a parcel: from its posture there the wrist rolls {spare:.0f} deg on"
    return None
