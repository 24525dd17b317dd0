"""The controller as a whole on the built-in biped: estimates, standing, a push, walking home, batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pilotline.policies.reference.balance.gains import servo_gains
from pilotline.policies.reference.balance.stand import BalancePolicy
from pilotline.robots import Robot

Make = Callable[[int], Any]


def test_the_usual_stance_is_flat_as_wide_as_a_sideways_push_asks_and_within_the_joints(biped: Robot) -> None:
    policy = BalancePolicy(biped, 1, *servo_gains(biped))
    figures = policy.figures
    rate = np.sqrt(9.81 / 0.9)
    half = policy.tree.half[0, 1] * policy.tuning.use_y
    assert 0.5 * figures.reach.nominal + half == pytest.approx(policy.tuning.side_push_m_s / rate, abs=0.03)
    low = np.array([biped.joints[name].low for name in biped.driven])
    high = np.array([biped.joints[name].high for name in biped.driven])
    assert ((figures.stance > low) & (figures.stance < high)).all()
    assert figures.height == pytest.approx(biped.base.height_m, abs=0.01)  # type: ignore[union-attr]


def test_estimates_are_near_the_truth_while_pushed(ground: Make) -> None:
    field = ground(1)
    field.run(1.0)
    for _ in range(10):
        field.run(0.04, np.array([[60.0, 40.0]]))
        senses, truth = field.senses(), field.qvel[0, :3].copy()
        field.policy.act(senses)
        body = field.policy.body
        np.testing.assert_allclose(body.root_vel[0], truth, atol=0.03)
        assert body.load[0].sum() == pytest.approx(9.81 * field.mass, rel=0.15)


def test_it_stands_still(ground: Make) -> None:
    field = ground(1)
    field.run(8.0)
    assert field.upright().all()
    np.testing.assert_allclose(field.qpos[0, :2], 0.0, atol=0.06)
    assert np.abs(field.qvel[0]).max() < 0.05


def test_a_push_is_caught_with_steps_and_it_walks_home(ground: Make) -> None:
    field = ground(4)
    field.run(4.0)
    angle = np.deg2rad([0.0, 90.0, 180.0, 315.0])
    field.run(0.1, 6.0 * field.mass * np.stack([np.cos(angle), np.sin(angle)], axis=-1))
    field.run(0.5)
    assert np.hypot(*field.qpos[:, :2].T).max() > 0.1
    field.run(12.0)
    assert field.upright().all()
    assert (np.hypot(*field.qpos[:, :2].T) < 0.15).all()


def test_rows_do_not_depend_on_the_batch(ground: Make) -> None:
    alone, three = ground(1), ground(3)
    force = np.array([[150.0, 60.0], [0.0, 0.0], [-90.0, 30.0]])
    for field, push in ((alone, force[2:]), (three, force)):
        field.run(0.5)
        field.run(0.1, push)
        field.run(0.6)
    np.testing.assert_array_equal(alone.qpos[0], three.qpos[2])


def test_begin_forgets_the_robots_named(biped: Robot, ground: Make) -> None:
    field = ground(2)
    field.run(0.2, np.array([[300.0, 0.0], [300.0, 0.0]]))
    field.policy.begin(np.array([1]))
    assert field.policy.memory.fresh.tolist() == [0, 1]
    assert np.abs(field.policy.body.root_vel[0]).max() > 0.1
    np.testing.assert_array_equal(field.policy.body.root_vel[1], 0.0)


def test_the_upper_body_goes_where_it_is_told(biped: Robot, ground: Make) -> None:
    field = ground(1)
    names = field.policy.upper
    wanted = np.array([[biped.home[name] for name in names]])
    wanted[0, names.index("right_shoulder_pitch")] -= 0.4
    place = int(field.model.joint("right_shoulder_pitch").qposadr[0])
    told = field.policy.act(field.senses(), wanted)
    assert told[0, biped.driven.index("right_shoulder_pitch")] == pytest.approx(field.qpos[0, place] - 0.4, abs=0.15)
