"""Frames as a card gives them: rounded points, roll, pitch and yaw, axes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

SNAP_RAD = np.radians(20.0)
"""A direction nearer than this to an axis of its body is that axis."""


def rpy(turn: Float) -> list[float]:
    """Roll, pitch, yaw (rad, about fixed axes) of a rotation matrix (3, 3)."""
    pitch = -math.asin(float(np.clip(turn[2, 0], -1.0, 1.0)))
    if abs(turn[2, 0]) > 1.0 - 1e-9:  # roll and yaw turn about the same line; all of it is yaw
        return _tidy([0.0, pitch, math.atan2(-turn[0, 1], turn[1, 1])], 6)
    return _tidy([math.atan2(turn[2, 1], turn[2, 2]), pitch, math.atan2(turn[1, 0], turn[0, 0])], 6)


def point(values: Float) -> list[float]:
    """Coordinates at 0.1 mm."""
    return _tidy(values.tolist(), 4)


def unit(values: Float) -> list[float]:
    """A unit vector."""
    return _tidy((values / np.linalg.norm(values)).tolist(), 6)


def snapped(direction: Float) -> Float:
    """A direction in a body's frame, or the axis of the frame that it nearly is."""
    found: Float = direction / np.linalg.norm(direction)
    axis = int(np.argmax(np.abs(found)))
    if abs(found[axis]) > math.cos(SNAP_RAD):
        return np.eye(3)[axis] * np.sign(found[axis])
    return found


def across(direction: Float, axis: Float) -> Float:
    """The unit part of a direction at right angles to a unit axis."""
    rest: Float = direction - (direction @ axis) * axis
    return rest / np.linalg.norm(rest)


def _tidy(values: list[float], digits: int) -> list[float]:
    return [round(value, digits) + 0.0 for value in values]
