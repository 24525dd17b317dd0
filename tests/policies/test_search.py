"""The spiral that feels for a hole: even speed, turns one pitch apart, no further than its reach."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.policies.reference.search import spiral

PITCH_M, SPEED, REACH_M = 0.001, 0.01, 0.006


def path(seconds: float, step_s: float = 0.001) -> np.ndarray:
    return spiral(np.arange(0.0, seconds, step_s), PITCH_M, SPEED, REACH_M)


def test_it_begins_in_the_middle() -> None:
    assert spiral(np.zeros(1), PITCH_M, SPEED, REACH_M) == pytest.approx(np.zeros((1, 2)))


def test_its_speed_is_even_after_the_first_turn() -> None:
    ways = np.linalg.norm(np.diff(path(8.0), axis=0), axis=1) / 0.001
    assert ways[1000:] == pytest.approx(SPEED, rel=0.02)


def test_its_turns_lie_one_pitch_apart() -> None:
    points = path(8.0)
    angle, radius = np.unwrap(np.arctan2(points[:, 1], points[:, 0])), np.linalg.norm(points, axis=1)
    later = np.interp(angle + 2.0 * np.pi, angle, radius)
    inside = angle < angle[-1] - 2.0 * np.pi
    assert (later - radius)[inside] == pytest.approx(PITCH_M, rel=1e-3)


def test_it_stays_within_reach() -> None:
    assert np.linalg.norm(path(60.0, 0.01), axis=1).max() == pytest.approx(REACH_M)
