"""A few cycles of Reach, recorded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pilotline.benchmarks import demos as recording
from pilotline.benchmarks.job import Job
from pilotline.policies.imitate import storage
from pilotline.policies.imitate.demos import Demos
from pilotline.policies.train.plan import Plan, demos_seed

PLAN = Plan(
    trainer="bc",
    params={"net": [16, 16], "batch_size": 32},
    station="reach",
    robot="fixed",
    actuators="ideal",
    control="ee",
    pack="D0",
    reads=("right_hand", "target"),
    seed=0,
    nsim=8,
    leg_steps=64,
    cycles=4,
)
"""Cloning at Reach in small legs, of demonstrations that are not said yet."""


def _job(**other: Any) -> Job:
    asked = {"robot": "fixed", "actuators": "ideal", "stations": ("reach",), "policy": "reference", "cycles": 5}
    return Job(**{**asked, "seed": demos_seed(0), "nsim": 2, "nthread": 1, **other})


@pytest.fixture(scope="session")
def job() -> Callable[..., Job]:
    """Five cycles of the reference at Reach, or with other values."""
    return _job


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recording of five cycles."""
    out = tmp_path_factory.mktemp("demos")
    recording.record(_job(), "good", out)
    return out


@pytest.fixture(scope="session")
def shown(folder: Path) -> Demos:
    return storage.read(folder)


@pytest.fixture
def plan(shown: Demos) -> Plan:
    """Cloning of them, in legs of 64 samples."""
    return replace(PLAN, demos=shown.sha256())
