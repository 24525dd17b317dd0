"""Grades: the weakest station and the line run must both clear a row of the table, and every row below it.

Bounds decide, never points. That a row also needs all rows below it is our reading (E): the table asks P0 for no
critical event and P1 for few falls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from pilotline.benchmarks import capability, levels, statistics
from pilotline.benchmarks.canonical import rounded
from pilotline.benchmarks.facts import LineFacts, RobotFacts, StationFacts
from pilotline.benchmarks.levels import Key, Levels, Validation
from pilotline.benchmarks.line_schema import RunResult
from pilotline.benchmarks.policy_text import is_served
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import StationResult
from pilotline.benchmarks.schema_grade import Grade, Level, Mark, Requirements, Shown

_HOUR_S, _SHIFT_H = 3600.0, 8.0
LINE = "line"
"""Subject that is the run from end to end."""

ASKED: tuple[tuple[str, bool, str], ...] = (
    ("first_pass_lower", True, "first-pass yield at least {asked:.1%}, shown {shown:.1%}"),
    ("parity_lower", True, "human-parity index at least {asked:.2f}, shown {shown:.3g}"),
    ("cycles", True, "{asked:.0f} cycles, shown {shown:.0f}"),
    ("hours", True, "a run of {asked:g} h, shown {shown:.3g} h"),
    ("mtbf_lower_h", True, "mean time between failures at least {asked:g} h, shown {shown:.3g} h"),
    ("takt_lower", True, "in takt at least {asked:.1%}, shown {shown:.1%}"),
    ("assists_per_shift", False, "at most {asked:g} assists in 8 h, shown {shown:.3g}"),
    ("shifts_without_assist", True, "{asked:.0%} of shifts without an assist, shown {shown:.1%}"),
    ("falls_per_100", False, "at most {asked:g} falls in 100 cycles, shown {shown:.3g}"),
    ("critical_events", False, "at most {asked:.0f} critical events, shown {shown:.0f}"),
    ("cpk_lower", True, "process capability at least {asked:.2f}, shown {shown:.3g}"),
)
"""Figure of `Requirements` and `Shown`, whether more is better, and how it reads."""

_NOT_OF_LINE = {"cycles", "takt_lower", "falls_per_100", "cpk_lower"}
_NOT_OF_STATION_IN_RUN = {"parity_lower", "hours", "mtbf_lower_h", "assists_per_shift", "shifts_without_assist"}
_NOT_OF_STATION = {"shifts_without_assist"}


def grade(
    line: LineFacts,
    robot: RobotFacts,
    policy: str,
    stations: Sequence[StationResult],
    run: RunResult | None,
    rows: Sequence[CycleRow],
) -> Grade:
    """Grade of a scorecard.

    Args:
      policy: as the job spells it.
      stations: in the order of the line.
      run: from end to end, where there is one.
      rows: every cycle; graded ones count for the process capability.
    """
    rated = [_rated(line, facts) for facts in line.stations]
    shown = [
        _station(found, run, _capability(level.keys, found.name, rows))
        for found, (level, _) in zip(stations, rated, strict=True)
    ]
    weakest = min((one.grade for one in shown), key=_rank)
    own = None if run is None else _line(run)
    if run is None:
        why = "no grade: the line was not run from end to end (hours=…), which every grade asks for"
    else:
        assert own is not None
        worst = min((*shown, own), key=lambda one: _rank(one.grade))
        why = f"{worst.subject} decides: {worst.grade or 'no grade'}" + (
            f"; for {_next(worst.grade).grade}: {worst.short[0]}" if worst.short else ""
        )
    return Grade(
        grade=None if own is None else min((weakest, own.grade), key=_rank),
        why=why,
        stations=weakest,
        line=None if own is None else own.grade,
        autonomy="undeclared" if is_served(policy) else "autonomous",
        entry_class=robot.entry_class,
        fidelity=max(level.fidelity for _, level in rated),
        validation=min(level.validation for _, level in rated),
        table=table(),
        shown=(*shown, *(() if own is None else (own,))),
        levels=tuple(level for _, level in rated),
    )


@cache
def table() -> tuple[Requirements, ...]:
    """The rows of `grades.yaml`, from the lowest grade on."""
    text = Path(__file__).with_name("grades.yaml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[Requirements, ...]).validate_python(yaml.safe_load(text))


def cleared(values: Mapping[str, float | None], applies: Callable[[str], bool]) -> tuple[Mark | None, tuple[str, ...]]:
    """Highest grade that the figures clear with all below it, and what the next one asks for that they don't show.

    Args:
      values: figure of `Requirements` to what was shown; None is not measured, which clears nothing.
      applies: whether a figure is asked of this subject at all.
    """
    reached: Mark | None = None
    for row in table():
        missing = []
        for name, more, text in ASKED:
            asked, found = getattr(row, name), values.get(name)
            if asked is None or not applies(name):
                continue
            if found is None:
                missing.append(text.split(", shown")[0].format(asked=asked) + ", not measured")
            elif (found < asked) if more else (found > asked):
                missing.append(text.format(asked=asked, shown=_unflattered(found, more)))
        if missing:
            return reached, tuple(missing)
        reached = row.grade
    return reached, ()


def _unflattered(value: float, more: bool) -> float:
    """Three digits of a figure, rounded away from what is asked."""
    away = Context(prec=3, rounding=ROUND_FLOOR if more else ROUND_CEILING)
    return float(away.create_decimal(repr(float(value))))


def left_out(subject: str, in_run: bool) -> set[str]:
    """Figures of `Requirements` that are not asked of a station, or of `LINE`.

    in_run: whether a line ran from end to end.
    """
    if subject == LINE:
        return _NOT_OF_LINE
    keys = set() if _has_keys(subject) else {"cpk_lower"}
    return (_NOT_OF_STATION_IN_RUN if in_run else _NOT_OF_STATION) | keys


def _station(found: StationResult, run: RunResult | None, capability: float | None) -> Shown:
    graded = found.graded
    n, hours = graded.first_pass.n, found.parity.planned_s / _HOUR_S
    failed = n - graded.first_pass.good
    in_run = run is not None
    values = {
        "first_pass_lower": graded.first_pass.exact_lower,
        # one robot serves all stations of a run, so that only the line can be held against a person
        "parity_lower": None if in_run else found.parity.lower,
        "cycles": n,
        "hours": rounded(hours),
        "mtbf_lower_h": None if in_run else rounded(found.mtbf_lower_s / _HOUR_S),
        "takt_lower": graded.in_takt.exact_lower,
        "assists_per_shift": None if in_run or hours <= 0.0 else rounded(_SHIFT_H * failed / hours),
        "shifts_without_assist": None,
        "falls_per_100": rounded(100.0 * (graded.events.falls or 0) / n) if n else None,
        "critical_events": graded.events.critical,
        "cpk_lower": capability,
    }
    return _shown(found.name, values, left_out(found.name, in_run))


def _line(run: RunResult) -> Shown:
    hours = run.horizon_s / _HOUR_S
    share = None
    if run.takt_share > 0.0 and run.takt_share_lower is not None:
        share = rounded(run.human_share * run.takt_share_lower / run.takt_share)
    values = {
        "first_pass_lower": rounded(statistics.clopper_pearson_lower(run.first_pass, run.good + run.scrap)),
        "parity_lower": share,
        "cycles": None,
        "hours": rounded(hours),
        "mtbf_lower_h": rounded(statistics.mtbf_lower_s(run.interventions, run.horizon_s) / _HOUR_S),
        "takt_lower": None,
        "assists_per_shift": rounded(_SHIFT_H * run.interventions / hours),
        "shifts_without_assist": _quiet_shifts(run),
        "falls_per_100": None,
        "critical_events": run.critical,
        "cpk_lower": None,
    }
    return _shown(LINE, values, left_out(LINE, in_run=True))


def _shown(subject: str, values: Mapping[str, float | None], never: set[str]) -> Shown:
    reached, short = cleared(values, lambda name: name not in never)
    return Shown.model_validate({"subject": subject, **values, "grade": reached, "short": short})


def _quiet_shifts(run: RunResult) -> float | None:
    """Share of the whole shifts of 8 h in which no cycle failed; None below one shift."""
    shift_s = _SHIFT_H * _HOUR_S
    whole = math.floor(run.horizon_s / shift_s + 1e-9)
    if whole == 0:
        return None
    helped = {math.floor(time_s / shift_s) for time_s, kind, _, _ in run.events if kind == "failed"}
    return rounded(sum(k not in helped for k in range(whole)) / whole)


def _capability(keys: Sequence[Key], station: str, rows: Sequence[CycleRow]) -> float | None:
    """Least lower bound of the key characteristics over good graded cycles; None where one is not measured."""
    if not keys:
        return None
    good = [row for row in rows if row.station == station and row.within_payload and row.success]
    bounds = []
    for key in keys:
        values = [row.metrics[key.metric] for row in good if key.metric in row.metrics]
        bound = capability.lower_bound(values, key.lower, key.upper) if len(values) == len(good) else None
        if bound is None:
            return None
        bounds.append(rounded(bound))
    return min(bounds)


def _rated(line: LineFacts, facts: StationFacts) -> tuple[Levels, Level]:
    none = Levels(validation=Validation(level="V0", basis="nobody has said"), risk=None)
    found = levels.all_levels().get(facts.name, none)
    return found, Level(
        station=facts.name,
        fidelity=facts.fidelity,
        validation=found.validation.level,
        validation_basis=found.validation.basis,
        risk=levels.required_level(found.risk) if found.risk else None,
        risk_basis=found.risk.why if found.risk else "nobody has said",
    )


def _has_keys(station: str) -> bool:
    found = levels.all_levels().get(station)
    return found is not None and bool(found.keys)


def _next(reached: Mark | None) -> Requirements:
    return table()[_rank(reached) + 1]


def _rank(reached: Mark | None) -> int:
    """-1 for none, then 0, 1, 2, ..."""
    return -1 if reached is None else int(reached[1:])
