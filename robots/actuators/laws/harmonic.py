"""The `harmonic` law: `servo` plus the gear's friction, kinematic error, wind-up and hysteresis.

Rotor and link are one body with the rotor's inertia as armature. What the gear does between them is seen by the
motor's encoder: motor angle / N = link + twist + error. The twist answers the torque through the catalogue's curve
and the slip elements, with the lag of the rotor on the torsional spring; the joint's own motion stays that of the
link. Torque at the joint: N m (motor torque - friction), motor speed N m v, with m the ratio at the motor's angle over
the mean ratio N, which the kinematic error's slope gives: what the error adds to a speed it takes from a torque.
"""

from __future__ import annotations

from typing import NamedTuple

from pilotline.robots.actuators.law import Law, Motion
from pilotline.robots.actuators.laws.drive import DriveParams, DriveState, account, drive, housing_c
from pilotline.robots.actuators.laws.friction import FrictionParams, friction, friction_limit
from pilotline.robots.actuators.laws.torsion import (
    ErrorParams,
    TorsionParams,
    hysteresis,
    slip,
    spring,
    transmission_error,
)


class State(NamedTuple):
    """State of joint, drive and gear.

    Attributes:
      stick: pre-sliding of the friction, -1...1.
      twist_rad: of the flexspline.
      slip_1_rad, slip_2_rad: deflection of the slip elements.
    """

    torque_nm: float = 0.0
    stick: float = 0.0
    twist_rad: float = 0.0
    slip_1_rad: float = 0.0
    slip_2_rad: float = 0.0
    drive: DriveState = DriveState()


class Params(NamedTuple):
    """Figures of the joint actuator.

    Attributes:
      twist_lag_s: sqrt(N^2 J / K1), the rotor's time on the torsional spring.
      motor_side: 1 where the position loop closes on the motor's encoder, 0 on the link's.
    """

    drive: DriveParams
    friction: FrictionParams
    torsion: TorsionParams
    error: ErrorParams
    twist_lag_s: float
    motor_side: float


def yielding(s: State, p: TorsionParams, torque):
    """Change of twist towards the one that carries a torque: a Newton step on the piecewise linear curve.

    The tangent is the stiffest there is, so that a step never overshoots; what is left follows in the next ones.
    """
    carried = spring(p, s.twist_rad) + hysteresis(p, s.slip_1_rad, s.slip_2_rad, s.twist_rad)
    return (torque - carried) * p.nimblest_rad_per_nm


def step(s: State, p: Params, x: Motion, h: float) -> State:
    """See the module."""
    ratio = p.drive.ratio
    error, slope = transmission_error(p.error, ratio * (x.q + s.twist_rad))
    # the ratio at this angle over the mean one, 1 / (1 - N slope): of speeds and, work being the same on both sides,
    # of torques. N slope is a few per cent, so that the series' third term is the last that shows. Above its resonance
    # the rotor no longer follows: as a second-order lag its share falls with the square of the second line's frequency
    swing = 2.0 * ratio * x.v * p.twist_lag_s
    bend = ratio * slope / (1.0 + swing * swing)
    mesh = 1.0 + bend + bend * bend
    velocity = mesh * x.v
    speed = ratio * velocity
    limit = friction_limit(p.friction, ratio * x.v, housing_c(s.drive, p.drive), s.torque_nm)
    stick, lost = friction(s.stick, p.friction, speed, limit, h)

    rotor = x.q + s.twist_rad + error
    position = x.q + p.motor_side * (s.twist_rad + error)
    after, motor = drive(s.drive, p.drive, x, position, rotor, velocity, lost * speed, h)
    torque = mesh * ratio * (motor - lost)

    moved = yielding(s, p.torsion, torque) * (h / (h + p.twist_lag_s))
    return State(
        torque_nm=torque,
        stick=stick,
        twist_rad=s.twist_rad + moved,
        slip_1_rad=slip(s.slip_1_rad, p.torsion.slip_1_rad, moved),
        slip_2_rad=slip(s.slip_2_rad, p.torsion.slip_2_rad, moved),
        drive=account(after, s.torque_nm, torque, x.v, h),
    )


LAW = Law("harmonic", 1, State, Params, step)
