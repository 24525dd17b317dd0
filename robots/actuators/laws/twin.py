"""The `twin` laws: the rotor is a joint of its own, and the gear a spring with slip and teeth between the two.

Two actuators per joint. `GEAR` acts on the link's joint and holds the gear's state; `MOTOR` acts on the rotor, whose
coordinate is the motor angle over N and whose inertia is N^2 times that of the fast side. With twist
d = rotor - link - e(N rotor) and torque T(d), the link gets T and the rotor -T (1 - N de/dangle).

A plain spring of stiffness `carrier` between rotor and link carries most of T, so that an integrator that is implicit
in position stays stable at any step; the laws add the difference.
A skipped tooth leaves damage that lasts (E): per tooth, up to `WORN_OUT` teeth, a line at once per input turn as large
as half the error that the gear had. Heat of slip elements and damping is the gear's; that of friction is the motor's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as xp

from pilotline.robots.actuators.law import Law, Motion
from pilotline.robots.actuators.laws.drive import DriveParams, DriveState, account, drive, housing_c
from pilotline.robots.actuators.laws.friction import FrictionParams, friction, friction_limit
from pilotline.robots.actuators.laws.torsion import (
    ErrorParams,
    TorsionParams,
    hysteresis,
    slip,
    toothed,
    transmission_error,
)

WORN_OUT = 3.0


class GearState(NamedTuple):
    """State of the gear.

    Attributes:
      force: what the law adds to the carrier spring at the link, N m.
      torque_nm: torque on the link.
      reaction_nm: torque that the rotor feels, in its joint's coordinate, beyond the carrier spring.
      twist_rad: of the flexspline.
      slip_1_rad, slip_2_rad: deflection of the slip elements.
      tooth: number of the tooth that the flexspline sits on.
      skipped: teeth skipped so far, in either direction.
      heat_j: lost in slip elements and damping.
    """

    force: float = 0.0
    torque_nm: float = 0.0
    reaction_nm: float = 0.0
    twist_rad: float = 0.0
    slip_1_rad: float = 0.0
    slip_2_rad: float = 0.0
    tooth: float = 0.0
    skipped: float = 0.0
    heat_j: float = 0.0


class GearParams(NamedTuple):
    """Figures of the gear.

    Attributes:
      carrier_nm_per_rad: stiffness of the plain spring between rotor and link.
      worn_error_rad: once-per-turn error that each skipped tooth adds.
    """

    torsion: TorsionParams
    error: ErrorParams
    ratio: float
    carrier_nm_per_rad: float
    damping_nms_per_rad: float
    worn_error_rad: float


class MotorState(NamedTuple):
    """State of motor, drive and friction.

    Attributes:
      torque_nm: the motor's after friction, at the output.
      link_nm, link_rad_s: torque of the gear on the link, and the link's speed.
    """

    force: float = 0.0
    torque_nm: float = 0.0
    stick: float = 0.0
    link_nm: float = 0.0
    link_rad_s: float = 0.0
    drive: DriveState = DriveState()


class MotorParams(NamedTuple):
    """Figures of motor, drive and friction."""

    drive: DriveParams
    friction: FrictionParams
    motor_side: float
    carrier_nm_per_rad: float
    damping_nms_per_rad: float


def worn(p: GearParams, skipped):
    """Amplitudes of the transmission error after some teeth were skipped."""
    more = p.worn_error_rad * xp.minimum(skipped, WORN_OUT)
    return ErrorParams(
        sin_1=p.error.sin_1 + more,
        cos_1=p.error.cos_1 + 0.0 * more,
        sin_2=p.error.sin_2 + 0.0 * more,
        cos_2=p.error.cos_2 + 0.0 * more,
        sin_4=p.error.sin_4 + 0.0 * more,
        cos_4=p.error.cos_4 + 0.0 * more,
    )


def gear(s: GearState, p: GearParams, x: Motion, h: float) -> GearState:
    """Torque between rotor (far) and link (own joint)."""
    t = p.torsion
    error, slope = transmission_error(worn(p, s.skipped), p.ratio * x.q_far)
    apart, closing = x.q_far - x.q, x.v_far - x.v
    twist = apart - error
    moved = twist - s.twist_rad
    toothed_nm, tooth = toothed(t, twist)
    slip_1 = slip(s.slip_1_rad, t.slip_1_rad, moved)
    slip_2 = slip(s.slip_2_rad, t.slip_2_rad, moved)
    inside = twist - tooth * t.pitch_rad
    torque = toothed_nm + hysteresis(t, slip_1, slip_2, inside)
    lost_1 = t.slip_1_nm_per_rad * slip_1 * (moved - (slip_1 - s.slip_1_rad))
    lost_2 = t.slip_2_nm_per_rad * slip_2 * (moved - (slip_2 - s.slip_2_rad))
    carried = p.carrier_nm_per_rad * apart
    return GearState(
        force=torque - carried,
        torque_nm=torque,
        reaction_nm=carried - torque * (1.0 - p.ratio * slope),
        twist_rad=twist,
        slip_1_rad=slip_1,
        slip_2_rad=slip_2,
        tooth=tooth,
        skipped=s.skipped + xp.abs(tooth - s.tooth),
        heat_j=s.heat_j + lost_1 + lost_2 + h * p.damping_nms_per_rad * closing * closing,
    )


def motor(s: MotorState, p: MotorParams, x: Motion, h: float) -> MotorState:
    """Torque on the rotor's joint: motor less friction, and the gear's reaction."""
    ratio = p.drive.ratio
    speed = ratio * x.v
    limit = friction_limit(p.friction, speed, housing_c(s.drive, p.drive), x.far_torque_nm)
    stick, lost = friction(s.stick, p.friction, speed, limit, h)
    position = p.motor_side * x.q + (1.0 - p.motor_side) * x.q_far
    # what the link got in the last step: the law's torque at its beginning, and what spring and damping added until its
    # end, where `discrete` evaluates them
    passed_nm = s.link_nm + (p.carrier_nm_per_rad * h + p.damping_nms_per_rad) * (x.v - x.v_far)
    travelled_rad_s = 0.5 * (s.link_rad_s + x.v_far)
    after, input_nm = drive(s.drive, p.drive, x, position, x.q, x.v, lost * speed, h)
    torque = ratio * (input_nm - lost)
    return MotorState(
        force=torque + x.far_reaction_nm,
        torque_nm=torque,
        stick=stick,
        link_nm=x.far_torque_nm,
        link_rad_s=x.v_far + 0.0 * s.link_rad_s,
        drive=account(after, passed_nm, passed_nm, travelled_rad_s, h),
    )


GEAR = Law("twin-gear", 1, GearState, GearParams, gear)
MOTOR = Law("twin-motor", 1, MotorState, MotorParams, motor)
