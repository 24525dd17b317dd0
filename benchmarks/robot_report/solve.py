"""Inverse kinematics of one arm for many goals at once: damped least squares within the joint limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.robot_report.arm import Arm

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

NEAR_M = 0.005
"""A tool point nearer than this to its goal is there."""
STEPS = 40
DAMPING = 1e-3
LONGEST_RAD = 0.4
ANGLE_M = 0.3
"""Lever that makes an angle comparable with a distance."""


@dataclass(frozen=True)
class Aim:
    """How the tool has to point: its x within `cone_rad` of `approach` (3,), its y within `cone_rad` of level."""

    approach: tuple[float, float, float]
    cone_rad: float


def solve(arm: Arm, goals: Float, starts: Float, aim: Aim | None = None) -> tuple[Float, Bool]:
    """Joint positions (n, k) from starts (n, k) for goals (n, 3) m in the world, and which of them arrived (n,)."""
    q = np.clip(starts, arm.low, arm.high)
    done = np.zeros(len(q), dtype=bool)
    open_ = np.arange(len(q))
    for step in range(STEPS + 1):
        miss, slope, arrived = _miss(arm, q[open_], goals[open_], aim)
        done[open_[arrived]] = True
        open_, miss, slope = open_[~arrived], miss[~arrived], slope[~arrived]
        if step == STEPS or not len(open_):
            break
        normal = slope @ slope.transpose(0, 2, 1) + DAMPING * np.eye(slope.shape[1])
        change = (slope.transpose(0, 2, 1) @ np.linalg.solve(normal, miss[:, :, None]))[:, :, 0]
        size = np.linalg.norm(change, axis=1, keepdims=True)
        change *= np.minimum(1.0, LONGEST_RAD / np.maximum(size, 1e-12))
        q[open_] = np.clip(q[open_] + change, arm.low, arm.high)
    return q, done


def _miss(arm: Arm, q: Float, goals: Float, aim: Aim | None) -> tuple[Float, Float, Bool]:
    """What is missing (n, m), its change with the joints (n, m, k), and who is there."""
    at = arm.poses(q)
    lever = at.place[:, None, :] - at.anchors
    move = np.cross(at.axes, lever).transpose(0, 2, 1)
    miss = goals - at.place
    there = np.linalg.norm(miss, axis=1) < NEAR_M
    if aim is None:
        return miss, move, there
    approach, opening = at.turn[:, :, 0], at.turn[:, :, 1]
    angle = np.arccos(np.clip(approach @ np.array(aim.approach), -1.0, 1.0))
    there &= angle <= aim.cone_rad
    there &= np.abs(opening[:, 2]) <= math.sin(aim.cone_rad)
    # aim a little inside the cone, so that steps do not creep along its edge
    over = np.maximum(0.0, angle - 0.9 * aim.cone_rad)
    about = np.cross(approach, np.array(aim.approach))
    norm = np.linalg.norm(about, axis=1, keepdims=True)
    about = np.where(norm > 1e-6, about / np.maximum(norm, 1e-6), opening)
    turn = at.axes.transpose(0, 2, 1) * (over > 0.0)[:, None, None]
    tilt = opening[:, 2]
    excess = np.sign(tilt) * np.maximum(0.0, np.abs(tilt) - math.sin(0.9 * aim.cone_rad))
    level = np.cross(at.axes, opening[:, None, :])[:, None, :, 2] * (excess != 0.0)[:, None, None]
    whole = np.concatenate([miss, ANGLE_M * over[:, None] * about, -ANGLE_M * excess[:, None]], axis=1)
    return whole, np.concatenate([move, ANGLE_M * turn, ANGLE_M * level], axis=1), there
