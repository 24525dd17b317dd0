"""Which measurements there are, and a run of some of them on one joint actuator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import Tier
from pilotline.benchmarks.rig.measurements import (
    cold_start,
    efficiency,
    life,
    no_load,
    response,
    run_up,
    stall,
    starting,
    torque_torsion,
    transmission_error,
)
from pilotline.benchmarks.rig.outcome import Measurement, Outcome, Row, Specimen
from pilotline.benchmarks.rig.published import published
from pilotline.robots.actuators import catalogue

MEASUREMENTS: Mapping[str, Measurement] = {
    module.MEASUREMENT.name: module.MEASUREMENT
    for module in (
        torque_torsion,
        transmission_error,
        no_load,
        starting,
        efficiency,
        run_up,
        response,
        stall,
        cold_start,
        life,
    )
}
"""In the order in which a bench runs them."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """What the bench found on one joint actuator.

    Attributes:
      specimen: what was on it.
      outcomes: of the measurements made, by name.
      skipped: why the others have no meaning for this joint, by name.
    """

    specimen: Specimen
    outcomes: Mapping[str, Outcome]
    skipped: Mapping[str, str]

    @property
    def graded(self) -> tuple[Row, ...]:
        """Rows that have a tolerance."""
        return tuple(row for outcome in self.outcomes.values() for row in outcome.rows if row.ok is not None)

    @property
    def ok(self) -> bool:
        """Whether every graded row is within its tolerance."""
        return all(row.ok for row in self.graded)


def specimen(drive: str, tier: Tier, temperature_c: float) -> Specimen:
    """A joint actuator by name, ready for the bench.

    A joint with identified friction has one model for every tier, a single body like tier `harmonic`.
    """
    figures = catalogue.joint(drive)
    if figures.identified is not None:
        tier = "harmonic"
    return Specimen(figures, published(drive, figures), tier, temperature_c)


def run(on: Specimen, names: Sequence[str], progress: Progress = lambda name: None) -> Report:
    """Make the measurements that have a meaning for this joint, in the bench's order."""
    kind = "identified" if on.figures.identified is not None else on.gear.kind
    outcomes: dict[str, Outcome] = {}
    skipped: dict[str, str] = {}
    for name, measurement in MEASUREMENTS.items():
        if name not in names:
            continue
        if kind not in measurement.kinds:
            skipped[name] = f"{measurement.why_not} (gear: {kind})"
        elif on.tier not in measurement.tiers:
            skipped[name] = f"{measurement.why_not} (tier: {on.tier})"
        else:
            progress(name)
            outcomes[name] = measurement.run(on)
    return Report(on, outcomes, skipped)


def chart(report: Report, name: str) -> Figure:
    """The chart of a measurement that was made."""
    with matplotlib.rc_context(style.RC):
        return MEASUREMENTS[name].draw(report.specimen, report.outcomes[name].curves)


def figures(report: Report) -> dict[str, Any]:
    """Everything a report says in plain JSON types; a figure that is no number is null."""
    on = report.specimen
    return {
        "drive": on.figures.name,
        "tier": on.tier,
        "temperature_c": on.temperature_c,
        "parts": {part: getattr(on.figures, part).name for part in ("gear", "motor", "drive", "encoder")},
        "sheets": dict(on.figures.sheets),
        "fallbacks": [{"figure": f.figure, "value": f.value, "rule": f.rule} for f in on.figures.fallbacks],
        "graded": len(report.graded),
        "within_tolerance": sum(bool(row.ok) for row in report.graded),
        "tests": {
            name: {"rows": [row_figures(row) for row in outcome.rows], "notes": list(outcome.notes)}
            for name, outcome in report.outcomes.items()
        },
        "skipped": dict(report.skipped),
    }


def row_figures(row: Row) -> dict[str, Any]:
    """A row in plain JSON types."""
    return {
        "figure": row.figure,
        "value": _number(row.value),
        "unit": row.unit,
        "catalogue": _number(row.expected),
        "origin": row.origin,
        "deviation": _number(row.deviation),
        "tolerance": row.tolerance,
        "relative": row.relative,
        "ok": row.ok,
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
