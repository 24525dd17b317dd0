"""Motor and drive: cascaded control, current and voltage limits, two-node heat, electrical energy.

Shared by every law of this package. The controller is named `cascade-pi 1`: a position loop gives a speed, a
velocity loop with an integrator gives a torque, a first-order current loop gives the current. Position and
speed are what the encoder counts. All torques at the output unless the name says input.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as xp

from pilotline.robots.actuators.law import Motion

CONTROLLER = "cascade-pi 1"

SAME = 1e-9
"""Targets closer than this, in rad, rad/s or N m, are the same."""


class DriveState(NamedTuple):
    """State of motor and drive; all zero at reset.

    Attributes:
      command: the target that the loops work on.
      message, message_age_s: the newest target on its way, and for how long; 0 only before the first step.
      clock_s: since the position and velocity loop last ran.
      reference_a: what that loop asked of the current loop.
      integral_nm: of the velocity loop.
      current_a: in the motor.
      winding_k, housing_k: temperature rise over ambient.
      tripped: 1 once the winding was too hot.
      drawn_j, returned_j: energy taken from the bus and given back.
      heat_j: copper, drive and gear losses.
      work_j: done by the output on the joint, net.
      peak_nm: largest torque at the output so far.
    """

    command: float = 0.0
    message: float = 0.0
    message_age_s: float = 0.0
    clock_s: float = 0.0
    reference_a: float = 0.0
    integral_nm: float = 0.0
    current_a: float = 0.0
    winding_k: float = 0.0
    housing_k: float = 0.0
    tripped: float = 0.0
    drawn_j: float = 0.0
    returned_j: float = 0.0
    heat_j: float = 0.0
    work_j: float = 0.0
    peak_nm: float = 0.0


class DriveParams(NamedTuple):
    """Figures of motor and drive, see `figures`, and the gains of the loops.

    Attributes:
      position_gain_per_s: speed asked per radian of error, omega / (2 zeta).
      velocity_gain: torque per speed error, N m s/rad, 2 zeta omega I.
      integral_gain: torque per angle of speed error, N m/rad.
      speed_limit_rad_s: largest speed asked, output.
      torque_limit_nm: largest torque asked, output.
      winding_to_housing_w_per_k ... housing_k_per_j: conductances and inverse capacities of the two heat nodes; inverse
        because a law divides as little as it can.
      derate_per_k: share of the current above continuous that is lost per kelvin over the start of derating.
      counts_per_rad, rotor_counts_per_rad: steps of the sensors of position and of motor angle per output radian.
      mode: 0 position command (rad), 1 velocity command (rad/s), 2 torque command (N m).
    """

    ratio: float
    position_gain_per_s: float
    velocity_gain: float
    integral_gain: float
    speed_limit_rad_s: float
    torque_limit_nm: float
    mode: float
    loop_period_s: float
    delay_s: float
    counts_per_rad: float
    rotor_counts_per_rad: float
    kt_nm_per_a: float
    resistance_ohm: float
    bus_v: float
    peak_a: float
    continuous_a: float
    current_lag_s: float
    loss_share: float
    standby_w: float
    winding_to_housing_w_per_k: float
    housing_to_ambient_w_per_k: float
    winding_k_per_j: float
    housing_k_per_j: float
    copper_per_k: float
    magnet_per_k: float
    ambient_c: float
    winding_max_c: float
    derate_per_k: float
    trip_c: float


def clip(value, low, high):
    """The value held between two bounds."""
    return xp.minimum(xp.maximum(value, low), high)


def quantised(angle, counts_per_rad):
    """The angle as an encoder counts it."""
    return xp.floor(angle * counts_per_rad + 0.5) / counts_per_rad


def housing_c(s: DriveState, p: DriveParams):
    """Temperature of housing, magnets and grease, C."""
    return p.ambient_c + s.housing_k


def torque_constant(s: DriveState, p: DriveParams):
    """Torque constant at the magnets' temperature, N m/A."""
    return p.kt_nm_per_a * (1.0 - p.magnet_per_k * (housing_c(s, p) - 20.0))


