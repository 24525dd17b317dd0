"""The line part of a scorecard, from a run from end to end; pure, and itself again from what a card stores of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from pilotline.benchmarks import line_outlook, measure
from pilotline.benchmarks.canonical import rounded
from pilotline.benchmarks.facts import LineFacts
from pilotline.benchmarks.line_audit import levels, replay
from pilotline.benchmarks.line_inputs import TwinError
from pilotline.benchmarks.line_record import LineRun, Visit
from pilotline.benchmarks.line_schema import RobotRun, RunResult, StationRun, Twin, VisitTimes
from pilotline.benchmarks.line_twin import ROBOT, Planner
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema_record import Buffer, Rate
from pilotline.configs.lines import Line
from pilotline.envs.line.flow import Event, PartFlow, State


def result(facts: LineFacts, line: Line, run: LineRun, seed: Sequence[int], planner: Planner) -> RunResult:
    """All figures of a run.

    Args:
      seed: of the twin's random numbers.

    Raises:
      AuditError: the run does not add up.
    """
    flow = replay(line, run)
    found, why = _twin(line, run, seed, planner)
    cycles = len(run.visits)
    happened = measure.events([visit.row for visit in run.visits])
    sigma = measure.safety_quality(happened, cycles)
    critical = happened.critical + run.falls_driving
    takt_share = line.takt_s * run.good / run.horizon_s
    lower = None if found is None else line.takt_s * line_outlook.lower(run.good, found) / run.horizon_s
    firsts = [_first_try(run, name) for name in line.station_names]
    rolled = math.prod(first.rate for first in firsts if first.rate is not None) if all(f.n for f in firsts) else None
    left_out = run.left_out or (0,) * len(line.stations)
    finished = run.good + run.scrap
    measured = run.first_pass / finished if finished else None
    good = Counter(visit.station for visit in run.visits if visit.row.success)
    return RunResult(
        horizon_s=run.horizon_s,
        entered=run.entered,
        good=run.good,
        first_pass=run.first_pass,
        scrap=run.scrap,
        in_process=run.in_process,
        reworked=sum(event.kind == "reworked" for event in run.events),
        interventions=sum(not visit.row.success for visit in run.visits) + run.falls_driving,
        good_per_hour=rounded(3600.0 * run.good / run.horizon_s),
        takt_share=rounded(takt_share),
        takt_share_lower=None if lower is None else rounded(lower),
        sigma=sigma,
        falls_driving=run.falls_driving,
        critical=critical,
        score=score(lower, sigma, critical),
        first_pass_yield=None if measured is None else rounded(measured),
        rolled_yield=None if rolled is None else rounded(rolled),
        yield_ratio=rounded(measured / rolled) if measured is not None and rolled else None,
        human_share=rounded(math.fsum(s.tau_h_s * good[s.name] for s in facts.stations) / run.horizon_s),
        stations=tuple(
            _station(flow, k, first, left) for k, (first, left) in enumerate(zip(firsts, left_out, strict=True))
        ),
        robot=RobotRun(**{f"{kind}_s": rounded(run.robot_s.get(kind, 0.0)) for kind in ROBOT}),
        buffers=tuple(_buffer(line, run, k) for k in range(len(line.stations) - 1)),
        visits=tuple(
            VisitTimes(
                station=visit.station,
                cycle=visit.row.cycle,
                part=visit.part,
                left_s=visit.left_s,
                begun_s=visit.begun_s,
                ended_s=visit.ended_s,
            )
            for visit in run.visits
        ),
        events=tuple((event.time_s, event.kind, event.station, event.part) for event in run.events),
        twin=found,
        without_twin=why,
    )


def score(takt_share_lower: float | None, sigma: float, critical: int) -> float | None:
    """100 * lower bound of the takt share * sigma, at most 100; 0 after a critical event; None without a bound.

    The factor sqrt(generalisation) is left out until held-out parts are measured.
    """
    if critical > 0:
        return 0.0
    return None if takt_share_lower is None else rounded(min(100.0, 100.0 * takt_share_lower * sigma))


def run_of(found: RunResult, rows: Sequence[CycleRow]) -> LineRun:
    """The run that a scorecard tells of.

    Args:
      rows: of its body.

    Raises:
      KeyError: a visit without a row.
    """
    of = {(row.station, row.cycle): row for row in rows}
    states = [state.value for state in State]
    return LineRun(
        horizon_s=found.horizon_s,
        visits=tuple(
            Visit(v.station, v.part, v.left_s, v.begun_s, v.ended_s, of[v.station, v.cycle]) for v in found.visits
        ),
        events=tuple(Event(*event) for event in found.events),
        entered=found.entered,
        good=found.good,
        first_pass=found.first_pass,
        scrap=found.scrap,
        in_process=found.in_process,
        spent_s=tuple({state: getattr(station, f"{state}_s") for state in states} for station in found.stations),
        robot_s={kind: getattr(found.robot, f"{kind}_s") for kind in ROBOT},
        falls_driving=found.falls_driving,
        left_out=tuple(station.left_out for station in found.stations),
    )


def _twin(line: Line, run: LineRun, seed: Sequence[int], planner: Planner) -> tuple[Twin | None, str | None]:
    try:
        return line_outlook.twin(line, run, seed, planner), None
    except TwinError as error:
        return None, str(error)


def _first_try(run: LineRun, station: str) -> Rate:
    """Parts that were good at a station the first time that they were there."""
    first: dict[int, bool] = {}
    for visit in run.visits:
        if visit.station == station:
            first.setdefault(visit.part, visit.row.success)
    return measure.rate(sum(first.values()), len(first))


def _station(flow: PartFlow, k: int, first: Rate, left_out: int) -> StationRun:
    spent = {f"{state.value}_s": rounded(time_s) for state, time_s in flow.spent_s(k).items()}
    return StationRun(name=flow.line.stations[k].station, first_try=first, left_out=left_out, **spent)


def _buffer(line: Line, run: LineRun, k: int) -> Buffer:
    steps = [*levels(line, run.events, k), (run.horizon_s, 0)]
    area = math.fsum(level * (steps[i + 1][0] - at) for i, (at, level) in enumerate(steps[:-1]))
    return Buffer(
        places=line.stations[k].buffer_after or 0,
        mean=rounded(area / run.horizon_s),
        max=max(level for _, level in steps),
    )
