"""Verdicts, observations, rewards and determinism of standing and walking."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from importlib import resources

import gymnasium
import mujoco
import numpy as np
import pytest

from pilotline import policies, robots
from pilotline.envs.card import CardError, load_card, parse_card
from pilotline.envs.frames import quat_from_axis_angle
from pilotline.envs.rendering import camera_of
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.stand import Stand
from pilotline.envs.stations.walk import Walk
from pilotline.envs.work.upper_body import UpperBody
from pilotline.envs.world import World, build_world
from pilotline.robots import Robot

from .conftest import PERIOD_S, still

Begun = Callable[..., StationBatch]


def at_the_end(batch: StationBatch, x: float = 0.0, turn_deg: float = 0.0, **memory: float) -> Verdict:
    """The verdict on a robot that has moved by x and turned when the time is over."""
    n, sense = batch.nsim, batch.engine.sense()
    last = sense.last.copy()
    last[:, sense.columns["base_pos"]] = (x, 0.0, batch.robot.base.height_m)  # type: ignore[union-attr]
    last[:, sense.columns["base_quat"]] = quat_from_axis_angle(np, (0.0, 0.0, 1.0), np.full(n, np.deg2rad(turn_deg)))
    held = {name: value.copy() for name, value in batch.memory.items()}
    held["step"][:] = batch.station.steps  # type: ignore[attr-defined]
    for name, value in memory.items():
        held[name][:] = value
    return batch.station.judge(np, replace(sense, last=last), held, batch.draw)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, None),
        ({"x": 0.299}, None),
        ({"x": -0.301}, "strayed"),
        ({"turn_deg": 19.9}, None),
        ({"turn_deg": -20.1}, "turned"),
        ({"still_s": 0.5}, None),
        ({"still_s": 0.48}, "restless"),
    ],
)
def test_standing_succeeds_just_inside_its_limits(begun: Begun, change: dict[str, float], fault: str | None) -> None:
    verdict = at_the_end(begun("stand", 1), **{"still_s": 1.0, **change})
    assert [name for name, value in verdict.faults.items() if value[0]] == ([fault] if fault else [])
    assert bool(verdict.success[0]) == (fault is None)
    assert verdict.done[0]


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ({"speed_error": 0.149, "turn_error": 0.119}, None),
        ({"speed_error": 0.151, "turn_error": 0.0}, "off_speed"),
        ({"speed_error": 0.0, "turn_error": 0.121}, "off_turn"),
    ],
)
def test_walking_succeeds_just_inside_its_limits(begun: Begun, error: dict[str, float], fault: str | None) -> None:
    batch = begun("walk", 1)
    steps = batch.station.steps  # type: ignore[attr-defined]
    verdict = at_the_end(batch, **{name: value * steps for name, value in error.items()})
    assert [name for name, value in verdict.faults.items() if value[0]] == ([fault] if fault else [])
    assert bool(verdict.success[0]) == (fault is None)


@pytest.mark.parametrize("station", ["stand", "walk"])
def test_nothing_is_judged_before_the_time_is_over(begun: Begun, station: str) -> None:
    batch = begun(station, 2)
    verdict = batch.step(still(batch)).verdict
    assert not verdict.done.any()
    assert not any(value.any() for value in verdict.faults.values())


def test_a_robot_that_falls_has_fallen(begun: Begun) -> None:
    batch = begun("stand", 1)
    batch.draw["push_at"][:, 0], batch.draw["push"][:, 0] = 1.0, (0.0, 3.0)
    for _ in range(200):
        step = batch.step(still(batch))
        if step.verdict.done[0]:
            break
    assert step.verdict.faults["fall"][0]
    assert not step.verdict.success[0]
    assert step.reward[0] == 0.0
    assert batch.metrics()["pushes_survived"][0] == 0.0


def test_locked_legs_carry_a_quiet_robot_to_a_good_end(begun: Begun) -> None:
    """No push, arms still: a straight stance on stiff servos does not tip."""
    batch = begun("stand", 1, motion=np.array(2.0), push=np.array(0.0))
    while not (step := batch.step(still(batch))).verdict.done[0]:
        pass
    assert batch.elapsed_s()[0] == pytest.approx(8.0)
    assert step.verdict.success[0]
    metrics = batch.metrics()
    assert metrics["steps"][0] == 0.0
    assert metrics["max_away_mm"][0] < 50.0
    assert min(step.terms[name][0] for name in step.terms) > 0.5


def test_sixty_seconds_are_a_matter_of_a_figure(tiny_biped: Robot) -> None:
    task = Stand(load_card("stand").with_figures(duration_s=60.0)).fitted(tiny_biped)
    assert task.steps == 3000
    draw = task.randomise(np.random.default_rng(0), "D0")
    assert draw["posture_at"][-1] > 60.0
    assert (np.linalg.norm(draw["push"], axis=-1) > 0.0).sum() > 9
    with pytest.raises(CardError, match="stand: no figure 'time'; there are: bend_deg"):
        task.card.with_figures(time=1.0)


def test_a_robot_senses_neither_its_place_nor_its_velocity(begun: Begun) -> None:
    for station, told in (("stand", set()), ("walk", {"command", "balance"})):
        batch = begun(station)
        sense = batch.engine.sense()
        assert set(batch.station.observe(np, sense, batch.memory, batch.draw, None)) == told
        assert not {"base_pose", "base_velocity"} & set(batch.observe())
        assert {"imu_quat", "foot_wrench", "wrist_wrench", "joint_pos", "joint_vel"} < set(batch.observe())


def test_commands_are_told_when_they_hold(begun: Begun) -> None:
    batch = begun("walk", 4)
    seen = [batch.observe()["command"], *(batch.step(still(batch)).obs["command"] for _ in range(200))]
    draw = batch.draw
    for slot in range(4):
        for number, command in enumerate(seen):
            turn = np.searchsorted(draw["command_at"][slot], number, side="right") - 1
            np.testing.assert_array_equal(command[slot], draw["command"][slot, turn])
    assert not np.array(seen)[:50].any()
    assert np.array(seen)[51:].any()


def test_commands_stay_within_their_figures(worlds: dict[str, World]) -> None:
    task = worlds["walk"].station
    drawn = np.array([task.randomise(np.random.default_rng(k), "D0")["command"] for k in range(300)]).reshape(-1, 3)
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    np.testing.assert_allclose(low, (-0.3, -0.3, -0.5), atol=0.02)
    np.testing.assert_allclose(high, (1.0, 0.3, 0.5), atol=0.02)
    standing = (drawn == 0.0).all(axis=1).mean()
    assert 0.15 < standing < 0.5


def test_who_stands_seldom_passes_for_a_walker(tiny_biped: Robot) -> None:
    """The share on the card, over other draws than those it was measured on."""
    task = Walk().fitted(tiny_biped)
    speed, turn = (task.card.figure(name) for name in ("speed_limit_m_per_s", "turn_limit_rad_per_s"))
    gain, within = PERIOD_S / (task.card.figure("filter_s") + PERIOD_S), 0
    for seed in range(5000, 5300):
        draw = task.randomise(np.random.default_rng(seed), "D0")
        told, off = np.zeros(3), np.zeros(2)
        for command in draw["command"][np.searchsorted(draw["command_at"], np.arange(1000), side="right") - 1]:
            told = told + gain * (command - told)
            off += (np.hypot(told[0], told[1]), abs(told[2]))
        within += bool((off / 1000 <= (speed, turn)).all())
    assert within / 300 < 0.05


def test_speed_errors_compare_true_velocity_with_the_command(begun: Begun) -> None:
    """One who stands is off by what it was told, through the same filter."""
    batch = begun("walk", 1, motion=np.array(2.0))
    batch.draw["command"][:] = (0.4, -0.3, 0.2)
    batch.draw["command"][:, 0] = 0.0
    told, total, gain = np.zeros(3), np.zeros(2), PERIOD_S / (0.5 + PERIOD_S)
    for number in range(200):
        batch.step(still(batch))
        now = batch.draw["command"][0, np.searchsorted(batch.draw["command_at"][0], number, side="right") - 1]
        told = told + gain * (now - told)
        total += (np.linalg.norm(told[:2]), abs(told[2]))
    metrics = batch.metrics()
    assert metrics["speed_error_m_per_s"][0] == pytest.approx(total[0] / 200, abs=0.01)
    assert metrics["turn_error_rad_per_s"][0] == pytest.approx(total[1] / 200, abs=0.01)


@pytest.mark.parametrize("station", ["stand", "walk"])
@pytest.mark.parametrize("pack", ["D0", "D1"])
def test_a_cycle_has_the_same_bits_in_any_batch(worlds: dict[str, World], station: str, pack: str) -> None:
    ends = {}
    for cycles, nthread in (((3,), 1), ((0, 1, 3), 2), ((6, 5, 4, 3, 2, 1, 0), 2)):
        batch = StationBatch(worlds[station], len(cycles), nthread, "legs", pack)
        batch.begin(np.arange(len(cycles)), [cycle_seed(5, station, cycle) for cycle in cycles])
        wave = 0.1 * np.sin(np.arange(len(batch.control.names)))
        for number in range(60):
            step = batch.step(still(batch) + wave * np.sin(0.1 * number))
        slot = cycles.index(3)
        seen = [step.reward, *step.obs.values(), *batch.metrics().values()]
        ends[cycles] = (int(batch.engine.digest[slot]), b"".join(value[slot].tobytes() for value in seen))
    assert len(set(ends.values())) == 1


@pytest.mark.parametrize("station", ["stand", "walk"])
def test_an_action_that_is_no_number_ends_that_cycle_alone(begun: Begun, station: str) -> None:
    batch = begun(station, 3)
    action = still(batch)
    action[1, 4] = np.nan
    step = batch.step(action)
    assert step.verdict.faults["bad_action"].tolist() == [False, True, False]
    assert all(np.isfinite(value).all() for value in step.obs.values())


def test_legs_are_the_only_layout(worlds: dict[str, World]) -> None:
    with pytest.raises(ValueError, match="control='joint' does not fit stand, which takes another one; allowed: legs"):
        StationBatch(worlds["stand"], 1, 1, "joint")


def test_a_robot_on_wheels_is_refused() -> None:
    with pytest.raises(ValueError, match="station=stand: robot wheeled has no legs; allowed: robots on legs"):
        build_world(Stand(), robots.load("wheeled"), "ideal")


def test_a_task_must_be_fitted_before_it_is_used() -> None:
    with pytest.raises(ValueError, match="station stand is not fitted to a robot"):
        Stand().randomise(np.random.default_rng(0), "D0")


def test_the_card_names_robot_and_layout_for_the_registered_id() -> None:
    env = gymnasium.make("pilotline/Stand-v1")
    assert env.unwrapped.batch.robot.name == "biped"
    assert env.action_space.shape == (12,)


def test_the_camera_goes_with_the_robot(worlds: dict[str, World]) -> None:
    world = worlds["walk"]
    camera = camera_of(world.station.view(), world.model)  # type: ignore[attr-defined]
    assert camera.type == mujoco.mjtCamera.mjCAMERA_TRACKING
    assert world.model.body(camera.trackbodyid).name == world.robot.root


@pytest.mark.parametrize("name", ["biped", "menagerie:unitree_g1"])
@pytest.mark.parametrize("task", [Stand(), Walk()], ids=["stand", "walk"])
def test_robots_on_legs_work_without_touching_themselves(task: Stand | Walk, name: str) -> None:
    """Recorded work and carrying, at their home and while the first second goes by."""
    if name.startswith("menagerie:") and not os.environ.get("MENAGERIE_ROOT"):
        pytest.skip("MENAGERIE_ROOT is not set: no menagerie files at hand")
    robot = robots.load(name)
    batch = StationBatch(build_world(task, robot, "ideal"), 2, 1, "legs")
    motion, body = batch.station._own.motion, UpperBody(robot)  # type: ignore[attr-defined]
    touching = [body.touching(row) for row in motion.table[::25]]
    assert np.mean(touching) < 0.05
    assert not body.touching(motion.carry)
    batch.begin(np.arange(2), [cycle_seed(5, task.card.name, k) for k in range(2)])
    for _ in range(50):
        step = batch.step(still(batch))
    assert not step.verdict.done.any()
    assert np.isfinite(step.reward).all()


def test_nobody_walks_yet() -> None:
    with pytest.raises(policies.PolicyError, match="policy 'reference' has no controller for station 'walk'"):
        policies.load("reference", "walk", robots.load("biped"), 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("code: T1", "code: A1"), "kind=task with code=A1; allowed: T1 to T9 for a task, A1 to F9 otherwise"),
        (("tau_h_s: 20.0", "tau_h_s: 8.0"), "a task with tau_h_s=8, tau_l_s=20; allowed: the same"),
    ],
)
def test_a_task_says_that_it_is_one(change: tuple[str, str], message: str) -> None:
    text = (resources.files("pilotline.envs") / "stations" / "cards" / "stand.yaml").read_text()
    with pytest.raises(CardError, match=message):
        parse_card(text.replace(*change), "stand.yaml")
