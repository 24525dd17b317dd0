"""A cell that falls silent tells nothing but that it is silent."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.envs.outage import draw_outage, told
from pilotline.envs.sense import Sense


def sense_at(*times: float) -> Sense:
    empty = np.zeros((len(times), 0))
    return Sense(np.array(times), empty, empty, {}, empty, empty, empty, empty)


def test_nothing_is_told_while_it_lasts() -> None:
    draw = {"outage_s": np.array([[2.0, 4.0]] * 4)}
    heard = told(np, sense_at(1.98, 2.0, 3.98, 4.0), draw, {"pose": np.ones((4, 3))})
    assert heard["signal"][:, 0].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert heard["pose"].tolist() == [[1.0] * 3, [0.0] * 3, [0.0] * 3, [1.0] * 3]


def test_it_begins_within_its_limits_and_lasts_as_long_as_asked() -> None:
    for seed in range(50):
        begin, end = draw_outage(np.random.default_rng(seed), 2.0, (1.0, 6.0))["outage_s"]
        assert 1.0 <= begin <= 6.0
        assert end - begin == pytest.approx(2.0)


def test_without_one_the_other_draws_stay_the_same() -> None:
    after = []
    for length in (0.0, 2.0):
        rng = np.random.default_rng(3)
        outage = draw_outage(rng, length, (1.0, 6.0))["outage_s"]
        after.append(rng.random())
    assert after[0] == after[1]
    assert told(np, sense_at(5.0), {"outage_s": outage[None] + 1e6}, {})["signal"].item() == 1.0
