"""Run a campaign: every cycle of every station of a line, as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pilotline import policies, robots
from pilotline.benchmarks import cards
from pilotline.benchmarks.facts import FileFacts, LineFacts, PolicyFacts, RobotFacts, StationFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.plan import Plan
from pilotline.benchmarks.policy_text import is_folder
from pilotline.benchmarks.recorder import Recorder
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.sheets import facts_of
from pilotline.envs import stations
from pilotline.envs.blame import blamed
from pilotline.envs.safety.setup import Precautions
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies import Policy
from pilotline.robots.actuators import drives_of
from pilotline.robots.load_chart import LoadChart, load_chart

if TYPE_CHECKING:
    from pilotline.benchmarks.store import Store

Progress = Callable[[int, int], None]
"""`progress(done, total)`: cycles of a campaign by cycles, planned seconds of one by hours."""


def run(
    job: Job,
    progress: Progress | None = None,
    worked: Callable[[Policy], None] = lambda policy: None,
    store: Store | None = None,
) -> list[CycleRow]:
    """All cycles of a job, station by station, each in the order of its cycles.

    Rows depend on the job's body alone: a cycle gives the same bits in any slot of any batch.

    Args:
      job: what to run.
      progress: told cycles done and planned.
      worked: given the policy of each station when its work is done.
      store: has the cycles that are done already, and is given each as it ends.

    Raises:
      ValueError: an unknown robot, actuator tier, line, station, policy or pack; the message has the choices.
    """
    line = cards.line_of(job)
    tell = progress or (lambda done, total: None)
    per_station = planned(job)
    rows: list[CycleRow] = []
    for k, facts in enumerate(line.stations):
        plan = Plan(job, facts, store.rows(facts.name) if store else ())

        def told(done: int, before: int = k * per_station) -> None:
            tell(before + done, per_station * len(line.stations))

        told(plan.progress())
        if not plan.complete:
            bench = ready(job, facts.name, min(job.nsim, plan.left))
            run_plan(job, bench, plan, told, store.keep if store else lambda rows: None)
            worked(bench.policy)
        rows += plan.rows()
    return rows


def planned(job: Job) -> int:
    """What the progress of a station counts up to: cycles, or seconds of a shift."""
    return job.cycles if job.cycles is not None else round((job.hours or 0.0) * 3600.0)


@dataclass(frozen=True)
class Bench:
    """A station made ready: simulations, a policy of the same size, and who keeps account."""

    batch: StationBatch
    policy: Policy
    recorder: Recorder


def ready(job: Job, station: str, nsim: int) -> Bench:
    """Make a station ready for cycles of a job, nsim at a time.

    Raises:
      ValueError: an unknown robot, actuator tier, station, policy or pack; the message has the choices.
    """
    robot = robots.load(job.robot)
    world = build_world(
        stations.load(station), robot, job.actuators, precautions=Precautions(job.people, job.supervisor)
    )
    policy = policies.load(job.policy, station, robot, nsim, job.actuators)
    return _bench(job, StationBatch(world, nsim, job.nthread, policy.control, job.pack), policy)


def _bench(job: Job, batch: StationBatch, policy: Policy) -> Bench:
    return Bench(batch, policy, Recorder(job.seed, batch, chart_of(job.robot)))


def run_station(job: Job, facts: StationFacts, batch: StationBatch, policy: Policy) -> list[CycleRow]:
    """Cycles 0, 1, 2, ... of one station, until there are `job.cycles` of them or they fill `job.hours`.

    Args:
      batch, policy: of the same size; the batch speaks the policy's control.
    """
    plan = Plan(job, facts)
    run_plan(job, _bench(job, batch, policy), plan)
    return plan.rows()


def run_plan(
    job: Job,
    bench: Bench,
    plan: Plan,
    told: Callable[[int], None] = lambda done: None,
    keep: Callable[[Sequence[CycleRow]], None] = lambda rows: None,
) -> None:
    """Run the cycles that a plan hands out, until it has none left.

    Args:
      told: called with cycles done, or seconds of the shift used.
      keep: given the cycles that end, before anything else knows of them.
    """
    for rows in cycles(job, bench, plan.take):
        keep(rows)
        plan.done(rows)
        told(plan.progress())


def cycles(job: Job, bench: Bench, take: Callable[[int], Sequence[int]]) -> Iterator[list[CycleRow]]:
    """Rows of cycles as they end; those of one control step together.

    A slot whose cycle ends starts the next one at once; with none left, only slots at work are stepped, and a policy
    that wants to know which are not (`rest(ids)`) is told.

    Args:
      take: `take(count)`: indices of the next cycles, at most so many; asked again after each rows that were given.
    """
    batch, policy, recorder = bench.batch, bench.policy, bench.recorder
    active = _start(job, bench, take, np.arange(batch.nsim), np.empty(0, np.int64))
    obs = batch.observe()
    while len(active):
        step = batch.step(policy.act(obs), None if len(active) == batch.nsim else active)
        recorder.add(active)
        obs = step.obs
        verdict = blamed(step.verdict, policy)
        ended = active[verdict.done[active]]
        if len(ended):
            yield recorder.rows(ended, verdict)
            active = _start(job, bench, take, ended, np.setdiff1d(active, ended))
            if callable(rest := getattr(policy, "rest", None)):
                rest(np.setdiff1d(ended, active))
            obs = batch.observe()


def facts(job: Job) -> tuple[LineFacts, RobotFacts]:
    """What a scorecard states of the line and the robot, from their cards and the drives' data sheets."""
    robot = robots.load(job.robot)
    chart = chart_of(job.robot)
    return cards.line_of(job), RobotFacts(
        name=robot.name,
        title=robot.title,
        version=robot.version,
        entry_class=robot.entry_class,
        payload_kg=round(float(chart.limit()), 1),
        payload_basis=chart.text(),
        sources=robot.sources,
        files=tuple(FileFacts(name, sha256) for name, sha256 in robot.files),
        drives=facts_of(drives_of(robot, job.actuators)),
    )


def policy_facts(job: Job) -> PolicyFacts | None:
    """What a scorecard states of a policy that is a file or a folder; None for any other.

    Raises:
      PolicyError: a file that cannot be used, or not at a station of the job.
    """
    if is_folder(job.policy):
        from pilotline.policies import sandbox

        folder = sandbox.source_of(sandbox.parse(job.policy))
        files = tuple(FileFacts(name, sha256) for name, sha256 in folder.files)
        return PolicyFacts(title=folder.title, robot="", actuators="", files=files, notes=folder.notes)
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
    bench: Bench,
    take: Callable[[int], Sequence[int]],
    slots: NDArray[np.int64],
    active: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Begin the next cycles in free slots, ascending, as far as there are any; the slots now at work, sorted."""
    begun = take(len(slots))
    if not begun:
        return active
    ids, station = slots[: len(begun)], bench.batch.station.card.name
    bench.batch.begin(ids, [cycle_seed(job.seed, station, cycle) for cycle in begun])
    bench.policy.begin(ids)
    bench.recorder.begin(ids, begun)
    return np.union1d(active, ids)
