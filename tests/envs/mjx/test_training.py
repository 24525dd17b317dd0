"""Brax's trainers and MuJoCo Playground's wrappers take the environment as it is.

In processes of their own, on one core and with a hard time limit: see `pilotline.envs.mjx.pinned`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")
pytest.importorskip("mujoco.mjx")
pytest.importorskip("brax")

LIMIT_S = 900.0
PAGE = Path(__file__).resolve().parents[3] / "docs" / "jax.md"

QUICK = """
from pilotline.envs.mjx.pinned import pin
pin()
import jax
jax.config.update("jax_disable_most_optimizations", True)
from pilotline.envs import mjx
"""

WRAPPED = """
import jax.numpy as jnp
from brax.envs import training as brax
from pilotline.envs.mjx import training as ours

env = mjx.make("stand", robot="biped contacts=feet", cycles=2, contacts=4)
wraps = [("brax", lambda: brax.wrap(env, episode_length=9)), ("ours", lambda: ours.wrap(env, 9))]
try:
    from mujoco_playground import wrapper
except ImportError:
    print("no playground")
else:
    for full in (False, True):
        wraps += [("playground", lambda full=full: wrapper.wrap_for_brax_training(env, 9, full_reset=full))]
keys, actions = jax.random.split(jax.random.PRNGKey(0), 3), jnp.zeros((3, env.action_size))
for name, wrap in wraps:
    wrapped = wrap()
    first = jax.eval_shape(wrapped.reset, keys)
    second = jax.eval_shape(wrapped.step, first, actions)
    assert first.obs.shape == (3, env.observation_size)
    assert jax.tree.structure(first) == jax.tree.structure(second), name
    for before, after in zip(jax.tree.leaves(first), jax.tree.leaves(second)):
        assert (before.shape, before.dtype) == (after.shape, after.dtype), name
"""


def run(code: str) -> str:
    """Output of a program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", QUICK + code], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_wrappers_of_brax_and_playground_keep_the_form_of_the_state() -> None:
    """By tracing alone, which compiles nothing; Playground's where it is installed."""
    run(WRAPPED)


def test_brax_ppo_trains_as_the_page_says() -> None:
    blocks = re.findall(r"^```py\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (training,) = [block for block in blocks if "ppo.train" in block]
    run(training + "\nassert jax.tree.leaves(params)\n")
