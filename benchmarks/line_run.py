"""Run a line from end to end in physics: one robot, all stations in one hall, until the planned time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from pilotline import robots
from pilotline.benchmarks.campaign import chart_of
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.line_moment import from_text, to_text
from pilotline.benchmarks.line_record import LineRun, Visit
from pilotline.benchmarks.recorder import Recorder
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.store import Store, StoreError
from pilotline.configs.lines import Line, load
from pilotline.envs.line.flow import State
from pilotline.envs.line.sim import LineSim, Skill
from pilotline.envs.line.world import build_line_world
from pilotline.policies import planner
from pilotline.policies.staffed import staffed

Progress = Callable[[int, int], None]
Watch = Callable[[LineSim, str], None]
"""Told after every control step, with what the robot is at."""

_ONE = np.zeros(1, np.int64)


def run_line(
    job: Job,
    progress: Progress | None = None,
    watch: Watch | None = None,
    worked: Callable[[Skill], None] = lambda skill: None,
    store: Store | None = None,
) -> LineRun:
    """A line for `job.hours`, served by one robot.

    After each of the robot's cycles all that the run goes on from is saved, and the run goes on from that alone. So
    one that was cut short and goes on gives the bits of one that was not.

    Args:
      job: with a line and hours.
      progress: told seconds done and planned.
      watch: for videos.
      worked: given the policy of each station when the run is over.
      store: given each cycle as it ends and the moment after it; where it has a moment, the run goes on from there.

    Raises:
      LineError: the line does not exist, or the robot cannot go from station to station.
      ValueError: an unknown robot, actuator tier, policy or pack; the message has the choices.
      StoreError: the stored moment is damaged, or of another world.
    """
    assert job.line is not None
    assert job.hours is not None
    shift = _Shift(job, load(job.line), progress, watch, store)
    if store is not None and (moment := store.moment()) is not None:
        rows = {(row.station, row.cycle): row for row in store.rows()}
        try:
            shift.go_on(from_text(moment), rows)
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"{store.path} does not fit this run ({error}); fresh=true begins anew") from None
    run = shift.run()
    for skill in shift.skills:
        worked(skill)
    return run


class _Shift:
    """The run as it goes."""

    def __init__(
        self,
        job: Job,
        line: Line,
        progress: Progress | None,
        watch: Watch | None,
        store: Store | None,
    ) -> None:
        assert job.hours is not None
        robot = robots.load(job.robot)
        world = build_line_world(line, robot, job.actuators, shells=watch is not None)
        self._sim = staffed(world, job.policy, job.seed, job.nthread, job.pack)
        self.skills = self._sim.skills
        self._line, chart = line, chart_of(job.robot)
        self._recorders = [Recorder(job.seed, batch, chart) for batch in self._sim.batches]
        self._horizon_s = job.hours * 3600.0
        self._progress, self._watch = progress or (lambda done, total: None), watch
        self._store = store
        self._visits: list[Visit] = []
        self._robot_s = dict.fromkeys(("working", "driving", "waiting", "down"), 0.0)
        self._falls = 0
        self._where: int | None = None

    def run(self) -> LineRun:
        """Until the planned time is over."""
        sim = self._sim
        while not self._over():
            sim.flow.advance(sim.now_s)
            k = planner.serve(sim.flow, self._where)
            if k is None:
                self._spend("waiting", sim.wait(min(sim.flow.next_change_s(), self._horizon_s)))
            else:
                self._serve(k)
                self._save()
        flow = sim.flow
        flow.advance(self._horizon_s)
        return LineRun(
            horizon_s=self._horizon_s,
            visits=tuple(self._visits),
            events=tuple(flow.events),
            entered=flow.entered,
            good=flow.good,
            first_pass=flow.first_pass,
            scrap=flow.scrap,
            in_process=flow.in_process(),
            spent_s=tuple({str(state): s for state, s in flow.spent_s(k).items()} for k in range(len(sim.batches))),
            robot_s=self._robot_s,
            falls_driving=self._falls,
            left_out=tuple(sim.left_out),
        )

    def go_on(self, saved: Mapping[str, Any], rows: Mapping[tuple[str, int], CycleRow]) -> None:
        """Go on from what the same run has saved, with the rows of its cycles by station and number.

        Raises:
          KeyError, TypeError, ValueError: it is of another run.
        """
        self._sim.restore(saved["sim"])
        self._visits = [
            Visit(station, part, left_s, begun_s, ended_s, rows[station, cycle])
            for station, part, (left_s, begun_s, ended_s), cycle in saved["visits"]
        ]
        self._robot_s, self._falls, self._where = dict(saved["robot_s"]), saved["falls"], saved["where"]

    def _save(self) -> None:
        """Give what the run goes on from, and go on from that alone: then it makes no difference who goes on."""
        if self._store is not None:
            self._store.mark(to_text(self._saved()))
        self._sim.engine.refresh(_ONE, constants=False)

    def _saved(self) -> dict[str, Any]:
        """What `go_on` takes."""
        visits = [
            (visit.station, visit.part, (visit.left_s, visit.begun_s, visit.ended_s), visit.row.cycle)
            for visit in self._visits
        ]
        own = {"visits": visits, "robot_s": self._robot_s, "falls": self._falls, "where": self._where}
        return {"sim": self._sim.saved(), **own}

    def _serve(self, k: int) -> None:
        """Go to station k and do one cycle there."""
        sim, recorder = self._sim, self._recorders[k]
        if self._where is None:
            sim.put_up(k)
        self._where, left_s = k, sim.now_s
        if not self._spend("driving", sim.drive(k)):
            return
        if sim.down:
            self._falls += 1
            self._stand_up()
            return
        cycle, part = sim.begin(k)
        begun_s = sim.now_s
        recorder.begin(_ONE, [cycle])
        self._spend("working", sim.work(k), lambda: recorder.add(_ONE))
        if sim.flow.state(k) is State.WORKING:
            return  # cut off; a verdict at the very end still counts
        assert sim.verdict is not None
        (row,) = recorder.rows(_ONE, sim.verdict)
        if self._store is not None:
            self._store.keep([row])
        self._visits.append(Visit(self._line.station_names[k], part, left_s, begun_s, sim.now_s, row))
        if sim.down:
            self._stand_up()

    def _stand_up(self) -> None:
        """A person puts the robot right, as long as clearing a station takes."""
        until = min(self._sim.now_s + self._line.clear_s, self._horizon_s)
        self._where = None
        self._spend("down", self._sim.wait(until))

    def _spend(self, how: str, steps: Iterator[None], each: Callable[[], None] = lambda: None) -> bool:
        """Let something go on; whether it came to its end before the planned time did."""
        sim, begun_s = self._sim, self._sim.now_s
        for _ in steps:
            each()
            if self._watch is not None:
                self._watch(sim, how)
            if self._over():
                break
        else:
            self._robot_s[how] += sim.now_s - begun_s
            self._progress(round(sim.now_s), round(self._horizon_s))
            return True
        self._robot_s[how] += self._horizon_s - begun_s
        return False

    def _over(self) -> bool:
        return self._sim.now_s >= self._horizon_s - 1e-9
