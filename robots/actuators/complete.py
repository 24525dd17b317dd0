"""From sheets with gaps to figures without: every gap filled by a rule and listed."""

from __future__ import annotations

import itertools
import math

from pilotline.robots.actuators import closed_forms, rules
from pilotline.robots.actuators.figures import (
    DriveFigures,
    EncoderFigures,
    Fallback,
    GearFigures,
    IdentifiedFigures,
    MotorFigures,
)
from pilotline.robots.actuators.rules import Filled
from pilotline.robots.actuators.sheet import Drive, Encoder, Gear, Identified, Limits, Motor
from pilotline.robots.card import Figures


class Gaps:
    """Figures of one part as they are taken, with a list of those that came from a rule."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._fallbacks: list[Fallback] = []

    def take(self, figure: str, given: float | None, rule: Filled) -> float:
        """The figure of the sheet; without one the rule's, which is listed."""
        return given if given is not None else self.fill(figure, rule)

    def fill(self, figure: str, rule: Filled) -> float:
        """A figure that the sheet does not give."""
        self._fallbacks.append(Fallback(f"{self._part}.{figure}", rule.value, rule.rule))
        return rule.value

    @property
    def fallbacks(self) -> tuple[Fallback, ...]:
        """Everything that came from a rule, in order."""
        return tuple(self._fallbacks)


_NO_FRICTION = {
    "starting_input_nm": 0.0,
    "coulomb_input_nm": 0.0,
    "stribeck_input_rad_s": 1.0,
    "presliding_input_rad": 1.0,
    "drag_input_nm": 0.0,
    "grease_per_k": 0.0,
    "load_loss": 0.0,
}


def _of(group: Figures | None, figure: str) -> float | None:
    """A figure of a group that may be missing."""
    value: float | None = getattr(group, figure, None)
    return value


def gear(sheet: Gear, gaps: Gaps, *, friction: bool = True) -> GearFigures:
    """Complete figures of a gear, with none of its friction where the friction of the whole joint is known.

    Raises ValueError where the figures of its losses contradict each other.
    """
    kind, ratio = sheet.kind, sheet.ratio
    peak, momentary = sheet.ratings.repeated_peak_nm, sheet.ratings.momentary_nm
    rated = gaps.take("rated_nm", sheet.ratings.rated_nm, rules.rated_nm(peak if peak is not None else 0.0))
    # a rule must not break the order of what is given: rated <= average <= repeated peak <= momentary
    floor = max(rated, sheet.ratings.average_nm or 0.0)
    peak = gaps.take("repeated_peak_nm", peak, _within(rules.repeated_peak_nm(rated, kind), floor, momentary))
    ceiling = _of(sheet.overload, "ratcheting_nm")
    momentary = gaps.take("momentary_nm", momentary, _within(rules.momentary_nm(peak, kind), peak, ceiling))
    size = sheet.size
    if size is None and kind == "harmonic":
        size = gaps.fill("size", rules.size_of(rated))
    fastest = _of(sheet.speed, "max_input_rad_s")
    rated_speed = gaps.take(
        "rated_input_rad_s", sheet.ratings.rated_input_rad_s, _within(rules.rated_input_rad_s(), 0.0, fastest)
    )
    knees, stiffness = _torsion(sheet, size, rated, gaps)
    wind_up = _wind_up(rated, knees, stiffness)
    error = gaps.take("error_pp_rad", _of(sheet.accuracy, "error_pp_rad"), rules.error_pp_rad(size, ratio, kind))
    sine, cosine = rules.error_lines(kind, error)
    losses = _friction(sheet, size, rated, rated_speed, gaps) if friction else _NO_FRICTION
    return GearFigures(
        name=sheet.name,
        kind=kind,
        ratio=ratio,
        rated_nm=rated,
        repeated_peak_nm=peak,
        momentary_nm=momentary,
        rated_input_rad_s=rated_speed,
        max_input_rad_s=gaps.take("max_input_rad_s", fastest, rules.max_input_rad_s(size, rated_speed)),
        inertia_input_kgm2=gaps.take(
            "inertia_input_kgm2", _of(sheet.inertia, "input_kgm2"), rules.input_inertia_kgm2(size, kind)
        ),
        knee_1_nm=knees[0],
        knee_2_nm=knees[1],
        k1_nm_per_rad=stiffness[0],
        k2_nm_per_rad=stiffness[1],
        k3_nm_per_rad=stiffness[2],
        hysteresis_rad=gaps.take(
            "hysteresis_rad", _of(sheet.hysteresis, "hysteresis_rad"), rules.hysteresis_rad(ratio, kind, wind_up)
        ),
        error_pp_rad=error,
        error_sin_rad=sine,
        error_cos_rad=cosine,
        damping_ratio=gaps.take("damping_ratio", _of(sheet.damping, "damping_ratio"), rules.damping_ratio()),
        ratcheting_nm=_ratcheting_nm(sheet, momentary, gaps),
        l10_h=gaps.take("l10_h", _of(sheet.life, "l10_h"), rules.l10_h(kind)),
        mass_kg=gaps.take("mass_kg", _of(sheet.mass, "mass_kg"), rules.gear_mass_kg(size, rated)),
        **losses,
    )


