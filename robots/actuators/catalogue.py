"""The shipped data sheets, a user's own, and joint actuators composed from them by name.

A joint is named by a joint sheet (`rby1-torso`), by the path of a YAML file, or by parts joined with `+` in any
order (`csg-20-100+tbm-6025`, `./mygear.yaml+tbm-6013+can-48v+link-19bit`). Drive and encoder have defaults; a
lone gear gets a shipped motor.
"""

from __future__ import annotations

import difflib
import os.path
from functools import cache
from pathlib import Path
from typing import Any

from pilotline.robots.actuators import closed_forms, complete, library
from pilotline.robots.actuators.complete import Gaps
from pilotline.robots.actuators.figures import Fallback, GearFigures, JointFigures, MotorFigures
from pilotline.robots.actuators.library import CatalogueError, Found
from pilotline.robots.actuators.sheet import KINDS, Drive, Encoder, Gear, Joint, Limits, Motor, Sheet

__all__ = ["DEFAULT_DRIVE", "DEFAULT_ENCODER", "CatalogueError", "gear", "joint", "load", "motor", "names"]

DEFAULT_DRIVE = "ethercat-48v"
DEFAULT_ENCODER = "link-19bit"

PARTS = ("gear", "motor", "drive", "encoder")


def names(kind: str) -> tuple[str, ...]:
    """Names of the shipped sheets of a kind: gear, motor, drive, encoder or joint."""
    if kind not in KINDS:
        raise CatalogueError(f"unknown kind of sheet {kind!r}; choose from {', '.join(KINDS)}")
    return tuple(sorted(library.shipped(kind)))


def load(text: str) -> Found[Any]:
    """A sheet of any kind by its shipped name or by the path of its file. Raises CatalogueError."""
    if is_path(text):
        return library.read(Path(text))
    for kind in KINDS:
        if text in library.shipped(kind):
            return library.shipped(kind)[text]
    near = difflib.get_close_matches(text.lower(), [name for kind in KINDS for name in names(kind)], n=3)
    meant = f"; did you mean {' or '.join(near)}?" if near else f"; {_choices('joint')}; {_choices('gear')}"
    raise CatalogueError(f"unknown data sheet {text!r}{meant}")


def gear(text: str) -> GearFigures:
    """Complete figures of a gear by name or path."""
    found = _expect(load(text), Gear)
    with found.blamed():
        return complete.gear(found.sheet, Gaps("gear"))


def motor(text: str) -> MotorFigures:
    """Complete figures of a motor by name or path."""
    found = _expect(load(text), Motor)
    with found.blamed():
        return complete.motor(found.sheet, Gaps("motor"))


def joint(text: str) -> JointFigures:
    """Complete figures of a joint actuator, named as the module's first lines say.

    Raises CatalogueError, one line, for an unknown name, a sheet that breaks a rule, two parts of one kind, or
    a missing gear.
    """
    return _compose(text) if is_path(text) else _composed(text)


def is_path(text: str) -> bool:
    """Whether a word names a file, not a shipped sheet."""
    return "/" in text or "\\" in text or text.lower().endswith((".yaml", ".yml"))


@cache
def _composed(text: str) -> JointFigures:
    """Joints of shipped sheets do not change while the program runs."""
    return _compose(text)


def _compose(text: str) -> JointFigures:
    words = [text] if is_path(text) and os.path.isfile(text) else [word.strip() for word in text.split("+")]
    if not all(words):
        raise CatalogueError(f"{text!r} has an empty part; name a joint actuator, or parts joined with +")
    chosen: dict[str, Found[Any]] = {}
    for word in words:
        found = load(word)
        if found.kind in chosen:
            first = chosen[found.kind].sheet.name
            raise CatalogueError(
                f"{text!r} has two of a kind, {found.kind} {first} and {found.kind} {found.sheet.name}"
            )
        chosen[found.kind] = found
    if "joint" in chosen:
        return _from_sheet(text, chosen.pop("joint"), chosen)
    if "gear" not in chosen:
        have = ", ".join(f"{kind} {found.sheet.name}" for kind, found in chosen.items())
        raise CatalogueError(f"{text!r} has no gear, only {have}; {_choices('gear')}")
    return _figures(text, chosen, None)


