"""Rules of a data sheet that a type alone cannot state. Every refusal is a ValueError with field, value and reason."""

from __future__ import annotations

import itertools
import math
import string
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pilotline.robots.actuators import sheet as sheets

IDENTIFIED_TERMS = {
    "m1": (),
    "m2": ("stribeck_nm",),
    "m3": ("load",),
    "m4": ("stribeck_nm", "load", "load_stribeck"),
    "m5": ("stribeck_nm", "load_motor", "load_external", "load_stribeck_motor", "load_stribeck_external"),
}
"""Terms of the identified friction models beyond Coulomb and viscous friction; `m6` has those of `m5` and two more."""
IDENTIFIED_TERMS["m6"] = (*IDENTIFIED_TERMS["m5"], "quadratic_motor_per_nm", "quadratic_external_per_nm")

# Bounds of figures relative to the size of a harmonic gear (pitch diameter in tenths of an inch), with a factor of
# three and more around everything in the shipped tables; a figure in other units falls outside.
TORQUE_PER_SIZE3 = (3e-4, 0.03)
INERTIA_PER_SIZE5 = (3e-13, 2e-10)
WIND_UP_RAD = (5e-5, 0.02)
HARMONIC_ERROR_RAD = 3e-3
# Rotor inertia per continuous torque (shipped: 2e-5 .. 1.4e-4 kg m^2/N m) and torque per mass (1.2 .. 2.1 N m/kg)
ROTOR_PER_NM = (3e-7, 5e-3)
MOTOR_NM_PER_KG = (0.02, 40.0)


def plain_number(value: Any) -> Any:
    """Refuse text, yes/no and whole numbers too long for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number{_hint(value)}")
    if isinstance(value, int) and abs(value) > 10**300:
        raise ValueError("must be a number that a float can hold")
    return value


def plain_whole(value: Any) -> Any:
    """Refuse anything but a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number{_hint(value)}")
    return value


def _hint(value: Any) -> str:
    """What may have been meant: YAML reads 1e-4, without a point, as text."""
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return ""
    return f"; YAML takes this as text, write {number:#.6g}" if math.isfinite(number) else ""


def one_or_more(value: Any) -> Any:
    """A single group stands for a list of one."""
    return [value] if isinstance(value, dict) else value


def part(value: Any) -> Any:
    """Refuse a part that is neither a name nor figures."""
    if value is not None and not (isinstance(value, str) and value) and not (isinstance(value, dict) and value):
        raise ValueError("must be the name or path of a sheet, or its figures")
    return value


def rising(**figures: float | None) -> None:
    """Refuse figures, as far as they are given, that fall."""
    given = [(name, value) for name, value in figures.items() if value is not None]
    for (low_name, low), (high_name, high) in itertools.pairwise(given):
        if low > high:
            raise ValueError(f"{low_name} = {low:g} must not be above {high_name} = {high:g}")


def between(name: str, value: float | None, low: float, high: float, why: str) -> None:
    """Refuse a figure outside of what another one allows."""
    if value is not None and not low <= value <= high:
        raise ValueError(f"{name} = {value:g}: must be {low:.3g} .. {high:.3g} {why}")


def sources(sheet: sheets.Sheet) -> None:
    """Refuse a group whose source is not spelled out."""
    for name, value in sheet:
        for i, group in enumerate(value if isinstance(value, tuple) else (value,)):
            source = getattr(group, "source", None)
            if source is not None and source not in sheet.sources:
                label = f"{name}.{i}" if isinstance(value, tuple) else name
                raise ValueError(f"{label}.source = {source!r}: must be one of {_list(sheet.sources)}")


def gear(sheet: sheets.Gear) -> None:
    """Order of ratings, stiffness and speeds; figures that size or rating makes implausible."""
    if sheet.kind == "direct" and sheet.ratio != 1.0:
        raise ValueError(f"ratio = {sheet.ratio:g}: must be 1 without a gear (kind = 'direct')")
    if sheet.kind == "harmonic" and sheet.ratio < 25:
        raise ValueError(f"ratio = {sheet.ratio:g}: must be 25 or more for a harmonic gear")
    ratings = sheet.ratings
    if ratings.rated_nm is None and ratings.repeated_peak_nm is None:
        raise ValueError("ratings: rated_nm or repeated_peak_nm must be given")
    rising(
        **{
            "ratings.rated_nm": ratings.rated_nm,
            "ratings.average_nm": ratings.average_nm,
            "ratings.repeated_peak_nm": ratings.repeated_peak_nm,
            "ratings.momentary_nm": ratings.momentary_nm,
            "overload.ratcheting_nm": sheet.overload.ratcheting_nm if sheet.overload else None,
        }
    )
    rising(
        **{
            "ratings.rated_input_rad_s": ratings.rated_input_rad_s,
            "speed.max_input_rad_s": sheet.speed.max_input_rad_s if sheet.speed else None,
        }
    )
    if sheet.speed:
        rising(
            **{
                "speed.average_input_rad_s": sheet.speed.average_input_rad_s,
                "speed.max_input_rad_s": sheet.speed.max_input_rad_s,
            }
        )
    _stiffness(sheet)
    _idle(sheet)
    if sheet.kind == "harmonic":
        _harmonic(sheet)


