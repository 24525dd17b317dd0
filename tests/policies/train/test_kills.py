"""A training run that is killed at random moments ends with what it would have had."""

from __future__ import annotations

from pathlib import Path

from pilotline.benchmarks import train_kills


def test_two_kills_change_nothing(tmp_path: Path) -> None:
    found = train_kills.run(train_kills.Settings(kills=2, steps=3072, seed=3), tmp_path)
    assert found["same_curve"]
    assert found["same_networks"]
    assert found["legs"] == 6
