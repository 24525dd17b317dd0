"""Soles: the flat underside of a foot, found on its geoms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adopt.points import surface
from pilotline.robots.adopt.shape import Shape
from pilotline.robots.adopt.tree import Limb

Float = NDArray[np.float64]

TILT_RAD = np.radians(50.0)
"""A foot's underside is turned at most so far from level in the zero pose."""
SAME_RAD = np.radians(4.0)
"""Facets whose normals are nearer than this are one face."""
THICK_M = 0.001
"""What is nearer to the sole's plane than this stands on it."""
LEAST_HALF_M = 0.005
LEVEL_M = 0.01
TOE_SHARE = 0.5
"""A last link with less than this share of the area before it is a toe."""


@dataclass(frozen=True)
class Sole:
    """A rectangle under a foot.

    Attributes:
      part: the foot.
      centre: (3,) m in the foot's body frame.
      turn: (3, 3) its axes forward, left and up as columns, in the foot's body frame.
      half_m: half length and half width.
      ankle: (3,) m, where the last joint is, in the foot's body frame.
    """

    part: int
    centre: Float
    turn: Float
    half_m: tuple[float, float]
    ankle: Float

    @property
    def area(self) -> float:
        """m^2."""
        return 4.0 * self.half_m[0] * self.half_m[1]

    def pose(self, shape: Shape) -> tuple[Float, Float]:
        """Centre (3,) m and axes (3, 3) in the world, in the pose that the shape's data is in."""
        body = shape.parts[self.part].bodies[0]
        frame = shape.data.xmat[body].reshape(3, 3)
        return shape.data.xpos[body] + frame @ self.centre, frame @ self.turn

    def corners(self, shape: Shape) -> Float:
        """Corners (4, 3) m in the world."""
        centre, frame = self.pose(shape)
        signs = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)]) * self.half_m
        found: Float = centre + signs @ frame[:, :2].T
        return found


def sole_of(shape: Shape, leg: Limb) -> Sole:
    """The sole of a leg: of its last link, or of the one before if the last is only a toe."""
    last = _sole(shape, leg.end)
    if len(leg.parts) > 1:
        before = _sole(shape, leg.parts[-2])
        if before is not None and (last is None or _is_toe(shape, last, before)):
            return before
    if last is None:
        raise ModelError(
            f"{shape.file}: body {shape.body(leg.end)!r}, a foot, has no geoms; must have some to stand on"
        )
    return last


def _is_toe(shape: Shape, last: Sole, before: Sole) -> bool:
    """Whether the last link is small beside one that stands on the ground as well."""
    lower = before.pose(shape)[0][2] < last.pose(shape)[0][2] + LEVEL_M
    return bool(lower and last.area < TOE_SHARE * before.area)


def _sole(shape: Shape, part: int) -> Sole | None:
    """The largest flat face that looks down, in the zero pose; None for a part without geoms."""
    points = surface(shape, part)
    if not len(points):
        return None
    normal = _downward_face(points)
    up = -normal
    level = (points @ normal).max()
    touching = points[points @ normal > level - THICK_M]
    forward = _forward(shape, up)
    frame = np.stack([forward, np.cross(up, forward), up], axis=1)
    flat = touching @ frame[:, :2]
    low, high = flat.min(axis=0), flat.max(axis=0)
    middle = frame @ np.array([*(low + high) / 2.0, -level])
    half = np.maximum((high - low) / 2.0, LEAST_HALF_M)
    body = shape.parts[part].bodies[0]
    own = shape.data.xmat[body].reshape(3, 3)
    ankle = shape.data.xanchor[shape.parts[part].joints[-1]]
    place = shape.data.xpos[body]
    return Sole(
        part, own.T @ (middle - place), own.T @ frame, (float(half[0]), float(half[1])), own.T @ (ankle - place)
    )


def _forward(shape: Shape, up: Float) -> Float:
    """The direction in the sole's plane that is nearest to the robot's x."""
    flat = np.array([1.0, 0.0, 0.0]) - up[0] * up
    unit: Float = flat / np.linalg.norm(flat)
    return unit


def _downward_face(points: Float) -> Float:
    """Outward normal (3,) of the largest face of the points' hull that looks down within `TILT_RAD`."""
    down = np.array([0.0, 0.0, -1.0])
    try:
        hull = ConvexHull(points)
    except (QhullError, ValueError):
        return down
    normals = hull.equations[:, :3]
    areas = np.array([_area(points[corners]) for corners in hull.simplices])
    facing = normals @ down > np.cos(TILT_RAD)
    normals, areas = normals[facing], areas[facing]
    if not len(normals):
        return down
    together = np.array([(areas * (normals @ normal > np.cos(SAME_RAD))).sum() for normal in normals])
    # of faces of nearly the same size the one that is more level
    best = normals[np.argmax(together * (normals @ down) ** 4)]
    alike = normals @ best > np.cos(SAME_RAD)
    mean = (areas[alike, None] * normals[alike]).sum(axis=0)
    if np.linalg.norm(mean) < 1e-12 or mean @ down > np.cos(np.radians(0.5)) * np.linalg.norm(mean):
        return down
    unit: Float = mean / np.linalg.norm(mean)
    return unit


def _area(triangle: Float) -> float:
    return float(np.linalg.norm(np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0])) / 2.0)
