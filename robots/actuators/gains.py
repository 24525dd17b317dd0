"""Gains of a drive on a robot.

On a base that carries the robot a drive runs the cascade that its inertia asks for. A robot that stands by itself runs
its drives as legged robots do: stiffness and damping without an integrator, which would make a standing leg sway. A
law's torque is explicit in the physics step and comes late by the drive's delay, so on a joint that moves little when
everything else is free both have a bound: damping takes at most `STEP_SHARE` of that inertia's speed in one step, and
stiffness is at most `STIFFEST_PER_S` times damping, so that 2 ms of delay take no more than a fifth of the damping.
"""

from __future__ import annotations

import math

from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.pack import Setup
from pilotline.robots.card import FloatingBase
from pilotline.robots.cardrules import DRIVEN_GROUPS
from pilotline.robots.robot import Robot

STEP_SHARE = 0.5
"""2 is the limit of an explicit step."""
STIFFEST_PER_S = 100.0


def setup_of(
    robot: Robot, joint: str, figures: JointFigures, inertia: float, lightest: float, timestep_s: float
) -> Setup:
    """What the robot adds to an actuator's figures, but for the joint's limits.

    Args:
      figures: of the actuator, which takes the place of the card's own drive.
      inertia: kg m^2, what the joint's servo moves, the card's own drive included, see `inertia.servo_inertia`.
      lightest: kg m^2, what it moves at least, likewise, see `inertia.lightest_inertia`.
    """
    group = next(group for group in DRIVEN_GROUPS if joint in robot.groups[group])
    swap = figures.armature_kgm2 - robot.joints[joint].armature
    moved, frequency_hz, ratio = inertia + swap, robot.servo.frequency_hz[group], robot.servo.damping_ratio
    if not isinstance(robot.base, FloatingBase):
        return Setup(moved, frequency_hz, ratio)
    omega = 2.0 * math.pi * frequency_hz
    damping = min(2.0 * ratio * omega * moved, STEP_SHARE * (lightest + swap) / timestep_s)
    stiffness = min(omega**2 * moved, STIFFEST_PER_S * damping)
    moved = stiffness / omega**2
    return Setup(moved, frequency_hz, damping / (2.0 * omega * moved), integral_share=0.0)
