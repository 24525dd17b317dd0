"""One cycle of a campaign as one row.

A row is everything that scoring may know about a cycle. It holds plain numbers only, so that a scorecard can
carry its rows and anybody can recompute the statistics from them.
"""

import math
import numbers
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

_DIGEST = re.compile(r"[0-9a-f]{16}")


class RowError(ValueError):
    """A row that scoring cannot use; the message names cycle, field, value and what is allowed."""


@dataclass(frozen=True)
class GroupDrives:
    """Drives with a data sheet of one joint group in one cycle, which they start at ambient temperature."""

    drawn_j: float
    """Electrical energy taken from the bus."""
    returned_j: float
    """Electrical energy given back to it."""
    heat_j: float
    """Lost in copper, drive electronics and gears."""
    winding_c: float
    """Hottest winding in the cycle, C."""
    housing_c: float
    """Hottest housing in the cycle, C."""
    endless_winding_c: float
    """Hottest winding once an endless row of such cycles has warmed it through, C."""
    endless_housing_c: float
    """Hottest housing then, C."""
    heat_load: float
    """Largest rise of a winding over ambient then / rise that its insulation allows."""
    derated: int
    """Drives that got hot enough to lower their current limit."""
    tripped: int
    """Drives that switched off because they were too hot."""

    def __post_init__(self) -> None:
        """Turn NumPy scalars into plain numbers and refuse what JSON or the statistics cannot hold."""
        for each in fields(self):
            check = _whole if each.type is int else _figure
            object.__setattr__(self, each.name, check("drives", each.name, getattr(self, each.name)))


@dataclass(frozen=True)
class CycleRow:
    """One cycle at one station.

    Counts that come from physics (drops, force_exceedances, falls, near_falls, critical_events) and figures
    such as mass_kg or place_error_mm live in `metrics`, because they differ from station to station.
    """

    station: str
    """Station name."""
    cycle: int
    """Index of the cycle in its campaign, from 0; with the campaign's seed it fixes the cycle."""
    seed: tuple[int, ...]
    """What the cycle's random draws were seeded with."""
    success: bool
    """Good: first pass, in tolerance, no fault."""
    faults: tuple[str, ...]
    """Names of the faults, sorted; empty exactly when the cycle is good."""
    time_s: float
    """Simulated time from the start of the cycle to its verdict."""
    within_payload: bool
    """The load of this cycle is one that the robot's own card says it can carry."""
    metrics: dict[str, float]
    energy_j: float
    """Net electrical energy of the drives that have a data sheet, and positive mechanical work of the other joints."""
    peak_torque_ratio: dict[str, float]
    """Joint group -> largest |torque| / rated torque in the cycle."""
    peak_force_n: float
    """Largest contact force: an indicator of a rigid-body engine, not a measurement."""
    digest: str
    """64-bit hash of every state of the trajectory, 16 hex digits."""
    drives: dict[str, GroupDrives] = field(default_factory=dict)
    """Joint group -> what its drives did; empty without data sheets."""

    def __post_init__(self) -> None:
        """Turn NumPy scalars into plain numbers and refuse what JSON or the statistics cannot hold."""
        put = object.__setattr__
        where = f"row of {self.station!r}, cycle {self.cycle!r}"
        put(self, "station", _text(where, "station", self.station))
        put(self, "cycle", _whole(where, "cycle", self.cycle))
        put(self, "seed", tuple(_whole(where, "seed", part) for part in self.seed))
        put(self, "success", _truth(where, "success", self.success))
        put(self, "faults", tuple(_text(where, "faults", name) for name in self.faults))
        put(self, "time_s", _amount(where, "time_s", self.time_s))
        put(self, "within_payload", _truth(where, "within_payload", self.within_payload))
        put(self, "metrics", _figures(where, "metrics", self.metrics))
        put(self, "energy_j", _figure(where, "energy_j", self.energy_j))
        put(self, "peak_torque_ratio", _figures(where, "peak_torque_ratio", self.peak_torque_ratio))
        put(self, "peak_force_n", _amount(where, "peak_force_n", self.peak_force_n))
        put(self, "drives", {_text(where, "drives", group): self.drives[group] for group in sorted(self.drives)})
        if self.time_s <= 0.0:
            raise RowError(f"{where}: time_s is {self.time_s!r}; allowed: more than 0")
        if tuple(sorted(set(self.faults))) != self.faults or self.success is bool(self.faults):
            raise RowError(
                f"{where}: faults is {self.faults!r} with success={self.success}; "
                "allowed: sorted names without repeats, none on success, at least one otherwise"
            )
        if not isinstance(self.digest, str) or not _DIGEST.fullmatch(self.digest):
            raise RowError(f"{where}: digest is {self.digest!r}; allowed: 16 hex digits 0-9 a-f")

    def to_json(self) -> dict[str, Any]:
        """The row in plain JSON types; `from_json` is its exact inverse."""
        row: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        return row | {
            "seed": list(self.seed),
            "faults": list(self.faults),
            "metrics": dict(self.metrics),
            "peak_torque_ratio": dict(self.peak_torque_ratio),
            "drives": {group: asdict(found) for group, found in self.drives.items()},
        }

    @classmethod
    def from_json(cls, value: Any) -> "CycleRow":
        """Read a row written by `to_json`; RowError on missing, unknown or unusable fields."""
        if not isinstance(value, Mapping):
            raise RowError(f"a row is {type(value).__name__}; allowed: a JSON object")
        where = f"row of {value.get('station')!r}, cycle {value.get('cycle')!r}"
        names = {each.name for each in fields(cls)}
        if missing := sorted(names - value.keys()):
            raise RowError(f"{where}: no {', '.join(missing)}")
        if unknown := sorted(value.keys() - names):
            raise RowError(f"{where}: unknown {', '.join(unknown)}; allowed: {', '.join(sorted(names))}")
        for name in ("seed", "faults"):
            if not isinstance(value[name], list | tuple):
                raise RowError(f"{where}: {name} is {value[name]!r}; allowed: a list")
        return cls(**{**value, "drives": _groups(where, value["drives"])})


