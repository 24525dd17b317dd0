"""Arms that in the home pose reach into the robot, moved out of it by as little as a search finds."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.actuators.inertia import home_state
from pilotline.robots.robot import Robot

Float = NDArray[np.float64]

WAYS_RAD = (0.1, 0.2, 0.4, 0.7, 1.0)
"""How far joints may be moved, tried in this order."""
DRAWS = 60
CLEAR_M = 0.01


def cleared(robot: Robot, seed: int = 20260401) -> dict[str, float]:
    """New home angles (rad) of the joints of arms that touch something at home; nothing where none does.

    The two sides are searched one after the other. An arm that cannot be freed stays as it is.
    """
    model = robot.spec(shells=False).compile()
    data = home_state(robot, model)
    rng = np.random.default_rng(seed)
    found: dict[str, float] = {}
    for side in ("right", "left"):
        joints = robot.groups[f"{side}_arm"]
        if joints and _hits(model, data, joints):
            found |= _moved(robot, model, data, joints, rng)
    return found


def _moved(
    robot: Robot, model: mujoco.MjModel, data: mujoco.MjData, joints: Sequence[str], rng: np.random.Generator
) -> dict[str, float]:
    low, high = np.array([(robot.joints[name].low, robot.joints[name].high) for name in joints]).T
    rest = np.array([robot.home[name] for name in joints])
    for way in WAYS_RAD:
        draws = np.clip(rest + way * rng.uniform(-1.0, 1.0, (DRAWS, len(joints))), low, high)
        free = []
        for q in draws:
            _pose(model, data, joints, q)
            if not _hits(model, data, joints, CLEAR_M):
                free.append(q)
        if free:
            best = np.round(min(free, key=lambda q: float(np.linalg.norm(q - rest))), 3)
            best = np.clip(best, low, high)
            _pose(model, data, joints, best)
            return dict(zip(joints, best.tolist(), strict=True))
    _pose(model, data, joints, rest)
    return {}


def _pose(model: mujoco.MjModel, data: mujoco.MjData, joints: Sequence[str], q: Float) -> None:
    for name, value in zip(joints, q, strict=True):
        data.joint(name).qpos[0] = value
    mujoco.mj_fwdPosition(model, data)


def _hits(model: mujoco.MjModel, data: mujoco.MjData, joints: Sequence[str], clear_m: float = 0.0) -> bool:
    """Whether what an arm carries is nearer than `clear_m` to anything that it does not carry."""
    carried = _carried(model, int(model.jnt_bodyid[model.joint(joints[0]).id]))
    model.geom_margin[:] = clear_m
    mujoco.mj_collision(model, data)
    bodies = model.geom_bodyid
    return any(
        (int(bodies[contact.geom[0]]) in carried) != (int(bodies[contact.geom[1]]) in carried)
        and contact.dist <= clear_m
        for contact in data.contact
    )


def _carried(model: mujoco.MjModel, top: int) -> set[int]:
    found = {top}
    for body in range(top + 1, model.nbody):
        if int(model.body_parentid[body]) in found:
            found.add(body)
    return found
