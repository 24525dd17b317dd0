"""Torsion of a strain-wave gear: stiffness in three parts, hysteresis, teeth that skip; and its kinematic error.

The torque-torsion curve that a catalogue gives, T(d), is followed when the torque rises from rest. Two
Maxwell-slip elements open the loop: element i holds F_i = k_i x_i, its spring deflection x_i follows the twist and
slips at +-travel_i, and counts as F_i - k_i clip(d, +-travel_i), which is nothing on the first rise and -2 k_i travel_i
on the way back. The loop's width at zero torque is `hysteresis_rad` when sum k_i travel_i = K1 hysteresis / 4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as xp


class TorsionParams(NamedTuple):
    """Figures of the flexspline, at the output; see `figures.GearFigures`.

    Attributes:
      d1_rad, d2_rad: twist at the knees.
      slip_1..., slip_2...: stiffness and travel of the two slip elements.
      nimblest_rad_per_nm: inverse of the stiffest tangent, K3 and both slip elements.
      pitch_rad: angle between teeth, 2 pi / (2 N).
      ratcheting_rad, ratcheting_nm: twist and torque at which the teeth let go.
    """

    k1: float
    k2: float
    k3: float
    d1_rad: float
    d2_rad: float
    slip_1_nm_per_rad: float
    slip_1_rad: float
    slip_2_nm_per_rad: float
    slip_2_rad: float
    nimblest_rad_per_nm: float
    pitch_rad: float
    ratcheting_rad: float
    ratcheting_nm: float


class ErrorParams(NamedTuple):
    """Amplitudes of the transmission error's lines at 1, 2 and 4 per input turn, rad at the output."""

    sin_1: float
    cos_1: float
    sin_2: float
    cos_2: float
    sin_4: float
    cos_4: float


def held(value, bound):
    """The value within +-bound."""
    return xp.minimum(xp.maximum(value, -bound), bound)


def spring(p: TorsionParams, twist):
    """Catalogue torque of a twist, N m: K1 to the first knee, K2 to the second, K3 beyond."""
    low = held(twist, p.d1_rad)
    middle = held(twist, p.d2_rad) - low
    return p.k1 * low + p.k2 * middle + p.k3 * (twist - low - middle)


def toothed(p: TorsionParams, twist):
    """Torque of a twist where teeth can skip, N m, and the number of the tooth it is on.

    Up to the ratcheting torque the catalogue's curve; from there the torque falls on a straight line to zero
    halfway to the next tooth (E): a tooth's potential, periodic in the pitch.
    """
    tooth = xp.floor(twist / p.pitch_rad + 0.5)
    inside = twist - tooth * p.pitch_rad
    over = xp.abs(inside) - p.ratcheting_rad
    falling = xp.sign(inside) * p.ratcheting_nm * (1.0 - over / (0.5 * p.pitch_rad - p.ratcheting_rad))
    return xp.where(over > 0.0, falling, spring(p, inside)), tooth


def slip(deflection, travel, moved):
    """Deflection of a slip element after the twist moved by `moved`."""
    return held(deflection + moved, travel)


def hysteresis(p: TorsionParams, slip_1, slip_2, twist):
    """Torque of both slip elements over the curve of the first rise, N m."""
    one = p.slip_1_nm_per_rad * (slip_1 - held(twist, p.slip_1_rad))
    return one + p.slip_2_nm_per_rad * (slip_2 - held(twist, p.slip_2_rad))


def turned(angle):
    """Sine and cosine of an angle, within 1e-6, at a third of the cost of the library's.

    Half the angle, brought into +-pi/2, by Taylor's series to the 11th order; then the double angle.
    """
    turns = angle * (0.5 / xp.pi)
    half = xp.pi * (turns - xp.floor(turns + 0.5))
    q = half * half
    sine = half * (
        1.0
        - q
        * (1.0 / 6.0)
        * (1.0 - q * (1.0 / 20.0) * (1.0 - q * (1.0 / 42.0) * (1.0 - q * (1.0 / 72.0) * (1.0 - q * (1.0 / 110.0)))))
    )
    cosine = 1.0 - q * (1.0 / 2.0) * (
        1.0 - q * (1.0 / 12.0) * (1.0 - q * (1.0 / 30.0) * (1.0 - q * (1.0 / 56.0) * (1.0 - q * (1.0 / 90.0))))
    )
    return 2.0 * sine * cosine, 1.0 - 2.0 * sine * sine


def transmission_error(p: ErrorParams, angle):
    """Kinematic error and its slope.

    Args:
      p: amplitudes.
      angle: of the input, rad.

    Returns:
      (e, de/dangle): rad at the output, and rad per rad of input; link = input / N - e without load.
    """
    s1, c1 = turned(angle)
    s2, c2 = 2.0 * s1 * c1, 1.0 - 2.0 * s1 * s1
    s4, c4 = 2.0 * s2 * c2, 1.0 - 2.0 * s2 * s2
    value = p.sin_1 * s1 + p.cos_1 * c1 + p.sin_2 * s2 + p.cos_2 * c2 + p.sin_4 * s4 + p.cos_4 * c4
    slope = p.sin_1 * c1 - p.cos_1 * s1 + 2.0 * (p.sin_2 * c2 - p.cos_2 * s2) + 4.0 * (p.sin_4 * c4 - p.cos_4 * s4)
    return value, slope