def _groups(where: str, value: Any) -> dict[str, GroupDrives]:
    names = {each.name for each in fields(GroupDrives)}
    if not isinstance(value, Mapping) or any(not isinstance(one, Mapping) for one in value.values()):
        raise RowError(f"{where}: drives is {value!r}; allowed: group -> figures")
    for group, figures in value.items():
        if figures.keys() != names:
            raise RowError(f"{where}: drives[{group!r}] has {', '.join(figures)}; allowed: {', '.join(sorted(names))}")
    return {group: GroupDrives(**figures) for group, figures in value.items()}


def _text(where: str, name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise RowError(f"{where}: {name} is {value!r}; allowed: a name")
    return str(value)


def _whole(where: str, name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 0:
        raise RowError(f"{where}: {name} is {value!r}; allowed: whole numbers from 0")
    return int(value)


def _truth(where: str, name: str, value: Any) -> bool:
    # NumPy booleans are not bool, and 1 or "no" must not pass for one
    if type(value).__name__ not in ("bool", "bool_"):
        raise RowError(f"{where}: {name} is {value!r}; allowed: true or false")
    return bool(value)


def _figure(where: str, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise RowError(f"{where}: {name} is {value!r}; allowed: a finite number")
    return float(value)


def _amount(where: str, name: str, value: Any) -> float:
    figure = _figure(where, name, value)
    if figure < 0.0:
        raise RowError(f"{where}: {name} is {figure!r}; allowed: 0 or more")
    return figure


def _figures(where: str, name: str, value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise RowError(f"{where}: {name} is {value!r}; allowed: name -> finite number")
    return {_text(where, name, key): _figure(where, f"{name}[{key!r}]", value[key]) for key in sorted(value)}
