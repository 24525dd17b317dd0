"""A line by hours that was cut short goes on where it stopped, with the bits of one that was not."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pilotline.benchmarks import line_moment, store
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.line_run import run_line
from pilotline.benchmarks.store import Store, StoreError, opened

JOB = Job.of(
    {
        "robot": "wheeled",
        "actuators": "harmonic",
        "line": "tending",
        "policy": "reference",
        "seed": 2,
        "hours": 0.05,
        "nthread": 1,
    }
)


class _Killed(Exception):
    pass


def _session(folder: Path, monkeypatch: pytest.MonkeyPatch, before_mark: bool = False) -> LineRun:
    """One session of the run, which is killed at its next moment: just before that is on disk, or after."""
    mark = Store.mark

    def killed(self: Store, text: str) -> None:
        if not before_mark:
            mark(self, text)
        raise _Killed

    with monkeypatch.context() as patch, opened(folder) as own:
        patch.setattr(Store, "mark", killed)
        assert own.begin({}, {}) is None
        return run_line(JOB, store=own)


@pytest.fixture(scope="module")
def undisturbed() -> LineRun:
    return run_line(JOB)


@pytest.mark.slow
def test_killed_after_every_cycle_it_gives_the_same_run(
    undisturbed: LineRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len({visit.station for visit in undisturbed.visits}) == 2  # it drives, too
    for sessions in range(20):
        with suppress(_Killed):
            assert _session(tmp_path, monkeypatch) == undisturbed
            break
        with opened(tmp_path) as own:
            assert own.count == min(sessions + 1, len(undisturbed.visits))
    assert sessions >= len(undisturbed.visits)


@pytest.mark.slow
def test_a_cycle_that_is_stored_without_its_moment_is_done_again_and_is_the_same(
    undisturbed: LineRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(_Killed):
        _session(tmp_path, monkeypatch)
    with pytest.raises(_Killed):
        _session(tmp_path, monkeypatch, before_mark=True)
    with opened(tmp_path) as own:
        own.begin({}, {})
        assert own.count == 2
        assert run_line(JOB, store=own) == undisturbed


def test_the_moment_of_another_world_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path) as own:
        own.begin({}, {})
        own.mark(line_moment.to_text({"sim": {"physics": {"state": np.zeros((1, 3))}}}))
        with pytest.raises(StoreError, match=r"state of another world: it has shape \(1, 3\).*fresh=true begins anew"):
            run_line(JOB, store=own)
        own.mark(line_moment.to_text({}))
        with pytest.raises(StoreError, match="does not fit this run"):
            run_line(JOB, store=own)


def test_a_moment_comes_back_with_all_its_bits() -> None:
    saved: dict[str, Any] = {
        "a": np.array([[0.1, np.nan, -0.0]]),
        "b": [1, 2.5, None, "x"],
        "c": {"d": np.array([True])},
        "e": 0.1,
    }
    back = line_moment.from_text(line_moment.to_text(saved))
    assert back["a"].tobytes() == saved["a"].tobytes()
    assert back["a"].shape == (1, 3)
    assert (back["b"], back["e"], back["c"]["d"].tolist()) == ([1, 2.5, None, "x"], 0.1, [True])


@pytest.mark.parametrize("text", ["[", "3", '{"a": {"dtype": "f8", "shape": [3], "base64": "AAAA"}}'])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(line_moment.MomentError, match="stored moment cannot be read"):
        line_moment.from_text(text)


def test_a_damaged_moment_is_found(tmp_path: Path) -> None:
    with opened(tmp_path) as own:
        own.begin({}, {})
        own.mark(line_moment.to_text({"a": 1}))
        assert json.loads(own.moment() or "") == {"a": 1}
    with sqlite3.connect(tmp_path / store.NAME) as base:
        base.execute("UPDATE moment SET text = '{}'")
    base.close()
    with opened(tmp_path) as own, pytest.raises(StoreError, match="damaged: the moment to go on from"):
        own.moment()
