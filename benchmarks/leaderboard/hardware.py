"""Drives side by side: the same policy on the same robot at the same station, with other actuators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pilotline.benchmarks import wording
from pilotline.benchmarks.leaderboard.found import Found
from pilotline.benchmarks.schema import Drives, StationResult


@dataclass(frozen=True, order=True)
class Same:
    """What the cards of a table have in common."""

    station: str
    version: str
    line: str
    """The line that was run from end to end; empty for a station by itself."""
    pack: str
    robot: str
    policy: str


@dataclass(frozen=True)
class Choice:
    """One choice of actuators."""

    found: Found
    actuators: str
    seed: int
    station: StationResult
    drives: Drives | None
    hottest_group: str
    endless_winding_c: float | None
    """Hottest winding in an endless shift."""
    winding_c: float | None
    """Hottest winding of any cycle, which begins cold."""
    heat_load: float | None


@dataclass(frozen=True)
class Table:
    """Two or more choices of actuators for the same work."""

    same: Same
    title: str
    choices: tuple[Choice, ...]
    """By energy per good cycle where all of them tell it alike; those that state mechanical work alone come first."""

    @property
    def one_seed(self) -> bool:
        """Whether all of them met the same cycles."""
        return len({choice.seed for choice in self.choices}) == 1


def tables(found: Sequence[Found]) -> tuple[Table, ...]:
    """A table for each work that was done with two or more choices of actuators."""
    groups: dict[Same, list[Choice]] = defaultdict(list)
    titles = {}
    for each in found:
        body = each.card.body
        line = "" if body.run is None else f"{body.line.name} {body.line.version}"
        for facts, station in zip(body.line.stations, body.stations, strict=True):
            if not station.graded.first_pass.n:
                continue
            same = Same(facts.name, facts.version, line, *(str(body.job[key]) for key in ("pack", "robot", "policy")))
            titles[same] = facts.title
            groups[same].append(_choice(each, station))
    return tuple(
        Table(same, titles[same], tuple(sorted(choices, key=_order)))
        for same, choices in sorted(groups.items())
        if len({choice.actuators for choice in choices}) > 1
    )


def _choice(found: Found, station: StationResult) -> Choice:
    drives = station.graded.drives
    hot = wording.hottest(drives) if drives else None
    return Choice(
        found=found,
        actuators=str(found.card.body.job["actuators"]),
        seed=int(found.card.body.job["seed"]),
        station=station,
        drives=drives,
        hottest_group=hot.group if hot else "",
        endless_winding_c=hot.endless_winding_c if hot else None,
        winding_c=max(group.winding_c for group in drives.groups) if drives else None,
        heat_load=hot.heat_load if hot else None,
    )


def _order(choice: Choice) -> tuple[bool, float, str]:
    energy = choice.station.graded.energy_per_good_j
    return choice.drives is not None, float("inf") if energy is None else energy, choice.found.card.body_sha256
