"""Build, write and read a scorecard."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from pilotline.benchmarks import measure
from pilotline.benchmarks.canonical import layout, parse, rounded, sha256, write_atomically
from pilotline.benchmarks.facts import LineFacts, RobotFacts, StationFacts
from pilotline.benchmarks.flow import Flow, run_line
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import (
    SCHEMA,
    Body,
    Buffer,
    FlowResult,
    Header,
    Scorecard,
    StationResult,
    StationTime,
)

ASSUMPTIONS = (
    "Contact forces come from a rigid-body engine: they are indicators, not measurements (E).",
    "A failed cycle occupies its station for at least the line takt, because the cell must be cleared (E).",
    "Human times are standard times for a notional layout, not measured at a workplace (E).",
    "Any fall counts as a critical event: the simulated cell has no zone that is free of people (E).",
    "Generalisation to held-out parts is not measured yet and is left out of the score.",
    "The line is computed from cycles measured station by station, moves between stations take no time, "
    "and every cycle counts there, also those beyond the robot's own load chart (E).",
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


def build(job: Job, line: LineFacts, robot: RobotFacts, rows: Sequence[CycleRow], header: Header) -> Scorecard:
    """Score a campaign.

    rows: of all stations, in any order; each station needs cycles 0, 1, 2, ... without a gap, `job.cycles` of
    them, or enough to use up `job.hours` (those after the shift are left out). ScoreError otherwise.
    """
    body = build_body(job, line, robot, rows)
    return Scorecard(schema=SCHEMA, body=body, body_sha256=sha256(body.model_dump(mode="json")), header=header)


def build_body(job: Job, line: LineFacts, robot: RobotFacts, rows: Sequence[CycleRow]) -> Body:
    """The part of a scorecard that depends only on the job."""
    names = [facts.name for facts in line.stations]
    if strange := sorted({row.station for row in rows} - set(names)):
        raise ScoreError(f"rows of station {', '.join(strange)}; line {line.name} has {', '.join(names)}")
    ran = [_in_order(job, facts, rows) for facts in line.stations]
    shift_s = None if job.hours is None else job.hours * 3600.0
    results = []
    for k, (facts, cycles) in enumerate(zip(line.stations, ran, strict=True)):
        finished, idle_s = _finished(facts, cycles, shift_s)
        results.append(measure.station(facts, finished, idle_s, (job.seed, _BOOTSTRAP, k)))
    return Body(
        job=job.body(),
        robot=robot,
        line=line,
        stations=tuple(results),
        flow=_flow_result(line, results, _run(line, ran, shift_s)),
        assumptions=_assumptions(line, robot),
        rows=tuple(row for cycles in ran for row in cycles),
    )


def _assumptions(line: LineFacts, robot: RobotFacts) -> tuple[str, ...]:
    own = tuple(text for facts in line.stations for text in facts.assumptions)
    return ASSUMPTIONS + (DRIVE_ASSUMPTIONS if robot.drives else ()) + line.assumptions + own


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
    own = sorted((row for row in rows if row.station == facts.name), key=lambda row: row.cycle)
    for k, row in enumerate(own):
        if row.cycle != k:
            raise ScoreError(f"station {facts.name}: cycle {min(k, row.cycle)} is missing or there twice")
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
    return f"{where.lstrip('.')}: {first['msg']}" + (f" (and {more} more)" if more else "")
