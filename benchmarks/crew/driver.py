"""Drive a campaign whose cycles are run by workers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pilotline.benchmarks import cards
from pilotline.benchmarks.campaign import Progress, planned
from pilotline.benchmarks.crew.shards import Crew, CrewError, Ended, Finished, Lost, Shard, Warned
from pilotline.benchmarks.crew.workers import Workers
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.plan import Plan
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.store import Store
from pilotline.policies import PolicyWarning

LOSSES = 8
"""So many workers may be lost in a row without a cycle that ends; then something is wrong with all of them."""
_LEAST = 4
"""Cycles of the smallest shard: a few at a time cost hardly more than one."""


def run(
    job: Job,
    workers: Workers,
    progress: Progress | None = None,
    told: Callable[[str], None] = lambda remark: None,
    store: Store | None = None,
) -> list[CycleRow]:
    """All cycles of a job, as `campaign.run` gives them, whoever runs them.

    A worker has a shard of cycles of a station at a time; those that it has not ended when it is lost are handed out
    again. Each has `job.nthread` threads, one by default, and at most `job.nsim` simulations.

    Args:
      job: what to run; a campaign.
      workers: who runs it.
      progress: told cycles done and planned.
      told: given what policies have to tell, a line each, worker by worker.
      store: has the cycles that are done already, and is given each as it ends.

    Raises:
      CrewError: what a worker cannot do, none can; workers that are lost again and again.
    """
    tell = progress or (lambda done, total: None)
    stations = cards.line_of(job).stations
    plans = {facts.name: Plan(job, facts, store.rows(facts.name) if store else ()) for facts in stations}
    total = planned(job) * len(plans)
    tell(sum(plan.progress() for plan in plans.values()), total)
    if _complete(plans):
        return _rows(plans)
    at_work: dict[int, Shard] = {}
    remarks: dict[tuple[str, str], tuple[str, ...]] = {}
    shards = losses = 0
    with _crew(job, workers, plans) as crew:
        # what a shift does not need any more is not waited for
        while not _complete(plans) or (at_work and job.hours is None):
            while crew.free and (shard := _next(plans, workers.count, shards)):
                at_work[shards] = shard
                shards += 1
                crew.start(shard)
            match crew.wait():
                case Finished(number, rows):
                    if store:
                        store.keep(rows)
                    plans[at_work[number].station].done(rows)
                    losses = 0
                    tell(sum(plan.progress() for plan in plans.values()), total)
                case Ended(number, station, worker, found):
                    plans[station].back(at_work.pop(number).cycles)
                    remarks[worker, station] = found
                case Lost(number, why):
                    lost = at_work.pop(number)
                    plans[lost.station].back(lost.cycles)
                    losses += 1
                    if losses == LOSSES:
                        raise CrewError(f"{losses} workers in a row ended before any cycle did, the last with {why}")
                case Warned(text):
                    warnings.warn(text, PolicyWarning, stacklevel=2)
    for (worker, station), found in sorted(remarks.items()):
        for remark in found:
            told(f"worker {worker} at {station}: {remark}")
    return _rows(plans)


def _complete(plans: dict[str, Plan]) -> bool:
    return all(plan.complete for plan in plans.values())


def _rows(plans: dict[str, Plan]) -> list[CycleRow]:
    return [row for plan in plans.values() for row in plan.rows()]


@contextmanager
def _crew(job: Job, workers: Workers, plans: dict[str, Plan]) -> Iterator[Crew]:
    """The workers, until the work is done."""
    each = min(job.nsim, max(_share(plan, workers.count) for plan in plans.values()))
    own = job.model_copy(update={"nthread": job.nthread or 1, "nsim": each})
    crew: Crew
    if workers.launcher == "ray":
        from pilotline.benchmarks.crew.tasks import Tasks

        crew = Tasks(own, workers.count)
    else:
        from pilotline.benchmarks.crew.processes import Processes

        crew = Processes(own, workers.count)
    try:
        yield crew
    finally:
        crew.close()


def _next(plans: dict[str, Plan], workers: int, number: int) -> Shard | None:
    """The next cycles to be run, of the first station that has any."""
    for station, plan in plans.items():
        if cycles := plan.take(_share(plan, workers)):
            return Shard(number, station, tuple(cycles))
    return None


def _share(plan: Plan, workers: int) -> int:
    """Cycles of the next shard: half of what is a worker's part of the rest, so that all end at about the same time.

    A worker fills the place of a cycle that has ended with the next one of its shard, so large shards keep it busy.
    """
    return max(_LEAST, math.ceil(plan.left / (2 * workers)))
