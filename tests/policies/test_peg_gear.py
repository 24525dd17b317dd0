"""The reference controller of B1 puts everything in its place, by observations alone, gently and inside the takt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pilotline import policies
from pilotline.benchmarks.rows import CycleRow
from pilotline.envs.stations.peg_layout import GEAR_TEETH, PARTS, PEGS, PINION_TEETH, TRAY_FLOOR_M, seat_m
from pilotline.policies import PolicyError
from pilotline.policies.reference.insertion import give_way, press
from pilotline.policies.reference.peg_plan import (
    QUEUE,
    downwards,
    foot_m,
    grasped,
    mesh_turn,
    pitch_rad,
    searched,
    within_pitch,
)
from pilotline.robots import load

NAME = "peg_gear"


@pytest.fixture(scope="module")
def rows(cycles_of: Callable[..., list[CycleRow]]) -> list[CycleRow]:
    """Two cycles of a seed that the controller was tuned on; its yield is in docs/results."""
    return cycles_of(NAME, 2, seed=1000)


def test_it_succeeds_within_the_takt(rows: list[CycleRow]) -> None:
    assert all(row.success and row.time_s <= 120.0 for row in rows)


def test_it_stays_gentle(rows: list[CycleRow]) -> None:
    assert max(row.metrics["peak_axial_n"] for row in rows) < 50.0
    assert max(row.metrics["peak_lateral_n"] for row in rows) < 30.0
    assert max(row.metrics["max_drop_mm"] for row in rows) < 20.0


def test_every_part_is_taken_once() -> None:
    assert sorted(part for queue in QUEUE for part in queue) == list(range(len(PARTS)))


def test_a_pressing_hand_comes_to_rest_at_the_wanted_force() -> None:
    np.testing.assert_allclose(press(np.array([0.0, 5.0, 10.0, 40.0]), 10.0, 0.02), [0.02, 0.01, 0.0, -0.02])


def test_a_hand_gives_way_along_the_push_up_to_a_speed() -> None:
    np.testing.assert_allclose(give_way(np.array([[10.0, -100.0]]), 1e-3, 0.05), [[0.01, -0.05]])


@pytest.mark.parametrize("known", [False, True])
def test_a_search_covers_its_field_and_hardly_jumps(known: bool) -> None:
    part = np.full(1, 2)
    path = np.array([searched(part, np.array([0.02 * k]), np.full(1, known))[0] for k in range(2000)])
    steps = np.linalg.norm(np.diff(path, axis=0), axis=-1)
    # a raster crosses to the line on the other side at its ends
    assert steps.max() < (0.0019 if known else 0.0001)
    rng = np.random.default_rng(1)
    half = (0.0008, 0.0012) if known else (0.0009, 0.0009)
    holes = rng.uniform(-1.0, 1.0, size=(50, 2)) * half
    nearest = np.linalg.norm(path[:, None] - holes[None], axis=-1).min(axis=0)
    assert nearest.max() < 0.0001085


def test_parts_come_down_slowly_where_they_meet_something() -> None:
    peg = np.zeros(4, np.int64)
    np.testing.assert_allclose(downwards(peg, np.array([0.0, 0.012, 0.025, 0.040])), [0.003, 0.015, 0.003, 0.015])


def test_a_grasp_tells_where_the_foot_is_across_the_fingers() -> None:
    """The fingers' own direction is centred; a tool turned back by a quarter sees x where y was."""
    spot, here = np.array([[0.102, 0.203]]), np.array([[0.1, 0.2, TRAY_FLOOR_M + 0.048]])
    np.testing.assert_allclose(grasped(spot, here, np.zeros(1)), [[0.0, 0.003, -0.048]], atol=1e-12)
    np.testing.assert_allclose(grasped(spot, here, np.full(1, np.pi / 2)), [[0.0, 0.002, -0.048]], atol=1e-12)
    part = np.array([1])
    foot = foot_m(part, np.array([0.02]), np.array([-0.048]))
    np.testing.assert_allclose(foot, 0.02 - 0.048 - seat_m(1)[2])


def test_a_gear_in_mesh_stays_in_mesh_when_its_mate_turns_by_a_tooth() -> None:
    part = np.arange(len(PEGS), len(PARTS))
    one = mesh_turn(part, np.full(3, 0.1))
    other = mesh_turn(part, np.full(3, 0.1 + 2 * np.pi / PINION_TEETH))
    np.testing.assert_allclose(within_pitch(part, other - one), 0.0, atol=1e-9)
    np.testing.assert_allclose(pitch_rad(part), 2 * np.pi / np.array(GEAR_TEETH))


def test_robots_that_reach_everything_are_served() -> None:
    for name in ("wheeled", "fixed"):
        assert policies.load("reference", NAME, load(name), 1).control == "joint"


def test_hands_that_cannot_pinch_are_refused() -> None:
    with pytest.raises(PolicyError, match=r"its right hand is 'five_finger', this controller needs 'gripper'"):
        policies.load("reference", NAME, load("wheeled hands=five_finger"), 1)
