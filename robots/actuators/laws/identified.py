"""The `identified` law: a servo whose friction was identified as a whole, at its output.

Limit of friction, with v the joint's speed, t_m the motor's torque and t_e the load's, both at the output:

    F = K_c + K_l |t_m - t_e| + |K_m t_m - K_e t_e|
        + s (K_cs + K_ls |t_m - t_e| + |K_ms t_m - K_es t_e| + Q)        s = exp(-(|v| / v_s)^alpha)
    Q = K_eq t_e^2 where |t_m| > |t_e|, else K_mq t_m^2; only where the two torques work against each other

plus viscous friction K_v v. This is the form of the extended friction models M1 ... M6 for servo actuators
(Duclusaud, Passault, Padois, Ly 2024, the `bam` project); each model is this one with some coefficients zero:

    M1: K_c, K_v. M2: and K_cs. M3: M1 and K_l. M4: M2 and K_l, K_ls. M5: M2 and K_m, K_e, K_ms, K_es. M6: M5 and Q.

Where it differs from the published simulator:
  * The load's torque is what the link put on the output in the last step, from what the law knows itself:
    t_e = armature * acceleration - own torque. At rest that is gravity, as published; in motion the link's own
    inertia is in it, because teeth carry it as well.
  * The contact is a spring that slips at the limit, instead of a torque found anew in every step: it holds without
    creep. A limit that grows with the load adds no energy, because the spring's own torque is the state.

Controllers. `cascade-pi` is that of `drive`. `duty-p` turns the position error into a voltage on the winding, up to
the bus, so that the back-EMF damps it. `current-pd` turns error and speed into a current. A command of `RELEASED` or
more switches the last two off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as xp

from pilotline.robots.actuators.law import Law, Motion
from pilotline.robots.actuators.laws.drive import (
    DriveParams,
    DriveState,
    account,
    clip,
    drive,
    quantised,
    torque_constant,
)

RELEASED = 1.0e6
"""Position command, rad, from which on `duty-p` and `current-pd` let go: no current."""

CASCADE_PI, DUTY_P, CURRENT_PD = "cascade-pi 1", "duty-p 1", "current-pd 1"
_NOTHING_NM = 1.0e-12
"""Keeps the share of a limit of zero finite."""

CONTROLLERS = (CASCADE_PI, DUTY_P, CURRENT_PD)
"""Controllers in the order of `ControlParams.kind`."""


class State(NamedTuple):
    """State of joint and drive.

    Attributes:
      contact_nm: torque of the contact's spring, against positive motion.
      speed_rad_s: of the joint at the last step.
      motor_nm: the motor's torque at the output in the last step.
    """

    force: float = 0.0
    torque_nm: float = 0.0
    contact_nm: float = 0.0
    speed_rad_s: float = 0.0
    motor_nm: float = 0.0
    drive: DriveState = DriveState()


class IdentifiedParams(NamedTuple):
    """Coefficients of the friction, see the module and `figures.IdentifiedFigures`.

    Attributes:
      contact_nm_per_rad: stiffness of the contact before it slips.
      armature_kgm2: rotor's inertia at the output.
    """

    coulomb_nm: float
    viscous_nms_per_rad: float
    stribeck_nm: float
    load: float
    load_motor: float
    load_external: float
    load_stribeck: float
    load_stribeck_motor: float
    load_stribeck_external: float
    quadratic_motor_per_nm: float
    quadratic_external_per_nm: float
    stribeck_rad_s: float
    stribeck_exponent: float
    contact_nm_per_rad: float
    armature_kgm2: float


class ControlParams(NamedTuple):
    """Controller of the drive.

    Attributes:
      kind: index in `CONTROLLERS`.
      gain: of `duty-p` V/rad, of `current-pd` A/rad.
      damping: of `current-pd` A s/rad.
    """

    kind: float
    gain: float
    damping: float


class Params(NamedTuple):
    """Figures of the joint actuator."""

    drive: DriveParams
    control: ControlParams
    friction: IdentifiedParams


def friction_limit(p: IdentifiedParams, speed, motor_nm, load_nm):
    """Largest friction torque beyond viscous friction, N m.

    Args:
      p: coefficients.
      speed: of the output, rad/s.
      motor_nm: torque of the motor at the output.
      load_nm: torque of the link on the output.
    """
    motor, load = xp.abs(motor_nm), xp.abs(load_nm)
    both = xp.abs(motor_nm - load_nm)
    squared = xp.where(
        motor > load, p.quadratic_external_per_nm * load * load, p.quadratic_motor_per_nm * motor * motor
    )
    near = xp.exp(-xp.power(xp.abs(speed) / p.stribeck_rad_s, p.stribeck_exponent))
    sliding = p.coulomb_nm + p.load * both + xp.abs(p.load_motor * motor_nm - p.load_external * load_nm)
    resting = p.stribeck_nm + p.load_stribeck * both
    resting = resting + xp.abs(p.load_stribeck_motor * motor_nm - p.load_stribeck_external * load_nm)
    return sliding + near * (resting + xp.where(motor_nm * load_nm < 0.0, squared, 0.0))


def friction(contact_nm, p: IdentifiedParams, speed, limit, h):
    """Friction torque of one step.

    The contact's spring has the bare rotor's critical damping while it holds. Its stiffness is kept at or below
    armature / (4 h^2), where the explicit step is stable for the rotor and for any link on it.

    Returns:
      (next torque of the spring, torque that opposes positive speed, N m).
    """
    stiffness = xp.minimum(p.contact_nm_per_rad, 0.25 * p.armature_kgm2 / (h * h))
    after = clip(contact_nm + stiffness * speed * h, -limit, limit)
    slack = 1.0 - xp.minimum(xp.abs(after) / (limit + _NOTHING_NM), 1.0)
    damping = 2.0 * xp.sqrt(stiffness * p.armature_kgm2) * slack
    return after, after + (p.viscous_nms_per_rad + damping) * speed


def commanded(s: DriveState, p: DriveParams, c: ControlParams, x: Motion, speed_now):
    """What the drive is told: its command as it stands, or the torque that `duty-p` or `current-pd` ask for, N m.

    Args:
      s, p, c: of drive and controller.
      x: command and motion.
      speed_now: of the joint in the middle of the coming step, rad/s; damping by the back-EMF follows that.
    """
    period = p.loop_period_s
    measured = quantised(x.q, p.counts_per_rad)
    speed = (measured - quantised(x.q - x.v * period, p.counts_per_rad)) / period
    error = x.command - measured
    kt = torque_constant(s, p)
    resistance = p.resistance_ohm * (1.0 + p.copper_per_k * (p.ambient_c + s.winding_k - 20.0))
    volts = clip(c.gain * error, -p.bus_v, p.bus_v) - kt * p.ratio * speed_now
    current = xp.where(c.kind > 1.5, c.gain * error - c.damping * speed, volts / resistance)
    torque = p.ratio * kt * current + x.feedforward
    return xp.where(c.kind < 0.5, x.command, xp.where(xp.abs(x.command) >= RELEASED, 0.0, torque))


def step(s: State, p: Params, x: Motion, h: float) -> State:
    """See the module."""
    ratio, f = p.drive.ratio, p.friction
    moved = xp.where(s.drive.message_age_s <= 0.0, 0.0, x.v - s.speed_rad_s)
    load = f.armature_kgm2 * moved / h - s.force
    limit = friction_limit(f, x.v, s.motor_nm, load)
    contact, lost = friction(s.contact_nm, f, x.v, limit, h)
    told = Motion(
        command=commanded(s.drive, p.drive, p.control, x, x.v + 0.5 * moved),
        q=x.q,
        v=x.v,
        feedforward=x.feedforward,
        q_far=x.q_far,
        v_far=x.v_far,
        far_torque_nm=x.far_torque_nm,
        far_reaction_nm=x.far_reaction_nm,
    )
    after, motor = drive(s.drive, p.drive, told, x.q, x.q, x.v, lost * x.v, h)
    torque = ratio * motor - lost
    return State(
        force=torque,
        torque_nm=torque,
        contact_nm=contact,
        speed_rad_s=x.v + 0.0 * s.speed_rad_s,
        motor_nm=ratio * motor,
        drive=account(after, s.torque_nm, torque, x.v, h),
    )


LAW = Law("identified", 1, State, Params, step)
