"""What can be identified: the free figures of a joint actuator, their bounds, and the friction models to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pilotline.benchmarks.identify import IdentifyError
from pilotline.robots.actuators.figures import IdentifiedFigures, JointFigures
from pilotline.robots.actuators.sheetrules import IDENTIFIED_TERMS

FORMS = (*IDENTIFIED_TERMS, "harmonic")
"""Friction models: M1 ... M6 of the whole servo at its output, or the gear's friction of the `harmonic` law."""

GROUPS = ("friction", "motor", "torsion", "control", "rig")


@dataclass(frozen=True)
class Parameter:
    """A free figure.

    Attributes:
      name: where it stands, `identified.coulomb_nm`; `control` is not on a sheet, `rig` is not the actuator's.
      unit: as shown.
      start: value to begin with: the sheet's.
      low, high: bounds.
      scale: size of a change that matters, for finite differences.
    """

    name: str
    unit: str
    start: float
    low: float
    high: float
    scale: float

    @property
    def group(self) -> str:
        """What it belongs to, see `GROUPS`."""
        return _GROUP_OF[self.name.split(".")[0]] if self.name not in _TORSION else "torsion"


_GROUP_OF = {"identified": "friction", "gear": "friction", "motor": "motor", "control": "control", "rig": "rig"}
_TORSION = ("gear.stiffness_factor", "gear.hysteresis_rad")


def in_form(figures: JointFigures, form: str) -> JointFigures:
    """The actuator with the friction of a form: its own where it has that, else what its other friction gives.

    Terms that the sheet's own friction lacks begin small: a twentieth of the load, a fifth of Coulomb friction.
    """
    if form == "harmonic":
        return replace(figures, identified=None)
    own = figures.identified or _of_gear(figures)
    terms = ("coulomb_nm", "viscous_nms_per_rad", *IDENTIFIED_TERMS[form])
    begun: dict[str, float] = {}
    for name in terms:
        value = getattr(own, name)
        if value == 0.0 and name == "stribeck_nm":
            value = 0.2 * own.coulomb_nm
        elif value == 0.0 and name.startswith("load"):
            value = 0.05
        begun[name] = value
    zero = {name: 0.0 for name in IdentifiedFigures.__dataclass_fields__ if name != "model"}
    shape = {"stribeck_rad_s": 1.0, "stribeck_exponent": 1.0}
    if "stribeck_nm" in terms:
        shape = {name: getattr(own, name) for name in shape}
    return replace(figures, identified=IdentifiedFigures(model=form, **(zero | shape | begun)))


def _of_gear(figures: JointFigures) -> IdentifiedFigures:
    """Friction of the gear as the output sees it: drag as a viscous term that is right at the rated speed."""
    gear, zero = figures.gear, {name: 0.0 for name in IdentifiedFigures.__dataclass_fields__ if name != "model"}
    given = {
        "coulomb_nm": gear.ratio * gear.coulomb_input_nm,
        "viscous_nms_per_rad": gear.ratio**2 * gear.drag_input_nm / gear.rated_input_rad_s,
        "stribeck_nm": gear.ratio * (gear.starting_input_nm - gear.coulomb_input_nm),
        "load": 0.5 * gear.load_loss,
        "stribeck_rad_s": gear.stribeck_input_rad_s / gear.ratio,
        "stribeck_exponent": 2.0,
    }
    return IdentifiedFigures(model="m4", **(zero | given))


def available(figures: JointFigures, form: str, gains: Mapping[str, float]) -> dict[str, Parameter]:
    """Every parameter of an actuator that is already `in_form`, by name.

    Args:
      figures: the actuator.
      form: of its friction.
      gains: of the drive's controller, by `kp`, `kd`, `ki`; those not 0 can be identified.
    """
    friction = _harmonic(figures) if form == "harmonic" else _identified(figures, form)
    found = [*friction, *_motor(figures), *_control(gains), *_rig()]
    if form == "harmonic":
        found += _torsion(figures)
    return {parameter.name: parameter for parameter in found}


def choose(text: str, known: Mapping[str, Parameter]) -> list[Parameter]:
    """Parameters by a text like `friction,motor` or `motor.kt_nm_per_a,friction`; `all` leaves out `control`.

    Raises:
      IdentifyError: a word that is neither a group nor a parameter of this form.
    """
    chosen: dict[str, Parameter] = {}
    for word in (part.strip() for part in text.split(",")):
        matches = {
            name: p
            for name, p in known.items()
            if word in (name, p.group, name.split(".", 1)[1]) or (word == "all" and p.group != "control")
        }
        if not matches and word not in GROUPS:
            raise IdentifyError(
                f"fit={text}: unknown {word!r}; allowed: all, {', '.join(GROUPS)}, or of {', '.join(known)}"
            )
        chosen.update(matches)
    if not chosen:
        raise IdentifyError(f"fit={text}: this form has no such parameters; it has {', '.join(known)}")
    return [known[name] for name in known if name in chosen]


