"""Reach: who is there at the end, within the tolerance and for long enough, has done it."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline import policies, robots
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import SetupError, StationBatch
from pilotline.envs.transition import Step
from pilotline.envs.world import World, build_world

STEPS, WITHIN_M, STAY_STEPS = 125, 0.020, 25


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(stations.load("reach"), robots.load("fixed"), "ideal", shells=False)


def begun(world: World, n: int, pack: str = "D0") -> StationBatch:
    batch = StationBatch(world, n, 1, "ee", pack)
    batch.begin(np.arange(n), [cycle_seed(0, "reach", k) for k in range(n)])
    return batch


def rested(batch: StationBatch, away_m: np.ndarray, steps: int) -> Step:
    """The hands rest while targets stay so far beside the right one, (n,) m."""
    for _ in range(steps):
        hand = batch.observe()["right_hand"][:, :3]
        batch.draw["target"][:] = hand + np.stack([away_m, 0.0 * away_m, 0.0 * away_m], axis=-1)
        step = batch.step(np.zeros((batch.nsim, len(batch.control.names))))
    return step


def test_within_the_tolerance_and_just_outside(world: World) -> None:
    step = rested(begun(world, 2), np.array([WITHIN_M - 0.001, WITHIN_M + 0.001]), STEPS)
    np.testing.assert_array_equal(step.verdict.done, [True, True])
    np.testing.assert_array_equal(step.verdict.success, [True, False])
    np.testing.assert_array_equal(step.verdict.faults["missed"], [False, True])


@pytest.mark.parametrize(("late_steps", "good"), [(0, True), (1, False)])
def test_long_enough_and_a_step_too_late(world: World, late_steps: int, good: bool) -> None:
    batch = begun(world, 1)
    rested(batch, np.array([0.2]), STEPS - STAY_STEPS + late_steps)
    step = rested(batch, np.array([0.0]), STAY_STEPS - late_steps)
    assert bool(step.verdict.done[0])
    assert bool(step.verdict.success[0]) == good


def test_it_pays_to_be_near(world: World) -> None:
    reward = rested(begun(world, 4), np.array([0.3, 0.1, 0.03, 0.0]), 1).reward
    assert (np.diff(reward) > 0.0).all()
    assert reward[3] == pytest.approx(1.0, abs=0.01)


def test_targets_are_drawn_over_the_whole_box(world: World) -> None:
    card = world.station.card
    for pack in card.packs:
        drawn = [world.station.randomise(np.random.default_rng(k), pack)["target"] for k in range(400)]
        for axis, values in zip("xyz", np.array(drawn).T, strict=True):
            low, high = card.in_pack(pack).figure_range(f"target_{axis}_m")
            assert low <= values.min() < low + 0.05 * (high - low)
            assert high - 0.05 * (high - low) < values.max() <= high


def test_the_reference_gets_there(world: World) -> None:
    batch, policy = begun(world, 8), policies.load("reference", "reach", world.robot, 8)
    obs = batch.observe()
    for _ in range(STEPS):
        step = batch.step(policy.act(obs))
        obs = step.obs
    assert step.verdict.success.all()


def test_what_does_not_fit_is_refused(world: World) -> None:
    with pytest.raises(SetupError, match="control='joint' does not fit reach, which takes another one; allowed: ee"):
        StationBatch(world, 1, 1, "joint")
    with pytest.raises(policies.PolicyError, match="stands on legs"):
        policies.load("reference", "reach", robots.load("biped"), 1)
