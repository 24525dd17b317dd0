"""The complete figures of one joint actuator, as its laws need them.

Data sheets have gaps; `catalogue` fills each by a rule of `rules` and lists it as a `Fallback`. Everything here
is SI: torque N m, angle rad, speed rad/s, temperature in degrees Celsius. *Output* means the link side of the
gear, *input* the motor side.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fallback:
    """A figure that the sheet does not give.

    Attributes:
      figure: part and name, for example `gear.starting_nm`.
      value: what was taken instead.
      rule: the rule in words, with its evidence mark.
    """

    figure: str
    value: float
    rule: str


@dataclass(frozen=True)
class GearFigures:
    """A reduction gear. Torques and angles at the output unless the name says input.

    Attributes:
      name: name on the sheet.
      kind: `harmonic` (wave generator, two lobes), `planetary` or `direct`.
      ratio: input turns per output turn, >= 1.
      rated_nm, repeated_peak_nm, momentary_nm: torque ratings, rising.
      rated_input_rad_s, max_input_rad_s: speeds of the ratings and the limit with grease.
      inertia_input_kgm2: wave generator or sun and planets, seen at the input.
      knee_1_nm, knee_2_nm: torques at which the stiffness changes.
      k1_nm_per_rad, k2_nm_per_rad, k3_nm_per_rad: stiffness below, between and above the knees; K1 <= K2 <= K3.
      hysteresis_rad: full width of the torque-torsion loop at zero torque after a cycle to the rated torque.
      error_pp_rad: transmission error, peak to peak over an output turn without load.
      error_sin_rad, error_cos_rad: amplitudes of the error's lines at 1, 2 and 4 per input turn; the sum of the
        lines has peak-to-peak `error_pp_rad`.
      starting_input_nm: breakaway torque at the input without load.
      coulomb_input_nm: friction at the input just above the Stribeck region, without load.
      stribeck_input_rad_s: speed over which friction falls from starting to Coulomb.
      presliding_input_rad: angle over which friction builds up after a reversal.
      drag_input_nm: speed-dependent drag at `rated_input_rad_s` and 20 C without load; grows with speed^(2/3).
      grease_per_k: drag falls as exp(-grease_per_k (T - 20 C)).
      load_loss: share of the transmitted torque that friction takes (mu): T_in N = T (1 + mu) + N T_0.
      damping_ratio: of the torsional spring against the rotor.
      ratcheting_nm: torque at which teeth skip; infinite where they cannot.
      l10_h: life of 10 % failures at rated torque and speed.
      mass_kg: of the component set.
    """

    name: str
    kind: str
    ratio: float
    rated_nm: float
    repeated_peak_nm: float
    momentary_nm: float
    rated_input_rad_s: float
    max_input_rad_s: float
    inertia_input_kgm2: float
    knee_1_nm: float
    knee_2_nm: float
    k1_nm_per_rad: float
    k2_nm_per_rad: float
    k3_nm_per_rad: float
    hysteresis_rad: float
    error_pp_rad: float
    error_sin_rad: tuple[float, float, float]
    error_cos_rad: tuple[float, float, float]
    starting_input_nm: float
    coulomb_input_nm: float
    stribeck_input_rad_s: float
    presliding_input_rad: float
    drag_input_nm: float
    grease_per_k: float
    load_loss: float
    damping_ratio: float
    ratcheting_nm: float
    l10_h: float
    mass_kg: float


@dataclass(frozen=True)
class MotorFigures:
    """A permanent-magnet motor as one equivalent circuit: torque kt i, copper loss R i^2, back-EMF kt w.

    For a three-phase motor i is the q-axis current in peak amplitude and R is 1.5 times the phase resistance.

    Attributes:
      name: name on the sheet.
      kt_nm_per_a: torque constant at 20 C.
      resistance_ohm: at 20 C.
      inertia_kgm2: rotor.
      continuous_a: for continuous duty; at 25 C ambient it heats the winding to `winding_max_c` at the most.
      peak_a: largest current.
      winding_to_housing_k_per_w, housing_to_ambient_k_per_w: thermal resistances.
      winding_j_per_k, housing_j_per_k: heat capacities.
      winding_max_c: of the insulation class.
      copper_per_k: relative growth of resistance per kelvin.
      magnet_per_k: relative loss of torque constant per kelvin, positive.
      mass_kg: of the frameless parts.
    """

    name: str
    kt_nm_per_a: float
    resistance_ohm: float
    inertia_kgm2: float
    continuous_a: float
    peak_a: float
    winding_to_housing_k_per_w: float
    housing_to_ambient_k_per_w: float
    winding_j_per_k: float
    housing_j_per_k: float
    winding_max_c: float
    copper_per_k: float
    magnet_per_k: float
    mass_kg: float


@dataclass(frozen=True)
class DriveFigures:
    """A servo drive.

    Attributes:
      name: name on the sheet.
      controller: name and version of the control law in the drive.
      bus_v: voltage of the bus.
      current_limit_a: largest current.
      current_bandwidth_hz: of the closed current loop.
      loop_hz: rate of the position and velocity loop.
      delay_s: from a new command to its first effect.
      standby_w: drawn at rest.
      loss_share: share of the power through the drive that it turns into heat.
      derate_from_c: winding temperature at which the limit begins to fall to the continuous current,
        reached at the winding's maximum.
      trip_c: winding temperature at which the drive switches off for good.
    """

    name: str
    controller: str
    bus_v: float
    current_limit_a: float
    current_bandwidth_hz: float
    loop_hz: float
    delay_s: float
    standby_w: float
    loss_share: float
    derate_from_c: float
    trip_c: float


@dataclass(frozen=True)
class EncoderFigures:
    """A position sensor.

    Attributes:
      name: name on the sheet.
      side: `motor` or `link`: which shaft the position loop closes on.
      counts_per_rad: steps per radian of the output (a motor-side encoder counts ratio times as many).
    """

    name: str
    side: str
    counts_per_rad: float


@dataclass(frozen=True)
class IdentifiedFigures:
    """Friction of a whole servo as identified from pendulum logs, at the output: the M6 form and its special cases.

    Limit of friction = coulomb + viscous |v| + motor_load |tau_m| ... see `laws.identified`. Names follow
    the published parameter sets: Kc, Kv, Kcs, Km, Ke, Kms, Kes, Kmq, Keq, v_s, alpha; a model that
    lacks a term has 0 there.
    """

    model: str
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


@dataclass(frozen=True)
class JointFigures:
    """A joint actuator: motor, gear, drive and encoder.

    Attributes:
      name: how it was named: `csg-20-100+tbm-6025`, a joint sheet's name or a path.
      gear, motor, drive, encoder: the parts, complete.
      identified: identified friction, where the sheet has that instead of gear friction.
      peak_nm, speed_rad_s: limits of the whole at the output, of the weakest part.
      rated_nm: continuous torque of the whole at the output.
      fallbacks: every figure that no sheet gave.
      sheets: (name, sha256 of the file) of every sheet used, sorted.
    """

    name: str
    gear: GearFigures
    motor: MotorFigures
    drive: DriveFigures
    encoder: EncoderFigures
    identified: IdentifiedFigures | None
    rated_nm: float
    peak_nm: float
    speed_rad_s: float
    fallbacks: tuple[Fallback, ...]
    sheets: tuple[tuple[str, str], ...]

    @property
    def armature_kgm2(self) -> float:
        """Inertia of rotor and gear seen at the output: ratio^2 times the input side's."""
        return self.gear.ratio**2 * (self.motor.inertia_kgm2 + self.gear.inertia_input_kgm2)