def _from_sheet(text: str, whole: Found[Joint], beside: dict[str, Found[Any]]) -> JointFigures:
    """A joint sheet; a drive or an encoder named beside it takes the place of its own."""
    for kind in ("gear", "motor"):
        if kind in beside:
            raise CatalogueError(f"{text!r}: {whole.sheet.name} has a {kind} of its own; name its parts instead")
    parts = dict(beside)
    for kind in PARTS:
        part = getattr(whole.sheet.parts, kind)
        if kind not in parts and part is not None:
            parts[kind] = _part(kind, part, whole)
    for kind, groups in whole.sheet.overrides.items():
        if kind not in parts:
            raise CatalogueError(f"{whole.file}: overrides.{kind}: the sheet names no {kind}")
        if kind not in beside:
            parts[kind] = _overridden(parts[kind], groups, whole)
    return _figures(text, parts, whole)


def _part(kind: str, part: str | dict[str, Any], whole: Found[Joint]) -> Found[Any]:
    """A part of a joint sheet: by name, by a path from the sheet's folder, or written out."""
    label = f"{whole.file}: parts.{kind}"
    if isinstance(part, dict):
        name = f"{whole.sheet.name}-{kind}"
        data = {"schema": f"pilotline/{kind}/1", "name": name, "sources": whole.sheet.sources, **part}
        return Found(library.checked(label, data, kind), whole.path, whole.sha256)
    try:
        found = load(str(whole.path.parent / part) if is_path(part) else part)
    except CatalogueError as error:
        raise CatalogueError(f"{label}: {error}") from error
    if found.kind != kind:
        raise CatalogueError(f"{label} = {part!r}: is a {found.kind}, not a {kind}")
    return found


def _overridden(part: Found[Any], groups: dict[str, Any], whole: Found[Joint]) -> Found[Any]:
    """A part with some groups replaced by those of the joint sheet."""
    label = f"{whole.file}: overrides.{part.kind}"
    for fixed in Sheet.model_fields.keys() & groups.keys():
        raise CatalogueError(f"{label}.{fixed}: cannot be replaced, only groups of figures")
    data = part.sheet.model_dump(by_alias=True, exclude_none=True)
    data |= {**groups, "sources": {**part.sheet.sources, **whole.sheet.sources}}
    return Found(library.checked(label, data, part.kind), part.path, part.sha256)


def _figures(text: str, parts: dict[str, Found[Any]], whole: Found[Joint] | None) -> JointFigures:
    """Everything filled in and composed."""
    picked: list[Fallback] = []
    gaps = {kind: Gaps(kind) for kind in PARTS}
    limits = whole.sheet.limits if whole else None
    friction = whole.sheet.identified if whole else None
    gear_found = _expect(parts["gear"], Gear)
    with gear_found.blamed():
        gear = complete.gear(gear_found.sheet, gaps["gear"], friction=friction is None)
    drive_found = _expect(parts.get("drive") or _default_drive(picked), Drive)
    supply = drive_found.sheet.supply
    motor_found = _expect(parts.get("motor") or _strong_enough(gear, drive_found.sheet, picked), Motor)
    with motor_found.blamed():
        motor = complete.motor(motor_found.sheet, gaps["motor"], gear, supply.bus_v, limits)
    with drive_found.blamed():
        drive = complete.drive(drive_found.sheet, gaps["drive"], motor.winding_max_c)
    encoder_found = _expect(parts.get("encoder") or _default_encoder(picked), Encoder)
    rated, peak, speed = _limits(limits, gear, motor, drive.bus_v, drive.current_limit_a)
    used = [gear_found, motor_found, drive_found, encoder_found, *([whole] if whole else [])]
    return JointFigures(
        name=text,
        gear=gear,
        motor=motor,
        drive=drive,
        encoder=complete.encoder(encoder_found.sheet, gear.ratio),
        identified=complete.identified(friction) if friction else None,
        rated_nm=rated,
        peak_nm=peak,
        speed_rad_s=speed,
        fallbacks=(*picked, *(fallback for kind in PARTS for fallback in gaps[kind].fallbacks)),
        sheets=tuple(sorted({(found.sheet.name, found.sha256) for found in used})),
    )


