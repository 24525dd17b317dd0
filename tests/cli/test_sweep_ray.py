"""A sweep by Hydra's launcher for Ray, which has an environment of its own; `make ray` brings it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "build" / "ray" / "bin" / "python"
LIMIT_S = 600.0
PROGRAM = "import sys; from pilotline.benchmarks.cli import main; sys.exit(main())"
SMALL = ["leg_steps=128", "nsim=8", "cycles=2", "trainer.n_steps=16", "trainer.batch_size=64", "steps=128"]

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="no environment with hydra-ray-launcher; make ray builds it"
)


def test_ray_makes_the_runs_and_one_that_fails_ends_no_other(tmp_path: Path) -> None:
    words = ["sweep.trainer.net=[-3],[8]", "launcher=ray", "launcher.ray.init.num_cpus=1", f"out={tmp_path}"]
    command = [str(PYTHON), "-c", PROGRAM, "train", *SMALL, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 1, done.stderr[-3000:]
    figures = json.loads((tmp_path / "result.json").read_text())["figures"]
    bad, good = figures["runs"]
    assert figures["launcher"] == "ray"
    assert "net.0 is -3" in bad["failure"]
    assert (good["failure"], good["steps"]) == (None, 128)
