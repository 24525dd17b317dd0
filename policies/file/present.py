"""The interface that a policy meets at a station."""

from __future__ import annotations

from functools import lru_cache

from pilotline.envs import stations
from pilotline.envs.interface import Interface, interface_of
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies.guided import GUIDED, guide_of, guided
from pilotline.robots import Robot


@lru_cache(maxsize=32)
def present(station: str, robot: Robot, actuators: str, control: str) -> Interface:
    """Interface of a station by name; kept, since a world has to be compiled for it.

    Raises:
      ValueError: an unknown station or selection, or a control that does not fit; the message has the choices.
    """
    if control == GUIDED:
        guide = guide_of(station, robot, 1, actuators)
        return guided(present(station, robot, actuators, guide.control), guide)
    world = build_world(stations.load(station), robot, actuators, shells=False)
    return interface_of(StationBatch(world, 1, 1, control))
