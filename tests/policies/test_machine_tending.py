"""The reference controller of C1 does the job, by observations alone, inside the takt."""

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

NAME = "machine_tending"
TAKT_S = 60.0


@pytest.fixture(scope="module")
def rows(cycles_of: Callable[..., list[CycleRow]]) -> list[CycleRow]:
    """Cycles 0 to 3: jaws shut and open at the start, with and without chips."""
    return cycles_of(NAME, 4)


def test_it_succeeds_within_the_takt(rows: list[CycleRow]) -> None:
    assert np.mean([row.success and row.time_s <= TAKT_S for row in rows]) >= 0.75


def test_it_stays_gentle_and_exact(rows: list[CycleRow]) -> None:
    good = [row.metrics for row in rows if row.success]
    assert max(m["max_door_n"] for m in good) < 75.0
    assert max(m["max_bump_n"] for m in good) < 150.0
    assert max(m["slot_error_mm"] for m in good) < 5.0
    assert max(m["seat_gap_mm"] for m in good) < 0.5
    assert min(m["blown_s"] for m in good) > 0.6


@pytest.mark.parametrize(("robot", "reason"), [("fixed", "trays stand behind"), ("biped", "walk")])
def test_who_cannot_turn_round_is_refused_with_the_reason(robot: str, reason: str) -> None:
    with pytest.raises(policies.PolicyError, match=reason):
        policies.load("reference", NAME, load(robot), 1)


def test_a_row_of_actions_depends_on_its_row_of_observations_alone() -> None:
    robot = load("wheeled")
    world = build_world(stations.load(NAME), robot, "ideal", shells=False)
    actions = []
    for slots in ((0, 1), (1, 1)):
        batch = StationBatch(world, 2, 1)
        batch.begin(np.arange(2), [cycle_seed(0, NAME, k) for k in slots])
        policy = policies.load("reference", NAME, robot, 2)
        policy.begin(np.arange(2))
        obs = batch.observe()
        for _ in range(30):
            action = policy.act(obs)
            obs = batch.step(action).obs
        actions.append(action[1])
    np.testing.assert_array_equal(*actions)
