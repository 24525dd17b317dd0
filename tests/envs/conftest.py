"""One compiled world for all tests of the engine and its faces."""

import numpy as np
import pytest

from pilotline import robots
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import World, build_world

STATION = "tote_destack"


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(stations.load(STATION), robots.load("wheeled"), "ideal")


@pytest.fixture
def begun(world):
    """A batch whose slot i works on the cycle `cycles[i]` of seed 5."""

    def make(cycles, nthread=1, control="joint"):
        batch = StationBatch(world, len(cycles), nthread, control)
        batch.begin(np.arange(len(cycles)), [cycle_seed(5, STATION, cycle) for cycle in cycles])
        return batch

    return make


@pytest.fixture
def wave():
    """Actions (n, k) of slots that work on `cycles`, at a step: smooth, different for every cycle."""

    def action(cycles, step, k):
        phase = np.asarray(cycles, float)[:, None] + np.arange(k)
        return 0.4 * np.sin(0.05 * step + phase)

    return action
