"""What the body does, from what the robot senses: kinematics, loads under the feet, leg odometry, capture point.

The frame has the world's axes and its origin at the root body: nothing here knows where in the world the robot is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.policies.reference.balance import dynamics
from pilotline.policies.reference.balance.tree import Tree

Float = NDArray[np.float64]


class Body(NamedTuple):
    """One robot, measured.

    Attributes:
      p, r: (m, 3), (m, 3, 3), links.
      v, w: (m, 3), their velocities with the root's origin at rest, and angular velocities.
      com, com_vel: (3,) centre of mass and its velocity over ground.
      mass: kg.
      root_vel: (3,) velocity of the root's origin over ground.
      sole, sole_rot: (2, 3), (2, 3, 3), right and left.
      sole_vel: (2, 6) velocity over ground, linear and angular.
      load: (2,) N, vertical force from the ground.
      cop: (2, 3), point under each foot where the ground's force acts; middle of the sole while unloaded.
      grip: (2,) 0..1, how far a foot counts as standing.
    """

    p: Float
    r: Float
    v: Float
    w: Float
    com: Float
    com_vel: Float
    mass: float
    root_vel: Float
    sole: Float
    sole_rot: Float
    sole_vel: Float
    load: Float
    cop: Float
    grip: Float


_TRUST = 0.8
"""Share of the gap to the legs' odometry that one control step closes; the accelerometer carries the rest."""
_JUMP_M_S = 0.18
"""No step closes more than this: a foot that slams or slips shows speeds that the body does not have."""
_CALM_RAD_S = 1.5
"""A foot that turns this fast counts half."""


@njit(cache=True)
def measure(
    t: Tree, half: Float, quat: Float, imu: Float, q: Float, qd: Float, wrench: Float, root_vel: Float, period: float
) -> Body:
    """The body of one robot.

    A standing foot turns about its centre of pressure, so the ground's point under it is what stands still: that
    gives the root's velocity even while the foot tips. In flight the accelerometer carries it on.

    Args:
      half: (2, 2) m, half length and width of the soles.
      quat: (4,) of the inertial unit; imu: (6,) rad/s and m/s^2 in its frame.
      q, qd: (k,) rad, rad/s.
      wrench: (12,) ankle force and torque, right then left, in the sensors' frames, as MuJoCo's sensors give
        them: what the leg does to the foot.
      root_vel: (3,) m/s, as estimated one `period` (s) ago.
    """
    unit = dynamics.matrix(quat)
    root = dynamics.product(unit, t.imu_rot.T.copy())
    p, r = dynamics.pose(t, root, q)
    v, w = dynamics.motion(t, p, r, dynamics.turned(unit, imu[:3]), qd)
    com, com_vel, mass = dynamics.centre(t, p, r, v, w)
    weight = mass * dynamics.GRAVITY
    sole, sole_rot, sole_vel = np.zeros((2, 3)), np.zeros((2, 3, 3)), np.zeros((2, 6))
    load, cop, grip = np.zeros(2), np.zeros((2, 3)), np.zeros(2)
    seen, total = np.zeros(3), 0.0
    for s in range(2):
        b = t.foot[s]
        sole[s] = p[b] + dynamics.turned(r[b], t.sole[s])
        sole_rot[s] = dynamics.product(r[b], t.sole_rot[s])
        sensor = dynamics.product(r[b], t.ankle_rot[s])
        force = -dynamics.turned(sensor, wrench[6 * s : 6 * s + 3])
        moment = -dynamics.turned(sensor, wrench[6 * s + 3 : 6 * s + 6])
        load[s] = max(0.0, force[2])
        cop[s] = sole[s]
        if load[s] > 0.02 * weight:
            # M = c x F about the ankle, with c on the sole's plane, solved in the sole's frame
            f = dynamics.turned_back(sole_rot[s], force)
            arm = dynamics.turned_back(sole_rot[s], sole[s] - p[b] - dynamics.turned(r[b], t.ankle[s]))
            n = dynamics.turned_back(sole_rot[s], moment) - dynamics.cross(arm, f)
            if f[2] > 0.02 * weight:
                x = min(max(-n[1] / f[2], -half[s, 0]), half[s, 0])
                y = min(max(n[0] / f[2], -half[s, 1]), half[s, 1])
                cop[s] = sole[s] + dynamics.turned(sole_rot[s], np.array([x, y, 0.0]))
        grip[s] = min(max((load[s] / weight - 0.05) / 0.15, 0.0), 1.0)
        turns = np.sqrt(w[b, 0] ** 2 + w[b, 1] ** 2 + w[b, 2] ** 2)
        sure = grip[s] / (1.0 + (turns / _CALM_RAD_S) ** 2)
        seen -= sure * (v[b] + dynamics.cross(w[b], cop[s] - p[b]))
        total += sure
    now = root_vel.copy()
    if total > 0.0:
        for a in range(3):
            now[a] += min(max(_TRUST * min(grip[0] + grip[1], 1.0) * (seen[a] / total - now[a]), -_JUMP_M_S), _JUMP_M_S)
    for s in range(2):
        b = t.foot[s]
        sole_vel[s, :3] = now + v[b] + dynamics.cross(w[b], sole[s] - p[b])
        sole_vel[s, 3:] = w[b]
    return Body(p, r, v, w, com, com_vel + now, mass, now, sole, sole_rot, sole_vel, load, cop, grip)
