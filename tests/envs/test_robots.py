"""Any robot works at a station: its own senses and actions, finite, and the same bits from the same seed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from pilotline.envs.face import make_batch
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch

STATION = "device_test"
ROBOTS = ("fixed", "biped", "biped hands=five_finger", "wheeled left_hand=five_finger")
CONTROLS = {"fixed": "ee", "biped": "legs"}


def shaken(
    robot: str, control: str = "joint", nsim: int = 2, steps: int = 30
) -> tuple[StationBatch, Mapping[str, np.ndarray]]:
    """Random actions on the same two cycles, whatever the number of simulations."""
    batch = make_batch(STATION, robot, "ideal", control, "D0", nsim, 1)
    batch.begin(np.arange(nsim), [cycle_seed(3, STATION, k % 2) for k in range(nsim)])
    draws = np.random.default_rng(0).uniform(-1.0, 1.0, (steps, 2, len(batch.control.names)))
    for draw in draws:
        step = batch.step(draw[np.arange(nsim) % 2])
    return batch, step.obs


@pytest.mark.parametrize("robot", ROBOTS)
def test_random_actions_end_finite_and_the_same_in_any_batch(robot: str) -> None:
    two, obs = shaken(robot)
    four, _ = shaken(robot, nsim=4)
    assert all(np.isfinite(value).all() for value in obs.values())
    np.testing.assert_array_equal(four.engine.digest, np.tile(two.engine.digest, 2))
    assert two.engine.digest[0] != two.engine.digest[1]


@pytest.mark.parametrize("robot", CONTROLS)
def test_other_action_layouts_of_the_base_work_too(robot: str) -> None:
    batch, obs = shaken(robot, CONTROLS[robot])
    assert all(np.isfinite(value).all() for value in obs.values())
    assert ("base_vx" in batch.control.names) is False


def test_a_robot_on_legs_feels_its_feet_and_does_not_know_where_it_is() -> None:
    batch = make_batch(STATION, "biped", "ideal", "joint", "D0", 1, 1)
    action = batch.control.home[None]  # type: ignore[attr-defined]
    for _ in range(50):
        obs = batch.step(action).obs
    assert not {"base_pose", "base_velocity"} & set(obs)
    robot = batch.robot
    weight = 9.81 * float(batch.world.model.body(robot.root).subtreemass[0])
    soles = 9.81 * sum(float(batch.world.model.body(foot.body).mass[0]) for foot in robot.feet.values())
    carried = obs["foot_wrench"][0, [2, 8]].sum()
    assert abs(carried) == pytest.approx(weight - soles, rel=0.05) or abs(carried) == pytest.approx(weight, rel=0.05)
    np.testing.assert_allclose(obs["imu_quat"][0], [1.0, 0.0, 0.0, 0.0], atol=0.05)


def test_a_fixed_robot_stands_where_it_stands() -> None:
    _, obs = shaken("fixed")
    np.testing.assert_array_equal(obs["base_pose"], 0.0)
    np.testing.assert_array_equal(obs["base_velocity"], 0.0)


def test_a_hand_of_many_fingers_is_told_and_moved_joint_by_joint() -> None:
    batch, obs = shaken("biped hands=five_finger")
    fingers = batch.robot.fingers
    assert len(fingers) == 24
    assert obs["hand_pos"].shape == (2, 24)
    assert set(fingers) <= set(batch.control.names)


def test_a_planar_base_alone_takes_hand_motion_with_wheels() -> None:
    with pytest.raises(ValueError, match="control=ee: biped stands on legs"):
        make_batch(STATION, "biped", "ideal", "ee", "D0", 1, 1)
    with pytest.raises(ValueError, match="control='legs' does not exist for fixed; there are: joint, ee"):
        make_batch(STATION, "fixed", "ideal", "legs", "D0", 1, 1)


@pytest.mark.parametrize("robot", ["wheeled", "biped"])
def test_what_is_drawn_changes_no_bit(robot: str) -> None:
    station = "walk" if robot == "biped" else STATION
    seen, unseen = (make_batch(station, robot, "servo", None, "D0", 2, 1, shells) for shells in (True, False))
    assert seen.world.model.ngeom > unseen.world.model.ngeom
    action = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 2, len(seen.control.names)))
    for each in action:
        seen.step(each)
        unseen.step(each)
    np.testing.assert_array_equal(seen.engine.digest, unseen.engine.digest)
