"""The `ideal` tier: torque-limited servos made of MuJoCo's own actuators, with gravity feed-forward.

Joints: position servo kp = w^2 I, kv = 2 zeta w I, with w from the card and I the joint-space inertia at home
(reflected drive inertia included). The joint's `actfrcrange` limits servo and gravity torque together.
Base: velocity servo whose gain is moved inertia over the card's time constant.
Grippers: position servo on the first finger; the joint coupling carries half of its force to the second.
"""

from __future__ import annotations

import math

import mujoco
import numpy as np

from pilotline.robots.robot import Robot


def home_inertia(robot: Robot) -> dict[str, float]:
    """Diagonal of the joint-space inertia at home by joint name, kg m^2 or kg, all other joints held."""
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    mujoco.mj_forward(model, data)
    full = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, full)
    diagonal = np.diag(full)
    return {model.joint(j).name: float(diagonal[model.jnt_dofadr[j]]) for j in range(model.njnt)}


def attach_base(spec: mujoco.MjSpec, robot: Robot, inertia: dict[str, float]) -> None:
    """Add the base's velocity servos; `inertia` of `home_inertia`."""
    for joint in robot.groups["base"]:
        _velocity_servo(spec, robot, joint, inertia[joint] / robot.card.servo.base_time_constant_s)


def attach_joint(spec: mujoco.MjSpec, robot: Robot, joint: str, inertia: float, frequency_hz: float) -> None:
    """Add the position servo of a joint, kp = w^2 I and kv = 2 zeta w I."""
    omega = 2 * math.pi * frequency_hz
    actuator = _actuator(spec, joint, joint, None)
    actuator.set_to_position(kp=omega**2 * inertia, kv=2 * robot.card.servo.damping_ratio * omega * inertia)
    actuator.ctrllimited, actuator.ctrlrange = True, robot.card.joints[joint].limits


def attach_grippers(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Add one position servo for each gripper."""
    for hand in robot.hands.values():
        _gripper_servo(spec, robot, hand.gripper_group)


def _velocity_servo(spec: mujoco.MjSpec, robot: Robot, joint: str, gain: float) -> None:
    speed, force = robot.card.speed(joint), robot.card.limit(joint)
    actuator = _actuator(spec, joint, joint, force)
    actuator.set_to_velocity(kv=gain)
    actuator.ctrllimited, actuator.ctrlrange = True, (-speed, speed)


def _gripper_servo(spec: mujoco.MjSpec, robot: Robot, group: str) -> None:
    finger = robot.groups[group][0]
    actuator = _actuator(spec, group, finger, 2 * robot.card.limit(finger))
    actuator.set_to_position(kp=robot.card.servo.gripper_stiffness_n_m)
    actuator.ctrllimited, actuator.ctrlrange = True, robot.card.joints[finger].limits


def _actuator(spec: mujoco.MjSpec, name: str, joint: str, force: float | None) -> mujoco.MjsActuator:
    """An actuator on `joint`; without a force the joint's own limit rules, gravity torque included."""
    actuator = spec.add_actuator(name=name, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    if force is not None:
        actuator.forcelimited, actuator.forcerange = True, (-force, force)
    return actuator


def compensate_gravity(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Carry the robot's weight by its joint actuators."""
    for link in robot.card.links:
        spec.body(link).gravcomp = 1.0
    for group in ("torso", "right_arm", "left_arm", "head"):
        for joint in robot.groups[group]:
            spec.joint(joint).actgravcomp = True
