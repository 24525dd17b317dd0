"""Figures of one station from its rows; pure, in row order, rounded as the scorecard stores them."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from pilotline.benchmarks import statistics
from pilotline.benchmarks.canonical import rounded
from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.measure_safety import safety
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import (
    Distribution,
    DriveGroup,
    Drives,
    Events,
    FaultCount,
    Histogram,
    MassBin,
    Parity,
    PeakTorque,
    Rate,
    StationResult,
    Stratum,
)

Rows = Sequence[CycleRow]
_NICE_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
_BINS = 60


def station(
    facts: StationFacts,
    rows: Rows,
    idle_s: float,
    seed: Sequence[int],
    occupied_s: Callable[[CycleRow], float] | None = None,
) -> StationResult:
    """All figures of a station.

    rows: finished cycles in order; idle_s: planned time that no finished cycle used, 0 for a campaign of a number
    of cycles; seed: of the bootstrap; occupied_s: time that a cycle takes of the planned time, by default with the
    clearing that follows a failed one.
    """
    graded = [row for row in rows if row.within_payload]
    beyond = [row for row in rows if not row.within_payload]
    measured = stratum(facts, graded)
    index = parity(facts, graded, idle_s, seed, occupied_s or facts.occupied_s)
    failures = measured.first_pass.n - measured.first_pass.good
    sigma = safety_quality(measured.events, len(graded))
    return StationResult(
        name=facts.name,
        cycles=len(rows),
        graded=measured,
        beyond=stratum(facts, beyond) if beyond else None,
        parity=index,
        mtbf_lower_s=rounded(statistics.mtbf_lower_s(failures, index.planned_s)),
        sigma=sigma,
        generalisation=None,
        score=score(index, sigma, measured.events.critical),
        mass_bins=mass_bins(facts, rows),
    )


def stratum(facts: StationFacts, rows: Rows) -> Stratum:
    """Figures of cycles that belong together; rows may be empty."""
    good = [row for row in rows if row.success]
    counts = Counter(name for row in rows for name in row.faults)
    energy = math.fsum(row.energy_j for row in rows)
    counted = events(rows)
    return Stratum(
        first_pass=rate(len(good), len(rows)),
        in_takt=rate(sum(row.time_s <= facts.tau_l_s for row in good), len(rows)),
        cycle_time_s=distribution([row.time_s for row in good]),
        histogram=histogram(facts, rows),
        events=counted,
        safety=safety(rows, counted.critical),
        energy_per_good_j=rounded(energy / len(good)) if good else None,
        peak_force_n=distribution([row.peak_force_n for row in rows]),
        peak_torque=peak_torque(rows),
        drives=drives(rows),
        faults=tuple(
            FaultCount(fault=name, cycles=count, share=rounded(count / len(rows)))
            for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ),
    )


def rate(good: int, n: int) -> Rate:
    """A share with its Wilson interval and exact lower bound."""
    low, high = statistics.wilson(good, n)
    return Rate(
        n=n,
        good=good,
        rate=rounded(good / n) if n else None,
        wilson_low=rounded(low),
        wilson_high=rounded(high),
        exact_lower=rounded(statistics.clopper_pearson_lower(good, n)),
    )


def distribution(values: Sequence[float]) -> Distribution:
    """Summary of values (n,); all None when there are none."""
    if not values:
        return Distribution(n=0, min=None, median=None, p95=None, max=None, mean=None)
    low, median, p95, high = (rounded(float(v)) for v in np.percentile(values, (0.0, 50.0, 95.0, 100.0)))
    mean = rounded(math.fsum(values) / len(values))
    return Distribution(n=len(values), min=low, median=median, p95=p95, max=high, mean=mean)


def histogram(facts: StationFacts, rows: Rows) -> Histogram:
    """Cycle times in bins of a round width, about 60 of them up to the takt or the longest cycle."""
    if not rows:
        return Histogram(edges_s=(), good=(), failed=())
    times = [row.time_s for row in rows]
    span = max(facts.tau_l_s, *times)
    width = next((nice for nice in _NICE_S if span / nice <= _BINS), span / _BINS)
    first, last = math.floor(min(times) / width), math.floor(max(times) / width) + 1
    edges = [rounded(k * width) for k in range(first, last + 1)]
    good, _ = np.histogram([row.time_s for row in rows if row.success], edges)
    failed, _ = np.histogram([row.time_s for row in rows if not row.success], edges)
    return Histogram(edges_s=tuple(edges), good=tuple(good.tolist()), failed=tuple(failed.tolist()))


def events(rows: Rows) -> Events:
    """Sums of the event metrics; None where no row has the metric."""

    def total(name: str) -> int | None:
        seen = [row.metrics[name] for row in rows if name in row.metrics]
        return round(math.fsum(seen)) if seen else None

    falls = total("falls")
    return Events(
        drops=total("drops"),
        force_exceedances=total("force_exceedances"),
        falls=falls,
        near_falls=total("near_falls"),
        critical=(falls or 0) + (total("critical_events") or 0),
    )


def peak_torque(rows: Rows) -> tuple[PeakTorque, ...]:
    """Per joint group, by name."""
    groups = sorted({group for row in rows for group in row.peak_torque_ratio})
    found = []
    for group in groups:
        seen = [(row.peak_torque_ratio[group], row.cycle) for row in rows if group in row.peak_torque_ratio]
        most, cycle = max(seen, key=lambda pair: (pair[0], -pair[1]))
        p95 = float(np.percentile([ratio for ratio, _ in seen], 95.0))
        found.append(PeakTorque(group=group, max=rounded(most), p95=rounded(p95), cycle=cycle))
    return tuple(found)


def drives(rows: Rows) -> Drives | None:
    """Energy and heat of the drives, in all and per joint group by name; None where no row tells."""
    groups = tuple(drive_group(name, rows) for name in sorted({name for row in rows for name in row.drives}))
    if not groups:
        return None
    good = sum(row.success for row in rows)

    def per_good(name: str) -> float | None:
        total = math.fsum(getattr(found, name) for row in rows for found in row.drives.values())
        return rounded(total / good) if good else None

    return Drives(
        drawn_per_good_j=per_good("drawn_j"),
        returned_per_good_j=per_good("returned_j"),
        heat_per_good_j=per_good("heat_j"),
        derated_cycles=sum(any(found.derated for found in row.drives.values()) for row in rows),
        tripped_cycles=sum(any(found.tripped for found in row.drives.values()) for row in rows),
        groups=groups,
    )


def drive_group(group: str, rows: Rows) -> DriveGroup:
    """Drives of one group; what an endless shift makes of them is the mean over cycles, weighted by their times."""
    seen = [(row.drives[group], row.time_s) for row in rows if group in row.drives]
    good, time_s = sum(row.success for row in rows), math.fsum(time for _, time in seen)

    def per_good(name: str) -> float | None:
        return rounded(math.fsum(getattr(found, name) for found, _ in seen) / good) if good else None

    def most(name: str) -> float:
        return rounded(max(getattr(found, name) for found, _ in seen))

    def mean(name: str) -> float:
        return rounded(math.fsum(getattr(found, name) * time for found, time in seen) / time_s)

    return DriveGroup(
        group=group,
        drawn_per_good_j=per_good("drawn_j"),
        returned_per_good_j=per_good("returned_j"),
        heat_per_good_j=per_good("heat_j"),
        winding_c=most("winding_c"),
        housing_c=most("housing_c"),
        endless_winding_c=mean("endless_winding_c"),
        endless_housing_c=mean("endless_housing_c"),
        heat_load=mean("heat_load"),
        heat_load_max=most("heat_load"),
        derated_cycles=sum(found.derated > 0 for found, _ in seen),
        tripped_cycles=sum(found.tripped > 0 for found, _ in seen),
    )


def parity(
    facts: StationFacts, rows: Rows, idle_s: float, seed: Sequence[int], occupied_s: Callable[[CycleRow], float]
) -> Parity:
    """Human-parity index of the graded rows, with its bootstrap lower bound."""
    good = np.array([float(row.success) for row in rows])
    occupied = np.array([occupied_s(row) for row in rows])
    planned = math.fsum(occupied.tolist()) + idle_s
    lower = statistics.ratio_lower(good, occupied, seed, fixed_cost=idle_s)
    return Parity(
        tau_ref_s=facts.tau_ref_s,
        planned_s=rounded(planned),
        point=rounded(facts.tau_ref_s * float(good.sum()) / planned) if planned > 0.0 else 0.0,
        lower=None if lower is None else rounded(facts.tau_ref_s * lower),
    )


def safety_quality(counted: Events, cycles: int) -> float:
    """exp(-(0.5 drops + 1.0 force exceedances + 2.0 near-falls) per 100 cycles)."""
    if cycles == 0:
        return 1.0
    weighted = 0.5 * (counted.drops or 0) + 1.0 * (counted.force_exceedances or 0) + 2.0 * (counted.near_falls or 0)
    return rounded(math.exp(-weighted * 100.0 / cycles))


def score(index: Parity, sigma: float, critical: int) -> float | None:
    """100 * HPI lower bound * sigma, at most 100; 0 after a critical event; None without a bound.

    The factor sqrt(generalisation) is left out until held-out parts are measured.
    """
    if critical > 0:
        return 0.0
    if index.lower is None:
        return None
    return rounded(min(100.0, 100.0 * index.lower * sigma))


def mass_bins(facts: StationFacts, rows: Rows) -> tuple[MassBin, ...]:
    """Success by load; empty when the station states no bins or no row has a mass."""
    edges = facts.mass_bins_kg
    loads = [(row.metrics["mass_kg"], row) for row in rows if "mass_kg" in row.metrics]
    if not edges or not loads:
        return ()
    found = []
    for k, (low, high) in enumerate(itertools.pairwise(edges)):
        last = k == len(edges) - 2
        inside = [row for mass, row in loads if low <= mass < high or (last and mass == high)]
        found.append(
            MassBin(
                low_kg=low,
                high_kg=high,
                within=_success(inside, lambda row: row.within_payload),
                beyond=_success(inside, lambda row: not row.within_payload),
            )
        )
    return tuple(found)


def _success(rows: Rows, keep: Callable[[CycleRow], bool]) -> Rate:
    kept = [row.success for row in rows if keep(row)]
    return rate(sum(kept), len(kept))
