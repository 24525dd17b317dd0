"""How a drive brings its joint to rest: by its torque under control, or without power by friction and brake."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.robots import Robot
from pilotline.robots.actuators.closed_forms import no_load_input_nm
from pilotline.robots.actuators.figures import GearFigures
from pilotline.robots.actuators.inertia import servo_inertia

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Stop:
    """How a joint comes to rest: after `time_s`, having turned by `way_rad` (or moved by that many metres)."""

    time_s: float
    way_rad: float


def braked(speed: float, inertia: float, torque: float) -> Stop:
    """Rest under a constant torque: t = I w / tau, angle I w^2 / (2 tau); never where there is no torque.

    Args:
      speed: rad/s (m/s), at the joint.
      inertia: kg m^2 (kg) that it moves, its own rotor over the gear included.
      torque: N m (N) against the motion.
    """
    if torque <= 0.0:
        return Stop(math.inf, math.inf) if speed else Stop(0.0, 0.0)
    time = inertia * abs(speed) / torque
    return Stop(time, 0.5 * abs(speed) * time)


def coasting_nm(gear: GearFigures, speed_rad_s: float, housing_c: float = 25.0) -> float:
    """Friction at the output (N m) of a gear whose motor has no current, at an output speed.

    What the gear transmits while it brakes is this torque itself, of which it loses its share: F N / (1 - mu), as in
    back-driving. Gravity comes on top.
    """
    return float(gear.ratio * no_load_input_nm(gear, gear.ratio * speed_rad_s, housing_c) / (1.0 - gear.load_loss))


def coasted(
    gear: GearFigures, speed_rad_s: float, inertia_kgm2: float, brake_nm: float = 0.0, rest: float = 0.0
) -> Stop:
    """Rest without power from a speed at the output: friction, which falls with the speed, and a brake if there is one.

    Integrates I dw/dt = -(F(w) + brake) over the speed, down to a share `rest` of it; no gravity.
    """
    if speed_rad_s == 0.0:
        return Stop(0.0, 0.0)
    speeds = np.linspace(rest * abs(speed_rad_s), abs(speed_rad_s), 2001)
    torque = np.array([coasting_nm(gear, float(w)) for w in speeds]) + brake_nm
    per_speed = inertia_kgm2 / torque
    return Stop(float(np.trapezoid(per_speed, speeds)), float(np.trapezoid(per_speed * speeds, speeds)))


def lag_s(robot: Robot) -> float:
    """How much later than its command the slowest servo of a robot moves, 2 zeta / omega, s."""
    groups = [group for group, names in robot.groups.items() if names and group in robot.servo.frequency_hz]
    return max(robot.servo.damping_ratio / (math.pi * robot.servo.frequency_hz[group]) for group in groups)


def deceleration(robot: Robot, joints: tuple[str, ...], share: float) -> Float:
    """Deceleration (k,) rad/s^2 or m/s^2 of a controlled stop of `joints`.

    `share` of the joint's effort limit (of the robot's card, that of its drive) over the inertia that it moves at
    home; the rest is left for gravity and for what the other joints do to it.
    """
    inertia = servo_inertia(robot)
    return np.array([share * robot.limit(joint) / inertia[joint] for joint in joints])
