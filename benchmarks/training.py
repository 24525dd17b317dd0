"""What training needs of scoring: policies evaluated as a campaign would, and a record of where and how."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pilotline.benchmarks import campaign, provenance, statistics
from pilotline.benchmarks.job import Job
from pilotline.policies.file import Training
from pilotline.policies.train.legs import Evaluation
from pilotline.policies.train.plan import Plan


def evaluate(plan: Plan, policy: Path, nthread: int = 0) -> Evaluation:
    """Score a policy file on the plan's evaluation cycles, as `pilotline score` does."""
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
    rows = campaign.run(job)
    good = sum(row.success for row in rows)
    low, high = statistics.wilson(good, len(rows))
    return Evaluation(len(rows), good, low, high, statistics.clopper_pearson_lower(good, len(rows)))


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
