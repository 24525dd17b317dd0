"""Two training loops side by side: the same learner, the same size of rollouts, ratios of medians."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilotline.benchmarks.train_race import faster, main, plan_of, summary


def test_both_learn_with_the_same_parameters_from_rollouts_of_the_same_size() -> None:
    ours, theirs = plan_of(0, 64, None), plan_of(0, 64, 8)
    assert theirs.params["n_steps"] * 8 == ours.params["n_steps"] * 64
    assert {**theirs.params, "n_steps": 0} == {**ours.params, "n_steps": 0}


def test_ratios_are_medians_of_the_rounds() -> None:
    rows = [
        {"ours_steps_per_s": 6.0, "usual_steps_per_s": 2.0, "ours_to_return_s": 1.0, "usual_to_return_s": k}
        for k in (4.0, 9.0, 5.0)
    ]
    assert summary(rows) == {"steps_per_s_ratio": 3.0, "to_return_ratio": 5.0}


@pytest.mark.parametrize(("steps_per_s", "to_return", "both"), [(1.1, 1.1, True), (1.0, 1.1, False), (1.1, 0.9, False)])
def test_faster_is_what_is_ahead_by_both_clocks(steps_per_s: float, to_return: float, both: bool) -> None:
    assert faster({"steps_per_s_ratio": steps_per_s, "to_return_ratio": to_return}) is both


def test_a_race_is_run_and_written(tmp_path: Path) -> None:
    path = tmp_path / "race.json"
    status = main([str(path), "rounds=1", "steps=8192", "workers=2"])
    found = json.loads(path.read_text())["figures"]
    assert status == (0 if faster(found) else 1)
    assert found["settings"] == {"rounds": 1, "steps": 8192, "workers": 2}
    (row,) = found["rounds"]
    assert min(row.values()) > 0.0
    assert found["steps_per_s_ratio"] == row["ours_steps_per_s"] / row["usual_steps_per_s"]


@pytest.mark.parametrize("words", [[], ["x.json", "workers=0"], ["x.json", "speed=1"]])
def test_wrong_words_end_in_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
