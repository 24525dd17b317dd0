"""The grade on a page: every figure it rests on beside what each grade asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pilotline.benchmarks import grades, wording
from pilotline.benchmarks.schema import Body
from pilotline.benchmarks.schema_grade import Requirements, Shown


@dataclass(frozen=True)
class Cell:
    """What one grade asks for in one figure."""

    text: str
    met: bool | None
    """None where nothing is asked."""


@dataclass(frozen=True)
class Input:
    """A figure that grades look at."""

    label: str
    shown: str
    cells: tuple[Cell, ...]
    """One for each grade, lowest first."""


@dataclass(frozen=True)
class Subject:
    """A station, or the line."""

    title: str
    grade: str
    inputs: tuple[Input, ...]
    short: tuple[str, ...]


@dataclass(frozen=True)
class GradeView:
    """The grade, ready for the page."""

    mark: str
    title: str
    """Its name; what it takes to have one where there is none."""
    why: str
    validated: str
    subjects: tuple[Subject, ...]


def _hours(value_h: float) -> str:
    return wording.hours(3600.0 * value_h)


_LABELS: dict[str, tuple[str, Callable[[float], str]]] = {
    "first_pass_lower": ("First-pass yield, exact lower bound", wording.at_least),
    "parity_lower": ("Human-parity index, lower bound", lambda value: wording.number(value, 2)),
    "cycles": ("Graded cycles", lambda value: wording.number(value, 0)),
    "hours": ("Length of the run", _hours),
    "mtbf_lower_h": ("Mean time between failures, lower bound", _hours),
    "takt_lower": ("Good within takt, lower bound", wording.at_least),
    "assists_per_shift": ("Assists in 8 h", lambda value: wording.number(value, 1)),
    "shifts_without_assist": ("Shifts without an assist", wording.percent),
    "falls_per_100": ("Falls in 100 cycles", lambda value: f"{value:.2g}"),
    "critical_events": ("Critical events", lambda value: wording.number(value, 0)),
    "cpk_lower": ("Process capability, lower bound", wording.capability),
}


def grade_view(body: Body) -> GradeView:
    """The grade of a body for the page."""
    found = body.grade
    titles = {facts.name: facts.title for facts in body.line.stations}
    named = {row.grade: row.title for row in found.table}
    return GradeView(
        mark=found.grade or "none",
        title=named[found.grade] if found.grade else "no row of the table is cleared",
        why=found.why[:1].upper() + found.why[1:] + ".",
        validated={
            "V0": "validated by nothing",
            "V1": "figures from literature",
            "V2": "reproduces a published deployment figure",
            "V3": "data of a rig of its own",
        }[found.validation],
        subjects=tuple(
            Subject(
                titles.get(shown.subject, "The line, end to end"),
                shown.grade or "none",
                _inputs(shown, found.table, body.run is not None),
                shown.short,
            )
            for shown in found.shown
        ),
    )


def _inputs(shown: Shown, table: tuple[Requirements, ...], in_run: bool) -> tuple[Input, ...]:
    never = grades.left_out(shown.subject, in_run)
    inputs = []
    for name, more, _ in grades.ASKED:
        label, words = _LABELS[name]
        value = getattr(shown, name)
        if name not in never:
            cells = tuple(_cell(getattr(row, name), value, more, words) for row in table)
            inputs.append(Input(label, "not measured" if value is None else words(value), cells))
    return tuple(inputs)


def _cell(asked: float | None, value: float | None, more: bool, words: Callable[[float], str]) -> Cell:
    if asked is None:
        return Cell("", None)
    met = value is not None and (value >= asked if more else value <= asked)
    return Cell(f"{'≥' if more else '≤'}{wording.SPACE}{words(asked)}", met)