def applied(figures: JointFigures, values: Mapping[str, float]) -> JointFigures:
    """The actuator with other figures; names of `control` and `rig` are passed over."""
    parts: dict[str, dict[str, Any]] = {"identified": {}, "gear": {}, "motor": {}}
    for name, value in values.items():
        part, figure = name.split(".", 1)
        if part in parts:
            parts[part][figure] = float(value)
    gear = parts["gear"]
    factor = gear.pop("stiffness_factor", 1.0)
    extra = gear.pop("stribeck_input_nm", None)
    if factor != 1.0:
        gear |= {f"k{i}_nm_per_rad": factor * getattr(figures.gear, f"k{i}_nm_per_rad") for i in (1, 2, 3)}
    if extra is not None or "coulomb_input_nm" in gear:
        coulomb = gear.get("coulomb_input_nm", figures.gear.coulomb_input_nm)
        before = figures.gear.starting_input_nm - figures.gear.coulomb_input_nm
        gear["starting_input_nm"] = coulomb + (before if extra is None else extra)
    changed = figures
    if parts["motor"]:
        changed = replace(changed, motor=replace(changed.motor, **parts["motor"]))
    if gear:
        changed = replace(changed, gear=replace(changed.gear, **gear))
    if parts["identified"]:
        assert changed.identified is not None, "parameters of identified friction come from a form that has it"
        changed = replace(changed, identified=replace(changed.identified, **parts["identified"]))
    return changed


def at_start(parameters: Sequence[Parameter]) -> dict[str, float]:
    """Values of the sheet."""
    return {p.name: p.start for p in parameters}


def _parameter(name: str, unit: str, start: float, low: float, high: float, scale: float) -> Parameter:
    return Parameter(name, unit, min(max(start, low), high), low, high, scale)


def _identified(figures: JointFigures, form: str) -> list[Parameter]:
    """Bounds by the size of the servo: friction up to half its peak torque."""
    own = figures.identified
    assert own is not None, "the actuator is in this form"
    peak, speed = figures.peak_nm, figures.speed_rad_s
    bounds = {
        "coulomb_nm": ("N m", 0.0, 0.5 * peak, 0.005 * peak),
        "viscous_nms_per_rad": ("N m s/rad", 0.0, 2.0 * peak / speed, 0.01 * peak / speed),
        "stribeck_nm": ("N m", 0.0, 0.5 * peak, 0.005 * peak),
        "quadratic_motor_per_nm": ("1/(N m)", 0.0, min(1.0 / peak, 1.0), 0.01 / peak),
        "quadratic_external_per_nm": ("1/(N m)", 0.0, min(1.0 / peak, 1.0), 0.01 / peak),
    }
    found = []
    for name in ("coulomb_nm", "viscous_nms_per_rad", *IDENTIFIED_TERMS[form]):
        unit, low, high, scale = bounds.get(name, ("", 0.0, 0.95, 0.02))
        found.append(_parameter(f"identified.{name}", unit, getattr(own, name), low, high, scale))
    if "stribeck_nm" in IDENTIFIED_TERMS[form]:
        found.append(_parameter("identified.stribeck_rad_s", "rad/s", own.stribeck_rad_s, 0.02, 10.0, 0.1))
        found.append(_parameter("identified.stribeck_exponent", "", own.stribeck_exponent, 0.5, 3.0, 0.1))
    return found


def _harmonic(figures: JointFigures) -> list[Parameter]:
    gear = figures.gear
    torque = figures.peak_nm / gear.ratio
    extra = max(gear.starting_input_nm - gear.coulomb_input_nm, 0.0)
    w = gear.stribeck_input_rad_s
    return [
        _parameter("gear.coulomb_input_nm", "N m", gear.coulomb_input_nm, 1e-6, 0.5 * torque, 0.005 * torque),
        _parameter("gear.stribeck_input_nm", "N m", extra, 0.0, 0.5 * torque, 0.005 * torque),
        _parameter("gear.stribeck_input_rad_s", "rad/s", w, max(0.01, w / 30.0), min(500.0, 30.0 * w), 0.1 * w),
        _parameter("gear.drag_input_nm", "N m", gear.drag_input_nm, 0.0, torque, 0.01 * torque),
        _parameter("gear.load_loss", "", gear.load_loss, 0.0, 0.9, 0.02),
    ]


def _motor(figures: JointFigures) -> list[Parameter]:
    motor = figures.motor
    kt, r, j = motor.kt_nm_per_a, motor.resistance_ohm, motor.inertia_kgm2
    return [
        _parameter("motor.kt_nm_per_a", "N m/A", kt, 0.3 * kt, 3.0 * kt, 0.05 * kt),
        _parameter("motor.resistance_ohm", "ohm", r, 0.2 * r, 5.0 * r, 0.1 * r),
        _parameter("motor.inertia_kgm2", "kg m^2", j, 0.1 * j, 10.0 * j, 0.1 * j),
    ]


def _torsion(figures: JointFigures) -> list[Parameter]:
    h = max(figures.gear.hysteresis_rad, 1e-6)
    return [
        _parameter("gear.stiffness_factor", "", 1.0, 0.2, 5.0, 0.05),
        _parameter("gear.hysteresis_rad", "rad", h, 1e-7, min(10.0 * h, 0.01), 0.1 * h),
    ]


def _control(gains: Mapping[str, float]) -> list[Parameter]:
    return [
        _parameter(f"control.{name}", "", value, 0.2 * value, 5.0 * value, 0.05 * value)
        for name, value in gains.items()
        if value > 0.0
    ]


def _rig() -> list[Parameter]:
    """Zero of the position sensor against gravity's, and the time from a logged command to its effect."""
    return [
        _parameter("rig.offset_rad", "rad", 0.0, -0.1, 0.1, 0.01),
        _parameter("rig.delay_s", "s", 0.0, 0.0, 0.05, 0.002),
    ]
