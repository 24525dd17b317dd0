"""How much a robot can hold in its two hands before a joint reaches its effort limit. Static and exact.

In a posture at rest the torque that joint j must give is linear in the load: b_j + m g a_j, with b the
gravity torque of the robot itself and a_j the sum over both hands of the vertical part of the hand's Jacobian
(virtual work: tau = J^T f). The limit is the smallest m at which some joint of trunk or arms reaches its
effort. Grip friction, impact and acceleration are not counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import mujoco
import numpy as np

from pilotline.robots.posture import reaching_joints
from pilotline.robots.robot import Robot


class PostureError(ValueError):
    """A posture that is not complete, or that the robot cannot take."""


def payload_per_hand_kg(robot: Robot, qpos_by_joint: Mapping[str, float], effort_share: float = 1.0) -> float:
    """Largest mass in each hand, both loaded alike at the tool point, that no joint of trunk or arms refuses.

    `qpos_by_joint` gives rad or m by joint name; joints left out stand at home; `effort_share` is the part
    of each effort limit that may be used. 0 if the robot cannot even hold itself.

    Raises:
      PostureError: an unknown joint.
    """
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    _pose(robot, model, data, qpos_by_joint)
    own, per_kg = _holding_torque(robot, model, data)
    effort = effort_share * np.array([robot.limit(joint) for joint in reaching_joints(robot)])
    if np.any(np.abs(own) > effort):
        return 0.0
    # towards the side the load pulls to; a joint the load does not reach never limits
    pulled = np.abs(per_kg) > 1e-9
    room = effort[pulled] - np.sign(per_kg[pulled]) * own[pulled]
    return float(np.min(room / np.abs(per_kg[pulled]), initial=math.inf))


def _pose(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData, qpos_by_joint: Mapping[str, float]) -> None:
    """Bring `data` home, with the given joints changed, all positions and gravity torques computed."""
    unknown = sorted(set(qpos_by_joint) - set(robot.home))
    if unknown:
        raise PostureError(f"{robot.name} has no joint {unknown[0]!r}; choose from {', '.join(robot.home)}")
    for joint, value in {**robot.home, **qpos_by_joint}.items():
        data.joint(joint).qpos[0] = value
    mujoco.mj_forward(model, data)


def _holding_torque(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData) -> tuple[np.ndarray, np.ndarray]:
    """Torque (j,) N m that holds the robot itself, and what 1 kg more in each hand adds (j,) N m/kg."""
    dofs = [int(model.joint(joint).dofadr[0]) for joint in reaching_joints(robot)]
    weight = -model.opt.gravity[2]
    jacobian = np.zeros((3, model.nv))
    per_kg = np.zeros(model.nv)
    for hand in robot.hands.values():
        mujoco.mj_jacSite(model, data, jacobian, None, model.site(hand.tcp_site).id)
        per_kg += weight * jacobian[2]
    return data.qfrc_bias[dofs], per_kg[dofs]
