"""What the twin of a line is fed with: cycles and trips of a run, kept as they were, drawn again at random."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from pilotline.benchmarks.line_record import LineRun
from pilotline.configs.lines import Line
from pilotline.envs.transition import ENGINE_FAULTS

Pair = tuple[int | None, int]
"""From where to which station, by index; None: the robot was put there, at the beginning or after it was down."""
T = TypeVar("T")
_MANY = 30
"""Cycles of a station from which ranges of a bootstrap are taken without a word."""


class TwinError(ValueError):
    """A run from which no twin can be made; the message says what it lacks."""


@dataclass(frozen=True)
class Service:
    """A cycle of the robot at a station: its time and its outcome belong together."""

    time_s: float
    success: bool
    faults: tuple[str, ...] = ()

    @property
    def puts_the_robot_down(self) -> bool:
        """Whether somebody has to put the robot right after it."""
        return not self.success and not set(ENGINE_FAULTS).isdisjoint(self.faults)


@dataclass(frozen=True)
class Inputs:
    """What a run showed."""

    services: tuple[tuple[Service, ...], ...]
    """Per station of the line, in the order of the run."""
    trips_s: Mapping[Pair, tuple[float, ...]]
    """Times from setting out to the beginning of the cycle."""
    pace_s_m: tuple[float, ...]
    """Time per metre between two stations, of all trips between different ones."""

    def again(self, rng: np.random.Generator) -> Inputs:
        """As many cycles and trips of each kind, drawn with replacement: what another run might have shown."""
        trips = {pair: _draw(seen, rng) for pair, seen in self.trips_s.items()}
        return Inputs(tuple(_draw(seen, rng) for seen in self.services), trips, _draw(self.pace_s_m, rng))

    def trip_s(self, line: Line, pair: Pair, u: float) -> float:
        """Time of a trip; `u` in [0, 1) chooses among those seen.

        A pair that the run never showed goes at the pace of the others; without any, and where the robot is put,
        a trip takes no time.
        """
        if seen := self.trips_s.get(pair):
            return seen[int(u * len(seen))]
        at, to = pair
        if at is None or at == to or not self.pace_s_m:
            return 0.0
        return self.pace_s_m[int(u * len(self.pace_s_m))] * math.dist(line.places_m[at], line.places_m[to])


def inputs_of(line: Line, run: LineRun) -> Inputs:
    """Cycles and trips of a run.

    Raises:
      TwinError: a station was never served to the end of a cycle.
    """
    index = {name: k for k, name in enumerate(line.station_names)}
    services: list[list[Service]] = [[] for _ in index]
    trips: dict[Pair, list[float]] = defaultdict(list)
    at: int | None = None
    for visit in run.visits:
        k = index[visit.station]
        service = Service(visit.ended_s - visit.begun_s, visit.row.success, visit.row.faults)
        services[k].append(service)
        trip_s = visit.begun_s - visit.left_s
        if at != k and trip_s == 0.0:
            at = None  # it fell on the way and was put there
        trips[at, k].append(trip_s)
        at = None if service.puts_the_robot_down else k
    if unseen := [name for name, k in index.items() if not services[k]]:
        raise TwinError(f"no cycle was finished at {', '.join(unseen)} in {run.horizon_s:.6g} s")
    pace = [
        trip / math.dist(line.places_m[a], line.places_m[b])
        for (a, b), seen in trips.items()
        if a is not None and a != b
        for trip in seen
    ]
    return Inputs(
        tuple(tuple(seen) for seen in services), {pair: tuple(seen) for pair, seen in trips.items()}, tuple(pace)
    )


def notes(line: Line, inputs: Inputs) -> tuple[str, ...]:
    """What the twin cannot know from a run this short, in plain sentences."""
    found = []
    for name, seen in zip(line.station_names, inputs.services, strict=True):
        if len(seen) < 2:
            found.append(f"{name}: one cycle alone says nothing of how cycles differ; ranges leave that out.")
        elif len(seen) < _MANY:
            found.append(f"{name}: {len(seen)} cycles are few; true ranges are wider than those from so few.")
        if not any(service.success for service in seen):
            found.append(f"{name}: no cycle was good, so no part ever gets past it.")
        elif all(service.success for service in seen):
            found.append(f"{name}: none of {len(seen)} cycles failed, so none fails in the twin either.")
    pairs = {(a, b) for a, b in inputs.trips_s if a is not None and a != b}
    count = len(line.station_names)
    possible = count * (count - 1)
    missing = possible - len(pairs)
    if missing and not inputs.pace_s_m:
        found.append("No trip between stations was seen: trips take no time.")
    elif missing:
        found.append(f"Trips that the run never showed ({missing} of {possible}) go at the pace of the others.")
    return tuple(found)


def _draw(seen: Sequence[T], rng: np.random.Generator) -> tuple[T, ...]:
    return tuple(seen[int(i)] for i in rng.integers(0, len(seen), len(seen))) if seen else ()
