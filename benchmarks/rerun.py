"""Run single cycles of a campaign again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow

Wanted = Mapping[str, Sequence[int]]
"""Cycles by station, ascending."""


def new_seed() -> int:
    """A seed for `sample` that whoever made the card cannot have foreseen."""
    return secrets.randbelow(2**32)


def sample(rows: Sequence[CycleRow], count: int, seed: int) -> Wanted:
    """At most `count` of a card's cycles, drawn without replacement: the same for the same seed."""
    drawn = np.random.default_rng(seed).choice(len(rows), size=min(count, len(rows)), replace=False)
    found: dict[str, list[int]] = {}
    for k in sorted(drawn.tolist()):
        found.setdefault(rows[k].station, []).append(rows[k].cycle)
    return found


def run_cycles(job: Job, wanted: Wanted, told: Callable[[int, int], None] = lambda done, total: None) -> list[CycleRow]:
    """Rows of the cycles asked for, by station and cycle, with the bits that the whole campaign gives them.

    Raises:
      ValueError: an unknown robot, actuator tier, station, policy or pack; the message has the choices.
    """
    from pilotline.benchmarks import campaign

    total = sum(map(len, wanted.values()))
    rows: list[CycleRow] = []
    for station, cycles in wanted.items():
        left = list(cycles)

        def take(count: int, left: list[int] = left) -> list[int]:
            given, left[:] = left[:count], left[count:]
            return given

        bench = campaign.ready(job, station, min(job.nsim, len(cycles)))
        own: list[CycleRow] = []
        for ended in campaign.cycles(job, bench, take):
            own += ended
            told(len(rows) + len(own), total)
        rows += sorted(own, key=lambda row: row.cycle)
    return rows
