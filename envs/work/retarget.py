"""From a recorded clip to joint angles of one robot, at the control rate, without end."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from pilotline.envs.ik import ANGLE_DIGITS
from pilotline.envs.work.minimum_jerk import PEAK_SPEED, blend
from pilotline.envs.work.recording import PERIOD_S, Clip
from pilotline.envs.work.upper_body import HandPose, UpperBody

Float = NDArray[np.float64]

_FIRST_ROUNDS, _ROUNDS = 100, 3
_CLOSING_S = 1.0
"""Shortest way from the end of a clip back to its start."""


def retarget(body: UpperBody, clip: Clip, speed_share: float, bend_rad: float, period_s: float) -> Float:
    """Joint angles (f, k) of `body.joints`, one row a control step; after the last row comes the first.

    Hands keep their place and turn against the shoulders, in arm lengths, as near as the arms allow. The chest's roll,
    pitch and yaw go in equal parts to the torso joints that turn about that axis, up to `bend_rad` for roll and pitch.
    What would be faster than `speed_share` of a joint's speed makes the whole clip slower. The head stays at home.
    """
    limit = speed_share * body.speed
    frames = _follow(body, clip, limit * PERIOD_S)
    frames[:, : len(body.robot.groups["torso"])] = _torso(body, clip.chest, bend_rad)
    times = PERIOD_S * np.arange(len(frames))
    curve = CubicSpline(times, frames, bc_type="clamped")
    fine = np.arange(0.0, times[-1], period_s)
    slow = max(1.0, float((np.abs(curve(fine, 1)) / limit).max()))
    played = curve(np.arange(0.0, times[-1] * slow, period_s) / slow)
    played = np.minimum(np.maximum(played, body.low), body.high)
    way = played[0] - played[-1]
    closing_s = max(_CLOSING_S, float((PEAK_SPEED * np.abs(way) / limit).max()))
    back = blend(np, np.arange(period_s, closing_s, period_s) / closing_s)
    return np.round(np.concatenate([played, played[-1] + back[:, None] * way]), ANGLE_DIGITS)


def _follow(body: UpperBody, clip: Clip, step: Float) -> Float:
    """Arms (f, k) that track the hands, no joint faster than `step` (k,) a frame."""
    q, frames = body.home, np.empty((len(clip.place), len(body.home)))
    for number, (place, turn) in enumerate(zip(clip.place, clip.turn, strict=True)):
        wanted = HandPose(place, np.array([_matrix(quat) for quat in turn]))
        found = body.reach(wanted, q, _ROUNDS if number else _FIRST_ROUNDS)
        q = q + np.minimum(np.maximum(found - q, -step), step) if number else found
        frames[number] = q
    return frames


def _torso(body: UpperBody, chest: Float, bend_rad: float) -> Float:
    """Torso joints (f, j) that share the chest's roll, pitch and yaw (f, 3)."""
    bent = chest.copy()
    bent[:, :2] = np.minimum(np.maximum(bent[:, :2], -bend_rad), bend_rad)
    turning = body.turning()
    axes = [axis for axis, _ in turning.values()]
    columns = [sign * bent[:, axis] / axes.count(axis) for axis, sign in turning.values()]
    count = len(columns)
    shared = np.stack(columns, axis=-1) if columns else np.zeros((len(chest), 0))
    return np.minimum(np.maximum(body.home[:count] + shared, body.low[:count]), body.high[:count])


def _matrix(quat: Float) -> Float:
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, np.ascontiguousarray(quat))
    return turn.reshape(3, 3)
