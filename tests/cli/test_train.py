"""`pilotline train`: what it refuses, in one line, and a run from its first leg to a policy file that scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main

SMALL = ["leg_steps=512", "nsim=8", "cycles=2", "nthread=1", "trainer.n_steps=16", "trainer.batch_size=64"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trainer=ppo"], "unknown trainer 'ppo'"),
        (["trainer.learning_speed=1"], "params of sb3_ppo: "),
        (["trainer.net=[64"], "trainer.net=[64: not one plain value"),
        (["reads=left_foot"], "reads 'left_foot'; allowed: "),
        (["robot=biped"], "control=ee: biped stands on legs"),
        (["control=joint"], "control='joint' does not fit reach"),
        (["steps=10", "hours=1"], "exclude each other"),
        (["nsim=0"], "nsim=0: "),
        (["seed=99999"], "seed=99999: "),
    ],
)
def test_what_cannot_be_trained_is_told_in_a_line(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words, f"out={tmp_path / 'out'}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("pilotline: ")
    assert told in error
    assert len(error.splitlines()) == 1


def test_a_run_goes_on_and_its_policy_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    assert main(["train", *SMALL, "steps=1024", f"out={out}"]) == 0
    assert main(["train", *SMALL, "steps=1536", f"out={out}"]) == 0
    assert "goes on after 1,024 steps" in capsys.readouterr().err
    result = json.loads((out / "result.json").read_text())
    assert [row["steps"] for row in result["figures"]["rows"]] == [512, 1024, 1536]
    assert {"best.onnx", "last.onnx", "curve.svg"} <= {path.name for path in out.iterdir()}
    score = tmp_path / "score"
    words = ["station=reach", "robot=fixed", "cycles=2", "video=false", "nthread=1"]
    assert main(["score", *words, f"policy={out / 'best.onnx'}", f"out={score}"]) == 0
    assert main(["verify", str(score / "scorecard.json"), f"out={tmp_path / 'verify'}"]) == 0


def test_a_folder_of_another_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    assert main(["train", *SMALL, "steps=512", f"out={out}"]) == 0
    assert main(["train", *SMALL, "steps=512", "seed=1", f"out={out}"]) == 2
    assert (
        "holds a run with seed=0, this one has 1; allowed: the same run, or another folder" in capsys.readouterr().err
    )
