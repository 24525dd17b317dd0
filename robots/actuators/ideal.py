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


def attach(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Add the servos of every group to `spec` and switch on gravity compensation of the robot's links."""
    inertia = home_inertia(robot)
    for joint in robot.groups["base"]:
        _velocity_servo(spec, robot, joint, inertia[joint] / robot.card.servo.base_time_constant_s)
    for group in ("torso", "right_arm", "left_arm", "head"):
        omega = 2 * math.pi * robot.card.servo.frequency_hz[group]
        for joint in robot.groups[group]:
            _position_servo(spec, robot, joint, omega, inertia[joint])
    for side in ("right", "left"):
        _gripper_servo(spec, robot, robot.hands[side].gripper_group)
    _compensate_gravity(spec, robot)


def _velocity_servo(spec: mujoco.MjSpec, robot: Robot, joint: str, gain: float) -> None:
    speed, force = robot.card.speed(joint), robot.card.limit(joint)
    actuator = _actuator(spec, joint, joint, force)
    actuator.set_to_velocity(kv=gain)
    actuator.ctrllimited, actuator.ctrlrange = True, (-speed, speed)


def _position_servo(spec: mujoco.MjSpec, robot: Robot, joint: str, omega: float, inertia: float) -> None:
    actuator = _actuator(spec, joint, joint, None)
    actuator.set_to_position(kp=omega**2 * inertia, kv=2 * robot.card.servo.damping_ratio * omega * inertia)
    actuator.ctrllimited, actuator.ctrlrange = True, robot.card.joints[joint].limits


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


def _compensate_gravity(spec: mujoco.MjSpec, robot: Robot) -> None:
    for link in robot.card.links:
        spec.body(link).gravcomp = 1.0
    for group in ("torso", "right_arm", "left_arm", "head"):
        for joint in robot.groups[group]:
            spec.joint(joint).actgravcomp = True
