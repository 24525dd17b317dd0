"""Process capability on a page: spread of each characteristic against its limits, computed from the card's rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilotline.benchmarks import capability, levels, wording
from pilotline.benchmarks.levels import Key
from pilotline.benchmarks.schema import Body


@dataclass(frozen=True)
class Characteristic:
    """A characteristic of one station over its good graded cycles."""

    title: str
    unit: str
    lower: float | None
    upper: float | None
    n: int
    mean: float | None
    spread: float | None
    """Standard deviation."""
    cpk: float | None
    bound: float | None
    """One-sided 95 % lower bound."""
    graded: bool
    """Whether grades look at it."""
    why: str


def capability_view(body: Body) -> tuple[tuple[str, tuple[Characteristic, ...]], ...]:
    """Title and characteristics of each station that has any, in the order of the line."""
    found = []
    for facts in body.line.stations:
        rated = levels.all_levels().get(facts.name)
        keys = [] if rated is None else [*((key, True) for key in rated.keys), *((key, False) for key in rated.shown)]
        if keys:
            found.append((facts.title, tuple(_characteristic(body, facts.name, key, graded) for key, graded in keys)))
    return tuple(found)


def _characteristic(body: Body, station: str, key: Key, graded: bool) -> Characteristic:
    rows = [row for row in body.rows if row.station == station and row.within_payload and row.success]
    values = [row.metrics[key.metric] for row in rows if key.metric in row.metrics]
    title, unit = wording.measured(key.metric)
    return Characteristic(
        title=title,
        unit=unit,
        lower=key.lower,
        upper=key.upper,
        n=len(values),
        mean=float(np.mean(values)) if values else None,
        spread=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        cpk=capability.cpk(values, key.lower, key.upper),
        bound=capability.lower_bound(values, key.lower, key.upper),
        graded=graded,
        why=key.why,
    )
