"""What larger machines would give, reckoned from what was measured here and from figures that others have published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilotline.benchmarks.speed.compare import BATCH, VECTOR
from pilotline.benchmarks.speed.profile import PHYSICS
from pilotline.envs.world import SUBSTEPS

BUSY = (0.6, 1.0)
"""Speed of a core among 64 that are busy, over its speed here: clock, memory and shared caches (assumed)."""

A100_MJX, WARP_MJX = 950_000.0, 2_960_000.0
"""Physics steps per second of a humanoid on one GPU, of MuJoCo's manual (`mjx.rst`): A100 with 8,192 simulations under
MJX-JAX; MJX-Warp within JAX, GPU not named."""

NODES, GPUS, CORES, CORES_PER_PROCESS = 16, 8, 64, 8


@dataclass(frozen=True)
class Here:
    """What was measured on this machine.

    Attributes:
      threads: of the batch.
      env_steps_per_s: of the vector environment.
      physics_core_s: seconds of one core in physics for one env-step.
      rest_s: seconds outside physics for one env-step of one simulation, in which the other cores wait.
      dearer: cost of our physics step over that of the yardstick's humanoid.
    """

    threads: int
    env_steps_per_s: float
    physics_core_s: float
    rest_s: float
    dearer: float

    def rate(self, threads: int, busy: float) -> float:
        """Env-steps per second of one process on so many threads."""
        return 1.0 / (self.physics_core_s / threads / busy + self.rest_s)


@dataclass(frozen=True)
class Line:
    """A machine and what it gives: measured, or reckoned between two bounds."""

    machine: str
    kind: str
    low: float
    high: float
    rests_on: str


def here(figures: Mapping[str, Any]) -> Here:
    """Of the figures of `pilotline speed`, with profile and yardstick."""
    table = figures["tables"][0]
    rates = {row["way"]: row["env_steps_per_s"]["median"] for row in table["rows"]}
    profile = next(row for row in figures["profile"] if row["way"] == VECTOR)
    return Here(
        table["nthread"],
        rates[VECTOR],
        table["nthread"] / rates[BATCH],
        (1.0 - profile["shares"][PHYSICS]) * profile["step_s"] / profile["nsim"],
        figures["yardstick"]["dearer"]["median"],
    )


def lines(now: Here) -> list[Line]:
    """This machine, 64 cores in one process and in several, a cluster, GPUs."""
    one = [now.rate(CORES, busy) for busy in BUSY]
    processes = CORES // CORES_PER_PROCESS
    split = [processes * now.rate(CORES_PER_PROCESS, busy) for busy in BUSY]
    gpu = [published / now.dearer / SUBSTEPS for published in (A100_MJX, WARP_MJX)]
    apart = f"{CORES} cores, {processes} processes of {CORES_PER_PROCESS} threads"
    rest = f"{1e6 * now.rest_s:.1f} µs an env-step outside physics, cores at {BUSY[0]:g} to {BUSY[1]:g} of their speed"
    return [
        Line(
            f"this machine, {now.threads} threads",
            "measured",
            now.env_steps_per_s,
            now.env_steps_per_s,
            "the table of docs/speed.md",
        ),
        Line(f"{CORES} cores, one process", "reckoned", one[0], one[1], rest),
        Line(apart, "reckoned", split[0], split[1], rest),
        Line(
            f"cluster, {NODES} machines of {CORES} cores",
            "reckoned",
            NODES * split[0],
            NODES * split[1],
            f"{NODES} times the line above: simulations need nothing of each other; learning is not counted",
        ),
        Line(
            "one GPU, MJX",
            "reckoned",
            gpu[0],
            gpu[1],
            f"{A100_MJX:,.0f} (A100, MJX-JAX) to {WARP_MJX:,.0f} (MJX-Warp) physics steps/s of a humanoid, published; "
            f"ours is {now.dearer:.1f} times as dear on a CPU",
        ),
        Line(
            f"{GPUS} GPUs, MJX",
            "reckoned",
            GPUS * gpu[0],
            GPUS * gpu[1],
            f"{GPUS} times the line above, each with simulations of its own",
        ),
    ]
