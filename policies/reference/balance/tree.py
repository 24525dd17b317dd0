"""The link tree of a legged robot as flat arrays: only driven joints turn, everything else is frozen at home."""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots import Robot

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FREEZING_MASS_KG = 1e-9
"""Links lighter than this carry nothing; MuJoCo lets them be massless."""


class Tree(NamedTuple):
    """Links in parents-first order, the root first; m links, k driven hinges.

    Attributes:
      parent: (m,) row of the parent, -1 for the root.
      pos, rot: (m, 3) m, (m, 3, 3), the link's frame in its parent's.
      joint: (m,) driven joint that turns the link, -1 for the root.
      anchor, axis: (m, 3) m and unit vectors, the hinge in the link's frame.
      mass, com, inertia: (m,) kg, (m, 3) m, (m, 3, 3) kg m^2 about the centre of mass; link's frame.
      armature: (k,) kg m^2, rotor inertia.
      foot: (2,) row of the right and the left foot.
      sole, sole_rot: (2, 3) m, (2, 3, 3), the sole's frame in the foot's: z up, middle of the sole.
      ankle, ankle_rot: (2, 3), (2, 3, 3), frame of the ankle's force-torque sensor in the foot's.
      leg: (2, j) driven joints of the right and the left leg, hip first.
      imu, imu_rot: (3,) m, (3, 3), the inertial unit's frame in the root's.
    """

    parent: Int
    pos: Float
    rot: Float
    joint: Int
    anchor: Float
    axis: Float
    mass: Float
    com: Float
    inertia: Float
    armature: Float
    foot: Int
    sole: Float
    sole_rot: Float
    ankle: Float
    ankle_rot: Float
    leg: Int
    imu: Float
    imu_rot: Float


def tree(robot: Robot) -> Tree:
    """The tree of a robot's driven joints.

    Raises:
      ValueError: the robot has no two legs, a driven joint slides, or the inertial unit is not on the root.
    """
    if set(robot.feet) != {"right", "left"}:
        raise ValueError(f"robot {robot.name}: balance needs a right and a left foot, the card has {list(robot.feet)}")
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.qpos[model.joint(name).qposadr[0]] = value
    mujoco.mj_kinematics(model, data)
    root = model.body(robot.root).id
    driven = {int(model.joint(name).bodyid[0]): (i, name) for i, name in enumerate(robot.driven)}
    for _, name in driven.values():
        if model.joint(name).type[0] != mujoco.mjtJoint.mjJNT_HINGE:
            raise ValueError(f"robot {robot.name}: balance needs hinges, driven joint {name!r} slides")
    links = [root, *sorted(driven)]
    row = {body: i for i, body in enumerate(links)}

    def carrier(body: int) -> int:
        while body not in row:
            body = int(model.body_parentid[body])
        return body

    # At home every link's own joint is turned; without that turn its frame is the one the joint starts from.
    place, turn = data.xpos.copy(), data.xmat.reshape(-1, 3, 3).copy()
    pos, rot = np.zeros((len(links), 3)), np.zeros((len(links), 3, 3))
    parent = np.full(len(links), -1)
    anchor, axis = np.zeros((len(links), 3)), np.zeros((len(links), 3))
    rot[0] = np.eye(3)
    for i, body in enumerate(links[1:], start=1):
        over = carrier(int(model.body_parentid[body]))
        name = driven[body][1]
        joint = model.joint(name)
        anchor[i], axis[i] = joint.pos, joint.axis
        back = _about(axis[i], -robot.home[name])
        straight = turn[body] @ back
        start = place[body] + turn[body] @ anchor[i] - straight @ anchor[i]
        parent[i] = row[over]
        rot[i] = turn[over].T @ straight
        pos[i] = turn[over].T @ (start - place[over])
    mass, com, inertia = _lumped(model, data, links, carrier)

    def site(name: str) -> tuple[int, Float, Float]:
        i = model.site(name).id
        body = carrier(int(model.site_bodyid[i]))
        mat = data.site_xmat[i].reshape(3, 3)
        return row[body], turn[body].T @ (data.site_xpos[i] - place[body]), turn[body].T @ mat

    soles = [site(robot.feet[side].sole_site) for side in ("right", "left")]
    ankles = [site(robot.feet[side].ankle_site) for side in ("right", "left")]
    imu_row, imu, imu_rot = site(model.site(model.sensor("imu_quat").objid[0]).name)
    if imu_row != 0:
        raise ValueError(f"robot {robot.name}: balance needs the inertial unit on {robot.root!r}, it is elsewhere")
    order = {name: i for i, name in enumerate(robot.driven)}
    legs = np.array([[order[name] for name in robot.groups[f"{side}_leg"]] for side in ("right", "left")])
    return Tree(
        parent=parent,
        pos=pos,
        rot=rot,
        joint=np.array([-1, *(driven[body][0] for body in links[1:])]),
        anchor=anchor,
        axis=axis,
        mass=mass,
        com=com,
        inertia=inertia,
        armature=np.array([model.dof_armature[model.joint(name).dofadr[0]] for name in robot.driven]),
        foot=np.array([s[0] for s in soles]),
        sole=np.array([s[1] for s in soles]),
        sole_rot=np.array([s[2] for s in soles]),
        ankle=np.array([s[1] for s in ankles]),
        ankle_rot=np.array([s[2] for s in ankles]),
        leg=legs,
        imu=imu,
        imu_rot=np.ascontiguousarray(imu_rot),
    )


def _about(axis: Float, angle: float) -> Float:
    """Rotation matrix about a unit axis, (3, 3)."""
    quat, mat = np.zeros(4), np.zeros(9)
    mujoco.mju_axisAngle2Quat(quat, axis, angle)
    mujoco.mju_quat2Mat(mat, quat)
    return mat.reshape(3, 3)


def _lumped(model, data, links, carrier):  # type: ignore[no-untyped-def]
    """Mass, centre of mass and inertia of each link with everything that is fixed to it."""
    row = {body: i for i, body in enumerate(links)}
    under = {i: carrier(i) for i in range(1, model.nbody) if _below(model, i, links[0])}
    mass = np.zeros(len(links))
    first = np.zeros((len(links), 3))
    for i, over in under.items():
        mass[row[over]] += model.body_mass[i]
        first[row[over]] += model.body_mass[i] * data.xipos[i]
    centre = first / np.maximum(mass, FREEZING_MASS_KG)[:, None]
    inertia = np.zeros((len(links), 3, 3))
    for i, over in under.items():
        principal = data.ximat[i].reshape(3, 3)
        arm = data.xipos[i] - centre[row[over]]
        steiner = model.body_mass[i] * (arm @ arm * np.eye(3) - np.outer(arm, arm))
        inertia[row[over]] += principal @ np.diag(model.body_inertia[i]) @ principal.T + steiner
    com = np.zeros((len(links), 3))
    for body, i in row.items():
        turn = data.xmat[body].reshape(3, 3)
        com[i] = turn.T @ (centre[i] - data.xpos[body]) if mass[i] > FREEZING_MASS_KG else 0.0
        inertia[i] = turn.T @ inertia[i] @ turn
    return mass, com, inertia


def _below(model: mujoco.MjModel, body: int, root: int) -> bool:
    while body > 0:
        if body == root:
            return True
        body = int(model.body_parentid[body])
    return False
