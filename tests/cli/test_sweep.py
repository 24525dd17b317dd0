"""Several runs of `pilotline train` from one command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.sweep import Sweep

SMALL = ["leg_steps=128", "nsim=8", "cycles=2", "trainer.n_steps=16", "trainer.batch_size=64"]


def values(**places: str) -> list[dict[str, str]]:
    return Sweep(places=places).combinations()


def test_there_is_a_run_for_every_combination() -> None:
    assert values(seed="0,1", trainer__net="[64,64],[8]") == [
        {"seed": "0", "trainer.net": "[64,64]"},
        {"seed": "0", "trainer.net": "[8]"},
        {"seed": "1", "trainer.net": "[64,64]"},
        {"seed": "1", "trainer.net": "[8]"},
    ]


def test_values_are_those_of_hydra() -> None:
    assert [each["seed"] for each in values(seed="range(3, 6)")] == ["3", "4", "5"]
    assert [each["reads"] for each in values(reads="'right_hand,target','target'")] == ["right_hand,target", "target"]
    assert [float(each["trainer.gamma"]) for each in values(trainer__gamma="0.9,9.9e-1")] == [0.9, 0.99]
    assert values(robot="fixed") == [{"robot": "fixed"}]
    assert [each["control"] for each in values(control="null,ee")] == ["null", "ee"]


@pytest.mark.parametrize(
    ("place", "text", "told"),
    [
        ("out", "a,b", "sweep.out=a,b: out is the sweep's own"),
        ("launcher__n_jobs", "1,2", "launcher.n_jobs is the sweep's own"),
        ("seed", "1,2,1", "sweep.seed=1,2,1: 1 is there twice"),
        ("seed", "1,", "sweep.seed=1,: "),
        ("seed", "range(2000)", "sweep: 2000 runs; allowed: 1000"),
        ("station", "glob(*)", "glob is not taken"),
    ],
)
def test_what_is_no_sweep_is_told(place: str, text: str, told: str) -> None:
    with pytest.raises(CommandError, match="sweep") as caught:
        values(**{place: text})
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sweep.speed=1,2"], "unknown key of train 'speed'"),
        (["sweep.nsim=8,0"], "nsim=0: "),
        (["sweep.trainer=sb3_ppo,ppo"], "unknown trainer 'ppo'"),
        (["sweep.seed=0,1", "seed=3"], "seed is given for all runs, and with several values as sweep.seed: give one"),
        (["sweep.seed=0,1", "launcher=slurm"], "unknown launcher 'slurm'"),
        (["sweep.seed=0,1", "launcher=joblib", "launcher.jobs=1"], "launcher=joblib: "),
        (["launcher=joblib"], "launcher=joblib with one run; allowed: with several"),
        (["sweep=seed"], "sweep"),
    ],
)
def test_what_cannot_be_run_is_told_before_any_run(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "launcher=joblib" in words:
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    assert main(["train", *words, f"out={tmp_path / 'out'}"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("pilotline: ")]
    (error,) = errors
    assert told in error
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.slow
def test_runs_are_told_together_and_one_that_fails_ends_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    out = tmp_path / "sweep"
    bad, good = "trainer.net=[-3]", "trainer.net=[8]"
    words = ["sweep.trainer.net=[-3],[8]", "launcher=joblib", "launcher.n_jobs=2"]
    assert main(["train", *SMALL, "steps=128", *words, f"out={out}"]) == 1
    figures = json.loads((out / "result.json").read_text())["figures"]
    runs = {each["folder"]: each for each in figures["runs"]}
    assert list(runs) == [bad, good]
    assert "net.0 is -3" in runs[bad]["failure"]
    own = json.loads((out / good / "result.json").read_text())
    assert (runs[good]["failure"], runs[good]["steps"]) == (None, 128)
    assert runs[good]["bound"] == own["figures"]["rows"][0]["evaluation"]["bound"]
    assert own["figures"]["plan"]["params"]["net"] == [8]
    assert "nthread=1" in own["command"]
    told = capsys.readouterr()
    assert f"{bad}: failed: params of sb3_ppo: net.0 is -3" in told.err
    assert "128" in told.out
    # again, by another launcher: a run that is there goes on
    assert main(["train", *SMALL, "steps=256", "sweep.trainer.net=[8]", f"out={out}"]) == 0
    own = json.loads((out / good / "result.json").read_text())
    assert [row["steps"] for row in own["figures"]["rows"]] == [128, 256]
    assert "goes on after 128 steps" in (out / good / "log.txt").read_text()
