"""Tasks are scored like stations, but no line holds one."""

from __future__ import annotations

import pytest

from pilotline.benchmarks import cards
from pilotline.benchmarks.job import Job
from pilotline.configs.lines import Line, LineError, LineStation


def test_a_line_cannot_hold_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(
        name="odd",
        version=1,
        title="Odd",
        stations=(LineStation(station="stand"),),
        takt_s=9.0,
        shift_h=1.0,
        source="test",
    )
    monkeypatch.setattr("pilotline.benchmarks.cards.lines.load", lambda name: line)
    job = Job(robot="biped", actuators="ideal", line="odd", policy="reference", seed=0, cycles=1)
    with pytest.raises(LineError, match="line odd: stand is a task, which no part passes through; allowed: stations"):
        cards.line_of(job)


def test_a_task_on_its_own_is_scored_against_its_own_time() -> None:
    job = Job(robot="biped", actuators="ideal", stations=("stand",), policy="reference", seed=0, cycles=1)
    (facts,) = cards.line_of(job).stations
    assert facts.tau_h_s == facts.tau_l_s == 20.0
    assert "place limit 0.3 m" in facts.limits
