"""Three views of a robot at home: ahead of it, from its right, and from three quarters."""

from __future__ import annotations

import io

import mujoco
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pilotline.envs.rendering import View, camera_of
from pilotline.envs.scenery import add_cells
from pilotline.robots.actuators.inertia import home_state
from pilotline.robots.robot import Robot

WIDTH, HEIGHT = 480, 640
AZIMUTHS = (180.0, 90.0, 215.0)
MARGIN = 1.12
FOVY_DEG = 38.0


def picture(robot: Robot) -> bytes:
    """A PNG. Raises whatever MuJoCo's renderer does where OpenGL does not work; ask `display.why_not_drawing` first."""
    spec = robot.spec(shells=True)
    add_cells(spec)
    spec.visual.global_.fovy = FOVY_DEG
    model = spec.compile()
    data = home_state(robot, model)
    low, high = _box(model, data)
    size = float(np.linalg.norm((high - low)[[1, 2]])) / 2.0
    distance = MARGIN * size / np.tan(np.radians(FOVY_DEG / 2.0))
    middle = (low + high) / 2.0
    lookat = (float(middle[0]), float(middle[1]), float(middle[2]))
    renderer = mujoco.Renderer(model, HEIGHT, WIDTH)
    try:
        views = []
        for azimuth in AZIMUTHS:
            camera = camera_of(View(lookat=lookat, distance=distance, azimuth=azimuth, elevation=-8.0))
            renderer.update_scene(data, camera)
            views.append(renderer.render())
    finally:
        renderer.close()
    out = io.BytesIO()
    Image.fromarray(np.concatenate(views, axis=1)).save(out, format="PNG", optimize=True)
    return out.getvalue()


def _box(model: mujoco.MjModel, data: mujoco.MjData) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the box around the robot's geoms, (3,) m each."""
    own = np.flatnonzero(model.geom_bodyid > 0)
    frames = data.geom_xmat[own].reshape(-1, 3, 3)
    middle = data.geom_xpos[own] + np.einsum("nij,nj->ni", frames, model.geom_aabb[own, :3])
    half = np.einsum("nij,nj->ni", np.abs(frames), model.geom_aabb[own, 3:])
    return (middle - half).min(axis=0), (middle + half).max(axis=0)
