"""Build, write and read a scorecard."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from pilotline.benchmarks import grades, line_score, measure
from pilotline.benchmarks.canonical import layout, parse, rounded, sha256, write_atomically
from pilotline.benchmarks.facts import LineFacts, PolicyFacts, RobotFacts, StationFacts
from pilotline.benchmarks.flow import Flow, run_line
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.line_audit import AuditError
from pilotline.benchmarks.line_outlook import MONTH_SHIFTS
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.line_schema import RunResult
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import (
    SCHEMA,
    Body,
    FlowResult,
    Header,
    Scorecard,
    StationResult,
    StationTime,
)
from pilotline.benchmarks.schema_record import Buffer
from pilotline.policies import planner

ASSUMPTIONS = (
    "Contact forces come from a rigid-body engine: they are indicators, not measurements (E).",
    "Human times are standard times for a notional layout, not measured at a workplace (E).",
    "Any fall counts as a critical event: the simulated cell has no zone that is free of people (E).",
    "Generalisation to held-out parts is not measured yet and is left out of the score.",
)
PEOPLE_ASSUMPTIONS = (
    "People are a figure of capsules that glides along a drawn way and reacts to nothing. Force and pressure on them "
    "are screening values of linear springs, with limits that were not read in a licensed copy of ISO/TS 15066 (G): "
    "they neither replace a measurement nor a risk assessment.",
    "The supervisor knows where people are, within the uncertainty of its limits (E).",
)
CAMPAIGN_ASSUMPTIONS = (
    "A failed cycle occupies its station for at least the line takt, because the cell must be cleared (E).",
    "The line is computed from cycles measured station by station, moves between stations take no time, "
    "and every cycle counts there, also those beyond the robot's own load chart (E).",
)
RUN_ASSUMPTIONS = (
    "One robot serves all stations. The planned time of each of them is the whole run, so the human-parity indices of "
    "the stations add up to what one robot does (E).",
    "Parts beyond the robot's own load chart are left to a person, take no time and do not count (E).",
    "The line begins empty. A person clears a station after a failed cycle, and puts the robot right where it has "
    "fallen or switched off, in the time on the line's card (E).",
    "The twin draws whole cycles and trips of the run, each independent of those before; faults that the run did not "
    "show do not happen in it. Over a shift and a month the cycles are drawn anew from those of the run for each "
    "replica, so that ranges hold what a run of this length leaves open (E).",
    f"A month is {MONTH_SHIFTS} shifts: 22 working days of two (E).",
)
DRIVE_ASSUMPTIONS = (
    "Energy is what the drives took from their bus less what they gave back, which something else on the bus is taken "
    "to use (E), plus the positive mechanical work of joints without a data sheet or with a learned actuator.",
    "Drives begin every cycle cold, at 25 °C: derating and trips in the cycles are those of cold drives (E).",
    "Temperatures of an endless shift: where the mean copper loss and friction of the cycles as run leave the two-node "
    "heat path, without pauses. That copper loss grows by 0.4 % per kelvin, that a warm magnet asks for more current "
    "and that friction falls as grease warms is not carried on (E).",
)
_BOOTSTRAP = 0x9B007  # keeps the bootstrap's random numbers apart from those of the cycles
_TWIN = 0x7312
Ran = Sequence[CycleRow] | LineRun
"""What a job gives: the cycles of a campaign, or a run of a line from end to end."""


class ScoreError(ValueError):
    """Rows that do not make the campaign that was asked for; the message says what is missing."""


class CardError(ValueError):
    """A scorecard file that cannot be used. `check` is what it failed: file, json, schema, layout or hash."""

    def __init__(self, check: str, message: str) -> None:
        super().__init__(message)
        self.check = check


def filled(facts: StationFacts, rows: Sequence[CycleRow], hours: float) -> bool:
    """Whether a station's cycles, in order, use up a planned shift: a campaign by hours may stop then."""
    return _used_s(facts, rows)[-1] >= hours * 3600.0


def build(
    job: Job, line: LineFacts, robot: RobotFacts, ran: Ran, header: Header, policy: PolicyFacts | None = None
) -> Scorecard:
    """Score a job.

    ran: of a campaign the cycles of all stations, in any order; each station needs cycles 0, 1, 2, ... without a gap,
    `job.cycles` of them, or enough to use up `job.hours` (those after the shift are left out). Of a line for hours
    the run of that time. ScoreError otherwise.
    policy: of one that is a file.
    """
    body = build_body(job, line, robot, ran, policy)
    return Scorecard(schema=SCHEMA, body=body, body_sha256=sha256(body.model_dump(mode="json")), header=header)


