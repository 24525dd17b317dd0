"""What a scorecard states of the drives of a robot: actuators, their data sheets, and every figure filled by a rule."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pilotline.benchmarks.facts import DriveFacts, FallbackFacts, SheetFacts
from pilotline.robots.actuators import Drive


def facts_of(drives: Mapping[str, Drive]) -> tuple[DriveFacts, ...]:
    """One entry per kind of drive, in the order of the joints; empty where no joint has a data sheet."""
    joints: dict[Drive, list[str]] = {}
    for joint, drive in drives.items():
        joints.setdefault(drive, []).append(joint)
    return tuple(_facts(drive, tuple(driven)) for drive, driven in joints.items())


def changed(stored: tuple[DriveFacts, ...], present: tuple[DriveFacts, ...]) -> Iterator[str]:
    """A line for each data sheet that is not the file it was, by actuator."""
    now = {(drive.joints, sheet.name): sheet.sha256 for drive in present for sheet in drive.sheets}
    for drive in stored:
        for sheet in drive.sheets:
            found = now.get((drive.joints, sheet.name))
            if found != sheet.sha256:
                is_now = f"is {found[:12]}... now" if found else "is not used now"
                yield f"data sheet {sheet.name} of {drive.name}: was {sheet.sha256[:12]}..., {is_now}"


def _facts(drive: Drive, joints: tuple[str, ...]) -> DriveFacts:
    figures = drive.figures
    sources = dict(_sources(figures.name, figures.sheets))
    return DriveFacts(
        name=figures.name,
        tier=drive.tier,
        joints=joints,
        controller=figures.drive.controller if drive.metered else None,
        rated_nm=figures.rated_nm,
        derate_from_c=figures.drive.derate_from_c if drive.metered else None,
        trip_c=figures.drive.trip_c if drive.metered else None,
        sheets=tuple(
            SheetFacts(name=name, sha256=sha256, sources=sources.get(name, sources.get(sha256, ())))
            for name, sha256 in figures.sheets
        ),
        fallbacks=tuple(
            FallbackFacts(figure=each.figure, value=each.value if math.isfinite(each.value) else None, rule=each.rule)
            for each in figures.fallbacks
        ),
    )


def _sources(actuator: str, used: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name of a sheet, and hash of its file -> where its figures come from.

    A part that a joint sheet writes out has the file of that sheet; one that it finds beside itself says nothing.
    """
    from pilotline.robots.actuators import catalogue

    for word in [*actuator.split("+"), *(name for name, _ in used)]:
        try:
            found = catalogue.load(word)
        except ValueError:
            continue
        if (found.sheet.name, found.sha256) in used:
            yield found.sheet.name, (sources := tuple(found.sheet.sources.values()))
            yield found.sha256, sources
