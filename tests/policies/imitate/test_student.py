"""The network of a clone and its gradients."""

from pathlib import Path

import numpy as np
import torch

from pilotline.policies.file import Normalisation
from pilotline.policies.imitate.last import Last
from pilotline.policies.imitate.student import Student, StudentParams, moments

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(64, 3)).astype(np.float32)
ACTIONS = np.tanh(INPUTS @ RNG.normal(size=(3, 2))).astype(np.float32)
NOTHING = Last.of((), Normalisation(mean=(), scale=()), "elu")
ROWS = (torch.from_numpy(INPUTS), torch.from_numpy(ACTIONS))


def taught(half_steps: int | None, samples: tuple[int, ...]) -> list[np.ndarray]:
    """Actions after each so many samples more."""
    params = StudentParams(net=(16,), batch_size=16, learning_rate=0.01, half_steps=half_steps)
    student = Student(3, params, 0, moments(ACTIONS), NOTHING)
    found = []
    for count in samples:
        student.fit(*ROWS, count, np.random.default_rng(1))
        found.append(student(INPUTS))
    return found


def test_a_rate_that_has_halved_often_moves_nothing_more() -> None:
    first, second = taught(16, (16 * 64, 16 * 64))
    np.testing.assert_allclose(second, first, atol=1e-6)
    first, second = taught(None, (16 * 64, 16 * 64))
    assert np.abs(second - first).max() > 0.01


def test_the_rate_follows_samples_and_not_calls() -> None:
    """Half of the samples twice are all of them once, where the same rows are drawn."""
    params = StudentParams(net=(16,), batch_size=16, half_steps=256)
    whole, halves = (Student(3, params, 0, moments(ACTIONS), NOTHING) for _ in range(2))
    whole.fit(*ROWS, 512, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    halves.fit(*ROWS, 256, rng)
    halves.fit(*ROWS, 256, rng)
    np.testing.assert_array_equal(whole(INPUTS), halves(INPUTS))


def test_averaged_weights_follow_the_last_ones_update_by_update_and_are_those_that_act(tmp_path: Path) -> None:
    """Each update takes 1/N of the way to the newest weights, from the first ones on, also after a checkpoint."""
    params = StudentParams(net=(4,), batch_size=16, learning_rate=0.01)
    averages = params.model_copy(update={"average_updates": 5})
    plain, averaged = (Student(3, each, 0, moments(ACTIONS), NOTHING) for each in (params, averages))
    rngs = [np.random.default_rng(1) for _ in range(2)]
    wanted = None
    for update in range(12):
        for student, rng in zip((plain, averaged), rngs, strict=True):
            student.fit(*ROWS, 16, rng)
        newest = plain.layers()[0].weights
        wanted = newest if wanted is None else wanted + 0.2 * (newest - wanted)
        np.testing.assert_allclose(averaged.layers()[0].weights, wanted, atol=1e-6)
        if update == 6:
            averaged.save(tmp_path)
            averaged = Student(3, averages, 9, moments(ACTIONS), NOTHING)
            averaged.restore(tmp_path)
    assert np.abs(averaged(INPUTS) - plain(INPUTS)).max() > 1e-3


def test_a_change_of_a_memory_that_is_likely_enough_is_made() -> None:
    """One number changes in 1 of 4 rows that look alike: expected 0.25, which a memory rounds away unless it weighs.

    With weight w the best answer is p w / (p w + 1 - p).
    """
    inputs = np.zeros((400, 1), np.float32)
    outputs = np.zeros((400, 2), np.float32)
    outputs[::4, 1] = 1.0
    rows = (torch.from_numpy(inputs), torch.from_numpy(outputs))
    params = StudentParams(net=(4,), batch_size=400, learning_rate=0.02)
    for weight, expected in ((1.0, 0.25), (10.0, 10.0 / 13.0)):
        student = Student(1, params, 0, (np.zeros(2), np.ones(2)), NOTHING, memory=1, change_weight=weight)
        student.fit(*rows, 400 * 300, np.random.default_rng(0))
        assert abs(student(inputs[:1])[0, 1] - expected) < 0.06
