"""The bench's report as tables for the terminal: catalogue against simulation, and what was filled by a rule."""

from __future__ import annotations

import math

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pilotline.benchmarks.rig import suite
from pilotline.benchmarks.rig.outcome import Row


def render(report: suite.Report) -> RenderableType:
    """The figures of each measurement, what was skipped, and the figures that no sheet gave."""
    on = report.specimen
    parts = " + ".join(getattr(on.figures, part).name for part in ("gear", "motor", "drive", "encoder"))
    title = Text(f"{on.figures.name}, tier {on.tier}, {on.temperature_c:g} °C", style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("figure", min_width=30)
    for name, right in (
        ("catalogue", True),
        ("simulation", True),
        ("unit", False),
        ("differs", True),
        ("allowed", True),
    ):
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    table.add_column("source", min_width=11)
    for name, outcome in report.outcomes.items():
        table.add_section()
        table.add_row(Text(suite.MEASUREMENTS[name].title, style="bold"))
        for row in outcome.rows:
            table.add_row(*cells(row))
    below = [Text(f"{name}: skipped, {why}", style="yellow") for name, why in report.skipped.items()]
    below += [Text(f"{name}: {note}", style="yellow") for name, o in report.outcomes.items() for note in o.notes]
    graded = report.graded
    below.append(Text(f"{sum(bool(r.ok) for r in graded)} of {len(graded)} graded figures within tolerance", "bold"))
    return Group(title, Text(parts, style="dim"), table, *below, *_fallbacks(report))


def cells(row: Row) -> tuple[str, ...]:
    """A row's texts; a figure without a catalogue value has empty ones."""
    return (
        row.figure,
        "" if row.expected is None else number(row.expected),
        number(row.value),
        row.unit,
        _differs(row),
        _allowed(row),
        row.origin,
    )


def number(value: float) -> str:
    """Four digits, thousands grouped; a dash for what is no number."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 1000:
        return f"{float(f'{value:.4g}'):,.0f}"
    return f"{value:.4g}"


def _differs(row: Row) -> str:
    if row.deviation is None or not math.isfinite(row.deviation):
        return ""
    return f"{100 * row.deviation:+.1f} %" if row.relative else f"{row.deviation:+.2f}"


def _allowed(row: Row) -> str:
    if row.ok is None or row.tolerance is None:
        return ""
    bound = f"±{100 * row.tolerance:g} %" if row.relative else f"±{row.tolerance:g}"
    return f"{bound} {'[green]ok[/]' if row.ok else '[red]NO[/]'}"


def _fallbacks(report: suite.Report) -> list[RenderableType]:
    filled = report.specimen.figures.fallbacks
    if not filled:
        return []
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("figures that no sheet gives", no_wrap=True)
    table.add_column("taken", justify="right", no_wrap=True)
    table.add_column("rule")
    for fallback in filled:
        table.add_row(fallback.figure, number(fallback.value), fallback.rule)
    return [table]