def _stiffness(sheet: sheets.Gear) -> None:
    torsion = sheet.stiffness
    if torsion is None:
        return
    k = {f"stiffness.k{i}_nm_per_rad": getattr(torsion, f"k{i}_nm_per_rad") for i in (1, 2, 3)}
    if not any(k.values()):
        raise ValueError("stiffness: one of k1_nm_per_rad, k2_nm_per_rad, k3_nm_per_rad must be given")
    rising(**k)
    rising(**{"stiffness.knee_1_nm": torsion.knee_1_nm, "stiffness.knee_2_nm": torsion.knee_2_nm})
    if sheet.kind == "harmonic" and sheet.ratings.rated_nm is not None:
        low, high = (sheet.ratings.rated_nm / wind_up for wind_up in reversed(WIND_UP_RAD))
        for name, value in k.items():
            between(name, value, low, high, f"for a rated torque of {sheet.ratings.rated_nm:g} N m")


def _idle(sheet: sheets.Gear) -> None:
    idle = sheet.idle
    if idle is None:
        return
    if (idle.running_input_nm is None) != (idle.running_input_rad_s is None):
        raise ValueError("idle: running_input_nm and running_input_rad_s belong together")
    ratings = sheet.ratings
    rated = ratings.rated_nm if ratings.rated_nm is not None else ratings.repeated_peak_nm
    assert rated is not None
    for name in ("starting_input_nm", "running_input_nm"):
        why = f"for {rated:g} N m at ratio {sheet.ratio:g}"
        between(f"idle.{name}", getattr(idle, name), 0.0, rated / sheet.ratio, why)
    between("idle.backdriving_nm", idle.backdriving_nm, 0.0, rated, f"for {rated:g} N m")
    if idle.starting_input_nm is not None and idle.backdriving_nm is not None:
        low = sheet.ratio * idle.starting_input_nm
        why = f"for {idle.starting_input_nm:g} N m to start the input at ratio {sheet.ratio:g}"
        between("idle.backdriving_nm", idle.backdriving_nm, low / 2, low * 3, why)


def _harmonic(sheet: sheets.Gear) -> None:
    if sheet.accuracy:
        why = "for a harmonic gear"
        between("accuracy.error_pp_rad", sheet.accuracy.error_pp_rad, 0.0, HARMONIC_ERROR_RAD, why)
    if sheet.size is None:
        return
    for name in ("rated_nm", "average_nm", "repeated_peak_nm", "momentary_nm"):
        low, high = (sheet.size**3 * bound for bound in TORQUE_PER_SIZE3)
        between(f"ratings.{name}", getattr(sheet.ratings, name), low, high, f"for size {sheet.size:g}")
    if sheet.inertia and sheet.inertia.input_kgm2 > 0:
        low, high = (sheet.size**5 * bound for bound in INERTIA_PER_SIZE5)
        between("inertia.input_kgm2", sheet.inertia.input_kgm2, low, high, f"for size {sheet.size:g}")


