"""Every policy that came with the package: what it says of itself, the same bits in any company, a score that holds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from pilotline import policies, robots
from pilotline.benchmarks.cli import main
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies.file.reading import read
from pilotline.policies.shipped import located, shipped

STEPS = 12


def plan(path: str) -> dict:
    training = read(path).contract.training
    assert all((training.steps, training.wall_s, training.hardware, training.date, training.seeds))
    return training.config


def here(path: str) -> dict:
    """Its plan, where its robot is at hand."""
    config = plan(path)
    if str(config["robot"]).startswith("menagerie:") and not os.environ.get("MENAGERIE_ROOT"):
        pytest.skip("MENAGERIE_ROOT names no checkout of mujoco_menagerie")
    return config


@pytest.mark.parametrize("path", shipped())
def test_it_acts_alike_alone_and_among_many(path: str) -> None:
    config = here(path)
    robot = robots.load(config["robot"])
    world = build_world(stations.load(config["station"]), robot, config["actuators"])
    digests = []
    for nsim in (1, 7):
        policy = policies.load(path, config["station"], robot, nsim, config["actuators"])
        batch = StationBatch(world, nsim, control=policy.control, nthread=1)
        ids = np.arange(nsim)
        batch.begin(ids, [cycle_seed(0, config["station"], 3)] * nsim)
        policy.begin(ids)
        acts = []
        for _ in range(STEPS):
            action = policy.act(batch.observe())
            acts.append(action[-1].copy())
            batch.step(action)
        digests.append(np.array(acts).tobytes())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("path", shipped())
def test_its_score_is_verified_from_its_file_alone(path: str, tmp_path: Path) -> None:
    config = here(path)
    words = [f"{key}={config[key]}" for key in ("station", "robot", "actuators", "pack")]
    out = tmp_path / "score"
    assert main(["score", *words, f"policy={path}", "cycles=2", "video=false", f"out={out}"]) == 0
    card = json.loads((out / "scorecard.json").read_text())["body"]
    assert len(card["rows"]) == 2
    assert main(["verify", str(out / "scorecard.json"), "nthread=1", f"out={tmp_path / 'verify'}"]) == 0


def test_a_file_of_the_same_name_at_hand_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = Path("trained/x.onnx")
    assert located(shown) != shown
    shown.parent.mkdir()
    shown.write_bytes(b"")
    assert located(shown) == shown
    assert located("other/y.onnx") == Path("other/y.onnx")
