"""From the figures of a joint actuator and the gains of its loops to the parameters of a law."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pilotline.robots.actuators.closed_forms import motor_nm, windup_rad
from pilotline.robots.actuators.figures import GearFigures, JointFigures
from pilotline.robots.actuators.law import LawError
from pilotline.robots.actuators.laws.drive import DriveParams
from pilotline.robots.actuators.laws.friction import FrictionParams
from pilotline.robots.actuators.laws.torsion import ErrorParams, TorsionParams, spring

AMBIENT_C = 25.0

MODES = ("position", "velocity", "torque")
"""What a command can be: rad, rad/s or N m at the output."""

INTEGRAL_SHARE = 0.1
"""Integrator's corner frequency as a share of the loop's natural frequency (E): slow enough not to hunt."""

SLIP_SHARES = (1.0 / 3.0, 2.0 / 3.0)
"""Torque of the two slip elements as shares of K1 hysteresis / 4; they travel a quarter and half the width (E)."""

_SMOOTHING = 16.0

_NEVER_RAD = 1.0e3
"""Twist no joint reaches, where teeth cannot skip."""


@dataclass(frozen=True)
class Setup:
    """What the robot adds to the figures of a joint actuator.

    Attributes:
      inertia_kgm2: inertia that the loop moves, reflected drive inertia included.
      frequency_hz, damping_ratio: of the closed position loop.
      integral_share: corner of the velocity loop's integrator over the loop's frequency; 0 leaves the integrator out.
      torque_limit_nm, speed_limit_rad_s: the joint's own limits; the actuator's may be lower.
      ambient_c: temperature around the joint.
      mode: command is a `position` (rad), `velocity` (rad/s) or `torque` (N m).
    """

    inertia_kgm2: float
    frequency_hz: float
    damping_ratio: float = 1.0
    integral_share: float = INTEGRAL_SHARE
    torque_limit_nm: float = math.inf
    speed_limit_rad_s: float = math.inf
    ambient_c: float = AMBIENT_C
    mode: str = "position"

    def __post_init__(self) -> None:
        """Refuse what no loop can be made of. Raises LawError."""
        for name in ("inertia_kgm2", "frequency_hz", "damping_ratio", "torque_limit_nm", "speed_limit_rad_s"):
            if not getattr(self, name) > 0.0:
                raise LawError(f"setup: {name} = {getattr(self, name)}; allowed: more than 0")
        if not -100.0 <= self.ambient_c <= 200.0:
            raise LawError(f"setup: ambient_c = {self.ambient_c}; allowed: -100 to 200 C")
        if self.mode not in MODES:
            raise LawError(f"setup: mode = {self.mode!r}; allowed: {', '.join(MODES)}")


def drive_params(f: JointFigures, setup: Setup, lossy: bool) -> DriveParams:
    """Parameters of motor and drive.

    Gains: k_v = 2 zeta omega I, k_p = omega / (2 zeta), so that the cascade is the position servo of natural
    frequency omega and damping zeta; the integrator's corner is its share of omega.

    Args:
      f: the joint actuator.
      setup: what the robot adds.
      lossy: whether the law has gear friction; the torque limit of the output then leaves the motor what it takes to
        lift that torque slowly through the gear.
    """
    omega = 2.0 * math.pi * setup.frequency_hz
    gain = 2.0 * setup.damping_ratio * omega * setup.inertia_kgm2
    motor, servo = f.motor, f.drive
    limit_nm = min(f.peak_nm, setup.torque_limit_nm)
    return DriveParams(
        ratio=f.gear.ratio,
        position_gain_per_s=omega / (2.0 * setup.damping_ratio),
        velocity_gain=gain,
        integral_gain=gain * setup.integral_share * omega,
        speed_limit_rad_s=min(f.speed_rad_s, setup.speed_limit_rad_s),
        torque_limit_nm=f.gear.ratio * motor_nm(f.gear, limit_nm) if lossy else limit_nm,
        mode=float(MODES.index(setup.mode)),
        loop_period_s=1.0 / servo.loop_hz,
        delay_s=servo.delay_s,
        counts_per_rad=f.encoder.counts_per_rad,
        rotor_counts_per_rad=f.encoder.counts_per_rad * _rotor_finer(f),
        kt_nm_per_a=motor.kt_nm_per_a,
        resistance_ohm=motor.resistance_ohm,
        bus_v=servo.bus_v,
        peak_a=min(motor.peak_a, servo.current_limit_a),
        continuous_a=min(motor.continuous_a, servo.current_limit_a),
        current_lag_s=1.0 / (2.0 * math.pi * servo.current_bandwidth_hz),
        loss_share=servo.loss_share,
        standby_w=servo.standby_w,
        winding_to_housing_w_per_k=1.0 / motor.winding_to_housing_k_per_w,
        housing_to_ambient_w_per_k=1.0 / motor.housing_to_ambient_k_per_w,
        winding_k_per_j=1.0 / motor.winding_j_per_k,
        housing_k_per_j=1.0 / motor.housing_j_per_k,
        copper_per_k=motor.copper_per_k,
        magnet_per_k=motor.magnet_per_k,
        ambient_c=setup.ambient_c,
        winding_max_c=motor.winding_max_c,
        derate_per_k=1.0 / (motor.winding_max_c - servo.derate_from_c),
        trip_c=servo.trip_c,
    )


def _rotor_finer(f: JointFigures) -> float:
    """How much finer the motor's angle is counted than the encoder's, per output radian.

    Beside a link encoder the motor has one of the same resolution per turn (E): drives commutate by it. A whole servo
    whose gear is not taken apart has none; its drive smooths the speed that it counts, as steps `_SMOOTHING` times
    finer would (E).
    """
    if f.encoder.side == "motor":
        return 1.0
    return f.gear.ratio if f.gear.ratio > 1.0 else _SMOOTHING


def friction_params(f: JointFigures) -> FrictionParams:
    """Parameters of the gear's friction; pre-sliding is damped at 0.3 of critical for the rotor on it (E)."""
    gear = f.gear
    stiffness = gear.coulomb_input_nm / gear.presliding_input_rad
    inertia = f.armature_kgm2 / gear.ratio**2
    return FrictionParams(
        starting_nm=gear.starting_input_nm,
        coulomb_nm=gear.coulomb_input_nm,
        per_stribeck_speed=1.0 / gear.stribeck_input_rad_s,
        per_presliding_rad=1.0 / gear.presliding_input_rad,
        presliding_damping=2.0 * 0.3 * math.sqrt(stiffness * inertia),
        drag_nm=gear.drag_input_nm,
        per_drag_speed=1.0 / gear.rated_input_rad_s,
        grease_per_k=gear.grease_per_k,
        load_loss_over_ratio=gear.load_loss / gear.ratio,
    )


