"""What a robot's position servos are asked to do, whatever drives the joints."""

from __future__ import annotations

from pilotline.robots.actuators.gains import gains_of
from pilotline.robots.actuators.inertia import lightest_inertia, servo_inertia
from pilotline.robots.robot import Robot


def servo_gains(robot: Robot, timestep_s: float) -> dict[str, tuple[float, float]]:
    """Stiffness (N m/rad) and damping (N m s/rad) of each joint of `robot.driven` with the card's own drives.

    A policy learns with them: other gains give other motion for the same targets.
    """
    inertia, lightest = servo_inertia(robot), lightest_inertia(robot)
    return {joint: gains_of(robot, joint, inertia[joint], lightest[joint], timestep_s) for joint in robot.driven}
