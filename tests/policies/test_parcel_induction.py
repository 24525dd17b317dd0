"""The reference controller of D1 does the job, by observations alone, inside the takt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pilotline import policies
from pilotline.benchmarks.penetration import Probe
from pilotline.benchmarks.rows import CycleRow
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.parcel_kinds import FACES
from pilotline.envs.stations.parcel_layout import EDGE_X_M, INDUCTION_Y_M, INFEED_Y_M
from pilotline.envs.world import build_world
from pilotline.policies.reference.parcel_plan import Held, Step, end_roll, goal_of, half_height, next_roll, start_roll
from pilotline.robots import load

NAME = "parcel_induction"


@pytest.fixture(scope="module")
def rows(cycles_of: Callable[..., list[CycleRow]]) -> list[CycleRow]:
    return cycles_of(NAME, 5)


def test_it_succeeds_within_the_takt(rows: list[CycleRow]) -> None:
    takt = stations.load(NAME).card.tau_l_s
    assert np.mean([row.success and row.time_s <= takt for row in rows]) >= 0.8


def test_it_turns_parcels_and_keeps_them_apart(rows: list[CycleRow]) -> None:
    good = [row.metrics for row in rows if row.success]
    assert max(m["to_turn"] for m in good) >= 2.0
    assert max(m["wrong_side_rate"] for m in good) == 0.0
    assert min(m["min_gap_mm"] for m in good) >= 150.0


def test_no_contact_is_deeper_than_a_millimetre() -> None:
    world = build_world(stations.load(NAME), load("wheeled"), "ideal")
    batch = StationBatch(world, 1, 1)
    policy = policies.load("reference", NAME, world.robot, 1)
    batch.begin(np.arange(1), [cycle_seed(0, NAME, 1)])
    policy.begin(np.arange(1))
    probe, obs, deepest = Probe(batch.engine.batch), batch.observe(), 0.0
    for _ in range(400):
        obs = batch.step(policy.act(obs)).obs
        deepest = max(deepest, probe(np.arange(1))[0].depth_m)
    assert 0.0 < deepest < 0.001


@pytest.mark.parametrize(("face", "turned"), [(0, 0.0), (1, np.pi), (2, -np.pi / 2), (3, np.pi / 2)])
@pytest.mark.parametrize("now", [0.0, -np.pi])
def test_rolls_bring_every_label_down_within_the_wrists_range(face: int, turned: float, now: float) -> None:
    start = start_roll(np.array([face]), np.array([now]), np.array([0.0]))
    end = end_roll(np.array([face]), start)
    assert -np.pi <= end[0] <= 0.0
    assert {float(start[0])} <= {0.0, -np.pi}
    assert np.abs(end - start)[0] == pytest.approx(abs(turned))
    if FACES[face] in ("left", "right"):
        assert (end - start)[0] == pytest.approx(turned)


def held(bag: float = 0.0) -> Held:
    """A parcel of 0.2 x 0.16 x 0.06 m on the infeed, label on top."""
    edge, size = np.array([[EDGE_X_M, INFEED_Y_M, 0.0]]), np.array([[0.2, 0.16, 0.06]])
    return Held(edge, size, np.array([bag]), np.array([1]))


def test_a_parcel_is_rolled_no_further_than_its_height_allows() -> None:
    assert half_height(held().size, np.array([np.pi / 2]))[0] == pytest.approx(0.08)
    low, high = (np.array([[0.0, INFEED_Y_M, z]]) for z in (0.03, 0.2))
    zero, carry = np.zeros(1), np.array([Step.CARRY])
    wanted = zero - np.pi
    assert next_roll(zero, wanted, low, held(), zero, carry, 0.04)[0] == 0.0
    assert next_roll(zero, wanted, high, held(), zero, carry, 0.04)[0] == -0.04


def test_a_parcel_waits_above_the_belt_until_there_is_room() -> None:
    hand, zero = np.array([[0.0, INFEED_Y_M + 0.1, 0.1]]), np.zeros(1)
    goals = [
        goal_of(np.array([Step.CARRY]), hand, held(), zero, zero, zero, np.array([free])) for free in (True, False)
    ]
    assert goals[0].position[0, 1] == INDUCTION_Y_M
    assert goals[1].position[0, 1] < INDUCTION_Y_M - 0.1
    assert goals[1].position[0, 2] > goals[0].position[0, 2] + 0.05


def test_a_robot_whose_wrist_does_not_roll_half_round_is_refused() -> None:
    with pytest.raises(policies.PolicyError, match=r"its right hand misses .*(the wrist rolls|by \d+ mm)"):
        policies.load("reference", NAME, load("biped"), 1)


def test_a_robot_on_a_fixed_base_is_served() -> None:
    assert policies.load("reference", NAME, load("fixed"), 1).control == "joint"


def test_it_forgets_a_cycle_when_the_next_begins() -> None:
    world = build_world(stations.load(NAME), load("wheeled"), "ideal")
    batch = StationBatch(world, 1, 1)
    policy = policies.load("reference", NAME, world.robot, 1)
    actions = []
    for _ in range(2):
        batch.begin(np.arange(1), [cycle_seed(0, NAME, 5)])
        policy.begin(np.arange(1))
        obs = batch.observe()
        for _ in range(150):
            action = policy.act(obs)
            obs = batch.step(action).obs
        actions.append(action)
    np.testing.assert_array_equal(actions[0], actions[1])
