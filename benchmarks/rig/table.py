"""The bench's report as tables for the terminal: catalogue against simulation, and what was filled by a rule."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pilotline.benchmarks.rig.outcome import Row
from pilotline.benchmarks.rig.suite import MEASUREMENTS, Report


def render(report: Report) -> RenderableType:
    """The figures of each measurement, what was skipped, and the figures that no sheet gave."""
    on = report.specimen
    parts = " + ".join(getattr(on.figures, part).name for part in ("gear", "motor", "drive", "encoder"))
    title = Text(f"{on.figures.name}, tier {on.tier}, {on.temperature_c:g} °C", style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("figure", min_width=38)
    for name in ("catalogue", "simulation"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("unit")
    for name in ("differs", "may"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("source", max_width=14)
    table.add_column("", no_wrap=True)
    for name, outcome in report.outcomes.items():
        table.add_section()
        table.add_row(Text(MEASUREMENTS[name].title, style="bold"))
        for row in outcome.rows:
            table.add_row(*cells(row))
    below = [Text(f"{name}: skipped, {why}", style="yellow") for name, why in report.skipped.items()]
    below += [Text(f"{name}: {note}", style="yellow") for name, o in report.outcomes.items() for note in o.notes]
    graded = report.graded
    below.append(Text(f"{sum(bool(r.ok) for r in graded)} of {len(graded)} graded figures within tolerance", "bold"))
    return Group(title, Text(parts, style="dim"), table, *below, *_fallbacks(report))


def cells(row: Row) -> tuple[str, ...]:
    """A row's texts; a figure without a catalogue value has empty ones."""
    verdict = {True: "[green]ok[/]", False: "[red]NO[/]", None: ""}[row.ok]
    expected = "" if row.expected is None else number(row.expected)
    return (
        row.figure,
        expected,
        number(row.value),
        row.unit,
        _signed(row, row.deviation),
        _signed(row, row.tolerance).replace("+", "±"),
        row.origin,
        verdict,
    )


def number(value: float) -> str:
    """Four digits, thousands grouped."""
    if abs(value) >= 1000:
        return f"{float(f'{value:.4g}'):,.0f}"
    return f"{value:.4g}"


def _signed(row: Row, value: float | None) -> str:
    if value is None:
        return ""
    return f"{100 * value:+.1f} %" if row.relative else f"{value:+.2f}"


def _fallbacks(report: Report) -> list[RenderableType]:
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
