"""Stiffness and damping of a robot's servos, as a controller that speaks to them must know."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pilotline.robots import Robot
from pilotline.robots.actuators import drives_of
from pilotline.robots.actuators.gains import gains_of, setup_of
from pilotline.robots.actuators.inertia import lightest_inertia, servo_inertia

Float = NDArray[np.float64]


def servo_gains(robot: Robot, actuators: str = "ideal", timestep_s: float = 0.002) -> tuple[Float, Float]:
    """Stiffness (k,) N m/rad and damping (k,) N m s/rad of the servos of `robot.driven`.

    Args:
      actuators: as for `robots.actuators.attach`; of drives from data sheets the loops' gains, losses left out.
      timestep_s: of the physics, on which the gains' bounds depend.
    """
    drives = drives_of(robot, actuators)
    inertia, lightest = servo_inertia(robot), lightest_inertia(robot)
    out = []
    for joint in robot.driven:
        moved = inertia[joint], lightest[joint], timestep_s
        if joint in drives:
            setup = setup_of(robot, joint, drives[joint].figures, *moved)
            omega = 2.0 * math.pi * setup.frequency_hz
            out.append((omega**2 * setup.inertia_kgm2, 2.0 * setup.damping_ratio * omega * setup.inertia_kgm2))
        else:
            out.append(gains_of(robot, joint, *moved))
    stiffness, damping = np.array(out).T
    return stiffness.copy(), damping.copy()
