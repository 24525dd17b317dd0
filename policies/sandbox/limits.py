"""How much of the machine a policy folder may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Limits:
    """What one policy may take; 1 MB is 1e6 bytes.

    Attributes:
      memory_mb: address space of each of its processes, and resident memory of them all.
      cpu_s: processor time from one request to the next.
      timeout_s: longest wait for an answer, wall clock.
      start_s: longest wait for the metadata, wall clock, and processor time until the first request.
      tasks: processes and threads.
      scratch_mb: of its scratch folder, and of a file.
      max_reply_mb: largest answer.
    """

    memory_mb: float
    cpu_s: float
    timeout_s: float
    start_s: float
    tasks: int
    scratch_mb: float
    max_reply_mb: float

    def text(self) -> str:
        """All of them in one line."""
        return ", ".join(f"{name}={value:.12g}" for name, value in asdict(self).items())


NAMES = tuple(each.name for each in fields(Limits))

USUAL = Limits(memory_mb=1000.0, cpu_s=10.0, timeout_s=5.0, start_s=30.0, tasks=32, scratch_mb=64.0, max_reply_mb=4.0)
"""For a policy that asks for nothing else."""

MOST = Limits(
    memory_mb=4000.0, cpu_s=60.0, timeout_s=30.0, start_s=120.0, tasks=128, scratch_mb=1000.0, max_reply_mb=16.0
)
"""What a policy can ask for, unless whoever scores it says otherwise."""

BOUNDS: Mapping[str, tuple[float, float]] = {
    "memory_mb": (16.0, 1e6),
    "cpu_s": (0.01, 3600.0),
    "timeout_s": (0.01, 3600.0),
    "start_s": (0.1, 3600.0),
    "tasks": (1, 4096),
    "scratch_mb": (0.1, 1e5),
    "max_reply_mb": (0.001, 2000.0),
}
"""Lowest and highest value of each that makes sense."""


def granted(asked: Mapping[str, float], most: Mapping[str, float]) -> tuple[Limits, tuple[str, ...]]:
    """What a policy gets, and a line for each thing of which it gets less than it asked for.

    Args:
      asked: by the policy; what is not named is as usual.
      most: by whoever scores it; what is not named is as in `MOST`.
    """
    values, notes = {}, []
    for name in NAMES:
        wanted, highest = asked.get(name, getattr(USUAL, name)), most.get(name, getattr(MOST, name))
        values[name] = min(wanted, highest)
        if name in asked and wanted > highest:
            notes.append(f"it asks for {name}={wanted:.12g} and gets {highest:.12g}")
    return Limits(**(values | {"tasks": int(values["tasks"])})), tuple(notes)
