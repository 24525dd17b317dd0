"""Curves of several seeds: median and range, and what is not one plan is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pilotline.benchmarks.train_evidence import main


def folder(tmp_path: Path, seed: int, goods: list[int], name: str = "", **plan: Any) -> str:
    rows = [
        {"leg": k, "steps": 100 * (k + 1), "wall_s": 60.0 * (k + 1 + seed), "evaluation": {"good": good, "cycles": 20}}
        for k, good in enumerate(goods)
    ]
    own = {"station": "reach", "robot": "fixed", "actuators": "ideal", "trainer": "sb3_ppo", "seed": seed, **plan}
    figures = {"plan": own, "best": goods.index(max(goods)), "rows": rows}
    content = {"command": f"train seed={seed}", "hardware": {}, "versions": {}, "figures": figures}
    path = tmp_path / (name or str(seed))
    path.mkdir()
    (path / "result.json").write_text(json.dumps(content))
    return str(path)


def test_seeds_are_summed_up_by_median_and_range(tmp_path: Path) -> None:
    runs = [folder(tmp_path, seed, goods) for seed, goods in enumerate(([0, 19, 20], [10, 20, 18], [0, 10, 19]))]
    result, curve = tmp_path / "r.json", tmp_path / "c.svg"
    assert main([str(result), str(curve), *reversed(runs)]) == 0
    found = json.loads(result.read_text())
    assert found["best_yield"] == {"median": 1.0, "low": 0.95, "high": 1.0}
    assert found["first_wanted_s"] == {"median": 180.0, "low": 120.0, "high": 300.0}
    assert [row["best"]["leg"] for row in found["seeds"]] == [2, 1, 2]
    assert "reach, fixed, ideal: sb3_ppo" in curve.read_text()


def test_a_seed_that_never_gets_there_leaves_no_time_for_all(tmp_path: Path) -> None:
    runs = [folder(tmp_path, 0, [20]), folder(tmp_path, 1, [3])]
    assert main([str(tmp_path / "r.json"), str(tmp_path / "c.svg"), *runs]) == 0
    found = json.loads((tmp_path / "r.json").read_text())
    assert "first_wanted_s" not in found
    assert found["seeds"][1]["first_wanted"] is None


@pytest.mark.parametrize(
    ("seed", "plan", "told"),
    [(1, {"nsim": 3}, "nsim=3; allowed: None"), (0, {}, "seeds [0, 0]; allowed: each once")],
)
def test_runs_of_other_plans_are_refused(
    seed: int, plan: dict, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [folder(tmp_path, 0, [1]), folder(tmp_path, seed, [1], name="other", **plan)]
    assert main([str(tmp_path / "r.json"), str(tmp_path / "c.svg"), *runs]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_without_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "r.json"), str(tmp_path / "c.svg"), str(tmp_path)]) == 2
    assert "no finished run" in capsys.readouterr().err
