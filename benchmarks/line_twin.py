"""Discrete-event twin of a line: the clockwork of parts and the planner of the physics, times and outcomes drawn.

Two SimPy processes turn one `PartFlow`: the clock lets things happen that happen by themselves (machines, parts on
their way, stations being cleared), and the robot asks the planner where to go, drives there and works.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from pilotline.benchmarks.line_inputs import Inputs
from pilotline.configs.lines import Line
from pilotline.envs.line.flow import PartFlow, State

Planner = Callable[[PartFlow, int | None], int | None]
"""`planner(flow, at)`: which station to serve next, by index; None to wait for something to happen."""
ROBOT = ("working", "driving", "waiting", "down")


@dataclass(frozen=True)
class Course:
    """What happened on a line up to a horizon. Tuples over stations in the order of the line."""

    horizon_s: float
    entered: int
    good: int
    first_pass: int
    """Good parts that never failed."""
    scrap: int
    visits: tuple[int, ...]
    """Cycles begun."""
    failed: tuple[int, ...]
    first_tries: tuple[int, ...]
    """Finished cycles with a part that had not failed there before."""
    first_good: tuple[int, ...]
    """Those of them that were good."""
    spent_s: tuple[dict[str, float], ...]
    """Per station: time in each `State`; adds up to the horizon."""
    robot_s: dict[str, float]
    """Per entry of `ROBOT`; adds up to the horizon."""
    stopped_s: float
    """Time in which nothing was worked on because of a failure: the robot was down, or waited while a station was
    being cleared."""


def simulate(line: Line, inputs: Inputs, horizon_s: float, rng: np.random.Generator, planner: Planner) -> Course:
    """One run of the twin from an empty line at time 0 to `horizon_s`."""
    return _Hall(line, inputs, rng, planner).run(horizon_s)


class _Hall:
    """The processes of one run and what they write down."""

    def __init__(self, line: Line, inputs: Inputs, rng: np.random.Generator, planner: Planner) -> None:
        self._line, self._inputs, self._planner = line, inputs, planner
        self._uniform = rng.random
        self._env = simpy.Environment()
        self._flow = PartFlow(line)
        self._moved, self._touched = self._env.event(), self._env.event()
        count = len(line.stations)
        self._visits, self._failed, self._tries, self._firsts = ([0] * count for _ in range(4))
        self._again: set[tuple[int, int]] = set()
        self._doing, self._since_s = "waiting", 0.0
        self._robot_s = dict.fromkeys(ROBOT, 0.0)
        self._stopped_s = 0.0
        self._stopped = False

    def run(self, horizon_s: float) -> Course:
        self._env.process(self._clock())
        self._env.process(self._robot(horizon_s))
        # SimPy stops before what happens at `until` itself, which still belongs to the run
        self._env.run(until=math.nextafter(horizon_s, math.inf))
        flow = self._flow
        flow.advance(horizon_s)
        self._do("waiting", at_s=horizon_s)
        return Course(
            horizon_s=horizon_s,
            entered=flow.entered,
            good=flow.good,
            first_pass=flow.first_pass,
            scrap=flow.scrap,
            visits=tuple(self._visits),
            failed=tuple(self._failed),
            first_tries=tuple(self._tries),
            first_good=tuple(self._firsts),
            spent_s=tuple({str(s): t for s, t in flow.spent_s(k).items()} for k in range(len(self._visits))),
            robot_s=dict(self._robot_s),
            stopped_s=self._stopped_s,
        )

    def _clock(self) -> Generator[simpy.Event, Any, None]:
        """Turns the clockwork whenever something is due, and tells the robot."""
        env, flow = self._env, self._flow
        while True:
            due_s = flow.next_change_s()
            if due_s <= env.now:
                flow.advance(env.now)
                moved, self._moved = self._moved, env.event()
                moved.succeed()
            elif due_s == math.inf:
                yield self._touched
            else:
                yield self._touched | env.timeout(due_s - env.now)

    def _robot(self, horizon_s: float) -> Generator[simpy.Event, Any, None]:
        """Works until the horizon, at which nothing new begins."""
        env, flow = self._env, self._flow
        at: int | None = None
        while env.now < horizon_s:
            k = self._planner(flow, at)
            if k is None:
                count = len(self._line.stations)
                self._do("waiting", any(flow.state(j) is State.CLEARING for j in range(count)))
                yield self._moved
                continue
            trip_s = self._inputs.trip_s(self._line, (at, k), self._uniform())
            if trip_s > 0.0:
                self._do("driving")
                yield env.timeout(trip_s)
            at = k
            if env.now >= horizon_s:
                return
            if (yield from self._serve(k)):
                self._do("down", True)
                yield env.timeout(self._line.clear_s)
                flow.advance(env.now)
                at = None

    def _serve(self, k: int) -> Generator[simpy.Event, Any, bool]:
        """One cycle at station k; whether it puts the robot down."""
        flow, seen = self._flow, self._inputs.services[k]
        flow.advance(self._env.now)
        part = flow.begin(k)
        self._wake_clock()
        self._visits[k] += 1
        service = seen[int(self._uniform() * len(seen))]
        self._do("working")
        yield self._env.timeout(service.time_s)
        flow.advance(self._env.now)
        flow.end(k, service.success, service.faults)
        self._wake_clock()
        self._failed[k] += not service.success
        if (part, k) not in self._again:
            self._tries[k] += 1
            self._firsts[k] += service.success
        if not service.success:
            self._again.add((part, k))
        return service.puts_the_robot_down

    def _wake_clock(self) -> None:
        """What is due next may be another thing now."""
        touched, self._touched = self._touched, self._env.event()
        touched.succeed()

    def _do(self, what: str, stopped: bool = False, at_s: float | None = None) -> None:
        """The robot turns to something else; `stopped`: because of a failure nothing is worked on meanwhile."""
        now_s = self._env.now if at_s is None else at_s
        spent_s = now_s - self._since_s
        self._robot_s[self._doing] += spent_s
        self._stopped_s += spent_s if self._stopped else 0.0
        self._doing, self._since_s, self._stopped = what, now_s, stopped
