"""What came of several runs, put together from outcomes made up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pilotline.benchmarks import sweep
from pilotline.benchmarks.sweep import Outcome, Run, document, execute, folder_name, outcome_of, spreads


def outcome(bound: float | None, **settings: str) -> Outcome:
    failure = "died" if bound is None else None
    return Outcome(settings, folder_name(settings), failure, bound)


def test_seeds_are_told_by_median_and_range_and_what_failed_is_counted() -> None:
    found = spreads(
        [
            outcome(0.5, seed="0", net="a"),
            outcome(0.9, seed="0", net="b"),
            outcome(0.2, seed="1", net="a"),
            outcome(None, seed="1", net="b"),
            outcome(0.7, seed="2", net="a"),
            outcome(0.8, seed="2", net="b"),
        ]
    )
    assert [dict(each.settings) for each in found] == [{"net": "a"}, {"net": "b"}]
    assert [(each.runs, each.failed) for each in found] == [(3, 0), (3, 1)]
    assert [(each.median, each.low, each.high) for each in found] == [
        (0.5, 0.2, 0.7),
        (pytest.approx(0.85), 0.8, 0.9),
    ]


def test_where_all_seeds_failed_there_is_no_figure() -> None:
    (found,) = spreads([outcome(None, seed="0"), outcome(None, seed="1")])
    assert (found.runs, found.failed, found.median, found.low, found.high) == (2, 2, None, None, None)


def test_runs_of_one_seed_are_not_put_together() -> None:
    assert spreads([outcome(0.5, net="a"), outcome(0.6, net="b")]) == []
    assert document([outcome(0.5, net="a")])["runs"][0]["bound"] == 0.5


def test_the_figures_are_those_of_the_best_policy_and_of_the_whole_run() -> None:
    run = Run({"seed": "1"}, "/somewhere/seed=1", ())
    rows = [
        {"steps": 10, "wall_s": 1.5, "evaluation": {"bound": 0.8, "good": 9, "cycles": 10}},
        {"steps": 20, "wall_s": 3.0, "evaluation": {"bound": 0.3, "good": 5, "cycles": 10}},
    ]
    found = outcome_of(run, {"rows": rows, "best": 0})
    assert found == Outcome({"seed": "1"}, "seed=1", None, 0.8, 9, 10, 20, 3.0)


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import os; print('half way', flush=True); os.kill(os.getpid(), 9)", "ended by signal 9 (half way)"),
        ("import sys; print('pilotline: no such thing'); sys.exit(2)", "no such thing"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(3)", "nothing printed"),
        ("pass", "result.json"),
    ],
)
def test_a_run_that_ends_badly_is_told_in_a_line(
    program: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "PILOTLINE", (sys.executable, "-c", program))
    found = execute(Run({"seed": "1"}, str(tmp_path / "run"), ()))
    assert found.failure is not None
    assert told in found.failure
    assert "\n" not in found.failure
    assert found.bound is None


def test_folders_tell_settings_apart() -> None:
    assert folder_name({"seed": "1", "trainer.net": "[64,64]"}) == "seed=1,trainer.net=[64,64]"
    names = [folder_name({"robot": name}) for name in ("a b", "a/b", "a_b", "x" * 300, "x" * 301)]
    assert len(set(names)) == 5
    assert all("/" not in name and " " not in name and len(name) < 120 for name in names)
