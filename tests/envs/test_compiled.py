"""Compiled, the pure functions of a world give the numbers that they give under NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from pilotline.envs import stations
from pilotline.envs.noise import StepNoise
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.transition import Progress, Step, follow, observe
from pilotline.envs.world import build_world
from pilotline.robots import load

STEPS = 25


@pytest.fixture(
    scope="module",
    params=[*((name, "harmonic") for name in stations.names()), ("tote_destack", "ideal"), ("device_test", "twin")],
    ids=lambda param: "-".join(param),
)
def batch(request: pytest.FixtureRequest) -> StationBatch:
    name, tier = request.param
    station = stations.load(name)
    world = build_world(station, load(station.card.robot), tier)
    batch = StationBatch(world, 4, 2, station.card.control or "joint", list(station.card.packs)[-1])
    batch.begin(np.arange(4), [cycle_seed(3, name, k) for k in range(4)])
    return batch


def frozen(progress: Progress) -> Progress:
    """A copy that the batch does not write to."""
    memory, faults = ({k: v.copy() for k, v in part.items()} for part in (progress.memory, progress.faults))
    return progress._replace(
        memory=memory, faults=faults, tipping_s=progress.tipping_s.copy(), steps=progress.steps.copy()
    )


def flat(step: Step) -> dict[str, Any]:
    named = {f"{kind} {k}": v for kind, part in (("obs", step.obs), ("term", step.terms)) for k, v in part.items()}
    faults = {f"fault {k}": v for k, v in step.verdict.faults.items()}
    return {**named, **faults, "reward": step.reward, "success": step.verdict.success, "done": step.verdict.done}


def same(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=1e-12, err_msg=name)


def wandering(batch: StationBatch) -> Iterator[np.ndarray]:
    """Random actions, wilder with time, one of them not finite."""
    rng = np.random.default_rng(1)
    for k in range(STEPS):
        action = rng.uniform(-1.5, 1.5, (batch.nsim, len(batch.control.names))) * (k / STEPS)
        action[2, 0] = np.nan if k == STEPS // 2 else action[2, 0]
        yield action


def test_a_compiled_step_is_the_step_under_numpy(batch: StationBatch) -> None:
    sense = batch.engine.sense()
    same(batch.observe(), observe(np, batch.rules, sense, batch.progress, batch.draw, StepNoise))
    for action in wandering(batch):
        before = frozen(batch.progress)
        step = batch.step(action)
        broken = ~np.isfinite(action).all(axis=-1)
        after, outputs, wanted = follow(
            np, batch.rules, sense, before, batch.draw, broken, batch.engine.diverged, StepNoise
        )
        same(flat(step), flat(wanted))
        same(batch.progress.memory, after.memory)
        same(batch.progress.faults, after.faults)
        np.testing.assert_array_equal(batch.progress.steps, after.steps)
        for (kind, name), value in outputs.items():
            array, at = batch.engine.output(kind, name)
            value = np.reshape(value, (batch.nsim, -1))
            found = array.reshape(batch.nsim, -1)[:, at : at + value.shape[1]]
            np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-12, err_msg=name)


def test_a_step_of_some_leaves_the_others_alone(batch: StationBatch) -> None:
    before = batch.step(np.zeros((4, len(batch.control.names))))
    after = batch.step(np.full((4, len(batch.control.names)), 0.1), np.array([1, 3]))
    for name, value in flat(before).items():
        np.testing.assert_array_equal(flat(after)[name][[0, 2]], value[[0, 2]], err_msg=name)


def test_what_was_handed_out_stays_as_it_was(batch: StationBatch) -> None:
    step = batch.step(np.zeros((4, len(batch.control.names))))
    kept = {name: np.array(value) for name, value in flat(step).items()}
    batch.step(np.full((4, len(batch.control.names)), 0.2))
    for name, value in flat(step).items():
        np.testing.assert_array_equal(value, kept[name], err_msg=name)
