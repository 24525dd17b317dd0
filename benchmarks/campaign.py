"""Run a campaign: every cycle of every station of a line, as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pilotline import policies, robots
from pilotline.benchmarks import cards
from pilotline.benchmarks.facts import FileFacts, LineFacts, PolicyFacts, RobotFacts, StationFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.recorder import Recorder
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.scorecard import filled
from pilotline.benchmarks.sheets import facts_of
from pilotline.envs import stations
from pilotline.envs.blame import blamed
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies import Policy
from pilotline.robots.actuators import drives_of
from pilotline.robots.load_chart import LoadChart, load_chart

Progress = Callable[[int, int], None]
"""`progress(done, total)`: cycles of a campaign by cycles, planned seconds of one by hours."""


def run(
    job: Job, progress: Progress | None = None, worked: Callable[[Policy], None] = lambda policy: None
) -> list[CycleRow]:
    """All cycles of a job, station by station, each in the order of its cycles.

    Rows depend on the job's body alone: a cycle gives the same bits in any slot of any batch.

    Args:
      job: what to run.
      progress: told cycles done and planned.
      worked: given the policy of each station when its work is done.

    Raises:
      ValueError: an unknown robot, actuator tier, line, station, policy or pack; the message has the choices.
    """
    line = cards.line_of(job)
    robot = robots.load(job.robot)
    tell = progress or (lambda done, total: None)
    per_station = job.cycles if job.cycles is not None else round((job.hours or 0.0) * 3600.0)
    total = per_station * len(line.stations)
    rows: list[CycleRow] = []
    for k, facts in enumerate(line.stations):
        world = build_world(stations.load(facts.name), robot, job.actuators)
        nsim = job.nsim if job.cycles is None else min(job.nsim, job.cycles)
        policy = policies.load(job.policy, facts.name, robot, nsim, job.actuators)
        batch = StationBatch(world, nsim, job.nthread, policy.control, job.pack)

        def told(done: int, before: int = k * per_station) -> None:
            tell(before + min(done, per_station), total)

        told(0)
        rows += run_station(job, facts, batch, policy, told)
        worked(policy)
    return rows


def run_station(
    job: Job,
    facts: StationFacts,
    batch: StationBatch,
    policy: Policy,
    told: Callable[[int], None] = lambda done: None,
) -> list[CycleRow]:
    """Cycles 0, 1, 2, ... of one station, until there are `job.cycles` of them or they fill `job.hours`.

    A slot whose cycle ends starts the next one at once; with none left, only slots at work are stepped, and a policy
    that wants to know which are not (`rest(ids)`) is told.

    Args:
      batch, policy: of the same size; the batch speaks the policy's control.
      told: called with cycles done, or seconds of the shift used.
    """
    recorder = Recorder(job.seed, batch, chart_of(job.robot))
    plan = _Plan(job, facts)
    active = np.empty(0, np.int64)
    active = _start(job, batch, policy, recorder, plan.take(range(batch.nsim)), active)
    obs = batch.observe()
    while len(active):
        step = batch.step(policy.act(obs), None if len(active) == batch.nsim else active)
        recorder.add(active)
        obs = step.obs
        verdict = blamed(step.verdict, policy)
        ended = active[verdict.done[active]]
        if len(ended):
            plan.done(recorder.rows(ended, verdict))
            told(plan.progress())
            active = np.setdiff1d(active, ended)
            active = _start(job, batch, policy, recorder, plan.take(ended.tolist()), active)
            if callable(rest := getattr(policy, "rest", None)):
                rest(np.setdiff1d(ended, active))
            obs = batch.observe()
    return plan.rows()


def facts(job: Job) -> tuple[LineFacts, RobotFacts]:
    """What a scorecard states of the line and the robot, from their cards and the drives' data sheets."""
    robot = robots.load(job.robot)
    chart = chart_of(job.robot)
    return cards.line_of(job), RobotFacts(
        name=robot.name,
        title=robot.title,
        version=robot.version,
        entry_class=robot.entry_class,
        payload_kg=round(chart.limit(), 1),
        payload_basis=chart.text(),
        sources=robot.sources,
        files=tuple(FileFacts(name, sha256) for name, sha256 in robot.files),
        drives=facts_of(drives_of(robot, job.actuators)),
    )


def policy_facts(job: Job) -> PolicyFacts | None:
    """What a scorecard states of a policy that is a file; None for any other.

    Raises:
      PolicyError: a file that cannot be used, or not at a station of the job.
    """
    if not policies.FILE.fullmatch(job.policy):
        return None
    from pilotline.policies.file.loading import source_of

    names = [facts.name for facts in cards.line_of(job).stations]
    source = source_of(job.policy, names, robots.load(job.robot), job.actuators)
    files = tuple(FileFacts(name, sha256) for name, sha256 in source.files)
    return PolicyFacts(source.title, source.robot, source.actuators, files, source.notes)


@cache
def chart_of(robot: str) -> LoadChart:
    """Load chart of the robot of that name."""
    return load_chart(robots.load(robot))


def _start(
    job: Job,
    batch: StationBatch,
    policy: Policy,
    recorder: Recorder,
    cycles: Sequence[tuple[int, int]],
    active: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Begin cycles, (slot, cycle) pairs with ascending slots; the slots now at work, sorted."""
    if not cycles:
        return active
    ids = np.array([slot for slot, _ in cycles], np.int64)
    batch.begin(ids, [cycle_seed(job.seed, batch.station.card.name, cycle) for _, cycle in cycles])
    policy.begin(ids)
    recorder.begin(ids, [cycle for _, cycle in cycles])
    return np.union1d(active, ids)


class _Plan:
    """Which cycle comes next, and whether more are needed.

    A campaign by hours needs the cycles up to the one that its end cuts off. Which one that is, only the rows
    before it tell, so a few cycles beyond it may be run; they are left out.
    """

    def __init__(self, job: Job, facts: StationFacts) -> None:
        self._cycles, self._hours, self._facts = job.cycles, job.hours, facts
        self._next = 0
        self._rows: dict[int, CycleRow] = {}
        self._used_s = 0.0
        self._unbroken = 0

    def take(self, slots: Sequence[int]) -> list[tuple[int, int]]:
        """The next cycles, one for each of `slots` while there are any."""
        if self._full():
            return []
        left = len(slots) if self._cycles is None else min(len(slots), self._cycles - self._next)
        given = [(slot, self._next + i) for i, slot in enumerate(slots[:left])]
        self._next += left
        return given

    def done(self, rows: Sequence[CycleRow]) -> None:
        """Note finished cycles."""
        self._rows.update((row.cycle, row) for row in rows)
        while self._unbroken in self._rows and not self._full():
            self._used_s += self._facts.occupied_s(self._rows[self._unbroken])
            self._unbroken += 1

    def progress(self) -> int:
        """Cycles done, or seconds used by the cycles that are done without a gap."""
        return len(self._rows) if self._hours is None else int(self._used_s)

    def rows(self) -> list[CycleRow]:
        """The cycles of the campaign in order."""
        needed = [self._rows[cycle] for cycle in range(self._unbroken)]
        assert self._hours is None or filled(self._facts, needed, self._hours)
        return needed

    def _full(self) -> bool:
        return self._hours is not None and self._used_s >= self._hours * 3600.0
