"""The reference controller of C2 does the job, by observations alone, inside the takt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pilotline import policies
from pilotline.benchmarks.rows import CycleRow
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.robots import load

NAME = "device_test"


@pytest.fixture(scope="module")
def rows(cycles_of: Callable[..., list[CycleRow]]) -> list[CycleRow]:
    """Cycles 0 to 20: the draws of 16 and 19 among others have a bad verdict."""
    return cycles_of(NAME, 21)


def test_it_succeeds_within_the_takt(rows: list[CycleRow]) -> None:
    assert np.mean([row.success and row.time_s <= 18.0 for row in rows]) >= 0.9


def test_it_sorts_passed_and_bad_devices(rows: list[CycleRow]) -> None:
    verdicts = {row.metrics["verdict_pass"] for row in rows if row.success}
    assert verdicts == {0.0, 1.0}


def test_it_stays_gentle(rows: list[CycleRow]) -> None:
    good = [row.metrics for row in rows if row.success]
    assert max(m["max_press_n"] for m in good) < 20.0
    assert max(m["max_slide_mm"] for m in good) < 50.0
    assert max(m["max_bump_n"] for m in good) < 75.0
    assert max(m["seat_height_mm"] for m in good) < 0.5


def test_a_cycle_does_not_depend_on_its_neighbours_in_the_batch(
    rows: list[CycleRow], cycles_of: Callable[..., list[CycleRow]]
) -> None:
    alone = cycles_of(NAME, 3, nsim=2)
    assert [row.digest for row in alone] == [row.digest for row in rows[:3]]


def test_it_forgets_a_cycle_when_the_next_begins() -> None:
    world = build_world(stations.load(NAME), load("wheeled"), "ideal")
    batch = StationBatch(world, 1, 1)
    policy = policies.load("reference", NAME, world.robot, 1)
    actions = []
    for _ in range(2):
        batch.begin(np.arange(1), [cycle_seed(0, NAME, 5)])
        policy.begin(np.arange(1))
        obs = batch.observe()
        for _ in range(60):
            action = policy.act(obs)
            obs = batch.step(action).obs
        actions.append(action)
    np.testing.assert_array_equal(actions[0], actions[1])
