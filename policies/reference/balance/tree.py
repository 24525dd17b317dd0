"""The link tree of a legged robot as flat arrays: only driven joints turn, everything else is frozen at home."""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.policies.reference.balance.matrices import product, turned, turned_back, unturned
from pilotline.robots import Robot
from pilotline.robots.cardrules import SIDES

Float = NDArray[np.float64]
Int = NDArray[np.int64]


class Tree(NamedTuple):
    """Links in parents-first order, the root first; m links, k driven hinges, feet and legs right then left.

    Attributes:
      parent: (m,) row of the parent, -1 for the root.
      pos, rot: (m, 3) m, (m, 3, 3), the link's frame in its parent's while its joint is at zero.
      joint: (m,) driven joint that turns the link, -1 for the root.
      anchor, axis: (m, 3) m and unit vectors, the hinge in the link's frame.
      mass, com, inertia: (m,) kg, (m, 3) m, (m, 3, 3) kg m^2 about the centre of mass; link's frame.
      armature: (k,) kg m^2, inertia of the drives.
      foot: (2,) rows of the feet.
      sole, sole_rot: (2, 3) m, (2, 3, 3), frame of the soles in the feet's: z up, middle of the sole.
      ankle, ankle_rot: (2, 3) m, (2, 3, 3), frame of the ankles' force-torque sensors in the feet's.
      half: (2, 2) m, half length and half width of the soles.
      leg: (2, j) driven joints of the legs, hip first.
      imu, imu_rot: row of the link that carries the inertial unit, and the unit's frame in it, (3, 3).
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
    half: Float
    leg: Int
    imu: int
    imu_rot: Float


def tree(robot: Robot) -> Tree:
    """The tree of a robot's driven joints.

    Raises:
      ValueError: the robot has no two legs of as many joints, or a driven joint slides.
    """
    if not set(SIDES) <= set(robot.feet):
        raise ValueError(f"{robot.name}: balance needs two feet, the card has {sorted(robot.feet) or 'none'}")
    lengths = [len(robot.groups[f"{side}_leg"]) for side in SIDES]
    if lengths[0] != lengths[1]:
        raise ValueError(f"{robot.name}: balance needs legs of as many joints, the card has {lengths}")
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    mujoco.mj_kinematics(model, data)
    place, turn = data.xpos, data.xmat.reshape(-1, 3, 3)
    links = _Links(model, robot)
    rows = range(1, len(links.bodies))
    m = len(links.bodies)
    parent, joint = np.full(m, -1), np.full(m, -1)
    pos, rot = np.zeros((m, 3)), np.tile(np.eye(3), (m, 1, 1))
    anchor, axis = np.zeros((m, 3)), np.zeros((m, 3))
    for i in rows:
        body = links.bodies[i]
        over = links.carrier(int(model.body_parentid[body]))
        joint[i] = links.driven[body]
        hinge = model.joint(robot.driven[joint[i]])
        if hinge.type[0] != mujoco.mjtJoint.mjJNT_HINGE:
            raise ValueError(f"{robot.name}: balance needs hinges, driven joint {hinge.name} slides")
        anchor[i], axis[i] = hinge.pos, hinge.axis
        # at home the link is turned by its own joint: undo that about the hinge
        straight = product(turn[body], _about(axis[i], -robot.home[hinge.name]))
        start = place[body] + turned(turn[body], anchor[i]) - turned(straight, anchor[i])
        parent[i] = links.row[over]
        rot[i], pos[i] = product(turn[over].T, straight), turned_back(turn[over], start - place[over])
    mass, com, inertia = links.lumped(data)
    soles = [links.site(data, robot.feet[side].sole_site) for side in SIDES]
    ankles = [links.site(data, robot.feet[side].ankle_site) for side in SIDES]
    imu = links.site(data, model.site(int(model.sensor("imu_quat").objid[0])).name)
    order = {name: i for i, name in enumerate(robot.driven)}
    return Tree(
        parent=parent,
        pos=pos,
        rot=rot,
        joint=joint,
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
        half=np.array([robot.feet[side].half_m for side in SIDES]),
        leg=np.array([[order[name] for name in robot.groups[f"{side}_leg"]] for side in SIDES]),
        imu=imu[0],
        imu_rot=np.ascontiguousarray(imu[2]),
    )


class _Links:
    """Which bodies move on their own, and what each of them carries."""

    def __init__(self, model: mujoco.MjModel, robot: Robot) -> None:
        self._model = model
        self._root = int(model.body(robot.root).id)
        self.driven = {int(model.joint(name).bodyid[0]): i for i, name in enumerate(robot.driven)}
        self.bodies = [self._root, *sorted(self.driven)]
        self.row = {body: i for i, body in enumerate(self.bodies)}

    def carrier(self, body: int) -> int:
        """The link that a body is fixed to, or is."""
        while body not in self.row:
            body = int(self._model.body_parentid[body])
        return body

    def site(self, data: mujoco.MjData, name: str) -> tuple[int, Float, Float]:
        """Row of the link that carries a site, and the site's place and rotation in it."""
        site = self._model.site(name).id
        body = self.carrier(int(self._model.site_bodyid[site]))
        turn = data.xmat[body].reshape(3, 3)
        place = turned_back(turn, data.site_xpos[site] - data.xpos[body])
        return self.row[body], place, product(turn.T, data.site_xmat[site].reshape(3, 3))

    def lumped(self, data: mujoco.MjData) -> tuple[Float, Float, Float]:
        """Mass (m,), centre of mass (m, 3) and inertia (m, 3, 3) of the links with all that is fixed to them."""
        model, m = self._model, len(self.bodies)
        under = [i for i in range(1, model.nbody) if self._root in _chain(model, i)]
        mass, first, inertia = np.zeros(m), np.zeros((m, 3)), np.zeros((m, 3, 3))
        for body in under:
            i = self.row[self.carrier(body)]
            mass[i] += model.body_mass[body]
            first[i] += model.body_mass[body] * data.xipos[body]
        own = np.array([data.xipos[body] for body in self.bodies])
        centre = np.where(mass[:, None] > 0.0, first / np.maximum(mass, 1e-12)[:, None], own)
        for body in under:
            i = self.row[self.carrier(body)]
            axes, arm = data.ximat[body].reshape(3, 3), data.xipos[body] - centre[i]
            inertia[i] += unturned(axes * model.body_inertia[body], axes)
            inertia[i] += model.body_mass[body] * ((arm * arm).sum() * np.eye(3) - np.outer(arm, arm))
        turn = data.xmat.reshape(-1, 3, 3)[self.bodies]
        com = np.einsum("iab,ia->ib", turn, centre - data.xpos[self.bodies])
        return mass, com, np.einsum("iba,ibc,icd->iad", turn, inertia, turn)


def _chain(model: mujoco.MjModel, body: int) -> list[int]:
    """A body and all it hangs on, up to the world."""
    chain = [body]
    while chain[-1] > 0:
        chain.append(int(model.body_parentid[chain[-1]]))
    return chain


def _about(axis: Float, angle: float) -> Float:
    """Rotation matrix (3, 3) about a unit axis."""
    quat, mat = np.zeros(4), np.zeros(9)
    mujoco.mju_axisAngle2Quat(quat, axis, angle)
    mujoco.mju_quat2Mat(mat, quat)
    return mat.reshape(3, 3)
