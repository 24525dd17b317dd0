"""How the joints of a leg move to lift its foot."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.policies.train.learner import TrainError
from pilotline.robots import Robot

_ROUNDS, _STEP, _DAMPING = 60, 0.5, 1e-6
_NEAR = 1e-3


def lift_of(model: mujoco.MjModel, robot: Robot, side: str, up_m: float) -> dict[str, float]:
    """Change (rad) of each joint of a leg that brings its sole straight up from home, level, pelvis where it is.

    Damped Gauss-Newton steps on the pose of the sole.

    Raises:
      TrainError: the leg does not get there.
    """
    data = mujoco.MjData(model)
    for joint, value in robot.home.items():
        data.qpos[model.joint(joint).qposadr[0]] = value
    joints = robot.groups[f"{side}_leg"]
    at = [int(model.joint(joint).qposadr[0]) for joint in joints]
    dofs = [int(model.joint(joint).dofadr[0]) for joint in joints]
    sole = model.site(robot.feet[side].sole_site).id
    _place(model, data)
    begun = data.qpos[at].copy()
    wanted, turn = data.site_xpos[sole] + [0.0, 0.0, up_m], data.site_xmat[sole].reshape(3, 3).copy()
    jacobian = np.zeros((6, model.nv))
    for _ in range(_ROUNDS):
        off = _off(wanted, turn, data.site_xpos[sole], data.site_xmat[sole].reshape(3, 3))
        mujoco.mj_jacSite(model, data, jacobian[:3], jacobian[3:], sole)
        own = jacobian[:, dofs]
        data.qpos[at] += _STEP * own.T @ np.linalg.solve(own @ own.T + _DAMPING * np.eye(6), off)
        _place(model, data)
    left = float(np.abs(_off(wanted, turn, data.site_xpos[sole], data.site_xmat[sole].reshape(3, 3))).max())
    if left > _NEAR:
        raise TrainError(f"lift_m={up_m}: the {side} foot of {robot.name} stays {left:.3g} away; allowed: less")
    return dict(zip(joints, (data.qpos[at] - begun).tolist(), strict=True))


def _place(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)


def _off(
    wanted: NDArray[np.float64], turn: NDArray[np.float64], at: NDArray[np.float64], turned: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Way (3) and turn (3), small, that are left to go."""
    rest = turn @ turned.T
    axis = 0.5 * np.array([rest[2, 1] - rest[1, 2], rest[0, 2] - rest[2, 0], rest[1, 0] - rest[0, 1]])
    return np.concatenate([wanted - at, axis])
