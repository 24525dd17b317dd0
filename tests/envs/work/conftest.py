"""The tasks on legs with the tests' own small robot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.stand import Stand
from pilotline.envs.stations.walk import Walk
from pilotline.envs.work.motion import Motion, Pace, motion_of
from pilotline.envs.work.upper_body import UpperBody
from pilotline.envs.world import World, build_world
from pilotline.robots import Robot

PERIOD_S = 0.02
PACE = Pace(speed_share=0.6, bend_rad=0.26, segment_s=(0.6, 2.0))


@pytest.fixture(scope="session")
def body(tiny_biped: Robot) -> UpperBody:
    return UpperBody(tiny_biped)


@pytest.fixture(scope="session")
def motion(body: UpperBody) -> Motion:
    return motion_of(body, PACE, PERIOD_S)


@pytest.fixture(scope="session")
def worlds(tiny_biped: Robot) -> dict[str, World]:
    """Both tasks, a cycle lasting 8 s."""
    tasks = (Stand(), Walk())
    short = [type(task)(task.card.with_figures(duration_s=8.0)) for task in tasks]
    return {task.card.name: build_world(task, tiny_biped, "ideal") for task in short}


@pytest.fixture
def begun(worlds: dict[str, World]) -> Callable[..., StationBatch]:
    """A batch whose slots work on cycles of seed 5."""

    def make(station: str, cycles: int = 3, pack: str = "D0", **draw: np.ndarray) -> StationBatch:
        batch = StationBatch(worlds[station], cycles, 1, "legs", pack)
        batch.begin(np.arange(cycles), [cycle_seed(5, station, k) for k in range(cycles)])
        for name, value in draw.items():
            batch.draw[name][:] = value
        return batch

    return make


def still(batch: StationBatch) -> np.ndarray:
    """Actions that hold the legs at home."""
    return np.tile(batch.control.home, (batch.nsim, 1))  # type: ignore[attr-defined]
