"""The network of a clone and its gradients."""

import numpy as np
import torch

from pilotline.policies.imitate.student import Student, StudentParams, moments

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(64, 3)).astype(np.float32)
ACTIONS = np.tanh(INPUTS @ RNG.normal(size=(3, 2))).astype(np.float32)
ROWS = (torch.from_numpy(INPUTS), torch.from_numpy(ACTIONS))


def taught(half_steps: int | None, samples: tuple[int, ...]) -> list[np.ndarray]:
    """Actions after each so many samples more."""
    params = StudentParams(net=(16,), batch_size=16, learning_rate=0.01, half_steps=half_steps)
    student = Student(3, params, 0, moments(ACTIONS))
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
    whole, halves = (Student(3, params, 0, moments(ACTIONS)) for _ in range(2))
    whole.fit(*ROWS, 512, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    halves.fit(*ROWS, 256, rng)
    halves.fit(*ROWS, 256, rng)
    np.testing.assert_array_equal(whole(INPUTS), halves(INPUTS))