def _within(rule: Filled, low: float, high: float | None) -> Filled:
    """A rule's value held between figures that are given."""
    value = max(rule.value, low)
    if high is not None:
        value = min(value, high)
    return rule if value == rule.value else Filled(value, f"{rule.rule}; held within the figures given")


def _torsion(
    sheet: Gear, size: float | None, rated: float, gaps: Gaps
) -> tuple[tuple[float, float], tuple[float, float, float]]:
    """Knees (N m) and stiffness K1 <= K2 <= K3 (N m/rad)."""
    given = sheet.stiffness
    k1, k2, k3 = (_of(given, f"k{i}_nm_per_rad") for i in (1, 2, 3))
    knee_1, knee_2 = _of(given, "knee_1_nm"), _of(given, "knee_2_nm")
    if size is None:
        return _rigid(sheet, rated, gaps)
    if k2 is None:
        if k1 is not None and k3 is not None:
            rule = rules.middle_stiffness(k1, k3)
        else:
            rule = _within(rules.stiffness_nm_per_rad(size, sheet.ratio), k1 or 0.0, k3)
        k2 = gaps.fill("k2_nm_per_rad", rule)
    k1 = gaps.take("k1_nm_per_rad", k1, rules.first_stiffness(k2))
    k3 = gaps.take("k3_nm_per_rad", k3, rules.last_stiffness(k2))
    first, second = rules.knees_nm(size)
    knee_1 = gaps.take("knee_1_nm", knee_1, _within(first, 0.0, knee_2))
    knee_2 = gaps.take("knee_2_nm", knee_2, _within(second, knee_1, None))
    return (knee_1, knee_2), (k1, k2, k3)


def _rigid(sheet: Gear, rated: float, gaps: Gaps) -> tuple[tuple[float, float], tuple[float, float, float]]:
    """A gear with rigid teeth has one stiffness; where it would have knees does not matter."""
    given = sheet.stiffness
    k1, k2, k3 = (_of(given, f"k{i}_nm_per_rad") for i in (1, 2, 3))
    only = next((k for k in (k2, k1, k3) if k is not None), None)
    k2 = gaps.take("k2_nm_per_rad", only, rules.rigid_stiffness_nm_per_rad(rated, sheet.kind))
    knee_2 = _of(given, "knee_2_nm")
    knee_1 = _of(given, "knee_1_nm") or min(rated / 10, knee_2 or math.inf)
    return (knee_1, knee_2 or max(rated, knee_1)), (k1 or k2, k2, k3 or k2)


