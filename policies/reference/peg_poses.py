"""Arm postures of the B1 controller: hands that point down above tray and board, and what the arms make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.stations.peg_layout import cell_at
from pilotline.policies.reference.taught import ArmPostures, Posture, ToolPose, missed
from pilotline.robots import Robot
from pilotline.robots.bench import bench_stance

Float = NDArray[np.float64]

ROW_Y_M, TRAY_Y_M = 0.10, 0.335
"""Tool points of the postures across the cell, to either side; between them postures are blended."""
_DOWN_RAD = np.pi / 2
_LEAN = {"torso_1": 0.6, "torso_2": -0.35, "torso_3": -0.10}
"""Hands that point down reach less far than hands that point ahead: shoulders go 0.18 m ahead, over the bench."""
# Tool poses of the right hand in the frame of the cell, m; the left hand has their mirror images.
_TOOL = {"row": (-0.06, -ROW_Y_M, 0.05), "tray": (-0.07, -TRAY_Y_M, 0.03), "above": (-0.07, -TRAY_Y_M, 0.10)}
_CORNERS = {
    "the board's far corner": (0.035, -0.175, 0.09),
    "the middle of the board": (-0.01, -0.015, 0.09),
    "the tray's far end": (0.010, -0.340, 0.10),
    "the tray's near end": (-0.150, -0.340, 0.00),
}
"""Where hands must get to besides."""
_FROM = {"tray": "row", "above": "tray"}
# Postures taught to arms of RB-Y1: elbows out, so that forearms stay above the bench.
_TAUGHT = {
    "row": (-1.535, -0.882, 1.576, -1.922, -1.441, 1.191, -1.434),
    "tray": (-1.258, -1.505, 1.602, -1.942, -1.482, 0.969, -0.782),
}
_MIRROR = np.array([1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


@dataclass(frozen=True)
class ArmPlan:
    """What a robot's arms do at the board.

    Attributes:
      poses: joint angles by side and name of a tool pose.
      flip: (2,), right and left, 1 where a tool is held turned half round about its approach axis.
      torso: joint angles (rad) of the torso.
      misses: of each side, the worst pose that it does not reach, in words; None if it reaches all. Where one hand
        misses some, the plan ends there.
    """

    poses: Mapping[str, Mapping[str, Float]]
    flip: Float
    torso: Mapping[str, float]
    misses: Mapping[str, str | None]


@cache
def plan_of(robot: Robot) -> ArmPlan:
    """Plan of a robot with two hands; takes seconds."""
    torso = bench_stance(robot)
    if set(_LEAN) <= set(torso):
        torso = {**torso, **_LEAN}
    poses: dict[str, dict[str, Float]] = {}
    misses: dict[str, str | None] = {}
    flips = []
    for side in ("right", "left"):
        flip, found = False, _side(robot, side, False, torso)
        if missed(found) is not None:
            turned = _side(robot, side, True, torso)
            flip, found = (True, turned) if missed(turned) is None else (flip, found)
        poses[side] = {name: found[name].angles for name in _TOOL if name in found}
        misses[side] = missed(found)
        flips.append(float(flip))
        if misses[side] is not None:
            break
    return ArmPlan(poses, np.array(flips), torso, misses)


def _side(robot: Robot, side: str, flip: bool, torso: Mapping[str, float]) -> dict[str, Posture]:
    """Postures of one arm by tool pose, up to the first that it does not reach."""
    arm = ArmPostures(robot, side, flip, torso)
    found: dict[str, Posture] = {}
    for name, place in {**_TOOL, **_CORNERS}.items():
        x, y, z = np.array(cell_at(robot)) + np.array(place) * (1.0, 1.0 if side == "right" else -1.0, 1.0)
        taught = np.array(_TAUGHT[name]) * (1.0 if side == "right" else _MIRROR) if name in _TAUGHT else None
        near = [found[_FROM.get(name, "row")].angles] if found else []
        found[name] = arm.find(ToolPose((float(x), float(y), float(z)), _DOWN_RAD), near, taught)
        if not found[name].reached:
            break
    return found
