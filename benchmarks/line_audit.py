"""Whether a run of a line can have happened: parts conserved, events as the clockwork of parts gives them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from pilotline.benchmarks.line_record import LineRun
from pilotline.configs.lines import Line
from pilotline.envs.line.flow import Event, FlowError, PartFlow

_SAME_S = 1e-6
"""Sums of the steps of a run and times of its events are equal within this."""


class AuditError(ValueError):
    """A run that does not add up; the message says where."""


def replay(line: Line, run: LineRun) -> PartFlow:
    """The clockwork of parts, turned once more by the visits of a run, at its horizon.

    Raises:
      AuditError: parts vanish or double, or the run's events, counts or times are not those of its visits.
    """
    _conserved(run)
    flow = PartFlow(line)
    index = {name: k for k, name in enumerate(line.station_names)}
    begun = [event for event in run.events if event.kind == "begun"]
    ended = [event for event in run.events if event.kind in ("done", "failed")]
    if not len(run.visits) == len(ended) <= len(begun) <= len(ended) + 1:
        raise AuditError(f"{len(begun)} cycles begin, {len(ended)} end, {len(run.visits)} are among the visits")
    try:
        for visit, start, end in zip(run.visits, begun, ended, strict=False):
            _alike(visit.begun_s, start.time_s, f"begin of a cycle at {visit.station}")
            _alike(visit.ended_s, end.time_s, f"end of a cycle at {visit.station}")
            k = index[visit.station]
            flow.advance(start.time_s)
            if (part := flow.begin(k)) != visit.part:
                raise AuditError(f"{visit.station} at {visit.begun_s:.6g} s: part {visit.part}; allowed: {part}")
            flow.advance(end.time_s)
            flow.end(k, visit.row.success, visit.row.faults)
        if len(begun) > len(ended):
            flow.advance(begun[-1].time_s)
            flow.begin(index[begun[-1].station])
        flow.advance(run.horizon_s)
    except FlowError as error:
        raise AuditError(f"visits that the line does not allow: {error}") from None
    _same(run, flow)
    return flow


def levels(line: Line, events: Sequence[Event], k: int) -> list[tuple[float, int]]:
    """Parts between station k and the next, on their way included: (time_s, level) after every change."""
    before, after = line.station_names[k], line.station_names[k + 1]
    steps, level, taken = [(0.0, 0)], 0, set()
    for event in events:
        if event.kind == "passed" and event.station == before:
            level += 1
        elif event.kind == "begun" and event.station == after and event.part not in taken:
            taken.add(event.part)
            level -= 1
        else:
            continue
        steps.append((event.time_s, level))
    return steps


def _conserved(run: LineRun) -> None:
    """Every part comes in once, and goes out once or is still there."""
    entered = [event.part for event in run.events if event.kind == "entered"]
    left = Counter(event.part for event in run.events if event.kind in ("good", "scrapped"))
    if entered != list(range(run.entered)):
        raise AuditError(f"{len(entered)} parts enter, {len(set(entered))} of them different; allowed: {run.entered}")
    if strange := sorted(set(left) - set(entered)):
        raise AuditError(f"part {strange[0]} left the line and never entered")
    if twice := sorted(part for part, times in left.items() if times > 1):
        raise AuditError(f"part {twice[0]} left the line {left[twice[0]]} times")
    if run.entered != run.good + run.scrap + run.in_process or len(left) != run.good + run.scrap:
        raise AuditError(
            f"{run.entered} parts entered, {run.good} good + {run.scrap} scrap + {run.in_process} in process, "
            f"{len(left)} left; allowed: entered = good + scrap + in process, as many left as good and scrap"
        )


def _same(run: LineRun, flow: PartFlow) -> None:
    if tuple(flow.events) != run.events:
        pairs = zip(flow.events, run.events, strict=False)
        other = next(((a, b) for a, b in pairs if a != b), (f"{len(flow.events)} events", f"{len(run.events)}"))
        raise AuditError(f"events do not follow from the visits: {other[0]} from them, {other[1]} in the run")
    found = (flow.good, flow.first_pass, flow.scrap, flow.in_process())
    if found != (run.good, run.first_pass, run.scrap, run.in_process):
        raise AuditError(f"good, first pass, scrap, in process are {found} by the visits")
    for k, spent in enumerate(run.spent_s):
        own = flow.spent_s(k)
        for state, time_s in own.items():
            _alike(spent.get(state.value, 0.0), time_s, f"time of {_name(flow, k)} {state.value}")
    _alike(math.fsum(run.robot_s.values()), run.horizon_s, "times of the robot together")


def _name(flow: PartFlow, k: int) -> str:
    """Name of station k."""
    return flow.line.stations[k].station


def _alike(stored_s: float, found_s: float, what: str) -> None:
    if abs(stored_s - found_s) > _SAME_S * max(1.0, found_s):
        raise AuditError(f"{what} is {stored_s:.9g} s; allowed: {found_s:.9g} s")
