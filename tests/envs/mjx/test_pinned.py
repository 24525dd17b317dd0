"""One core where JAX runs on a CPU, and only there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("jax")
pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="a system that cannot tell cores")

CORES = "import os, sys\n{before}\nfrom pilotline.envs.mjx.pinned import pin_on_cpu\npin_on_cpu()\n"
TELL = "print('jax' in sys.modules, len(os.sched_getaffinity(0)))"


def told(before: str) -> list[str]:
    """Whether JAX is imported in a process of its own that called `pin_on_cpu`, and on how many cores it may run."""
    code = CORES.format(before=before) + TELL
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True, env=environment
    )
    return done.stdout.split()


def test_a_process_without_jax_is_put_on_one_core_and_stays_without() -> None:
    assert told("") == ["False", "1"]


def test_a_process_with_jax_is_left_alone() -> None:
    assert told("import jax") == ["True", str(len(os.sched_getaffinity(0)))]
