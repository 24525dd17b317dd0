"""The insertion sweep: same starts for every condition, results that don't depend on threads, intervals, a plot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pilotline.benchmarks import insertion
from pilotline.benchmarks.insertion import Tries, difficulty, insert, plot, starts, summary


@pytest.fixture(scope="module")
def easy() -> tuple[dict[str, np.ndarray], Tries]:
    """Four starts in a wide hole."""
    start = starts(4, 5)
    return start, insert(np.full(4, 0.0005), np.full(4, 0.2), start, nthread=2)


def test_a_wide_hole_takes_every_peg_within_the_limits(easy: tuple[dict[str, np.ndarray], Tries]) -> None:
    _, done = easy
    assert done.seated.all()
    # the way down alone: 1 mm above the hole, 24 mm in it, 10 mm/s at most
    assert np.all((done.time_s > 2.4) & (done.time_s < insertion.LIMIT_S))
    assert np.all(done.axial_n < insertion.AXIAL_LIMIT_N)


def test_one_thread_and_another_order_give_the_same(easy: tuple[dict[str, np.ndarray], Tries]) -> None:
    start, done = easy
    turned = {name: value[::-1] for name, value in start.items()}
    again = insert(np.full(4, 0.0005), np.full(4, 0.2), turned, nthread=1)
    np.testing.assert_array_equal(again.time_s[::-1], done.time_s)
    np.testing.assert_array_equal(again.axial_n[::-1], done.axial_n)


def test_a_peg_far_beside_the_hole_is_not_seated() -> None:
    start = {"beside": np.array([[0.004, 0.0]]), "tilt": np.zeros((1, 2)), "edge": np.array([1e-4])}
    limit = insertion.LIMIT_S
    done = insert(np.array([0.0001]), np.array([0.3]), start, nthread=1)
    assert not done.seated[0]
    assert done.time_s[0] == limit


def test_summary_and_difficulty_are_what_they_say(tmp_path: Path) -> None:
    n = 10
    done = Tries(
        clearance_m=np.repeat([2e-4, 1e-4], n),
        friction=np.full(2 * n, 0.3),
        seated=np.arange(2 * n) < 15,
        time_s=np.concatenate([np.full(n, 3.0), np.linspace(3.0, 5.0, n)]),
        axial_n=np.concatenate([np.full(n, 10.0), np.full(n, 8.0)]),
        lateral_n=np.ones(2 * n),
    )
    wide = summary("clearance_mm", 0.2, done, done.clearance_m == 2e-4)
    close = summary("clearance_mm", 0.1, done, done.clearance_m == 1e-4)
    assert (wide["seated"], wide["yield"], close["seated"], close["yield"]) == (10, 1.0, 5, 0.5)
    assert close["time_s"]["low"] < close["time_s"]["mean"] == 4.0 < close["time_s"]["high"]
    ordered = difficulty({"clearance_mm": [wide, close]})["clearance_mm"]
    assert ordered["time_s"]["monotone"]
    assert not ordered["peak_axial_n"]["monotone"]
    result = {"by_clearance": [wide, close], "by_friction": [{"friction": 0.1, **wide}, {"friction": 0.3, **close}]}
    plot(result, tmp_path / "plot.svg")
    assert "<svg" in (tmp_path / "plot.svg").read_text(encoding="utf-8")
