"""Hostile programs at a quick station, each with victims that it could reach."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pilotline import robots
from pilotline.benchmarks.scene import Scene
from pilotline.envs import stations
from pilotline.envs.blame import blamed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies.remote import RemoteError
from pilotline.policies.sandbox import parse
from pilotline.policies.sandbox.cage.order import LAYERS
from pilotline.policies.sandbox.running import FolderPolicy

FOLDERS = Path(__file__).parent / "folders"
STATION, ROBOT, NSIM = "reach", "wheeled", 2

collect_ignore_glob = ["folders/*"]
if not sys.platform.startswith("linux"):
    collect_ignore_glob.append("test_*")

Started = Callable[..., FolderPolicy]


@pytest.fixture(scope="session")
def batch() -> StationBatch:
    """Two simulations of the quick station, under hand motion."""
    return StationBatch(build_world(stations.load(STATION), robots.load(ROBOT), "ideal"), NSIM, 1, "ee")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the harness makes its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def start(temporary: Path) -> Iterator[Started]:
    """`start(folder, options, layers=...)`: the policy in a folder; nothing of it is left with the test."""
    made: list[FolderPolicy] = []

    def started(folder: Path, options: str = "", layers: tuple[str, ...] = LAYERS) -> FolderPolicy:
        text = f"sandbox:{folder} {options}".strip()
        made.append(FolderPolicy(parse(text), STATION, robots.load(ROBOT), NSIM, layers=layers))
        return made[-1]

    yield started
    for policy in made:
        policy.close()
    assert list(temporary.iterdir()) == []


@pytest.fixture(scope="session")
def here() -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """`here(layers)`: those of `layers` that this machine gives; skips where that is not enough to run anything."""

    @cache
    def given(layers: tuple[str, ...]) -> tuple[str, ...]:
        try:
            policy = FolderPolicy(parse(f"sandbox:{FOLDERS / 'good'}"), STATION, robots.load(ROBOT), 1, layers=layers)
        except RemoteError as error:
            pytest.skip(str(error))
        policy.close()
        return tuple(each.partition(" ")[0] for each in policy.layers)

    return given


@pytest.fixture
def work(batch: StationBatch) -> Callable[[FolderPolicy], list[tuple[str, ...]]]:
    """`work(policy)`: the faults that end a cycle in each simulation; policies that stay still miss."""

    def run(policy: FolderPolicy) -> list[tuple[str, ...]]:
        ids = np.arange(NSIM)
        batch.begin(ids, [np.random.SeedSequence(11), np.random.SeedSequence(12)])
        policy.begin(ids)
        obs, faults = batch.observe(), dict[int, tuple[str, ...]]()
        while len(faults) < NSIM:
            step = batch.step(policy.act(obs))
            obs, verdict = step.obs, blamed(step.verdict, policy)
            for i in np.flatnonzero(verdict.done).tolist():
                names = tuple(name for name, ended in verdict.faults.items() if ended[i])
                faults.setdefault(i, names)
        return [faults[i] for i in range(NSIM)]

    return run


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[[str], Scene]]:
    """`scene(attack)`: a place where it could do harm."""
    made: list[Scene] = []

    def entered(name: str) -> Scene:
        made.append(Scene(FOLDERS / name, tmp_path).__enter__())
        return made[-1]

    yield entered
    for each in made:
        each.__exit__(None, None, None)
