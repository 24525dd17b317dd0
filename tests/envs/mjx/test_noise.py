"""Sensor noise under JAX: the draws of the CPU, bit for bit in the integers, in the precision that JAX runs in."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.envs.noise import StepNoise

jnp = pytest.importorskip("jax.numpy")
mjx_noise = pytest.importorskip("pilotline.envs.mjx.noise")


def test_the_draws_are_those_of_the_cpu() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(2**64, size=50, dtype=np.uint64)
    steps = rng.integers(0, 3000, 50)
    for channel, width in (("tote_pose", 4), ("nest_pose", 3), ("", 1)):
        wanted = StepNoise(keys, steps)(channel, width)
        found = mjx_noise.StepNoise(jnp.asarray(mjx_noise.halves(keys)), jnp.asarray(steps))(channel, width)
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-6, atol=1e-6)