def _limits(
    limits: Limits | None, gear: GearFigures, motor: MotorFigures, bus_v: float, limit_a: float
) -> tuple[float, float, float]:
    """Rated torque, peak torque (N m) and speed (rad/s) of the whole: the published ones, else of the weakest part.

    Published torques stand unless the drive gives less current than the motor could take.
    """

    def torque(published: float | None, gear_nm: float, motor_a: float) -> float:
        lifted = closed_forms.output_nm(gear, motor.kt_nm_per_a * min(motor_a, limit_a))
        if published is None:
            return min(gear_nm, lifted)
        return min(published, lifted) if limit_a < motor_a else published

    peak = torque(limits.peak_nm if limits else None, gear.repeated_peak_nm, motor.peak_a)
    rated = torque(limits.rated_nm if limits else None, gear.rated_nm, motor.continuous_a)
    speed = min(gear.max_input_rad_s, bus_v / motor.kt_nm_per_a) / gear.ratio
    if limits and limits.speed_rad_s is not None:
        speed = min(limits.speed_rad_s, bus_v / motor.kt_nm_per_a / gear.ratio)
    return min(rated, peak), peak, speed


def _default_drive(picked: list[Fallback]) -> Found[Any]:
    found = library.shipped("drive")[DEFAULT_DRIVE]
    picked.append(Fallback("drive.bus_v", found.sheet.supply.bus_v, f"no drive named: {DEFAULT_DRIVE}"))
    return found


def _default_encoder(picked: list[Fallback]) -> Found[Any]:
    found = library.shipped("encoder")[DEFAULT_ENCODER]
    picked.append(Fallback("encoder.bits", float(found.sheet.resolution.bits), f"no encoder named: {DEFAULT_ENCODER}"))
    return found


def _strong_enough(gear: GearFigures, drive: Drive, picked: list[Fallback]) -> Found[Any]:
    """The lightest shipped motor that lifts the gear's repeated peak torque at its rated speed on this drive.

    If none does, the one that lifts most.
    """
    speed = gear.rated_input_rad_s
    offers = []
    for name in names("motor"):
        m = motor(name)
        amps = min(
            m.peak_a, drive.supply.current_limit_a, (drive.supply.bus_v - m.kt_nm_per_a * speed) / m.resistance_ohm
        )
        offers.append((name, m.mass_kg, closed_forms.output_nm(gear, m.kt_nm_per_a * max(amps, 0.0))))
    enough = [offer for offer in offers if offer[2] >= gear.repeated_peak_nm]
    if enough:
        name, _, lifted = min(enough, key=lambda offer: (offer[1], offer[0]))
        rule = f"no motor named: {name}, the lightest that lifts the repeated peak torque at the rated speed"
    else:
        name, _, lifted = max(offers, key=lambda offer: (offer[2], offer[0]))
        rule = f"no motor named: {name} lifts most, but less than the repeated peak torque at the rated speed"
    picked.append(Fallback("motor.output_nm", lifted, rule))
    return library.shipped("motor")[name]


def _expect(found: Found[Any], model: type[Sheet]) -> Found[Any]:
    """The sheet, if it is of the kind wanted."""
    if not isinstance(found.sheet, model):
        raise CatalogueError(f"{found.sheet.name} ({found.file}) is a {found.kind}, not a {model.KIND}")
    return found


def _choices(kind: str, most: int = 8) -> str:
    """Names to choose from, shortened."""
    every = names(kind)
    return f"a {kind} is one of {', '.join(every[:most])}{', ...' if len(every) > most else ''} or a path"
