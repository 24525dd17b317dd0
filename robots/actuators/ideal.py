"""The `ideal` tier: torque-limited servos made of MuJoCo's own actuators.

Joints: position servos, see `gains.py` for their stiffness and damping. The joint's `actfrcrange` limits servo and
gravity torque together.
A planar base: velocity servos whose gain is moved inertia over the card's time constant.
Hands: position servos on the driven fingers, whose couplings take the others along.
A robot that stands on the floor by itself bears its weight with its servos; on a base that carries it, gravity is
fed forward.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import mujoco

from pilotline.robots.card import FloatingBase
from pilotline.robots.robot import Hand, Robot


def attach_base(spec: mujoco.MjSpec, robot: Robot, inertia: Mapping[str, float]) -> None:
    """Add the velocity servos of a planar base; other bases have none."""
    for joint in robot.base.joints:
        assert robot.servo.base_time_constant_s is not None
        speed, force = robot.speed(joint), robot.limit(joint)
        actuator = _actuator(spec, joint)
        actuator.forcelimited, actuator.forcerange = True, (-force, force)
        actuator.set_to_velocity(kv=inertia[joint] / robot.servo.base_time_constant_s)
        actuator.ctrllimited, actuator.ctrlrange = True, (-speed, speed)


def attach_joint(spec: mujoco.MjSpec, robot: Robot, joint: str, stiffness: float, damping: float) -> None:
    """Add the position servo of a joint, kp and kv in N m/rad and N m s/rad."""
    actuator = _actuator(spec, joint)
    actuator.set_to_position(kp=stiffness, kv=damping)
    actuator.ctrllimited, actuator.ctrlrange = True, (robot.joints[joint].low, robot.joints[joint].high)


def attach_hands(spec: mujoco.MjSpec, robot: Robot, inertia: Mapping[str, float]) -> None:
    """Add the position servos of the hands' driven joints."""
    for hand in robot.hands.values():
        for joint in hand.actuators:
            _attach_finger(spec, robot, hand, joint, inertia[joint])


def _attach_finger(spec: mujoco.MjSpec, robot: Robot, hand: Hand, joint: str, inertia: float) -> None:
    if hand.stiffness_n_m is None:
        assert hand.frequency_hz is not None
        omega = 2.0 * math.pi * hand.frequency_hz
        attach_joint(spec, robot, joint, omega**2 * inertia, 2.0 * hand.damping_ratio * omega * inertia)
        return
    figures = robot.joints[joint]
    actuator = _actuator(spec, joint)
    actuator.forcelimited, actuator.forcerange = True, (-figures.effort, figures.effort)
    actuator.set_to_position(kp=hand.stiffness_n_m)
    actuator.ctrllimited, actuator.ctrlrange = True, (figures.low, figures.high)


def _actuator(spec: mujoco.MjSpec, joint: str) -> mujoco.MjsActuator:
    return spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)


def compensate_gravity(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Carry the robot's weight by its joint actuators, unless its feet must feel it."""
    if isinstance(robot.base, FloatingBase):
        return
    root = spec.body(robot.root)
    for body in (root, *root.find_all(mujoco.mjtObj.mjOBJ_BODY)):
        body.gravcomp = 1.0
    for joint in robot.driven:
        spec.joint(joint).actgravcomp = True
