"""One core for JAX on a CPU.

JAX on two CPU cores has been seen to hang inside runs of MJX (7 of 18), never when its process was pinned to one. So
every command and test of this package that runs on a CPU calls `pin` before JAX is imported, or starts a process that
does, with a hard time limit.
"""

from __future__ import annotations

import os
import subprocess
import sys


def pin(core: int | None = None) -> None:
    """Keep this process on one core, where the system can do that.

    Args:
      core: which; by default one of those that the process may run on, by its number, so that several processes spread.

    Raises:
      RuntimeError: JAX is already imported, whose threads run where they will.
    """
    if "jax" in sys.modules:
        raise RuntimeError("pin() after JAX was imported: call it first, or start the process under `taskset -c 0`")
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)] if core is None else core})


def pin_on_cpu() -> None:
    """Keep this process on one core if JAX would run on a CPU; where JAX is imported already, leave all as it is."""
    if "jax" in sys.modules:
        return
    code = "import jax; print(jax.default_backend())"
    # asked of another process: once JAX is imported here, it is too late
    probe = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    if probe.stdout.strip() == "cpu":
        pin()
