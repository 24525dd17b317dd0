"""Plans small enough for a test."""

from __future__ import annotations

from typing import Any

import pytest

from pilotline.policies.train.plan import Plan

PARAMS: dict[str, dict[str, Any]] = {
    "ppo": {"n_steps": 16, "batch_size": 64, "n_epochs": 2, "net": [16, 16], "log_std_init": -1.0},
    "sac": {
        "learning_starts": 32,
        "buffer_size": 512,
        "batch_size": 32,
        "train_freq": 1,
        "gradient_steps": 1,
        "net": [16, 16],
        "activation": "relu",
    },
}


@pytest.fixture
def tiny():
    """A plan of Reach with 8 simulations and legs of 256 steps."""

    def make(trainer: str, **params: Any) -> Plan:
        own = {**PARAMS[trainer.partition("_")[2]], **params}
        reads = ("right_hand", "target")
        return Plan(trainer, own, "reach", "fixed", "ideal", "ee", "D0", reads, 0, 8, 256, 8)

    return make
