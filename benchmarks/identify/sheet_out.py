"""The identified actuator as a data sheet that `drive=` takes at once.

A joint sheet: the parts as they were, groups that hold an identified figure replaced, and the identified friction.
Fitted figures carry mark M and name the logs with their SHA-256.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.log import Log
from pilotline.benchmarks.identify.parameters import Parameter
from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.catalogue import CatalogueError
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.sheetrules import IDENTIFIED_TERMS

SOURCE = "identified"
"""Key of the logs among the sheet's sources."""

# group of the part's sheet that holds a figure, and every figure of that group
_GROUPS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "motor.kt_nm_per_a": ("motor", "torque_constant", ("kt_nm_per_a",)),
    "motor.resistance_ohm": ("motor", "resistance", ("resistance_ohm",)),
    "motor.inertia_kgm2": ("motor", "rotor", ("inertia_kgm2",)),
    "gear.hysteresis_rad": ("gear", "hysteresis", ("hysteresis_rad",)),
    "gear.stiffness_factor": (
        "gear",
        "stiffness",
        ("knee_1_nm", "knee_2_nm", "k1_nm_per_rad", "k2_nm_per_rad", "k3_nm_per_rad"),
    ),
}
_LAW = (
    "coulomb_input_nm",
    "stribeck_input_rad_s",
    "presliding_input_rad",
    "drag_input_nm",
    "grease_per_k",
    "load_loss",
)


def write(
    path: Path,
    drive: str,
    before: JointFigures,
    after: JointFigures,
    free: Sequence[Parameter],
    logs: Sequence[Log],
    controller: str | None,
) -> JointFigures:
    """Write the sheet and read it back.

    Args:
      path: of the YAML file.
      drive: text that named the actuator.
      before, after: its figures then and as identified.
      free: parameters that were identified.
      logs: that were fitted.
      controller: of the drive, where it was chosen for the logs.

    Returns:
      The figures that the written sheet gives.

    Raises:
      IdentifyError: the sheet breaks a rule of data sheets; the file is left for inspection.
    """
    content = _content(path, drive, before, after, free, logs, controller)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    write_atomically(path, text.encode())
    try:
        return catalogue.joint(str(path))
    except CatalogueError as error:
        raise IdentifyError(f"{path}: what was identified is no valid data sheet: {error}") from None


def _content(
    path: Path,
    drive: str,
    before: JointFigures,
    after: JointFigures,
    free: Sequence[Parameter],
    logs: Sequence[Log],
    controller: str | None,
) -> dict[str, Any]:
    original = _original(drive, before)
    form = after.identified.model if after.identified else "harmonic"
    listing = ", ".join(f"{log.name} sha256 {log.sha256}" for log in logs)
    fitted = ", ".join(p.name for p in free)
    name = re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._") or "identified"
    overrides: dict[str, dict[str, Any]] = {k: dict(v) for k, v in original.get("overrides", {}).items()}
    for parameter in free:
        place = _place(parameter.name)
        if place:
            part, group, figures = place
            overrides.setdefault(part, {})[group] = _group(after, part, figures)
    if any(p.name == "gear.stribeck_input_nm" or p.name == "gear.coulomb_input_nm" for p in free):
        overrides["gear"]["idle"] = _group(after, "gear", ("starting_input_nm",))
    if controller is not None:
        own = after.drive
        control = {key: getattr(own, key) for key in ("controller", "current_bandwidth_hz", "loop_hz", "delay_s")}
        overrides.setdefault("drive", {})["control"] = {**_sourced(control), "mark": "E"}
    content: dict[str, Any] = {
        "schema": "pilotline/joint/1",
        "name": name[:80],
        "title": f"{before.name}, friction form {form}, identified from {len(logs)} logs"[:200],
        "notes": [f"Identified: {fitted}. Other figures of the groups marked M are carried over from {before.name}."],
        "sources": {**original.get("sources", {}), SOURCE: f"pilotline identify, from {listing}"},
        "parts": original["parts"],
    }
    if overrides:
        content["overrides"] = overrides
    if original.get("limits"):
        content["limits"] = original["limits"]
    friction = after.identified
    if friction is not None:
        terms = ["coulomb_nm", "viscous_nms_per_rad", *IDENTIFIED_TERMS[friction.model]]
        if "stribeck_nm" in terms:
            terms += ["stribeck_rad_s", "stribeck_exponent"]
        values = {term: getattr(friction, term) for term in terms}
        content["identified"] = {"model": friction.model, **_sourced(values)}
    return content


def _original(drive: str, before: JointFigures) -> dict[str, Any]:
    """Parts, overrides, limits and sources of what was named: of the joint sheet, or of the parts."""
    path = Path(drive)
    words = [drive] if path.is_file() else [word.strip() for word in drive.split("+")]
    found = [catalogue.load(word) for word in words]
    base: dict[str, Any] = {"parts": {}}
    for item in found:
        if item.kind == "joint":
            data = item.sheet.model_dump(by_alias=True, exclude_none=True, mode="json")
            base = {key: data[key] for key in ("parts", "overrides", "limits", "sources") if data.get(key)}
    for word, item in zip(words, found, strict=True):
        if item.kind != "joint":
            base["parts"][item.kind] = word if word in catalogue.names(item.kind) else _written_out(item.sheet)
    for kind in ("gear", "motor", "drive", "encoder"):
        name = getattr(before, kind).name
        if base["parts"].get(kind) is None and name in catalogue.names(kind):
            base["parts"][kind] = name
    return base


def _written_out(sheet: Any) -> dict[str, Any]:
    data: dict[str, Any] = sheet.model_dump(by_alias=True, exclude_none=True, mode="json")
    return {key: value for key, value in data.items() if key not in ("schema", "name")}


def _place(name: str) -> tuple[str, str, tuple[str, ...]] | None:
    if name in _GROUPS:
        return _GROUPS[name]
    return ("gear", "friction_law", _LAW) if name.startswith("gear.") else None


def _group(figures: JointFigures, part: str, names: Sequence[str]) -> dict[str, Any]:
    return _sourced({name: getattr(getattr(figures, part), name) for name in names})


def _sourced(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "source": SOURCE, "mark": "M"}
