"""How much a robot can hold in its two hands before a joint reaches its effort limit. Static and exact.

In a posture at rest the torque that joint j must give is linear in the load: b_j + m g a_j, with b the
gravity torque of the robot itself and a_j the sum over both hands of the vertical part of the hand's Jacobian
(virtual work: tau = J^T f). The limit is the smallest m at which some joint of trunk or arms reaches its
effort. Grip friction, impact and acceleration are not counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.posture import reaching_joints
from pilotline.robots.robot import Robot


class PostureError(ValueError):
    """A posture that is not complete, or that the robot cannot take."""


@dataclass(frozen=True)
class Payload:
    """A load that a posture holds: kg, and the joint that refuses more (None where the load pulls at no joint)."""

    kg: float
    joint: str | None


class Lifting:
    """A robot's loads in any posture and any hands; compiles it once.

    Args:
      robot: whose torso and arms.
      points: body and point (3,) m in its frame where the load hangs, by side; left out, the hands' tool points.
    """

    def __init__(self, robot: Robot, points: Mapping[str, tuple[str, NDArray[np.float64]]] | None = None) -> None:
        self.robot = robot
        self.model = robot.spec(shells=False).compile()
        self.data = mujoco.MjData(self.model)
        self._points = _tool_points(robot, self.model) if points is None else points

    def limit(self, qpos_by_joint: Mapping[str, float], efforts: Mapping[str, float], sides: Sequence[str]) -> Payload:
        """Largest mass at each of `sides`, alike, that no joint of trunk or arms refuses; `efforts` in N m or N.

        0 if the robot cannot even hold itself. Raises PostureError for an unknown joint.
        """
        _pose(self.robot, self.model, self.data, qpos_by_joint)
        names = reaching_joints(self.robot)
        dofs = [int(self.model.joint(joint).dofadr[0]) for joint in names]
        own, per_kg = self.data.qfrc_bias[dofs], self._per_kg(sides)[dofs]
        effort = np.array([efforts[joint] for joint in names])
        if np.any(over := np.abs(own) > effort):
            return Payload(0.0, names[int(np.argmax(over))])
        # towards the side the load pulls to; a joint the load does not reach never limits
        pulled = np.abs(per_kg) > 1e-9
        room = np.full(len(names), math.inf)
        room[pulled] = (effort[pulled] - np.sign(per_kg[pulled]) * own[pulled]) / np.abs(per_kg[pulled])
        if not pulled.any():
            return Payload(math.inf, None)
        return Payload(float(room.min()), names[int(np.argmin(room))])

    def _per_kg(self, sides: Sequence[str]) -> NDArray[np.float64]:
        """Torque (nv,) that 1 kg more at each side asks for, N m/kg."""
        weight = -self.model.opt.gravity[2]
        jacobian = np.zeros((3, self.model.nv))
        found = np.zeros(self.model.nv)
        for side in sides:
            body, point = self._points[side]
            number = self.model.body(body).id
            place = self.data.xpos[number] + self.data.xmat[number].reshape(3, 3) @ point
            mujoco.mj_jac(self.model, self.data, jacobian, None, place, number)
            found += weight * jacobian[2]
        return found


def payload_per_hand_kg(robot: Robot, qpos_by_joint: Mapping[str, float], effort_share: float = 1.0) -> float:
    """Largest mass in each hand, both loaded alike at the tool point, that no joint of trunk or arms refuses.

    `qpos_by_joint` gives rad or m by joint name; joints left out stand at home; `effort_share` is the part
    of each effort limit that may be used. 0 if the robot cannot even hold itself.

    Raises:
      PostureError: an unknown joint.
    """
    efforts = {joint: effort_share * robot.limit(joint) for joint in reaching_joints(robot)}
    return Lifting(robot).limit(qpos_by_joint, efforts, tuple(robot.hands)).kg


def _tool_points(robot: Robot, model: mujoco.MjModel) -> dict[str, tuple[str, NDArray[np.float64]]]:
    found = {}
    for side, hand in robot.hands.items():
        site = model.site(hand.tcp_site)
        found[side] = (str(model.body(int(site.bodyid[0])).name), np.array(site.pos))
    return found


def _pose(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData, qpos_by_joint: Mapping[str, float]) -> None:
    """Bring `data` home, with the given joints changed, all positions and gravity torques computed."""
    unknown = sorted(set(qpos_by_joint) - set(robot.home))
    if unknown:
        raise PostureError(f"{robot.name} has no joint {unknown[0]!r}; choose from {', '.join(robot.home)}")
    for joint, value in {**robot.home, **qpos_by_joint}.items():
        data.joint(joint).qpos[0] = value
    mujoco.mj_forward(model, data)
