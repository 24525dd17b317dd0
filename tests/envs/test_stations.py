"""What every station promises, whatever its job."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.transition import ENGINE_FAULTS
from pilotline.envs.world import build_world
from pilotline.robots import load


@pytest.fixture(scope="module", params=stations.names())
def batch(request: pytest.FixtureRequest) -> StationBatch:
    """Four cycles of a station."""
    station = stations.load(request.param)
    world = build_world(station, load(station.card.robot), "ideal")
    return StationBatch(world, 4, 2, station.card.control or "ee")


def begin(batch: StationBatch) -> None:
    seeds = [cycle_seed(1, batch.station.card.name, k) for k in range(batch.nsim)]
    batch.begin(np.arange(batch.nsim), seeds)


def wander(batch: StationBatch, steps: int) -> list[dict[str, np.ndarray]]:
    """Random actions; observations and rewards of every step."""
    rng = np.random.default_rng(0)
    seen = []
    for _ in range(steps):
        step = batch.step(rng.uniform(-1.0, 1.0, (batch.nsim, len(batch.control.names))))
        seen.append({**step.obs, "reward": step.reward, **{f"term {k}": v for k, v in step.terms.items()}})
    return seen


def test_observations_are_finite_and_rewards_stay_in_the_unit_interval(batch: StationBatch) -> None:
    begin(batch)
    for seen in wander(batch, 40):
        for name, value in seen.items():
            assert np.isfinite(value).all(), f"{name} is not finite"
            if name.startswith(("reward", "term")):
                assert np.all((value >= 0.0) & (value <= 1.0)), f"{name} leaves [0, 1]"


def test_same_seed_same_trajectory(batch: StationBatch) -> None:
    runs = []
    for _ in range(2):
        begin(batch)
        runs.append(wander(batch, 15))
    for first, second in zip(*runs, strict=True):
        for name, value in first.items():
            np.testing.assert_array_equal(value, second[name], err_msg=name)


def test_faults_are_named_once_and_the_engines_own_are_among_them(batch: StationBatch) -> None:
    begin(batch)
    action = np.zeros((batch.nsim, len(batch.control.names)))
    action[1] = np.nan
    verdict = batch.step(action).verdict
    assert set(ENGINE_FAULTS) <= set(verdict.faults)
    assert list(verdict.faults["bad_action"]) == [False, True, False, False]
    assert list(verdict.done) == [False, True, False, False]


def test_metrics_are_one_number_a_cycle(batch: StationBatch) -> None:
    begin(batch)
    wander(batch, 2)
    for name, value in batch.metrics().items():
        assert np.shape(value) == (batch.nsim,), name
        assert np.isfinite(value).all(), name


def test_draws_keep_their_keys_and_shapes(batch: StationBatch) -> None:
    draws = [batch.station.randomise(np.random.default_rng(k), "D0") for k in range(20)]
    shapes = {name: np.shape(value) for name, value in draws[0].items()}
    assert all({name: np.shape(v) for name, v in draw.items()} == shapes for draw in draws)


def test_every_version_has_its_history(batch: StationBatch) -> None:
    card = batch.station.card
    assert sorted(card.history) == list(range(1, card.version + 1))


def test_a_cycle_on_its_own_equals_the_same_cycle_among_others(batch: StationBatch) -> None:
    begin(batch)
    rng = np.random.default_rng(0)
    actions = rng.uniform(-0.3, 0.3, (10, batch.nsim, len(batch.control.names)))
    for action in actions:
        together = batch.step(action)
    alone = StationBatch(batch.world, 1, 1, batch.station.card.control or "ee")
    alone.begin(np.arange(1), [cycle_seed(1, batch.station.card.name, 2)])
    for action in actions:
        single = alone.step(action[2:3])
    for name, value in single.obs.items():
        np.testing.assert_array_equal(value[0], together.obs[name][2], err_msg=name)
    assert alone.engine.digest[0] == batch.engine.digest[2]