def _ratcheting_nm(sheet: Gear, momentary: float, gaps: Gaps) -> float:
    """Torque of tooth skip; rigid teeth do not skip."""
    if sheet.kind != "harmonic" and sheet.overload is None:
        return math.inf
    return gaps.take("ratcheting_nm", _of(sheet.overload, "ratcheting_nm"), rules.ratcheting_nm(momentary))


def _wind_up(torque: float, knees: tuple[float, float], stiffness: tuple[float, float, float]) -> float:
    """Twist under `torque` (rad), as `closed_forms.windup_rad`."""
    edges = (0.0, *knees, math.inf)
    parts = zip(itertools.pairwise(edges), stiffness, strict=True)
    return sum(max(min(torque, high) - low, 0.0) / k for (low, high), k in parts)


def _friction(sheet: Gear, size: float | None, rated: float, rated_speed: float, gaps: Gaps) -> dict[str, float]:
    """Figures of the friction law, identified ones first, then fitted to the sheet's losses, then by rule."""
    kind, ratio, law, idle = sheet.kind, sheet.ratio, sheet.friction_law, sheet.idle
    grease = gaps.take("grease_per_k", _of(law, "grease_per_k"), rules.grease_per_k())
    loss_rule = rules.load_loss(kind)
    drag_rule = rules.drag_input_nm(rated, ratio, kind)
    starting, backdriving = _of(idle, "starting_input_nm"), _of(idle, "backdriving_nm")
    start_guess = starting if starting is not None else rules.starting_input_nm(size, ratio, rated, kind).value
    coulomb_guess = _of(law, "coulomb_input_nm")
    if coulomb_guess is None:
        coulomb_guess = rules.coulomb_input_nm(start_guess).value
    points = _loss_points(sheet)
    if points:
        loss, drag = rules.fit_losses(
            points,
            ratio=ratio,
            coulomb_nm=coulomb_guess,
            rated_input_rad_s=rated_speed,
            grease_per_k=grease,
            load_loss=loss_rule.value,
            drag_nm=drag_rule.value,
        )
        fitted = "least squares through the sheet's efficiency and running torque, D"
        loss_rule, drag_rule = Filled(loss, fitted), Filled(drag, fitted)
    loss = gaps.take("load_loss", _of(law, "load_loss"), loss_rule)
    if backdriving is not None:
        # one parameter for two figures, or the only figure there is
        both = starting is not None
        rule = (
            rules.starting_from_both(start_guess, backdriving, ratio, loss)
            if both
            else rules.starting_from_backdriving(backdriving, ratio, loss)
        )
        starting = gaps.fill("starting_input_nm", rule)
    else:
        rule = rules.starting_input_nm(size, ratio, rated, kind)
        starting = gaps.take("starting_input_nm", starting, rule)
    coulomb = _of(law, "coulomb_input_nm")
    if coulomb is None:
        coulomb = gaps.fill("coulomb_input_nm", Filled(min(coulomb_guess, starting), rules.coulomb_input_nm(0).rule))
    if coulomb > starting:
        raise ValueError(f"friction_law.coulomb_input_nm = {coulomb:g} must not be above starting, {starting:g}")
    return {
        "starting_input_nm": starting,
        "coulomb_input_nm": coulomb,
        "stribeck_input_rad_s": gaps.take(
            "stribeck_input_rad_s", _of(law, "stribeck_input_rad_s"), rules.stribeck_input_rad_s()
        ),
        "presliding_input_rad": gaps.take(
            "presliding_input_rad", _of(law, "presliding_input_rad"), rules.presliding_input_rad()
        ),
        "drag_input_nm": gaps.take("drag_input_nm", _of(law, "drag_input_nm"), drag_rule),
        "grease_per_k": grease,
        "load_loss": loss,
    }


def _loss_points(sheet: Gear) -> list[rules.LossPoint]:
    """Efficiencies and running torque of the sheet as points of friction."""
    points = [
        rules.efficiency_point(point.efficiency, point.torque_nm, sheet.ratio, point.input_rad_s, point.grease_c)
        for point in sheet.efficiency
    ]
    idle = sheet.idle
    if idle and idle.running_input_nm is not None and idle.running_input_rad_s is not None:
        points.append(rules.running_point(idle.running_input_nm, idle.running_input_rad_s, idle.grease_c))
    return points


