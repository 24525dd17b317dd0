"""Cycles of a station by its reference controller, as the harness runs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pilotline.benchmarks import campaign
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow


@pytest.fixture(scope="session")
def cycles_of() -> Callable[..., list[CycleRow]]:
    """`cycles_of(station, cycles, seed=0, nsim=None)`: rows of `wheeled`, `ideal` joints, all at once unless told."""

    def run(station: str, cycles: int, seed: int = 0, nsim: int | None = None) -> list[CycleRow]:
        job = Job(
            robot="wheeled",
            actuators="ideal",
            stations=(station,),
            policy="reference",
            seed=seed,
            cycles=cycles,
            nsim=nsim or cycles,
            nthread=2,
        )
        return campaign.run(job)

    return run