def build_body(job: Job, line: LineFacts, robot: RobotFacts, ran: Ran, policy: PolicyFacts | None = None) -> Body:
    """The part of a scorecard that depends only on the job."""
    if job.end_to_end is not isinstance(ran, LineRun):
        asked, given = ("a run of a line", "cycles") if job.end_to_end else ("cycles", "a run of a line")
        raise ScoreError(f"{given} instead of {asked}, which is what the job asks for")
    stations, flow, run, rows = _of_run(job, line, ran) if isinstance(ran, LineRun) else _of_campaign(job, line, ran)
    return Body(
        job=job.body(),
        robot=robot,
        line=line,
        policy=policy,
        stations=stations,
        flow=flow,
        run=run,
        grade=grades.grade(line, robot, job.policy, stations, run, rows),
        assumptions=_assumptions(line, robot, _own_assumptions(job, run)),
        rows=rows,
    )


_Parts = tuple[tuple[StationResult, ...], FlowResult | None, RunResult | None, tuple[CycleRow, ...]]


def ran_of(body: Body) -> Ran:
    """What the body was built from.

    Raises:
      ScoreError: a visit of the run whose cycle is not there.
    """
    if body.run is None:
        return body.rows
    try:
        return line_score.run_of(body.run, body.rows)
    except KeyError as error:
        raise ScoreError(f"visit of {error}: there is no such cycle") from None


def _of_campaign(job: Job, line: LineFacts, rows: Sequence[CycleRow]) -> _Parts:
    _known(line, rows)
    ran = [_in_order(job, facts, rows) for facts in line.stations]
    shift_s = None if job.hours is None else job.hours * 3600.0
    results = []
    for k, (facts, cycles) in enumerate(zip(line.stations, ran, strict=True)):
        finished, idle_s = _finished(facts, cycles, shift_s)
        results.append(measure.station(facts, finished, idle_s, (job.seed, _BOOTSTRAP, k)))
    flow = _flow_result(line, results, _run(line, ran, shift_s))
    return tuple(results), flow, None, tuple(row for cycles in ran for row in cycles)


def _of_run(job: Job, line: LineFacts, run: LineRun) -> _Parts:
    assert job.hours is not None
    rows = [visit.row for visit in run.visits]
    _known(line, rows)
    if line.card is None:
        raise ScoreError(f"line {line.name} is no released one; allowed: a run of a line with a card")
    none = (0,) * len(line.stations)
    if abs(run.horizon_s - 3600.0 * job.hours) > 1e-6:
        raise ScoreError(f"the run ends at {run.horizon_s:.6g} s; asked for {job.hours:.6g} h")
    own = [_numbered(facts, rows, left) for facts, left in zip(line.stations, run.left_out or none, strict=True)]
    try:
        found = line_score.result(line, line.card, run, (job.seed, _TWIN), planner.serve)
    except AuditError as error:
        raise ScoreError(f"line {line.name}: {error}") from None
    results = [
        # the planned time of every station is the run; what follows a failure is in it as it happened
        measure.station(
            facts,
            cycles,
            run.horizon_s - math.fsum(row.time_s for row in cycles),
            (job.seed, _BOOTSTRAP, k),
            occupied_s=lambda row: row.time_s,
        )
        for k, (facts, cycles) in enumerate(zip(line.stations, own, strict=True))
    ]
    return tuple(results), None, found, tuple(row for cycles in own for row in cycles)


def _known(line: LineFacts, rows: Sequence[CycleRow]) -> None:
    names = [facts.name for facts in line.stations]
    if strange := sorted({row.station for row in rows} - set(names)):
        raise ScoreError(f"rows of station {', '.join(strange)}; line {line.name} has {', '.join(names)}")


def _own_assumptions(job: Job, run: RunResult | None) -> tuple[str, ...]:
    """Those of the way in which a job is run."""
    people = PEOPLE_ASSUMPTIONS if job.people == "crossing" else ()
    return people + (CAMPAIGN_ASSUMPTIONS if run is None else RUN_ASSUMPTIONS)


def _assumptions(line: LineFacts, robot: RobotFacts, own: tuple[str, ...]) -> tuple[str, ...]:
    stations = tuple(text for facts in line.stations for text in facts.assumptions)
    return ASSUMPTIONS + own + (DRIVE_ASSUMPTIONS if robot.drives else ()) + line.assumptions + stations


def write(card: Scorecard, path: Path) -> None:
    """Write `scorecard.json` under a temporary name and rename it."""
    write_atomically(path, layout(card.model_dump(mode="json", by_alias=True)))


