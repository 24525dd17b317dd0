"""The filter between a walking network and the joints."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.policies.file import Layer
from pilotline.policies.file.layers import apply
from pilotline.policies.train.gait.aim import Aim
from pilotline.policies.train.gait.smooth import HELD, share, step, with_filter


def test_after_a_time_constant_63_percent_of_a_step_are_there() -> None:
    held = np.zeros((1, 1))
    for _ in range(10):
        held = step(held, np.ones((1, 1)), share(0.2, 0.02))
    assert held[0, 0] == pytest.approx(1.0 - np.exp(-1.0))


def test_without_a_filter_outputs_stay_as_they_are() -> None:
    output = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(step(np.ones((5, 3)), output, share(0.0, 0.02)), output)


@given(st.floats(0.01, 1.0), st.integers(0, 2**32 - 1), st.sampled_from(["Elu", "Relu"]))
def test_layers_with_a_filter_give_what_the_filter_gives(part: float, seed: int, activation: str) -> None:
    rng = np.random.default_rng(seed)
    count, seen = 3, 7
    memory = slice(2, 2 + count)
    sizes = (seen, 6, 5, count)
    own = [
        Layer(rng.normal(size=(k, m)), rng.normal(size=m), activation if m != count else None)
        for k, m in itertools.pairwise(sizes)
    ]
    aim = Aim(rng.normal(size=count), rng.uniform(0.1, 0.5, count))
    values = rng.normal(size=(20, seen))
    values[:, memory] = rng.uniform(-HELD, HELD, (20, count))
    held = (1.0 - part) * values[:, memory] + part * apply(own, values)
    found = apply(with_filter(own, memory, part, aim), values)
    np.testing.assert_allclose(found[:, :count], aim.offset + aim.gain * held, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found[:, count:], held / HELD, rtol=1e-4, atol=1e-4)