def motor(
    sheet: Motor, gaps: Gaps, gear: GearFigures | None = None, bus_v: float | None = None, limits: Limits | None = None
) -> MotorFigures:
    """Complete figures of a motor; gear, bus and limits of the joint it is in help where the sheet is silent.

    Raises ValueError where not even they tell its torque constant or its continuous current.
    """
    kt = _torque_constant(sheet, gaps, gear, bus_v, limits)
    thermal, torque, current = sheet.thermal, sheet.torque, sheet.current
    winding_max = gaps.take("winding_max_c", _of(thermal, "winding_max_c"), rules.winding_max_c())
    copper = gaps.take("copper_per_k", _of(sheet.materials, "copper_per_k"), rules.copper_per_k())
    resistance = _of(sheet.resistance, "resistance_ohm")
    peak = _ampere(_of(current, "peak_a"), _of(torque, "peak_nm"), kt, gear, _of(limits, "peak_nm"))
    continuous = _ampere(_of(current, "continuous_a"), _of(torque, "continuous_nm"), kt, gear, _of(limits, "rated_nm"))
    knows_heat = resistance is not None and (sheet.mass is not None or thermal is not None)
    if continuous is None and gear is not None and not knows_heat:
        continuous = _ampere(None, None, kt, gear, gear.rated_nm)
    continuous_nm = kt * (continuous.value if isinstance(continuous, Filled) else continuous) if continuous else None
    if continuous_nm is None and not knows_heat:
        raise ValueError("continuous torque or current, or resistance with mass or heat path, must be given")
    mass = gaps.take("mass_kg", _of(sheet.mass, "mass_kg"), rules.motor_mass_kg(continuous_nm or 0.0))
    inner = gaps.take(
        "winding_to_housing_k_per_w",
        _of(thermal, "winding_to_housing_k_per_w"),
        rules.winding_to_housing_k_per_w(mass),
    )
    outer = gaps.take(
        "housing_to_ambient_k_per_w",
        _of(thermal, "housing_to_ambient_k_per_w"),
        rules.housing_to_ambient_k_per_w(mass),
    )
    if continuous is None:
        assert resistance is not None
        continuous = rules.continuous_a(resistance, inner + outer, winding_max, copper)
    amps = _taken("continuous_a", continuous, gaps)
    most = _taken("peak_a", peak if peak is not None else rules.peak_a(amps), gaps)
    if most < amps:
        raise ValueError(f"peak current {most:.3g} A must not be below the continuous current {amps:.3g} A")
    if resistance is None:
        by_heat = rules.resistance_ohm(amps, inner + outer, winding_max, copper)
        speed = gear.ratio * limits.speed_rad_s if gear and limits and limits.speed_rad_s is not None else None
        rule = by_heat if bus_v is None else rules.resistance_on_bus(by_heat, bus_v, most, amps, kt, speed)
        resistance = gaps.fill("resistance_ohm", rule)
    return MotorFigures(
        name=sheet.name,
        kt_nm_per_a=kt,
        resistance_ohm=resistance,
        inertia_kgm2=sheet.rotor.inertia_kgm2,
        continuous_a=amps,
        peak_a=most,
        winding_to_housing_k_per_w=inner,
        housing_to_ambient_k_per_w=outer,
        winding_j_per_k=gaps.take("winding_j_per_k", _of(thermal, "winding_j_per_k"), rules.winding_j_per_k(mass)),
        housing_j_per_k=gaps.take("housing_j_per_k", _of(thermal, "housing_j_per_k"), rules.housing_j_per_k(mass)),
        winding_max_c=winding_max,
        copper_per_k=copper,
        magnet_per_k=gaps.take("magnet_per_k", _of(sheet.materials, "magnet_per_k"), rules.magnet_per_k()),
        mass_kg=mass,
    )


