"""A small gait, at the biped on flat floor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pilotline.policies.train.plan import Plan

PARAMS = {
    "gait": {"period_s": 0.8},
    "n_steps": 8,
    "batch_size": 32,
    "n_epochs": 2,
    "net": [16, 8],
    "activation": "elu",
    "log_std_init": -1.0,
}


@pytest.fixture(scope="session")
def walking() -> Callable[..., Plan]:
    """A plan of WalkStill with 8 simulations and legs of 128 steps."""

    def make(station: str = "walk_still", robot: str = "biped", trainer: str = "sb3_ppo", **params: Any) -> Plan:
        return Plan(trainer, {**PARAMS, **params}, station, robot, "ideal", "legs", "D0", None, 0, 8, 128, 8)

    return make
