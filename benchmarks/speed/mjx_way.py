"""The MJX environment as a way of stepping: in a process of its own, because JAX has hung on two CPU cores here."""

from __future__ import annotations

import select
import subprocess
import sys
from contextlib import ExitStack
from importlib.util import find_spec

from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Way

START_LIMIT_S, STEP_LIMIT_S = 400.0, 60.0
"""How long compilation and a step may take before the process is ended."""

READY = "ready"


class NoMjxError(RuntimeError):
    """The MJX environment cannot be measured here; one line with the reason."""


def start(setting: Setting, name: str, nsim: int, stack: ExitStack) -> Way:
    """The MJX environment with nsim simulations on the device at hand, a CPU's one core where there is no GPU.

    Raises:
      NoMjxError: not installed, refused by the environment, or too slow to start.
    """
    for module in ("jax", "mujoco.mjx", "pilotline.envs.mjx"):
        if find_spec(module) is None:
            raise NoMjxError(f"{module} is not installed; JAX and MJX come with: pip install 'pilotline[mjx]'")
    words = [setting.station, setting.robot, setting.actuators, str(nsim)]
    worker = subprocess.Popen(
        [sys.executable, "-m", "pilotline.benchmarks.speed.mjx_worker", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(_end, worker)
    first = _line(worker, START_LIMIT_S)
    if first != READY:
        raise NoMjxError(first or f"it ended with status {worker.wait()}")

    def step() -> None:
        assert worker.stdin is not None
        worker.stdin.write(b"\n")
        worker.stdin.flush()
        if not _line(worker, STEP_LIMIT_S):
            raise NoMjxError(f"it ended in the middle with status {worker.wait()}")

    return Way(name, nsim, step)


def _line(worker: subprocess.Popen[bytes], limit_s: float) -> str:
    """The next line that a worker prints, empty where it ended.

    Raises:
      NoMjxError: it took longer.
    """
    assert worker.stdout is not None
    if not select.select([worker.stdout], [], [], limit_s)[0]:
        raise NoMjxError(f"it did not answer within {limit_s:.0f} s")
    return worker.stdout.readline().decode().strip()


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.communicate()
