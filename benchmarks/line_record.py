"""What a run of a line gave: every cycle of the robot with its times, and what happened to parts and stations."""

from __future__ import annotations

from dataclasses import dataclass

from pilotline.benchmarks.rows import CycleRow
from pilotline.envs.line.flow import Event


@dataclass(frozen=True)
class Visit:
    """One cycle of the robot at a station; times in s from the beginning of the run."""

    station: str
    part: int
    """Index of the part on the line, in the order in which parts entered."""
    left_s: float
    """When the robot set out for the cycle."""
    begun_s: float
    """When the cycle began: robot there, part presented."""
    ended_s: float
    """When the verdict fell."""
    row: CycleRow
    """The cycle; its index counts those of the station from 0, parts left out included."""


@dataclass(frozen=True)
class LineRun:
    """A line from time 0 to its horizon, served by one robot."""

    horizon_s: float
    visits: tuple[Visit, ...]
    """In the order of time; a cycle that the horizon cuts off is not among them."""
    events: tuple[Event, ...]
    entered: int
    good: int
    first_pass: int
    """Good parts that never failed."""
    scrap: int
    in_process: int
    spent_s: tuple[dict[str, float], ...]
    """Per station: time in each `State`, by its value; adds up to the horizon."""
    robot_s: dict[str, float]
    """Time of the robot: `working`, `driving`, `waiting`, `down`; adds up to the horizon."""
    falls_driving: int = 0
    """Times that it fell on the way between stations, where no cycle tells of it."""
    left_out: tuple[int, ...] = ()
    """Per station: parts that were more than the robot's own load chart allows, and were left to a person."""