def drive(s: DriveState, p: DriveParams, x: Motion, position, rotor, velocity, friction_w, h):
    """One step of motor and drive.

    Args:
      s, p: state and parameters.
      x: command and feed-forward torque.
      position: of the shaft that the position loop closes on, output rad, before quantisation.
      rotor, velocity: motor angle and speed over the ratio, output rad and rad/s; the velocity loop counts its steps.
      friction_w: heat of the gear in this step, W.
      h: s.

    Returns:
      (next state, motor torque at the input). `work_j` and `peak_nm` are left to `account`.

    The delay is rounded to whole physics steps, and the channel carries one message at a time: a target that
    changes again before the last one has arrived waits for it.
    """
    fresh = s.message_age_s <= 0.0
    message_0 = xp.where(fresh, x.command, s.message)
    command_0 = xp.where(fresh, x.command, s.command)
    idle = fresh | (s.message_age_s + 0.5 * h >= p.delay_s)
    delivered = xp.where(idle, message_0, command_0)
    message = xp.where(idle, x.command, message_0)
    # what is carried in MuJoCo's state comes back rounded: less than this is no new message
    age = xp.where(idle & (xp.abs(x.command - message_0) > SAME), 0.0, s.message_age_s)
    command = xp.where(age + 0.5 * h >= p.delay_s, message, delivered)

    clock = s.clock_s + h
    fire = fresh | (clock + 1e-9 >= p.loop_period_s)
    clock = xp.where(fire, xp.where(h >= p.loop_period_s, 0.0, clip(clock - p.loop_period_s, -h, h)), clock)
    clock = xp.where(fresh, 0.0, clock)
    period = xp.maximum(p.loop_period_s, h)

    measured = quantised(position, p.counts_per_rad)
    counts = rotor * p.rotor_counts_per_rad
    travelled = velocity * period * p.rotor_counts_per_rad
    counted = xp.floor(counts + 0.5) - xp.floor(counts - travelled + 0.5)
    speed = counted / (period * p.rotor_counts_per_rad)
    # the target is counted like the position, or the integrator would hunt between two counts for ever
    away = quantised(command, p.counts_per_rad) - measured
    wanted = xp.where(p.mode < 0.5, p.position_gain_per_s * away, command)
    error = clip(wanted, -p.speed_limit_rad_s, p.speed_limit_rad_s) - speed
    asked = xp.where(p.mode > 1.5, command, p.velocity_gain * error + s.integral_nm + x.feedforward)

    kt = torque_constant(s, p)
    nm_per_ampere = p.ratio * kt
    winding_c = p.ambient_c + s.winding_k
    motor_speed = p.ratio * velocity
    resistance = p.resistance_ohm * (1.0 + p.copper_per_k * (winding_c - 20.0))
    conductance = 1.0 / resistance
    emf = kt * motor_speed
    lowest_a, highest_a = (-p.bus_v - emf) * conductance, (p.bus_v - emf) * conductance

    tripped = xp.where(winding_c > p.trip_c, 1.0, s.tripped)
    cool = clip((p.winding_max_c - winding_c) * p.derate_per_k, 0.0, 1.0)
    limit_a = xp.minimum(p.continuous_a + (p.peak_a - p.continuous_a) * cool, p.peak_a)
    limit_nm = xp.minimum(limit_a * kt * p.ratio, p.torque_limit_nm)
    least_nm = xp.maximum(-limit_nm, lowest_a * nm_per_ampere)
    most_nm = xp.minimum(limit_nm, highest_a * nm_per_ampere)
    given = clip(asked, least_nm, most_nm)
    reference = xp.where(fire, given / nm_per_ampere, s.reference_a)
    reference = reference * (1.0 - tripped)
    # the integrator stops where it would push further into the limit of current, torque or voltage
    step_nm = p.integral_gain * error * period
    stuck = (asked != given) & (step_nm * asked > 0.0)
    moved = clip(s.integral_nm + step_nm, -p.torque_limit_nm, p.torque_limit_nm)
    hold = (p.mode > 1.5) | stuck | (tripped > 0.5)
    integral = xp.where(fire, xp.where(hold, s.integral_nm, moved), s.integral_nm)

    current = s.current_a + (reference - s.current_a) * (h / (h + p.current_lag_s))
    # an open bridge carries current only where the back-EMF exceeds the bus
    spare = p.bus_v * (1.0 - tripped)
    driven = clip(current, lowest_a, highest_a)
    coasting = xp.where(xp.abs(emf) > p.bus_v, driven, 0.0)
    current = xp.where(spare > 0.0, driven, coasting)

    torque = kt * current
    copper_w = resistance * current * current
    # MuJoCo's step does the work of its torque at the mean of the speeds before and after; summed, that is the mean
    # of the torques before and after at the speed now
    power_w = copper_w + kt * 0.5 * (s.current_a + current) * motor_speed
    lost_w = p.loss_share * xp.abs(power_w) + p.standby_w
    bus_w = power_w + lost_w
    flow_w = (s.winding_k - s.housing_k) * p.winding_to_housing_w_per_k
    after = DriveState(
        command=command,
        message=message,
        message_age_s=xp.minimum(age + h, 1.0),
        clock_s=clock,
        reference_a=reference,
        integral_nm=integral,
        current_a=current,
        winding_k=s.winding_k + h * (copper_w - flow_w) * p.winding_k_per_j,
        housing_k=s.housing_k
        + h * (friction_w + flow_w - s.housing_k * p.housing_to_ambient_w_per_k) * p.housing_k_per_j,
        tripped=tripped,
        drawn_j=s.drawn_j + h * xp.maximum(bus_w, 0.0),
        returned_j=s.returned_j + h * xp.maximum(-bus_w, 0.0),
        heat_j=s.heat_j + h * (copper_w + lost_w + friction_w),
        work_j=s.work_j,
        peak_nm=s.peak_nm,
    )
    return after, torque


def account(s: DriveState, before, torque, speed, h):
    """The state with work and peak torque at the output noted; `before` is the torque of the last step."""
    return DriveState(
        command=s.command,
        message=s.message,
        message_age_s=s.message_age_s,
        clock_s=s.clock_s,
        reference_a=s.reference_a,
        integral_nm=s.integral_nm,
        current_a=s.current_a,
        winding_k=s.winding_k,
        housing_k=s.housing_k,
        tripped=s.tripped,
        drawn_j=s.drawn_j,
        returned_j=s.returned_j,
        heat_j=s.heat_j,
        work_j=s.work_j + h * 0.5 * (before + torque) * speed,
        peak_nm=xp.maximum(s.peak_nm, xp.abs(torque)),
    )
