"""A robot at rest on its feet: where its weight falls, and the torque that every joint must hold."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.spatial import ConvexHull

from pilotline.robots.robot import Robot

Float = NDArray[np.float64]

_CORNERS = np.array([(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)])
EVEN = 1e-3
"""Weight of sharing the load evenly against carrying it, both as shares of the weight."""


def sole_corners(robot: Robot, data: mujoco.MjData) -> dict[str, Float]:
    """Corners (4, 3) m of each sole in the world, round the edge."""
    found = {}
    for side, foot in robot.feet.items():
        site = data.site(foot.sole_site)
        found[side] = site.xpos + (_CORNERS * foot.half_m) @ site.xmat.reshape(3, 3)[:, :2].T
    return found


def support_polygon(robot: Robot, data: mujoco.MjData) -> Float:
    """Hull (n, 2) m of the soles on the floor, counter-clockwise."""
    points = np.concatenate(list(sole_corners(robot, data).values()))[:, :2]
    hull: Float = points[ConvexHull(points).vertices]
    return hull


def centre_of_mass(robot: Robot, data: mujoco.MjData) -> Float:
    """(3,) m in the world."""
    centre: Float = data.body(robot.root).subtree_com.copy()
    return centre


def margin_m(robot: Robot, data: mujoco.MjData) -> float:
    """Distance of the centre of mass from the nearest edge of the support polygon, m; negative outside."""
    edges = ConvexHull(support_polygon(robot, data)).equations
    centre = centre_of_mass(robot, data)[:2]
    return float(-(edges[:, :2] @ centre + edges[:, 2]).max())


def holding_torque(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData) -> dict[str, float]:
    """Torque (N m) or force (N) of each joint that holds the robot at rest in the pose that `data` is in.

    A robot on feet stands on vertical forces at the corners of its soles that carry its weight as evenly as they can:
    the statics of two feet leave that open. Where the centre of mass is beside the soles they do what they can.
    """
    torque = data.qfrc_bias.copy()
    if robot.feet:
        torque -= _floor(robot, model, data)
    return {name: float(torque[model.joint(name).dofadr[0]]) for name in robot.joints}


def _floor(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData) -> Float:
    """Generalised force (nv,) of the floor on the soles."""
    columns = []
    for side, corners in sole_corners(robot, data).items():
        body = model.body(robot.feet[side].body).id
        for corner in corners:
            jacobian = np.zeros((3, model.nv))
            mujoco.mj_jac(model, data, jacobian, None, corner, body)
            columns.append(jacobian[2])
    upward = np.stack(columns, axis=1)
    root = int(model.joint(model.body(robot.root).jntadr[0]).dofadr[0])
    weight = -float(model.opt.gravity[2]) * float(model.body_mass.sum())
    # rows: force along z and torque about x and y of the root must be carried; the rest shares the load evenly
    rows = [root + 2, root + 3, root + 4]
    count = upward.shape[1]
    even = EVEN * np.eye(count)
    matrix = np.concatenate([upward[rows], even])
    goal = np.concatenate([data.qfrc_bias[rows] / weight, np.full(count, EVEN / count)])
    shares, _ = nnls(matrix, goal)
    force: Float = upward @ (weight * shares)
    return force
