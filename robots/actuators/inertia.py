"""What each joint's servo moves: the inertia from which its gains follow."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.cardrules import SIDES
from pilotline.robots.robot import Robot

Float = NDArray[np.float64]


def servo_inertia(robot: Robot) -> dict[str, float]:
    """Inertia (kg m^2) or mass (kg) that each joint's servo moves at home, by joint name, reflected drives included.

    Arms, torso, hands and a planar base: the diagonal of the joint-space inertia, all other joints held. Legs stand
    with the foot held: a leg's joint moves what is beyond it seen from the foot, of which each leg bears half.
    """
    model = robot.spec(shells=False).compile()
    data = home_state(robot, model)
    full = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, full)
    diagonal = np.diag(full)
    names = [model.joint(j).name for j in range(model.njnt)]
    moved = {name: float(diagonal[model.jnt_dofadr[j]]) for j, name in enumerate(names)}
    for side in SIDES:
        for joint in robot.groups[f"{side}_leg"]:
            moved[joint] = 0.5 * _beyond(model, data, joint) + robot.joints[joint].armature
    return moved


def lightest_inertia(robot: Robot) -> dict[str, float]:
    """What each joint moves at least, by joint name: at home with all others free, 1 / (M^-1)_jj."""
    model = robot.spec(shells=False).compile()
    data = home_state(robot, model)
    inverse = np.zeros((model.nv, model.nv))
    mujoco.mj_solveM(model, data, inverse, np.eye(model.nv))
    nimble = np.diag(inverse)
    return {joint: float(1.0 / nimble[int(model.joint(joint).dofadr[0])]) for joint in robot.driven}


def home_state(robot: Robot, model: mujoco.MjModel) -> mujoco.MjData:
    """The robot alone, at home, everything computed."""
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    mujoco.mj_forward(model, data)
    return data


def _beyond(model: mujoco.MjModel, data: mujoco.MjData, joint: str) -> float:
    """Inertia about a joint's axis of every body that the joint does not carry, seen from the root."""
    which = model.joint(joint).id
    carried = _subtree(model, int(model.jnt_bodyid[which]))
    axis, anchor = data.xaxis[which], data.xanchor[which]
    total = 0.0
    for body in range(1, model.nbody):
        if body in carried:
            continue
        turn = np.einsum("ji,j->i", data.ximat[body].reshape(3, 3), axis)
        lever = np.cross(axis, data.xipos[body] - anchor)
        total += float((turn * model.body_inertia[body] * turn).sum() + model.body_mass[body] * (lever * lever).sum())
    return total


def _subtree(model: mujoco.MjModel, root: int) -> set[int]:
    found = {root}
    for body in range(root + 1, model.nbody):
        if int(model.body_parentid[body]) in found:
            found.add(body)
    return found
