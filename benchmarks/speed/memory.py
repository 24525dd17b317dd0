"""Memory of a number of simulations, each number in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pilotline.benchmarks.speed.compare import ASYNC, BATCH, VECTOR, Progress
from pilotline.benchmarks.speed.setting import Setting

MIB = 2**20
LIMIT_S = 900.0
_STEPS = 3


class ProbeError(RuntimeError):
    """A process that was to be measured failed; one line with its last words."""


def measure(
    setting: Setting,
    sizes: Sequence[int],
    ways: Sequence[str] = (VECTOR, ASYNC),
    progress: Progress = lambda text: None,
) -> dict[str, Any]:
    """Resident memory of our vector environment, of workers with an environment each, or of raw `mujoco.batch`.

    Args:
      setting: its nsim is not used.
      sizes: numbers of simulations, at least one.
      ways: some of `mujoco_batch`, `vector_env` and `async_vector_env`, which is measured with two environments.

    Returns:
      `rows` with `way`, `nsim`, `resident_bytes` and `own_bytes` (beyond the process with everything imported), and
      `bytes_per_simulation` by way: the slope between the smallest and the largest size, or all of it with one size.

    Raises:
      ProbeError: a process failed, for want of memory for example.
    """
    rows = []
    for way in ways:
        for size in (2,) if way == ASYNC else sorted(sizes):
            progress(f"memory of {size} simulations ({way})")
            rows.append(_probe(setting, way, size))
    return {"rows": rows, "bytes_per_simulation": {way: _slope([r for r in rows if r["way"] == way]) for way in ways}}


def _slope(rows: Sequence[dict[str, Any]]) -> float:
    first, last = rows[0], rows[-1]
    if first["nsim"] == last["nsim"]:
        return float(last["own_bytes"] / last["nsim"])
    return float((last["resident_bytes"] - first["resident_bytes"]) / (last["nsim"] - first["nsim"]))


def _probe(setting: Setting, way: str, nsim: int) -> dict[str, Any]:
    words = [setting.station, setting.robot, setting.actuators, str(setting.threads), way, str(nsim)]
    done = subprocess.run(
        [sys.executable, "-m", "pilotline.benchmarks.speed.memory", *words],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no words"])[-1]
        raise ProbeError(f"memory of {nsim} simulations of {way}: status {done.returncode}: {last}")
    before, after = json.loads(done.stdout.splitlines()[-1])
    return {"way": way, "nsim": nsim, "resident_bytes": after, "own_bytes": after - before}


def resident_bytes(process: str = "self") -> int:
    """Memory of a process that is in RAM now; shared pages count in parts where the system tells."""
    return _rollup(process, "Pss")


def own_bytes() -> int:
    """Memory that this process took for itself and holds in RAM: what can leak.

    Pages of files, libraries mostly, are not in it: the system drops and reads them as it likes.
    """
    return _rollup("self", "Anonymous")


def _rollup(process: str, what: str) -> int:
    rollup = Path(f"/proc/{process}/smaps_rollup")
    for line in rollup.read_text(encoding="ascii").splitlines():
        key, _, value = line.partition(":")
        if key == what:
            return int(value.split()[0]) * 1024
    raise ProbeError(f"{rollup} has no {what}; allowed: a Linux kernel that tells it")


def main(words: Sequence[str]) -> int:
    """Make the simulations, step them, print memory before and after as JSON."""
    from contextlib import ExitStack

    from pilotline.benchmarks.speed import ours, raw, workers

    station, robot, actuators, threads, way, nsim = words
    setting = Setting(station, robot, actuators, int(nsim), int(threads))
    with ExitStack() as stack:
        before = resident_bytes()
        if way == ASYNC:
            made = workers.gymnasium_workers(setting, way, int(nsim), stack)
            before = 0
        elif way == BATCH:
            made = raw.batch(setting, way, raw.start(setting), int(nsim))
        else:
            made = ours.vector(setting, way, int(nsim))
        for _ in range(_STEPS):
            made.step()
        after = sum(resident_bytes(child) for child in _children()) if way == ASYNC else resident_bytes()
        print(json.dumps([before, after]))
    return 0


def _children() -> list[str]:
    """Worker processes of this one."""
    import multiprocessing

    return [str(child.pid) for child in multiprocessing.active_children()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
