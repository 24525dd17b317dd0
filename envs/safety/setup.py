"""What of safety a world is built with, and what that adds to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import mujoco

from pilotline.envs.safety.capture import add_capture_sensors
from pilotline.envs.safety.person import add_person
from pilotline.envs.safety.points import Ball, add_balls, balls_of
from pilotline.envs.safety.zones import Zones, all_zones, zones_of
from pilotline.robots import Robot

People = Literal["none", "crossing"]
Supervision = Literal["off", "limits"]


@dataclass(frozen=True)
class Precautions:
    """Who is about, and who watches the drives. Near-falls are measured in any case."""

    people: People = "none"
    supervisor: Supervision = "off"

    @property
    def located(self) -> bool:
        """Whether it must be known where every part of the robot is."""
        return self.people != "none" or self.supervisor != "off"


@dataclass(frozen=True)
class Safety:
    """What was added to a world.

    Attributes:
      asked: what it was built with.
      falls: whether the robot can fall, so that near-falls are measured.
      balls: that cover the robot; none where its place is not asked for.
      zones: of the station; None where none are drawn.
    """

    asked: Precautions
    falls: bool
    balls: tuple[Ball, ...]
    zones: Zones | None


def add_safety(spec: mujoco.MjSpec, robot: Robot, station: str, asked: Precautions) -> Safety:
    """Add sensors and people to a world that is otherwise complete; physics changes with people alone.

    Raises:
      ZoneError: people at a station where no ways are drawn.
    """
    falls = add_capture_sensors(spec, robot)
    balls = balls_of(robot) if asked.located else ()
    add_balls(spec, balls)
    zones = all_zones().get(station) if asked.located else None
    if asked.people == "crossing":
        zones = zones_of(station)
        add_person(spec, robot.root, zones.loads)
    return Safety(asked, falls, balls, zones)