def read(path: Path) -> Scorecard:
    """Read a scorecard; CardError says in one line which check it failed and why.

    Checks form only: file, JSON, schema, that the text is the one text of its document, and the hash.
    Whether the figures follow from the rows and the rows from the job is for `verify` to say.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CardError("file", f"{path}: {error.strerror or error}") from None
    try:
        document = parse(data)
    except ValueError as error:
        raise CardError("json", f"{path} is not JSON: {error}") from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        raise CardError("schema", f"{path}: schema is {found!r}; allowed: {SCHEMA!r}")
    try:
        card = Scorecard.model_validate(document)
    except ValidationError as error:
        raise CardError("schema", f"{path}: {_first(error)}") from None
    if layout(card.model_dump(mode="json", by_alias=True)) != data:
        raise CardError("layout", f"{path} is not the text that pilotline writes for this content: edited?")
    if (actual := sha256(document["body"])) != card.body_sha256:
        raise CardError("hash", f"{path}: body_sha256 is {card.body_sha256}, the body's own is {actual}")
    return card


def _in_order(job: Job, facts: StationFacts, rows: Sequence[CycleRow]) -> list[CycleRow]:
    """Rows of one station by cycle; of a shift, up to and with the cycle that the end cuts off."""
    own = _counted(facts, rows)
    if job.cycles is not None:
        if len(own) != job.cycles:
            raise ScoreError(f"station {facts.name}: {len(own)} cycles; asked for {job.cycles}")
        return own
    assert job.hours is not None
    used_s = _used_s(facts, own)
    if used_s[-1] < job.hours * 3600.0:
        raise ScoreError(
            f"station {facts.name}: {len(own)} cycles use {used_s[-1] / 3600.0:.4g} h; the shift has {job.hours:.4g} h"
        )
    return own[: next(k for k, used in enumerate(used_s) if used >= job.hours * 3600.0)]


def _counted(facts: StationFacts, rows: Sequence[CycleRow]) -> list[CycleRow]:
    """Rows of one station by cycle, without a gap."""
    own = sorted((row for row in rows if row.station == facts.name), key=lambda row: row.cycle)
    for k, row in enumerate(own):
        if row.cycle != k:
            raise ScoreError(f"station {facts.name}: cycle {min(k, row.cycle)} is missing or there twice")
    return own


def _numbered(facts: StationFacts, rows: Sequence[CycleRow], left_out: int) -> list[CycleRow]:
    """Rows of one station of a run; numbers of parts left out, and of the cycle cut off, are missing."""
    own = [row for row in rows if row.station == facts.name]
    numbers = [row.cycle for row in own]
    if numbers != sorted(set(numbers)) or (own and numbers[-1] >= len(own) + left_out):
        raise ScoreError(f"station {facts.name}: {len(own)} cycles and {left_out} left out are not in order")
    return own


def _used_s(facts: StationFacts, rows: Sequence[CycleRow]) -> list[float]:
    """Time used before the first row, after it, after the second and so on."""
    return list(itertools.accumulate((facts.occupied_s(row) for row in rows), initial=0.0))


def _finished(facts: StationFacts, rows: list[CycleRow], shift_s: float | None) -> tuple[list[CycleRow], float]:
    """The cycles that count, and the time of the shift that they leave unused."""
    used_s = _used_s(facts, rows)
    if shift_s is None or used_s[-1] <= shift_s:
        return rows, 0.0
    return rows[:-1], shift_s - used_s[-2]


def _run(line: LineFacts, ran: list[list[CycleRow]], shift_s: float | None) -> Flow:
    times = [np.array([facts.occupied_s(row) for row in rows]) for facts, rows in zip(line.stations, ran, strict=True)]
    good = [np.array([row.success for row in rows]) for rows in ran]
    return run_line(times, good, line.buffers, shift_s)


def _flow_result(line: LineFacts, results: list[StationResult], flow: Flow) -> FlowResult:
    yields = [_all_cycles_yield(result) for result in results]
    ended = flow.good + flow.scrap
    names = [facts.name for facts in line.stations]
    return FlowResult(
        horizon_s=rounded(flow.horizon_s),
        entered=flow.entered,
        good=flow.good,
        scrap=flow.scrap,
        in_process=flow.in_process,
        good_per_hour=rounded(3600.0 * flow.throughput_per_s),
        takt_share=rounded(line.takt_s * flow.throughput_per_s),
        rolled_yield=None if None in yields else rounded(math.prod(y for y in yields if y is not None)),
        measured_yield=rounded(flow.good / ended) if ended else None,
        stations=tuple(
            StationTime(
                name=name,
                busy_s=rounded(float(flow.busy_s[k])),
                blocked_s=rounded(float(flow.blocked_s[k])),
                starved_s=rounded(float(flow.starved_s[k])),
            )
            for k, name in enumerate(names)
        ),
        buffers=tuple(
            Buffer(places=places, mean=rounded(float(flow.buffer_mean[k])), max=int(flow.buffer_max[k]))
            for k, places in enumerate(line.buffers)
        ),
    )


def _all_cycles_yield(result: StationResult) -> float | None:
    beyond = result.beyond.first_pass.good if result.beyond else 0
    return (result.graded.first_pass.good + beyond) / result.cycles if result.cycles else None


def _first(error: ValidationError) -> str:
    """The first problem of a pydantic error as a path and a message."""
    first: Any = error.errors(include_url=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    more = error.error_count() - 1
    # pydantic would name a class of ours
    said = "should be an object" if first["type"] == "model_type" else first["msg"].removeprefix("Value error, ")
    return f"{where.lstrip('.')}: {said}" + (f" (and {more} more)" if more else "")
