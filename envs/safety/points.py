"""Balls that cover a robot, and where they are: what separation and keep-out zones are measured with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots import Robot

Float = NDArray[np.float64]
PREFIX = "safety_ball_"
_CELL_M = 0.2
"""Boxes longer than this are cut before each piece gets a ball, so that a ball sticks out little."""


@dataclass(frozen=True)
class Ball:
    """A ball on a body: centre in the body's frame."""

    body: str
    centre_m: tuple[float, float, float]
    radius_m: float


def balls_of(robot: Robot) -> tuple[Ball, ...]:
    """Balls that cover every geom of the robot that can touch something; meshes by their bounding box."""
    model = robot.spec(shells=False).compile()
    found: list[Ball] = []
    for geom in range(model.ngeom):
        if model.geom_contype[geom] or model.geom_conaffinity[geom]:
            name = model.body(model.geom_bodyid[geom]).name
            found += (Ball(name, (float(x), float(y), float(z)), r) for (x, y, z), r in _cover(model, geom))
    return tuple(found)


def add_balls(spec: mujoco.MjSpec, balls: tuple[Ball, ...]) -> None:
    """Sites at the centres, and sensors that tell where they are."""
    for k, ball in enumerate(balls):
        name = f"{PREFIX}{k}"
        spec.body(ball.body).add_site(name=name, pos=ball.centre_m, group=5)
        spec.add_sensor(
            name=name, type=mujoco.mjtSensor.mjSENS_FRAMEPOS, objtype=mujoco.mjtObj.mjOBJ_SITE, objname=name
        )


def _cover(model: mujoco.MjModel, geom: int) -> Iterator[tuple[Float, float]]:
    """Balls of one geom, in its body's frame: along the axis of a capsule, in the pieces of a box."""
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, model.geom_quat[geom])
    turn, at, size = matrix.reshape(3, 3), model.geom_pos[geom], model.geom_size[geom]
    kind = mujoco.mjtGeom(int(model.geom_type[geom]))
    if kind in (mujoco.mjtGeom.mjGEOM_SPHERE, mujoco.mjtGeom.mjGEOM_CAPSULE):
        half_length = float(size[1]) if kind == mujoco.mjtGeom.mjGEOM_CAPSULE else 0.0
        for share in np.linspace(-1.0, 1.0, _pieces(half_length) + 1) if half_length else (0.0,):
            yield at + turn[:, 2] * (share * half_length), float(size[0])
        return
    middle, half = model.geom_aabb[geom, :3], model.geom_aabb[geom, 3:]
    counts = [_pieces(float(h)) for h in half]
    piece = half / counts
    radius = float(np.sqrt((piece * piece).sum()))
    for which in np.ndindex(*counts):
        yield at + turn @ (middle - half + piece * (2 * np.array(which) + 1)), radius


def _pieces(half_length_m: float) -> int:
    return max(round(2.0 * half_length_m / _CELL_M), 1)
