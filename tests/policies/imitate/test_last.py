"""Channels that are learned as changes from what they were."""

import numpy as np
import pytest
import torch
from scipy.special import expit

from pilotline.policies.file import Layer, Normalisation
from pilotline.policies.file.layers import apply
from pilotline.policies.file.segments import ConstantSegment, PreviousSegment
from pilotline.policies.imitate.last import Last, with_last
from pilotline.policies.imitate.student import Student, StudentParams, moments

READS = (ConstantSegment(constant=(1.0, 2.0)), PreviousSegment(previous_action=3, only=(2, 0)))
BY = Normalisation(mean=(0.1, 0.2, 0.3, -0.4), scale=(1.0, 2.0, 0.5, 0.25))
INPUTS = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)


def test_last_values_are_found_in_the_normalised_input() -> None:
    found = Last.of(READS, BY, "swish")(INPUTS, 4)
    np.testing.assert_allclose(found[:, 2], INPUTS[:, 2] * 0.5 + 0.3, atol=1e-6)
    np.testing.assert_allclose(found[:, 0], INPUTS[:, 3] * 0.25 - 0.4, atol=1e-6)
    assert not found[:, [1, 3]].any()
    assert not Last.of(READS, BY, "tanh")(INPUTS, 4).any()


@pytest.mark.parametrize("activation", ["Relu", "Swish"])
@pytest.mark.parametrize("hidden", [(8,), (8, 6, 5)])
def test_dense_layers_carry_them_through_exactly(activation: str, hidden: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    wide = (4, *hidden, 4)
    layers = [
        Layer(rng.normal(size=wide[i : i + 2]), rng.normal(size=wide[i + 1]), activation if i < len(hidden) else None)
        for i in range(len(wide) - 1)
    ]
    last = Last.of(READS, BY, activation.lower())
    wanted = apply(layers, INPUTS) + last(INPUTS, 4)
    np.testing.assert_allclose(apply(with_last(layers, last), INPUTS), wanted, atol=2e-5)


def test_a_small_change_of_a_large_value_is_learned_where_a_copy_would_do() -> None:
    """A number goes up where another input is positive and else down, by a hundredth of how much it varies.

    To copy it leaves all of that change as an error; learned as a change most of it is found.
    """
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(4000, 2)).astype(np.float32)
    reads = (ConstantSegment(constant=(0.0,)), PreviousSegment(previous_action=1))
    by = Normalisation(mean=(0.0, 0.0), scale=(1.0, 0.3))
    step = 0.003 * np.sign(inputs[:, :1]) * expit(20.0 * np.abs(inputs[:, :1]))
    actions = (0.3 * inputs[:, 1:] + step).astype(np.float32)
    params = StudentParams(net=(16,), batch_size=64, learning_rate=3e-3, activation="swish")
    errors = []
    for activation in ("swish", "tanh"):
        last = Last.of(reads, by, activation)
        student = Student(2, params, 0, moments(actions - last(inputs, 1)), last)
        student.fit(torch.from_numpy(inputs), torch.from_numpy(actions), 64_000, np.random.default_rng(0))
        errors.append(float(np.mean((apply(student.layers(), inputs) - actions) ** 2)))
    assert errors[0] < 0.3 * float(np.mean(step**2)) < errors[1]
