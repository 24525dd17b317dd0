"""Arm postures of the C2 controller: tool poses in the frame of the nest, and what the arms make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.stations.device_layout import nest_at
from pilotline.policies.reference.device_plan import Poses, fist_on
from pilotline.policies.reference.taught import ArmPostures, Posture, ToolPose, missed
from pilotline.robots import Robot

Float = NDArray[np.float64]

FIST_RAD = (0.7, 0.45, 0.2, 0.0)
"""Pitches at which a fist may shut the lid, the first that an arm can take."""
_LID_AT_RAD = {"above lid": 0.96, "lid": 0.42}
"""Angles of the lid at which a fist is in these poses."""
# Tool poses of the right hand in the frame of the nest, m and rad down; the left hand has their mirror images.
_TOOL = {
    "nest": ToolPose((-0.1105, -0.0985, -0.0109)),
    "belt": ToolPose((-0.0842, -0.4144, 0.0146)),
    "before nest": ToolPose((-0.1527, -0.0940, -0.0023)),
    "before belt": ToolPose((-0.1498, -0.4151, 0.0053)),
    "above lid": ToolPose((0.0059, -0.1626, 0.2780), 0.67),
    "lid": ToolPose((-0.0451, -0.1746, 0.1374), 0.72),
    "folded": ToolPose((-0.1510, -0.2953, 0.1843), 0.61),
}
_FROM = {
    "belt": ("nest",),
    "before nest": ("nest",),
    "before belt": ("belt",),
    "above lid": ("nest",),
    "lid": ("above lid",),
    "folded": ("belt", "above lid"),
}
"""Poses whose posture shall be near another's, so that the way between them is short."""

# Postures taught to arms of RB-Y1: elbow low and wrist bent upwards, so that the wrist never runs through its
# singularity while a device is held.
_TAUGHT = {
    "belt": (0.05, -0.68, 0.38, -1.10, -0.68, -0.65, -0.05),
    "nest": (0.05, -0.12, 0.73, -1.25, -1.20, -0.80, 0.97),
    "before belt": (0.25, -0.70, 0.36, -1.24, -0.69, -0.72, -0.04),
    "before nest": (0.22, -0.12, 0.72, -1.39, -1.06, -0.77, 0.98),
    "folded": (0.18, -0.62, -0.10, -2.55, -0.40, 1.35, -0.45),
    "above lid": (-0.74, -0.17, 0.03, -1.94, -0.04, 1.75, -0.28),
    "lid": (-0.29, -0.15, 0.21, -2.05, 0.10, 1.49, -0.31),
}
_MIRROR = np.array([1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


@dataclass(frozen=True)
class ArmPlan:
    """What a robot's arms do at the cell.

    Attributes:
      poses: joint angles by side and tool pose.
      flip: (2,), right and left, 1 where a tool is held turned half round about its approach axis.
      fist_rad: how far the fist on the lid points down.
      misses: of each side, the worst pose that it does not reach, in words; None if it reaches all.
    """

    poses: Poses
    flip: Float
    fist_rad: float
    misses: Mapping[str, str | None]


@cache
def plan_of(robot: Robot) -> ArmPlan:
    """Plan of a robot with two hands; takes seconds where the arms are not those that were taught."""
    plans = (_plan(robot, fist_rad) for fist_rad in FIST_RAD)
    first = next(plans)
    return first if not any(first.misses.values()) else next((p for p in plans if not any(p.misses.values())), first)


def _plan(robot: Robot, fist_rad: float) -> ArmPlan:
    poses: dict[str, dict[str, Float]] = {}
    misses: dict[str, str | None] = {}
    flips = []
    for side in ("right", "left"):
        flip, found = False, _side(robot, side, False, fist_rad)
        if missed(found) is not None:
            turned = _side(robot, side, True, fist_rad)
            flip, found = (True, turned) if missed(turned) is None else (flip, found)
        poses[side] = {name: one.angles for name, one in found.items()}
        misses[side] = missed(found)
        flips.append(float(flip))
    return ArmPlan(poses, np.array(flips), fist_rad, misses)


def _side(robot: Robot, side: str, flip: bool, fist_rad: float) -> dict[str, Posture]:
    """Postures of one arm by tool pose, up to the first that it does not reach."""
    arm = ArmPostures(robot, side, flip)
    nest = np.array(nest_at(robot))
    found: dict[str, Posture] = {}
    for name, drawn in _TOOL.items():
        tool = _pitched(name, drawn, fist_rad)
        x, y, z = nest + np.array(tool.position) * (1.0, 1.0 if side == "right" else -1.0, 1.0)
        taught = np.array(_TAUGHT[name]) * (1.0 if side == "right" else _MIRROR)
        near = [np.mean([found[other].angles for other in _FROM[name]], axis=0)] if name in _FROM else []
        found[name] = arm.find(replace(tool, position=(float(x), float(y), float(z))), near, taught)
        if not found[name].reached:
            break
    return found


def _pitched(name: str, tool: ToolPose, fist_rad: float) -> ToolPose:
    """A pose at the lid moved and turned to another pitch of the fist."""
    if name not in _LID_AT_RAD:
        return tool if name != "folded" else replace(tool, pitch_rad=min(tool.pitch_rad, fist_rad))
    lid = np.array([_LID_AT_RAD[name]])
    shift = (fist_on(lid, fist_rad)[0] - fist_on(lid, FIST_RAD[0])[0])[0]
    pitch_rad = tool.pitch_rad + fist_rad - FIST_RAD[0]
    return ToolPose(tuple((np.array(tool.position) + shift * (1.0, 0.0, 1.0)).tolist()), pitch_rad)
