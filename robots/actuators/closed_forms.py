"""What the friction and stiffness figures of a gear come to, in closed form.

Friction torque at the input, from Coulomb, Stribeck, drag and load parts:

    F(w, T) = coulomb + (starting - coulomb) / (1 + (w/w_s)^2) + drag (|w|/w_ref)^(2/3) exp(-grease (t - 20 C))
              + load_loss |T| / ratio

with input speed w, transmitted output torque T, grease temperature t. The speed law is that of churned grease.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilotline.robots.actuators.figures import GearFigures

GREASE_C = 20.0
SPEED_EXPONENT = 2.0 / 3.0

Floats = NDArray[np.float64]


def no_load_input_nm(gear: GearFigures, input_rad_s: ArrayLike, grease_c: ArrayLike = GREASE_C) -> Floats:
    """Torque (N m) that keeps the input turning at `input_rad_s` without load."""
    speed = np.abs(np.asarray(input_rad_s, float))
    stribeck = (gear.starting_input_nm - gear.coulomb_input_nm) / (1.0 + (speed / gear.stribeck_input_rad_s) ** 2)
    viscosity = np.exp(-gear.grease_per_k * (np.asarray(grease_c, float) - GREASE_C))
    drag = gear.drag_input_nm * (speed / gear.rated_input_rad_s) ** SPEED_EXPONENT * viscosity
    return np.asarray(gear.coulomb_input_nm + stribeck + drag)


def friction_input_nm(
    gear: GearFigures, input_rad_s: ArrayLike, output_nm: ArrayLike, grease_c: ArrayLike = GREASE_C
) -> Floats:
    """Friction at the input (N m) while `output_nm` is transmitted."""
    load = gear.load_loss * np.abs(np.asarray(output_nm, float)) / gear.ratio
    return np.asarray(no_load_input_nm(gear, input_rad_s, grease_c) + load)


def efficiency(
    gear: GearFigures, input_rad_s: ArrayLike, output_nm: ArrayLike, grease_c: ArrayLike = GREASE_C
) -> Floats:
    """Power out over power in while the motor drives the load, 0..1."""
    useful = np.abs(np.asarray(output_nm, float)) / gear.ratio
    return np.asarray(useful / (useful + friction_input_nm(gear, input_rad_s, output_nm, grease_c)))


def backdriving_nm(gear: GearFigures) -> float:
    """Torque at the output that starts the gear from there: T = ratio starting + load_loss T."""
    return gear.ratio * gear.starting_input_nm / (1.0 - gear.load_loss)


def output_nm(gear: GearFigures, motor_nm: float) -> float:
    """Torque at the slowly turning output that a motor torque lifts, N m; 0 if it does not overcome friction."""
    return max(gear.ratio * (motor_nm - gear.coulomb_input_nm) / (1.0 + gear.load_loss), 0.0)


def motor_nm(gear: GearFigures, output_nm: float) -> float:
    """Motor torque that lifts `output_nm` at the slowly turning output, N m."""
    return output_nm * (1.0 + gear.load_loss) / gear.ratio + gear.coulomb_input_nm


def windup_rad(gear: GearFigures, torque_nm: ArrayLike) -> Floats:
    """Twist of the output against the locked input under `torque_nm`, without hysteresis; odd in the torque."""
    torque = np.asarray(torque_nm, float)
    size = np.abs(torque)
    first = np.minimum(size, gear.knee_1_nm) / gear.k1_nm_per_rad
    second = np.clip(size - gear.knee_1_nm, 0.0, gear.knee_2_nm - gear.knee_1_nm) / gear.k2_nm_per_rad
    third = np.maximum(size - gear.knee_2_nm, 0.0) / gear.k3_nm_per_rad
    return np.asarray(np.sign(torque) * (first + second + third))