def _torque_constant(
    sheet: Motor, gaps: Gaps, gear: GearFigures | None, bus_v: float | None, limits: Limits | None
) -> float:
    """Of the sheet; else from continuous torque and current; else from the joint's speed and the bus."""
    if sheet.torque_constant:
        return sheet.torque_constant.kt_nm_per_a
    for which in ("continuous", "peak"):
        nm, amps = _of(sheet.torque, f"{which}_nm"), _of(sheet.current, f"{which}_a")
        if nm is not None and amps is not None:
            return gaps.fill("kt_nm_per_a", Filled(nm / amps, f"{which} torque over {which} current, D"))
    speed = _of(limits, "speed_rad_s")
    if speed is None or gear is None or bus_v is None:
        raise ValueError("torque_constant.kt_nm_per_a, or torque and current, must be given")
    return gaps.fill("kt_nm_per_a", rules.kt_nm_per_a(bus_v, speed, gear.ratio))


def _ampere(
    amps: float | None, nm: float | None, kt: float, gear: GearFigures | None, output_nm: float | None
) -> float | Filled | None:
    """A current of the sheet, or one from a torque of the motor or of the joint; None if nothing tells it."""
    if amps is not None:
        return amps
    if nm is not None:
        return Filled(nm / kt, "torque over torque constant, D")
    if gear is not None and output_nm is not None:
        value = closed_forms.motor_nm(gear, output_nm) / kt
        return Filled(value, "lifts the joint's torque through the gear's slow friction, D")
    return None


def _taken(figure: str, value: float | Filled, gaps: Gaps) -> float:
    """A figure of the sheet, or one from a rule, which is listed."""
    return gaps.fill(figure, value) if isinstance(value, Filled) else value


def drive(sheet: Drive, gaps: Gaps, winding_max_c: float) -> DriveFigures:
    """Complete figures of a drive on a motor whose winding stands `winding_max_c`.

    Raises ValueError where the drive's own protection does not fit that winding.
    """
    derate = gaps.take("derate_from_c", _of(sheet.protection, "derate_from_c"), rules.derate_from_c(winding_max_c))
    trip = gaps.take("trip_c", _of(sheet.protection, "trip_c"), rules.trip_c(winding_max_c))
    if not rules.AMBIENT_C < derate < winding_max_c:
        raise ValueError(
            f"protection.derate_from_c = {derate:g}: must be above {rules.AMBIENT_C:g} C ambient and below the "
            f"winding's {winding_max_c:g} C"
        )
    return DriveFigures(
        name=sheet.name,
        controller=sheet.control.controller,
        bus_v=sheet.supply.bus_v,
        current_limit_a=sheet.supply.current_limit_a,
        current_bandwidth_hz=sheet.control.current_bandwidth_hz,
        loop_hz=sheet.control.loop_hz,
        delay_s=sheet.control.delay_s,
        standby_w=gaps.take("standby_w", _of(sheet.losses, "standby_w"), rules.standby_w()),
        loss_share=gaps.take("loss_share", _of(sheet.losses, "loss_share"), rules.loss_share()),
        derate_from_c=derate,
        trip_c=trip,
    )


def encoder(sheet: Encoder, ratio: float) -> EncoderFigures:
    """Steps at the output: a motor-side encoder turns `ratio` times as often."""
    turns = ratio if sheet.side == "motor" else 1.0
    return EncoderFigures(sheet.name, sheet.side, turns * 2**sheet.resolution.bits / (2 * math.pi))


def identified(group: Identified) -> IdentifiedFigures:
    """Identified friction; a model without a Stribeck term gets a speed and an exponent that do nothing."""
    data = group.model_dump(exclude={"source", "mark"})
    for name in ("stribeck_rad_s", "stribeck_exponent"):
        data[name] = data[name] if data[name] is not None else 1.0
    return IdentifiedFigures(**data)
