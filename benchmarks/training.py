"""What training needs of scoring: policies evaluated as a campaign would, and a record of where and how."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from pilotline.benchmarks import campaign, provenance, statistics
from pilotline.benchmarks.job import Job
from pilotline.envs.seeds import cycle_seed
from pilotline.policies.file import Training
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.legs import Evaluation
from pilotline.policies.train.plan import Plan

_MOST_DRAWN = 100
"""So many cycles are drawn for each that is asked for, until the robot can hold their loads."""


def evaluate(plan: Plan, policy: Path, nthread: int = 0) -> Evaluation:
    """Score a policy file on the plan's evaluation cycles, as `pilotline score` does.

    They are the first ones whose load is within the robot's load chart: others are not graded there.

    Raises:
      TrainError: there are too few of them.
    """
    job = Job(
        robot=plan.robot,
        actuators=plan.actuators,
        stations=(plan.station,),
        policy=str(policy),
        pack=plan.pack,
        seed=plan.evaluation_seed,
        cycles=plan.cycles,
        nsim=min(plan.cycles, 64),
        nthread=nthread,
    )
    bench = campaign.ready(job, plan.station, job.nsim)
    left = iter(graded(job, bench))
    rows = [row for ended in campaign.cycles(job, bench, lambda count: list(islice(left, count))) for row in ended]
    good = sum(row.success for row in rows)
    low, high = statistics.wilson(good, len(rows))
    return Evaluation(len(rows), good, low, high, statistics.clopper_pearson_lower(good, len(rows)))


def graded(job: Job, bench: campaign.Bench) -> list[int]:
    """The first cycles of a job whose load is within the robot's load chart, as many as the job asks for.

    Raises:
      TrainError: there are too few of them.
    """
    found: list[int] = []
    slots, chart = np.arange(bench.batch.nsim), campaign.chart_of(job.robot)
    station, wanted = bench.batch.station.card.name, campaign.planned(job)
    for first in range(0, _MOST_DRAWN * wanted, len(slots)):
        bench.batch.begin(slots, [cycle_seed(job.seed, station, first + slot) for slot in slots.tolist()])
        found += (first + np.flatnonzero(chart.allows_each(bench.batch.metrics(), len(slots)))).tolist()
        if len(found) >= wanted:
            return found[:wanted]
    raise TrainError(
        f"robot={job.robot} at {station}: of {_MOST_DRAWN * wanted} cycles {len(found)} have a load that it can hold; "
        f"allowed: at least cycles={wanted}"
    )


def record(plan: Plan, steps: int, wall_s: float) -> Training:
    """How the policy of a run came to be, after so many control steps and seconds of work."""
    return Training(
        trainer=plan.trainer,
        config=plan.document(),
        seeds=(plan.seed,),
        steps=steps,
        wall_s=round(wall_s, 1),
        hardware=provenance.hardware(),
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        versions=provenance.versions(),
        curve="result.json",
    )
