"""Cycles that a run in training is evaluated on."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline import robots
from pilotline.benchmarks import campaign, training
from pilotline.benchmarks.job import Job
from pilotline.envs.seeds import cycle_seed
from pilotline.policies.train.learner import TrainError
from pilotline.robots.load_chart import load_chart

JOB = Job(robot="wheeled", actuators="ideal", stations=("tote_destack",), policy="reference", seed=3, cycles=4, nsim=4)


def test_they_are_the_first_ones_that_a_score_grades() -> None:
    bench = campaign.ready(JOB, "tote_destack", 4)
    found = training.graded(JOB, bench)
    assert len(found) == 4
    count = found[-1] + 1
    batch = campaign.ready(JOB, "tote_destack", count).batch
    batch.begin(np.arange(count), [cycle_seed(JOB.seed, "tote_destack", cycle) for cycle in range(count)])
    figures = {name: batch.metrics()[name] for name in ("mass_kg", "grip_from_m", "grip_to_m")}
    chart = load_chart(robots.load("wheeled"))
    allowed = [chart.allows({name: float(values[k]) for name, values in figures.items()}) for k in range(count)]
    assert found == np.flatnonzero(allowed).tolist() != list(range(count))
    more = training.graded(JOB.model_copy(update={"cycles": 2, "nsim": 3}), campaign.ready(JOB, "tote_destack", 3))
    assert more == found[:2]


def test_where_every_load_can_be_held_they_are_the_first_ones() -> None:
    job = JOB.model_copy(update={"robot": "fixed", "stations": ("reach",), "nsim": 3})
    assert training.graded(job, campaign.ready(job, "reach", 3)) == [0, 1, 2, 3]


def test_a_robot_that_holds_no_load_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_MOST_DRAWN", 1)
    with pytest.raises(TrainError, match=r"robot=wheeled at tote_destack: of 4 cycles \d have a load that it can hold"):
        training.graded(JOB, campaign.ready(JOB, "tote_destack", 4))
