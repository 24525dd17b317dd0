"""Every shipped harmonic gear set against its catalogue, without charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pilotline.benchmarks.rig import suite
from pilotline.benchmarks.rig.bench import Tier
from pilotline.benchmarks.rig.outcome import Row
from pilotline.robots.actuators import catalogue


def harmonic_sets() -> tuple[str, ...]:
    """Names of the shipped gears that have a wave generator."""
    return tuple(name for name in catalogue.names("gear") if catalogue.gear(name).kind == "harmonic")


def measure(
    tier: Tier, temperature_c: float, names: Sequence[str], progress: suite.Progress = lambda name: None
) -> tuple[suite.Report, ...]:
    """A report of each set, without curves."""
    reports = []
    for gear in harmonic_sets():
        progress(gear)
        found = suite.run(suite.specimen(gear, tier, temperature_c), names)
        # nobody draws them, and together they are large
        outcomes = {name: replace(outcome, curves=None) for name, outcome in found.outcomes.items()}
        reports.append(replace(found, outcomes=outcomes))
    return tuple(reports)


def render(reports: Sequence[suite.Report]) -> RenderableType:
    """Worst deviation of each graded figure, and every row out of tolerance."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("figure", "against", "rows", "within", "allowed", "worst", "of"):
        table.add_column(name, justify="left" if name in ("figure", "against", "of") else "right")
    for line in _summary(reports):
        worst, allowed = (_text(line[key], line["relative"]) for key in ("worst_deviation", "tolerance"))
        table.add_row(
            line["figure"], line["against"], str(line["rows"]), str(line["within"]), allowed, worst, line["worst_of"]
        )
    wrong = [
        Text(
            f"{report.specimen.figures.name}: {row.figure} {row.value:.4g} {row.unit}, catalogue {row.expected:.4g}",
            "red",
        )
        for report in reports
        for row in report.graded
        if not row.ok
    ]
    right = sum(report.ok for report in reports)
    return Group(table, *wrong, Text(f"{right} of {len(reports)} sets within tolerance", style="bold"))


def figures(reports: Sequence[suite.Report], tier: Tier, temperature_c: float) -> dict[str, Any]:
    """Summary over the sets, and of each set the value, catalogue figure and source of every graded row."""
    return {
        "tier": tier,
        "temperature_c": temperature_c,
        "sets": len(reports),
        "sets_within_tolerance": sum(report.ok for report in reports),
        "summary": _summary(reports),
        "each": {report.specimen.figures.name: _graded(report) for report in reports},
    }


def _graded(report: suite.Report) -> dict[str, list[Any]]:
    """[simulation, catalogue, unit, source] by figure."""
    rows = [suite.row_figures(row) for row in report.graded]
    return {row["figure"]: [_short(row["value"]), _short(row["catalogue"]), row["unit"], row["origin"]] for row in rows}


def _summary(reports: Sequence[suite.Report]) -> list[dict[str, Any]]:
    """Of each graded figure: how many sets, how many within tolerance, and the worst; points of a chart together."""
    found: dict[tuple[str, str], list[tuple[str, Row]]] = {}
    for report in reports:
        for row in report.graded:
            kind = {"V": "catalogue (V)", "K": "known (K)", "E": "estimate (E)"}.get(row.origin, row.origin)
            found.setdefault((row.figure.partition(",")[0], kind), []).append((report.specimen.figures.name, row))
    lines = []
    for (figure, kind), rows in found.items():
        name, worst = max(rows, key=lambda pair: abs(pair[1].deviation or 0.0))
        lines.append(
            {
                "figure": figure,
                "against": kind,
                "sets": len({name for name, _ in rows}),
                "rows": len(rows),
                "within": sum(bool(row.ok) for _, row in rows),
                "tolerance": worst.tolerance,
                "relative": worst.relative,
                "unit": worst.unit,
                "worst_deviation": _short(worst.deviation),
                "worst_of": name,
            }
        )
    return lines


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def _text(value: float | None, relative: bool) -> str:
    if value is None:
        return ""
    return f"{100 * value:.2f} %" if relative else f"{value:.2g}"