def torsion_params(gear: GearFigures) -> TorsionParams:
    """Parameters of the flexspline; see `laws.torsion` for why the slip torque is K1 hysteresis / 4.

    Where the catalogue's curve meets the ratcheting torque later than 0.9 of half a tooth, teeth let go there, at
    the torque that the curve has (E).
    """
    width = gear.hysteresis_rad
    torque = gear.k1_nm_per_rad * width / 4.0
    # a gear without hysteresis keeps a travel, so that nothing divides by zero
    travel_1, travel_2 = max(width / 4.0, 1e-9), max(width / 2.0, 1e-9)
    pitch, limit_rad, limit_nm = _NEVER_RAD, 0.4 * _NEVER_RAD, math.inf
    if math.isfinite(gear.ratcheting_nm):
        pitch = math.pi / gear.ratio
        limit_rad = min(float(windup_rad(gear, gear.ratcheting_nm)), 0.45 * pitch)
        limit_nm = gear.ratcheting_nm
    curve = TorsionParams(
        k1=gear.k1_nm_per_rad,
        k2=gear.k2_nm_per_rad,
        k3=gear.k3_nm_per_rad,
        d1_rad=float(windup_rad(gear, gear.knee_1_nm)),
        d2_rad=float(windup_rad(gear, gear.knee_2_nm)),
        slip_1_nm_per_rad=torque * SLIP_SHARES[0] / travel_1,
        slip_1_rad=travel_1,
        slip_2_nm_per_rad=torque * SLIP_SHARES[1] / travel_2,
        slip_2_rad=travel_2,
        nimblest_rad_per_nm=1.0
        / (gear.k3_nm_per_rad + torque * (SLIP_SHARES[0] / travel_1 + SLIP_SHARES[1] / travel_2)),
        pitch_rad=pitch,
        ratcheting_rad=limit_rad,
        ratcheting_nm=0.0,
    )
    return curve._replace(ratcheting_nm=min(limit_nm, float(spring(curve, limit_rad))))


def error_params(gear: GearFigures) -> ErrorParams:
    """Amplitudes of the transmission error."""
    (s1, s2, s4), (c1, c2, c4) = gear.error_sin_rad, gear.error_cos_rad
    return ErrorParams(sin_1=s1, cos_1=c1, sin_2=s2, cos_2=c2, sin_4=s4, cos_4=c4)