def motor(sheet: sheets.Motor) -> None:
    """Order of torques and currents; a torque constant, a resistance and a heat path that agree with them."""
    torque, current = sheet.torque, sheet.current
    if torque:
        rising(**{"torque.continuous_nm": torque.continuous_nm, "torque.peak_nm": torque.peak_nm})
    if current:
        rising(**{"current.continuous_a": current.continuous_a, "current.peak_a": current.peak_a})
    constant = sheet.torque_constant
    if constant and torque and current:
        for which in ("continuous", "peak"):
            nm, amps = getattr(torque, f"{which}_nm"), getattr(current, f"{which}_a")
            if nm is not None and amps is not None:
                why = f"for {nm:g} N m at {amps:g} A {which}"
                between("torque_constant.kt_nm_per_a", constant.kt_nm_per_a, 0.5 * nm / amps, 2.0 * nm / amps, why)
    if torque and torque.continuous_nm is not None:
        low, high = (torque.continuous_nm * bound for bound in ROTOR_PER_NM)
        why = f"for {torque.continuous_nm:g} N m continuous"
        between("rotor.inertia_kgm2", sheet.rotor.inertia_kgm2, low, high, why)
        if sheet.mass:
            low, high = (sheet.mass.mass_kg * bound for bound in MOTOR_NM_PER_KG)
            between("torque.continuous_nm", torque.continuous_nm, low, high, f"for {sheet.mass.mass_kg:g} kg")
    _motor_heat(sheet)


def _motor_heat(sheet: sheets.Motor) -> None:
    """The continuous current must not heat the winding far beyond or far below its class."""
    thermal, current = sheet.thermal, sheet.current
    if not (sheet.resistance and thermal and current and current.continuous_a):
        return
    path = (thermal.winding_to_housing_k_per_w, thermal.housing_to_ambient_k_per_w)
    if path[0] is None or path[1] is None:
        return
    warm = 1.4 * sheet.resistance.resistance_ohm * current.continuous_a**2 * (path[0] + path[1])
    if not 10 <= warm <= 600:
        raise ValueError(
            f"resistance.resistance_ohm = {sheet.resistance.resistance_ohm:g}: with {current.continuous_a:g} A and the "
            f"heat path it warms the winding by {warm:.3g} K; must be 10 .. 600"
        )


def drive(sheet: sheets.Drive) -> None:
    """A drive derates before it trips, and its loop is slower than its current loop."""
    if sheet.protection and sheet.protection.derate_from_c >= sheet.protection.trip_c:
        low, high = sheet.protection.derate_from_c, sheet.protection.trip_c
        raise ValueError(f"protection.derate_from_c = {low:g} must be below protection.trip_c = {high:g}")


def identified(group: sheets.Identified) -> None:
    """A model has only its own terms, and a Stribeck speed where it has a Stribeck term."""
    terms = IDENTIFIED_TERMS[group.model]
    for name in IDENTIFIED_TERMS["m6"] + ("load", "load_stribeck"):
        if getattr(group, name) and name not in terms:
            allowed = _list(("coulomb_nm", "viscous_nms_per_rad", *terms))
            raise ValueError(f"{name} = {getattr(group, name):g}: model {group.model} has {allowed}")
    if "stribeck_nm" in terms and (group.stribeck_rad_s is None or group.stribeck_exponent is None):
        raise ValueError(f"stribeck_rad_s and stribeck_exponent are missing; model {group.model} needs them")


def joint(sheet: sheets.Joint) -> None:
    """The rated torque of the whole is not above its peak; gear and motor are named."""
    for name in ("gear", "motor"):
        if getattr(sheet.parts, name) is None:
            raise ValueError(f"parts.{name}: must be the name or path of a sheet, or its figures")
    if sheet.limits:
        rising(**{"limits.rated_nm": sheet.limits.rated_nm, "limits.peak_nm": sheet.limits.peak_nm})


def rectangle(table: sheets.Table) -> None:
    """Every row has a value for every column."""
    if len(set(table.columns)) != len(table.columns):
        raise ValueError(f"columns = {list(table.columns)}: a column is given twice")
    for i, row in enumerate(table.rows):
        if len(row) != len(table.columns):
            raise ValueError(f"rows.{i} = {list(row)}: must have {len(table.columns)} values, {_list(table.columns)}")


def series(sheet: sheets.Series) -> None:
    """The name uses only keys, the first group's tables list the members by all keys, every source is spelled out."""
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(sheet.name) if field is not None]
    except ValueError as error:
        raise ValueError(f"name = {sheet.name!r}: {error}") from error
    if not set(fields) <= set(sheet.keys):
        raise ValueError(f"name = {sheet.name!r}: may hold {{{'}, {'.join(sheet.keys)}}}")
    for i, table in enumerate(sheet.tables):
        if table.group == sheet.tables[0].group and not (table.rows and set(sheet.keys) <= set(table.columns)):
            raise ValueError(f"tables.{i}: must list members by {_list(sheet.keys)}")
        if table.source not in sheet.sources:
            raise ValueError(f"tables.{i}.source = {table.source!r}: must be one of {_list(sheet.sources)}")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
