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
from scipy.optimize import least_squares

from pilotline.robots.robot import Robot

CARRY_HEIGHT_M = 1.0
CARRY_REACH_M = 0.45
CARRY_WIDTH_M = 0.62
CARRY_PITCH_RAD = math.radians(25.0)
NEAR_HOME = 1e-3  # weight of a rad off home against a m off the target
LOADED_GROUPS = ("torso", "right_arm", "left_arm")


class PostureError(ValueError):
    """A posture that is not complete, or that the robot cannot take."""


def payload_per_hand_kg(robot: Robot, qpos_by_joint: Mapping[str, float]) -> float:
    """Largest mass in each hand, both loaded alike at the tool point, that no joint of trunk or arms refuses.

    `qpos_by_joint` gives rad or m by joint name; joints left out stand at home. 0 if the robot cannot even
    hold itself. Raises PostureError for an unknown joint.
    """
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    _pose(robot, model, data, qpos_by_joint)
    own, per_kg = _holding_torque(robot, model, data)
    effort = np.array([robot.card.limit(joint) for joint in _loaded(robot)])
    if np.any(np.abs(own) > effort):
        return 0.0
    # towards the side the load pulls to; a joint the load does not reach never limits
    pulled = np.abs(per_kg) > 1e-9
    room = effort[pulled] - np.sign(per_kg[pulled]) * own[pulled]
    return float(np.min(room / np.abs(per_kg[pulled]), initial=math.inf))


def carrying_limit_kg(robot: Robot) -> float:
    """Largest mass carried between both hands in the carrying posture, kg, rounded down to 10 g."""
    return math.floor(200.0 * payload_per_hand_kg(robot, carrying_posture(robot))) / 100.0


def carrying_posture(robot: Robot) -> dict[str, float]:
    """Joint values (rad) of trunk and arms that carry a tote by its end walls; head and grippers at home.

    Hands 1.0 m above the floor, 0.45 m ahead of the base's axis on which the trunk stands, 0.62 m apart, each
    pointing inwards and 25 degrees below the horizontal, opening along the line of sight. The trunk bends
    forward as it must, straight ahead. Of the remaining freedom it is the posture nearest to home.
    Raises PostureError if a hand misses by more than 1 mm or 0.01 in direction.
    """
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    _pose(robot, model, data, {})
    joints = tuple(joint for joint in _loaded(robot) if joint not in _sideways(robot))
    home = np.array([robot.home[joint] for joint in joints])
    lower, upper = np.array([robot.card.joints[joint].limits for joint in joints]).T

    def miss(angles: np.ndarray) -> np.ndarray:
        for joint, angle in zip(joints, angles, strict=True):
            data.joint(joint).qpos[0] = angle
        mujoco.mj_kinematics(model, data)
        return np.concatenate([_hand_miss(robot, data, side) for side in ("right", "left")])

    def aim(angles: np.ndarray) -> np.ndarray:
        return np.concatenate([miss(angles), NEAR_HOME * (angles - home)])

    angles = least_squares(aim, home, bounds=(lower, upper), xtol=1e-12, ftol=1e-12).x
    missed = miss(angles).reshape(2, -1)
    error_m, error_turn = np.abs(missed[:, :3]).max(), np.abs(missed[:, 3:]).max()
    if error_m > 1e-3 or error_turn > 1e-2:
        raise PostureError(
            f"{robot.card.name} cannot take the carrying posture: hands miss by {error_m:.4f} m and "
            f"{error_turn:.4f} in direction; allowed 0.001 m and 0.01"
        )
    return dict(zip(joints, (float(angle) for angle in angles), strict=True))


def _hand_miss(robot: Robot, data: mujoco.MjData, side: str) -> np.ndarray:
    """Where a hand is against where it carries, (8,): m in the first three, then parts of unit vectors."""
    outward = 1.0 if side == "left" else -1.0
    target = np.array([CARRY_REACH_M, outward * 0.5 * CARRY_WIDTH_M, CARRY_HEIGHT_M])
    approach = np.array([0.0, -outward * math.cos(CARRY_PITCH_RAD), -math.sin(CARRY_PITCH_RAD)])
    site = data.site(robot.hands[side].tcp_site)
    turn = site.xmat.reshape(3, 3)
    # the opening direction has no sign: only its parts across the line of sight count
    return np.concatenate([site.xpos - target, turn[:, 0] - approach, turn[1:, 1]])


def _sideways(robot: Robot) -> tuple[str, ...]:
    """Trunk joints that do not bend straight ahead."""
    return tuple(joint for joint in robot.groups["torso"] if robot.card.joints[joint].axis != (0.0, 1.0, 0.0))


def _pose(
    robot: Robot, model: mujoco.MjModel, data: mujoco.MjData, qpos_by_joint: Mapping[str, float]
) -> None:
    """Bring `data` home, with the given joints changed, all positions and gravity torques computed."""
    unknown = sorted(set(qpos_by_joint) - set(robot.home))
    if unknown:
        raise PostureError(
            f"{robot.card.name} has no joint {unknown[0]!r}; choose from {', '.join(robot.home)}"
        )
    for joint, value in {**robot.home, **qpos_by_joint}.items():
        data.joint(joint).qpos[0] = value
    mujoco.mj_forward(model, data)


def _loaded(robot: Robot) -> tuple[str, ...]:
    return tuple(joint for group in LOADED_GROUPS for joint in robot.groups[group])


def _holding_torque(
    robot: Robot, model: mujoco.MjModel, data: mujoco.MjData
) -> tuple[np.ndarray, np.ndarray]:
    """Torque (j,) N m that holds the robot itself, and what 1 kg more in each hand adds (j,) N m/kg."""
    dofs = [int(model.joint(joint).dofadr[0]) for joint in _loaded(robot)]
    weight = -model.opt.gravity[2]
    jacobian = np.zeros((3, model.nv))
    per_kg = np.zeros(model.nv)
    for hand in robot.hands.values():
        mujoco.mj_jacSite(model, data, jacobian, None, model.site(hand.tcp_site).id)
        per_kg += weight * jacobian[2]
    return data.qfrc_bias[dofs], per_kg[dofs]
