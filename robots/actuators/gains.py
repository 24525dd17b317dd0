"""Gains of the position servo of a joint: stiffness and damping.

On a base that carries the robot they are those of the inertia that the servo moves: w^2 I and 2 zeta w I. A robot
that stands by itself must hold its weight with a leg on the floor and move a light foot in the air with the same servo.
So there both have a bound on every joint: damping takes at most `STEP_SHARE` of the speed, in one physics step, of what
the joint moves with everything else free, since a law's torque is explicit in the step; and stiffness is at most
`STIFFEST_PER_S` times damping, so that 2 ms of delay in the drive take no more than a fifth of the damping. Its drives
run without an integrator, which would make a standing leg sway.
"""

from __future__ import annotations

import math

from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.pack import INTEGRAL_SHARE, Setup
from pilotline.robots.card import FloatingBase
from pilotline.robots.cardrules import DRIVEN_GROUPS
from pilotline.robots.robot import Robot

STEP_SHARE = 0.5
"""2 is the limit of an explicit step."""
STIFFEST_PER_S = 100.0


def gains_of(robot: Robot, joint: str, inertia: float, lightest: float, timestep_s: float) -> tuple[float, float]:
    """Stiffness (N m/rad) and damping (N m s/rad) of a joint of `robot.driven`.

    Args:
      inertia: kg m^2, what the servo moves, see `inertia.servo_inertia`.
      lightest: kg m^2, what it moves at least, see `inertia.lightest_inertia`.
    """
    group = next(group for group in DRIVEN_GROUPS if joint in robot.groups[group])
    omega = 2.0 * math.pi * robot.servo.frequency_hz[group]
    stiffness, damping = omega**2 * inertia, 2.0 * robot.servo.damping_ratio * omega * inertia
    if not isinstance(robot.base, FloatingBase):
        return stiffness, damping
    damping = min(damping, STEP_SHARE * lightest / timestep_s)
    return min(stiffness, STIFFEST_PER_S * damping), damping


def setup_of(
    robot: Robot, joint: str, figures: JointFigures, inertia: float, lightest: float, timestep_s: float
) -> Setup:
    """What the robot adds to an actuator's figures, but for the joint's limits.

    Args:
      figures: of the actuator, which takes the place of the card's own drive.
      inertia, lightest: kg m^2, as in `gains_of`, the card's own drive included.
    """
    swap = figures.armature_kgm2 - robot.joints[joint].armature
    stiffness, damping = gains_of(robot, joint, inertia + swap, lightest + swap, timestep_s)
    moved = inertia + swap
    omega = math.sqrt(stiffness / moved)
    share = 0.0 if isinstance(robot.base, FloatingBase) else INTEGRAL_SHARE
    return Setup(moved, omega / (2.0 * math.pi), damping / (2.0 * omega * moved), integral_share=share)
