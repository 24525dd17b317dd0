"""The safety part of a station from its rows; pure, in row order."""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from pilotline.benchmarks.canonical import rounded
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema_safety import EventRate, Intervention, RegionContact, Safety, Stops
from pilotline.envs.safety import metrics as names
from pilotline.envs.safety.regions import body

Rows = Sequence[CycleRow]


def safety(rows: Rows, critical: int) -> Safety:
    """Safety of cycles; `critical` events as they were counted for the score."""

    def rate(name: str) -> EventRate | None:
        seen = _seen(rows, name)
        return _rate(round(math.fsum(seen)), len(rows)) if seen else None

    part, fixture = _forces(rows)
    apart = _seen(rows, names.SEPARATION)
    return Safety(
        cycles=len(rows),
        falls=rate("falls"),
        near_falls=rate(names.NEAR_FALLS),
        drops=rate("drops"),
        exceedances_part=part,
        exceedances_fixture=fixture,
        exceedances_person=rate(names.EXCEEDANCES),
        person_contacts=rate(names.CONTACTS),
        keep_out_breaches=rate(names.BREACHES),
        keep_out_fast=rate(names.FAST_BREACHES),
        protective_stops=rate(names.PROTECTIVE),
        emergency_stops=rate(names.EMERGENCY),
        unsafe_restarts=rate(names.RESTARTS),
        critical=critical,
        least_separation_m=rounded(min(apart)) if apart else None,
        regions=_regions(rows),
        interventions=_interventions(rows),
        stops=_stops(rows),
    )


@cache
def part_faults() -> frozenset[str]:
    """Faults that are too large a force on the part."""
    text = Path(__file__).with_name("exceedances.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text)["part"])


def _seen(rows: Rows, name: str) -> list[float]:
    return [row.metrics[name] for row in rows if name in row.metrics]


def _rate(count: int, cycles: int) -> EventRate:
    return EventRate(count=count, per_1000=rounded(1000.0 * count / cycles))


def _forces(rows: Rows) -> tuple[EventRate | None, EventRate | None]:
    """Exceedances on the part, and on anything else but people."""
    told = [row for row in rows if "force_exceedances" in row.metrics]
    if not told:
        return None, None
    on_part = sum(len(part_faults().intersection(row.faults)) for row in told)
    total = round(math.fsum(_seen(told, "force_exceedances")))
    return _rate(on_part, len(rows)), _rate(max(total - on_part, 0), len(rows))


def _regions(rows: Rows) -> tuple[RegionContact, ...] | None:
    met = [row for row in rows if names.CONTACTS in row.metrics]
    return tuple(_region(name, met) for name in names.REGIONS) if met else None


def _region(region: str, rows: Rows) -> RegionContact:
    limits, name = body(), names.force(region)
    most, limit, hardest = limits.transient_n(region), limits.transient_n_cm2(region), _most(rows, name)
    force = hardest.metrics[name] if hardest else 0.0

    def beyond(row: CycleRow) -> bool:
        pressed = row.metrics.get(name, 0.0)
        return pressed > most or limits.pressure_n_cm2(pressed) > limit

    return RegionContact(
        region=region,
        force_n=rounded(force),
        force_limit_n=most,
        pressure_n_cm2=rounded(limits.pressure_n_cm2(force)),
        pressure_limit_n_cm2=limit,
        exceedances=sum(beyond(row) for row in rows),
        cycle=hardest.cycle if hardest else None,
    )


def _most(rows: Rows, name: str) -> CycleRow | None:
    """The first row with the largest value of a metric, if that is above 0."""
    best = max(rows, key=lambda row: (row.metrics.get(name, 0.0), -row.cycle))
    return best if best.metrics.get(name, 0.0) > 0.0 else None


def _interventions(rows: Rows) -> tuple[Intervention, ...] | None:
    found = []
    for kind in names.KINDS:
        counts = _seen(rows, names.interventions(kind))
        if not counts:
            return None
        rate = _rate(round(math.fsum(counts)), len(rows))
        cycles = sum(count > 0 for count in counts)
        found.append(Intervention(kind=kind, count=rate.count, per_1000=rate.per_1000, cycles=cycles))
    return tuple(found)


def _stops(rows: Rows) -> Stops | None:
    told = [row for row in rows if names.STOPPED in row.metrics]
    if not told:
        return None
    count = round(math.fsum(_seen(told, names.STOPPED)))

    def most(name: str) -> float | None:
        return rounded(max(_seen(told, name))) if count else None

    return Stops(count=count, time_s=most(names.STOP_TIME), distance_m=most(names.STOP_WAY))
