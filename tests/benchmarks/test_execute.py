"""A line by hours runs from end to end; everything else is a campaign."""

import pytest

from pilotline.benchmarks import campaign, line_run
from pilotline.benchmarks.execute import execute
from pilotline.benchmarks.job import Job

ASKED = {"robot": "wheeled", "actuators": "ideal", "policy": "reference", "seed": 0}


@pytest.mark.parametrize(
    ("what", "runs"),
    [
        ({"line": "demo", "hours": 1.0}, "line"),
        ({"line": "demo", "cycles": 3}, "campaign"),
        ({"stations": ("device_test",), "hours": 1.0}, "campaign"),
        ({"stations": ("device_test",), "cycles": 3}, "campaign"),
    ],
)
def test_what_the_job_asks_for_runs(what, runs, monkeypatch):
    monkeypatch.setattr(line_run, "run_line", lambda job, **rest: ("line", job))
    monkeypatch.setattr(campaign, "run", lambda job, **rest: ("campaign", job))
    job = Job.of(ASKED | what)
    assert execute(job) == (runs, job)
    assert job.end_to_end is (runs == "line")
