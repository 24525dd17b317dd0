"""What the driver of a campaign and its workers say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.setting import program


class CrewError(ValueError):
    """Workers that cannot do what was asked for; one line."""


@dataclass(frozen=True)
class Shard:
    """Some cycles of a station, run together by one worker."""

    number: int
    station: str
    cycles: tuple[int, ...]


@dataclass(frozen=True)
class Finished:
    """Cycles that have ended, of a shard at work."""

    shard: int
    rows: tuple[CycleRow, ...]


@dataclass(frozen=True)
class Ended:
    """A shard's cycles have all been told of."""

    shard: int
    station: str
    worker: str
    """Who did it, in a word."""
    remarks: tuple[str, ...]
    """What its policy has to tell by now."""


@dataclass(frozen=True)
class Lost:
    """The worker of a shard is gone; which of its cycles have ended is known by what it told before."""

    shard: int
    why: str


@dataclass(frozen=True)
class Warned:
    """A policy's warning."""

    text: str


Event = Finished | Ended | Lost | Warned


class Crew(Protocol):
    """Workers. Nobody has to be reached that is not asked to work."""

    @property
    def free(self) -> int:
        """How many shards more can be at work now."""

    def start(self, shard: Shard) -> None:
        """Have a shard worked on."""

    def wait(self) -> Event:
        """The next thing that happens.

        Raises:
          CrewError: the work cannot be done, by any worker.
        """

    def close(self) -> None:
        """End all that is still at work."""


def request(job: Job, shard: Shard) -> dict[str, Any]:
    """A shard as a worker is told of it, in plain JSON types."""
    return {
        "program": program(),
        "job": job.model_dump(mode="json"),
        "shard": shard.number,
        "station": shard.station,
        "cycles": list(shard.cycles),
    }


def event_of(told: dict[str, Any], shard: Shard) -> Event:
    """What a worker told of a shard.

    Raises:
      CrewError: it cannot be done.
    """
    if "rows" in told:
        return Finished(shard.number, tuple(CycleRow.from_json(row) for row in told["rows"]))
    if "warning" in told:
        return Warned(told["warning"])
    if "refused" in told:
        raise CrewError(told["refused"])
    if "broke" in told:
        raise RuntimeError(f"a worker broke at {shard.station}\n{told['broke']}")
    return Ended(shard.number, shard.station, told["worker"], tuple(told["remarks"]))
