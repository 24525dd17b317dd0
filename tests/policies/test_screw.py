"""The reference controller of B3 drives screws to their torque, by observations alone, inside the takt."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.benchmarks import campaign
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.envs.stations.screw_layout import FEEDER_M, PARK_M, pocket_x
from pilotline.policies.reference.screw import refusal
from pilotline.policies.reference.screw_plan import OVER_M, Step, goal_of, pocket_at
from pilotline.robots import load


@pytest.fixture(scope="module")
def rows() -> list[CycleRow]:
    return campaign.run(
        Job(
            robot="wheeled",
            actuators="ideal",
            stations=("screw",),
            policy="reference",
            seed=0,
            cycles=2,
            nsim=2,
            nthread=2,
        )
    )


def test_it_drives_screws_to_their_torque(rows: list[CycleRow]) -> None:
    torques = [row.metrics[f"torque_{k}_nm"] for row in rows for k in range(1, 7)]
    driven = [torque for torque in torques if torque > 0.5]
    assert len(driven) >= 8
    assert np.mean([abs(torque - 2.85) < 0.285 for torque in driven]) >= 0.9


def test_what_succeeds_is_inside_the_takt_and_gentle(rows: list[CycleRow]) -> None:
    for row in rows:
        if row.success:
            assert row.time_s <= 76.0
            assert row.metrics["largest_tilt_deg"] < 3.0
            assert row.metrics["max_press_n"] < 60.0


def test_pockets_turn_with_the_feeder() -> None:
    at = pocket_at(np.array([0, 6]), np.array([[0.001, 0.002, 0.0], [0.0, 0.0, np.pi / 2]]))
    np.testing.assert_allclose(at[0], (FEEDER_M[0] + 0.001 + pocket_x(0), FEEDER_M[1] + 0.002))
    np.testing.assert_allclose(at[1], (FEEDER_M[0], FEEDER_M[1] + pocket_x(6)), atol=1e-12)


def test_screws_travel_high_and_the_driver_goes_home() -> None:
    steps = np.array([Step.TO_HOLE, Step.PARK])
    zero = np.zeros((2, 2))
    goal = goal_of(steps, np.zeros((2, 3)), zero, zero + 0.01, zero)
    np.testing.assert_allclose(goal.tool, [(0.01, 0.01, OVER_M), PARK_M])
    assert goal.holds.all()


def test_robots_that_cannot_are_told_why() -> None:
    assert refusal(load("wheeled")) is None
    assert refusal(load("fixed")) is None
    reason = refusal(load("biped"))
    assert reason is None or "hand" in reason
