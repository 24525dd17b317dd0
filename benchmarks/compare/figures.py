"""What arms are compared by: figures of a cycle that a pair of scorecards can both tell."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pilotline.benchmarks import levels, wording
from pilotline.benchmarks.rows import CycleRow

YIELD, TIME, ENERGY, HEAT = "yield", "cycle_time_s", "energy_j", "heat_j"
DECIDING = (YIELD, TIME, ENERGY)
"""What decides which arm is better, in this order: the first of them that tells two arms apart."""
_ACCURACY = ("place_error_mm", "seat_height_mm")


@dataclass(frozen=True)
class Figure:
    """A figure of a good cycle, or the yield."""

    name: str
    title: str
    unit: str
    more_is_better: bool
    value: Callable[[CycleRow], float]
    scale: float = 1.0
    """What it is multiplied with to be shown in its unit."""
    digits: int = 2

    @property
    def gap_unit(self) -> str:
        """Unit of a difference."""
        return "points" if self.unit == "%" else self.unit


def figures_of(station: str, rows: Sequence[CycleRow], driven: bool, same_energy: bool) -> tuple[Figure, ...]:
    """Figures of a station that all of some rows have.

    Args:
      rows: of all arms that are to be compared.
      driven: whether all of those arms have drives with data sheets.
      same_energy: whether their energies mean the same.
    """
    found = [
        Figure(YIELD, "first-pass yield", "%", True, lambda row: float(row.success), 100.0, 1),
        Figure(TIME, "cycle time", "s", False, lambda row: row.time_s),
    ]
    if same_energy:
        found.append(Figure(ENERGY, "energy", "J", False, lambda row: row.energy_j, digits=0))
    if driven and all(row.drives for row in rows):
        found += [
            Figure(HEAT, "heat", "J", False, lambda row: sum(each.heat_j for each in row.drives.values()), digits=0),
            Figure("endless_winding_c", "winding, endless", "°C", False, _most("endless_winding_c")),
            Figure("heat_load", "heat load", "%", False, _most("heat_load"), 100.0),
        ]
    found += [_accuracy(name, rows) for name in _accuracies(station, rows)]
    found.append(Figure("peak_force_n", "peak contact force", "N", False, lambda row: row.peak_force_n, digits=1))
    return tuple(found)


def _accuracies(station: str, rows: Sequence[CycleRow]) -> list[str]:
    """Metrics of a station's accuracy that every row has: its key characteristics, and where it places things."""
    rated = levels.all_levels().get(station)
    names = dict.fromkeys((*(key.metric for key in (rated.keys if rated else ())), *_ACCURACY))
    return [name for name in names if all(name in row.metrics for row in rows)]


def _accuracy(name: str, rows: Sequence[CycleRow]) -> Figure:
    title, unit = wording.measured(name)
    # three digits of a usual good cycle
    usual = statistics.median([abs(row.metrics[name]) for row in rows if row.success] or [1.0])
    digits = min(3, max(0, 2 - math.floor(math.log10(usual)))) if usual > 0.0 else 3
    # a depth or an error counts by its size, whichever side it is on
    return Figure(name, title, unit, False, lambda row: abs(row.metrics[name]), digits=digits)


def _most(name: str) -> Callable[[CycleRow], float]:
    """Largest of a figure over a row's joint groups."""
    return lambda row: float(max(getattr(each, name) for each in row.drives.values()))
