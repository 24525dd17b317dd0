"""The reference controller of A1 does the job, by observations alone, on loads its robot may lift."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pilotline import policies
from pilotline.benchmarks.rows import CycleRow
from pilotline.robots import load


@pytest.fixture(scope="module")
def rows(cycles_of: Callable[..., list[CycleRow]]) -> list[CycleRow]:
    return cycles_of("tote_destack", 24)


def test_it_succeeds_within_the_load_chart_and_the_takt(rows: list[CycleRow]) -> None:
    graded = [row for row in rows if row.within_payload]
    assert len(graded) >= 4
    assert np.mean([row.success and row.time_s <= 60.0 for row in graded]) >= 0.8


def test_loads_far_beyond_the_chart_are_not_lifted_by_magic(rows: list[CycleRow]) -> None:
    heavy = [row for row in rows if row.metrics["mass_kg"] > 12.0]
    assert heavy
    assert not any(row.success for row in heavy)


def test_each_row_of_its_actions_depends_on_that_row_alone() -> None:
    robot = load("wheeled")
    rng = np.random.default_rng(0)
    obs = {
        "tote_pose": rng.normal(size=(5, 4)) * 0.1 + [0.8, 0.0, 0.8, 0.0],
        "belt_pose": rng.normal(size=(5, 4)) * 0.1 + [-1.2, 0.0, 0.75, 3.0],
        "tote_size": np.tile([0.594, 0.396, 0.28, 0.205], (5, 1)),
        "right_hand": np.concatenate([rng.normal(size=(5, 3)), np.tile([1.0, 0, 0, 0], (5, 1))], axis=1),
        "left_hand": np.concatenate([rng.normal(size=(5, 3)), np.tile([1.0, 0, 0, 0], (5, 1))], axis=1),
        "base_velocity": np.zeros((5, 3)),
        "wrist_wrench": rng.normal(size=(5, 12)),
        "signal": np.ones((5, 1)),
    }
    together = policies.load("reference", "tote_destack", robot, 5)
    alone = policies.load("reference", "tote_destack", robot, 1)
    together.begin(np.arange(5))
    alone.begin(np.arange(1))
    for _ in range(3):
        many = together.act(obs)
        one = alone.act({name: value[3:4] for name, value in obs.items()})
    np.testing.assert_array_equal(one[0], many[3])
