"""Pushes in training: of the size and rate that was asked for, and drawn from the seed alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pilotline.policies.train.gait.pushes import TrainingPushes
from pilotline.policies.train.gait.sb3 import LIBRARY
from pilotline.policies.train.plan import Plan

PERIOD_S, MASS_KG, SECONDS, NSIM = 0.02, 50.0, 20.0, 40


def pushed(seed: int) -> np.ndarray:
    """Forces and torques (steps, n, 6) of whole cycles."""
    pushes = TrainingPushes(0.4, SECONDS, PERIOD_S, MASS_KG, NSIM)
    pushes.seed(seed)
    pushes.begin(np.arange(NSIM))
    return np.array([pushes.wrench(np.full(NSIM, step)) for step in range(round(SECONDS / PERIOD_S))])


def test_impulses_are_of_any_size_up_to_the_largest_on_every_side() -> None:
    wrench = pushed(0)
    assert not wrench[:, :, 2:].any()
    force = np.linalg.norm(wrench[:, :, :2], axis=-1)
    begins = (force > 0.0) & (np.roll(force, 1, axis=0) == 0.0)
    impulse = force[begins] * 0.1 / MASS_KG
    assert impulse.max() <= 0.4
    assert impulse.mean() == pytest.approx(0.2, abs=0.02)
    # a push every 2 s on average, the first one after 1 to 3 s
    assert begins.sum() == pytest.approx(NSIM * SECONDS / 2.0, rel=0.1)
    assert np.abs(wrench[:, :, :2].sum(axis=(0, 1))).max() < 0.15 * force.sum()


def test_the_seed_says_which_and_cycles_begin_one_by_one() -> None:
    np.testing.assert_array_equal(pushed(3), pushed(3))
    assert not np.array_equal(pushed(3), pushed(4))
    pushes = TrainingPushes(0.4, SECONDS, PERIOD_S, MASS_KG, 2)
    before = [pushes.wrench(np.full(2, step)) for step in range(1000)]
    pushes.begin(np.array([1]))
    after = [pushes.wrench(np.full(2, step)) for step in range(1000)]
    same = [np.array_equal(np.array(before)[:, slot], np.array(after)[:, slot]) for slot in (0, 1)]
    assert same == [True, False]


@pytest.mark.parametrize("push", [0.0, 0.4])
def test_robots_in_training_are_pushed_where_the_gait_says_so(push: float, walking: Callable[..., Plan]) -> None:
    env, _ = LIBRARY.make_env(walking(gait={"push_ns_per_kg": push}), 1, 8.0)
    env.seed(3)
    env.reset()
    batch, felt = env.venv.venv.batch, np.zeros(8, bool)
    root = batch.world.model.body(batch.robot.root).id
    for _ in range(160):
        env.step(np.zeros((8, *env.action_space.shape)))
        felt |= batch.engine.push[:, root].any(axis=-1)
        assert not np.delete(batch.engine.push, root, axis=1).any()
    assert felt.sum() == (8 if push else 0)
