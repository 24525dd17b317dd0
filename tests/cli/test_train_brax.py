"""`pilotline train trainer=brax_ppo`, from a station under MJX to a policy file that scores on the CPU engine.

In a process of its own, on one core and with a hard time limit: see `pilotline.envs.mjx.pinned`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main

pytest.importorskip("brax")
pytest.importorskip("mujoco.mjx")

LIMIT_S = 900.0
QUICK = """
import sys
from pilotline.envs.mjx.pinned import pin
pin()
import jax
jax.config.update("jax_disable_most_optimizations", True)
from pilotline.benchmarks.cli import main
sys.exit(main(sys.argv[1:]))
"""
SMALL = {
    "bank": "2",
    "contacts": "4",
    "unroll_length": "2",
    "batch_size": "2",
    "num_minibatches": "1",
    "num_updates_per_batch": "1",
    "net": "[8]",
}
ROBOT = ["robot=biped", "robot.contacts=feet", "station=stand", "nthread=1", "cycles=2"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command, compiled as quickly as can be."""
    return subprocess.run(
        [sys.executable, "-c", QUICK, *words], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


@pytest.mark.slow
def test_a_station_on_mjx_becomes_a_policy_file_that_scores(tmp_path: Path) -> None:
    out = tmp_path / "run"
    small = [f"trainer.{name}={value}" for name, value in SMALL.items()]
    words = ["train", "trainer=brax_ppo", *ROBOT, "control=legs", "reads=joint_pos,previous_action,clock:0.8", *small]
    done = run(*words, "nsim=2", "leg_steps=4", "steps=8", f"out={out}")
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads((out / "result.json").read_text())["figures"]
    assert [row["steps"] for row in figures["rows"]] == [4, 8]
    assert figures["plan"]["robot"] == "biped contacts=feet"
    assert (out / "checkpoint-000001" / "training_state.msgpack").is_file()
    assert list((out / "board").iterdir())
    score = tmp_path / "score"
    assert main(["score", *ROBOT, "video=false", f"policy={out / 'best.onnx'}", f"out={score}"]) == 0
    assert main(["verify", str(score / "scorecard.json"), f"out={tmp_path / 'verify'}"]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["station=reach"], "control=ee is compiled for the CPU: use control=joint"),
        (["station=device_test", "robot=fixed"], "moving surfaces (geom_surfacevel): use the CPU engine"),
        (["station=reach", "nsim=3"], "num_minibatches=4 and nsim=3; allowed: their product a multiple of nsim"),
        (["station=reach", "trainer.learning_speed=1"], "learning_speed"),
    ],
)
def test_what_mjx_does_not_do_is_told_in_a_line(words: list[str], told: str, tmp_path: Path) -> None:
    done = run("train", "trainer=brax_ppo", *words, f"out={tmp_path / 'out'}")
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("pilotline: ")]
    assert told in line
    assert "Traceback" not in done.stderr
