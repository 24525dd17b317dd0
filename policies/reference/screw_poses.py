"""Arm postures of the B3 controller: hand poses at the driver's handle, and what the right arm makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.stations.screw_layout import FEEDER_M, HANDLE_M, PARK_M, part_at
from pilotline.policies.reference.screw_plan import OVER_M
from pilotline.policies.reference.taught import ArmPostures, Posture, ToolPose, missed
from pilotline.robots import Robot

Float = NDArray[np.float64]

_TOOL = {
    "holes": (0.0, 0.0, 0.5 * OVER_M),
    "feeder": (FEEDER_M[0], FEEDER_M[1], 0.5 * OVER_M),
    "park": PARK_M,
    "before": (PARK_M[0] - 0.07, PARK_M[1], PARK_M[2]),
}
"""Bit's end in the frame of the bench with the hand at the handle; each posture is near the one before."""
_START = (0.05, -0.12, 0.73, -1.25, -1.20, -0.80, 0.97)
"""Elbow low, wrist bent upwards: the posture of RB-Y1's arm from which the first is sought."""


@dataclass(frozen=True)
class HandPlan:
    """What a robot's right arm does at the bench.

    Attributes:
      poses: joint angles by pose.
      flip: 1 where the hand is turned half round about its approach axis.
      misses: the worst pose that the arm does not reach, in words; None if it reaches all.
    """

    poses: Mapping[str, Float]
    flip: float
    misses: str | None


@cache
def plan_of(robot: Robot) -> HandPlan:
    """Plan of a robot with a right hand; takes seconds."""
    plans = (_plan(robot, flip) for flip in (False, True))
    first = next(plans)
    if first.misses is None:
        return first
    second = next(plans)
    return second if second.misses is None else first


def _plan(robot: Robot, flip: bool) -> HandPlan:
    arm = ArmPostures(robot, "right", flip)
    origin = np.array(part_at(robot)) + np.array(HANDLE_M)
    near = [np.array(_START)] if len(robot.groups["right_arm"]) == len(_START) else []
    found: dict[str, Posture] = {}
    for name, tool in _TOOL.items():
        x, y, z = (float(v) for v in origin + np.array(tool))
        found[name] = arm.find(ToolPose((x, y, z)), near)
        if not found[name].reached:
            break
        near = [found[name].angles]
    return HandPlan({name: one.angles for name, one in found.items()}, float(flip), missed(found))
