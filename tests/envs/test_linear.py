"""Small linear systems in compiled code."""

from __future__ import annotations

import numpy as np

from pilotline.envs.linear import solved


def test_small_systems_are_solved() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(6, 6)), rng.normal(size=(6, 3))
    a[0, 0] = 0.0  # needs a pivot
    np.testing.assert_allclose(solved(a, b), np.linalg.solve(a, b), atol=1e-9)
