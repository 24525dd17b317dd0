"""The reference controller of B3 drives screws to their torque, by observations alone, inside the takt."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline import policies
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.screw_layout import FEEDER_M, PARK_M, pocket_x
from pilotline.envs.world import build_world
from pilotline.policies.reference.screw import refusal
from pilotline.policies.reference.screw_plan import OVER_M, Step, goal_of, pocket_at
from pilotline.robots import load

_CYCLES = (1, 2)
"""Of seed 1000: two that the controller is known to finish; how many it finishes is told in docs/stations/screw.md."""


@pytest.fixture(scope="module")
def finished() -> tuple[Verdict, dict[str, np.ndarray], np.ndarray]:
    """Judgement, metrics and time of two cycles, each as it ended."""
    world = build_world(stations.load("screw"), load("wheeled"), "ideal")
    n = len(_CYCLES)
    batch = StationBatch(world, n, 2)
    batch.begin(np.arange(n), [cycle_seed(1000, "screw", k) for k in _CYCLES])
    policy = policies.load("reference", "screw", world.robot, n)
    policy.begin(np.arange(n))
    obs, over, time_s = batch.observe(), np.zeros(n, bool), np.zeros(n)
    metrics: dict[str, np.ndarray] = {}
    success = np.zeros(n, bool)
    while not over.all():
        step = batch.step(policy.act(obs))
        obs, new = step.obs, step.verdict.done & ~over
        if new.any():
            for name, value in batch.metrics().items():
                metrics[name] = np.where(new, value, metrics.get(name, value))
            success, time_s = np.where(new, step.verdict.success, success), np.where(new, batch.engine.time, time_s)
        over |= new
    return Verdict(success=success, done=over, faults={}), metrics, time_s


def test_it_drives_six_screws_to_their_torque(finished: tuple[Verdict, dict[str, np.ndarray], np.ndarray]) -> None:
    verdict, metrics, time_s = finished
    assert verdict.success.all()
    assert (time_s <= 76.0).all()
    for k in range(1, 7):
        np.testing.assert_allclose(metrics[f"torque_{k}_nm"], 2.85, atol=0.285)


def test_it_stays_in_line_and_gentle(finished: tuple[Verdict, dict[str, np.ndarray], np.ndarray]) -> None:
    _, metrics, _ = finished
    assert (metrics["largest_tilt_deg"] < 3.0).all()
    assert (metrics["max_press_n"] < 60.0).all()
    assert (metrics["max_bump_n"] < 75.0).all()


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


def test_a_pocket_leads_the_hand_once_the_sleeve_is_about_a_head() -> None:
    steps = np.full(2, Step.PICK)
    tool, pocket = np.array([(0.011, -0.14, 0.02), (0.011, -0.14, 0.005)]), np.tile((0.01, -0.14), (2, 1))
    goal = goal_of(steps, tool, pocket, np.zeros((2, 2)), np.zeros((2, 2)))
    np.testing.assert_allclose(goal.tool[:, 0], (0.01, 0.011))
    lifted = goal_of(np.full(2, Step.LIFT), tool, pocket, np.zeros((2, 2)), np.zeros((2, 2)))
    np.testing.assert_allclose(lifted.tool[:, :2], tool[:, :2])


def test_robots_that_cannot_are_told_why() -> None:
    assert refusal(load("wheeled")) is None
    assert refusal(load("fixed")) is None
    reason = refusal(load("biped"))
    assert reason is None or "hand" in reason
