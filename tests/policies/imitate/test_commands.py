"""`pilotline record` and `pilotline train trainer=bc`: what a person gets and is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main
from pilotline.policies.file.reading import read
from pilotline.policies.train import legs

SMALL = ("station=reach", "cycles=2", "leg_steps=64", "nthread=1", "trainer.net=[8]", "trainer.batch_size=32")


def test_a_clone_goes_on_where_it_stopped_and_knows_its_demonstrations(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "trainer=bc", f"demos={folder}", *SMALL, f"out={tmp_path / 'run'}"]
    for steps in (64, 128):
        assert main([*words, f"steps={steps}"]) == 0
    assert "goes on after 64 steps" in capsys.readouterr().err
    figures = json.loads((tmp_path / "run" / "result.json").read_text())["figures"]
    assert [row["steps"] for row in figures["rows"]] == [64, 128]
    training = read(tmp_path / "run" / legs.LAST).contract.training
    assert training.config["demos"] == figures["plan"]["demos"]

    assert main(["record", "station=reach", "cycles=2", "seed=1", "nthread=1", f"out={tmp_path / 'other'}"]) == 0
    other = json.loads((tmp_path / "other" / "result.json").read_text())["figures"]
    assert (other["kept"], other["steps"]) == (2, 250)
    capsys.readouterr()
    words[2] = f"demos={tmp_path / 'other'}"
    assert main([*words, "steps=128"]) == 2
    assert "holds a run with demos=" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["train", "trainer=bc"], "trainer=bc with demos=null: bc learns from demos, no other does"),
        (["train", "trainer=sb3_ppo", "demos={demos}"], "trainer=sb3_ppo with demos="),
        (["train", "trainer=bc", "demos=/no/where"], "/no/where: no demonstrations there"),
        (["train", "trainer=bc", "demos={demos}", "robot=wheeled"], "recorded with robot fixed; here it is wheeled"),
        (["train", "trainer=bc", "demos={demos}", "reads=left_foot"], "reads 'left_foot'; allowed: joint_pos, "),
        (["train", "trainer=bc", "demos={demos}", "reads=clock:0"], "reads 'clock:0'; allowed: joint_pos, "),
        (["train", "trainer=bc", "demos={demos}", "trainer.gamma=0.9"], "params of bc: gamma"),
        (["record", "station=reach", "cycles=2", "out={demos}"], "holds demonstrations already; allowed: another"),
        (["record", "station=reach", "cycles=0"], "cycles=0: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_run_is_told_in_a_line(
    words: list[str], told: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [word.format(demos=folder) for word in words]
    if not any(word.startswith("out=") for word in filled):
        filled.append(f"out={tmp_path}")
    assert main(filled) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
