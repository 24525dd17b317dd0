"""The inverted pendulum in closed form, support polygons, and where a step goes."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.policies.reference.balance import capture
from pilotline.policies.reference.balance.capture import Reach

REACH = Reach(ahead=0.4, near=0.18, far=0.5, nominal=0.28, speed=1.6, half=np.array([0.1, 0.04]), aim=0.3, spare=0.05)
UNIT = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def test_the_capture_point_leaves_the_centre_of_pressure_as_the_pendulum_says() -> None:
    g, height, dt = 9.81, 0.9, 1e-4
    rate, p = np.sqrt(g / height), np.array([0.02, -0.01])
    c, v = np.array([0.0, 0.0]), np.array([0.3, -0.2])
    xi = c + v / rate
    for _ in range(3000):
        v = v + dt * rate**2 * (c - p)
        c = c + dt * v
    np.testing.assert_allclose(capture.after(xi, p, rate, 0.3), c + v / rate, atol=1e-3)


def test_the_hull_drops_what_lies_inside_and_turns_anticlockwise() -> None:
    points = np.concatenate([UNIT[::-1], [[0.5, 0.5], [0.5, 0.0], [0.2, 0.9]]])
    hull = capture.hull(points)
    assert {tuple(corner) for corner in hull} == {tuple(corner) for corner in UNIT}
    after = np.roll(hull, -1, axis=0)
    assert 0.5 * (hull[:, 0] * after[:, 1] - hull[:, 1] * after[:, 0]).sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("point", "depth", "nearest"),
    [
        ((0.5, 0.25), 0.25, (0.5, 0.25)),
        ((1.5, 0.5), -0.5, (1.0, 0.5)),
        ((2.0, 3.0), -2.0, (1.0, 1.0)),
    ],
)
def test_depth_and_nearest_point(point: tuple[float, float], depth: float, nearest: tuple[float, float]) -> None:
    assert capture.depth(UNIT, np.array(point)) == pytest.approx(depth)
    np.testing.assert_allclose(capture.nearest(UNIT, np.array(point)), nearest)


def test_a_sole_turns_with_its_heading() -> None:
    corners = capture.rectangle(np.array([1.0, 2.0]), np.pi / 2, np.array([0.1, 0.04]))
    assert np.ptp(corners, axis=0) == pytest.approx((0.08, 0.2))
    np.testing.assert_allclose(corners.mean(axis=0), (1.0, 2.0))


def test_a_step_goes_under_the_capture_point_and_wider() -> None:
    x, y, missed = capture.foothold(np.array([0.2, 0.25]), REACH)
    assert y == pytest.approx(0.25 + REACH.spare)
    # between the soles, as far out as the capture point, the stance is as far ahead, but for the sole's share
    assert x * 0.25 / y == pytest.approx(0.2 - REACH.aim * REACH.half[0])
    assert missed == 0.0


def test_a_step_out_of_reach_says_by_how_much() -> None:
    x, y, missed = capture.foothold(np.array([0.9, 0.3]), REACH)
    assert (x, y) == (REACH.ahead, pytest.approx(0.35))
    assert missed == pytest.approx(0.9 - 0.3 / 0.35 * 0.4 - 0.03)


def test_a_planned_step_catches_the_pendulum() -> None:
    stance, swing = (
        capture.rectangle(np.zeros(2), 0.0, REACH.half),
        capture.rectangle(np.array([0.0, 0.28]), 0.0, REACH.half),
    )
    xi, rate = np.array([0.15, 0.14]), 3.5
    _, pause, push, duration = capture.plan(xi, rate, stance, swing, np.array([0.0, 0.28]), REACH)
    lifted = capture.after(xi, push, rate, pause)
    landed = capture.after(lifted, capture.nearest(capture.hull(stance), lifted), rate, duration)
    x, y, missed = capture.foothold(landed, REACH)
    assert missed == 0.0
    assert capture.depth(capture.hull(np.concatenate([stance, swing + np.array([x, y - 0.28])])), landed) > 0.0
