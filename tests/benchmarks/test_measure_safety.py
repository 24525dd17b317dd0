"""The safety part of a station says what its rows say, and null of what no row measured."""

from typing import TypeVar

import pytest

from pilotline.benchmarks.measure_safety import safety
from pilotline.benchmarks.rows import CycleRow
from pilotline.envs import stations
from pilotline.envs.safety.metrics import KINDS

T = TypeVar("T")


def told(value: T | None) -> T:
    """A figure that the rows tell."""
    assert value is not None
    return value


def row(cycle: int, *faults: str, **metrics: float) -> CycleRow:
    return CycleRow(
        station="bench",
        cycle=cycle,
        seed=(0, cycle),
        success=not faults,
        faults=tuple(sorted(faults)),
        time_s=10.0,
        within_payload=True,
        metrics=metrics,
        energy_j=1.0,
        peak_torque_ratio={},
        peak_force_n=0.0,
        digest=f"{cycle:016x}",
    )


def test_what_no_row_measures_is_null() -> None:
    found = safety([row(0, falls=0.0)], 0)
    assert found.falls is not None
    assert found.falls.count == 0
    unknown = ("near_falls", "drops", "exceedances_person", "exceedances_part", "protective_stops", "unsafe_restarts")
    assert [getattr(found, name) for name in unknown] == [None] * len(unknown)
    assert (found.regions, found.interventions, found.stops, found.least_separation_m) == (None, None, None, None)
    assert safety([], 0).falls is None


def test_events_are_counted_and_told_per_thousand_cycles() -> None:
    rows = [row(k, near_falls=float(k == 3), keep_out_breaches=2.0 * (k == 1), keep_out_fast=0.0) for k in range(8)]
    found = safety(rows, 0)
    assert (told(found.near_falls).count, told(found.near_falls).per_1000) == (1, 125.0)
    assert (told(found.keep_out_breaches).count, told(found.keep_out_breaches).per_1000) == (2, 250.0)
    assert told(found.keep_out_fast).count == 0


def test_force_exceedances_are_told_apart_by_what_they_were_on() -> None:
    rows = [
        row(0, "squeeze", force_exceedances=1.0),
        row(1, "bump", force_exceedances=1.0),
        row(2, "bump", "squeeze", force_exceedances=2.0),
        row(3, "drop", force_exceedances=0.0),
    ]
    found = safety(rows, 0)
    assert (told(found.exceedances_part).count, told(found.exceedances_fixture).count) == (2, 2)


def test_every_station_counts_force_exceedances() -> None:
    """Which faults they are is data, so a fault that a station renames must not fall out of the table."""
    from pathlib import Path

    from pilotline.benchmarks.measure_safety import part_faults

    folder = Path(stations.__file__).parent
    code = {path.stem: path.read_text() for path in folder.glob("*.py")}
    for fault in part_faults():
        assert any(f'faults["{fault}"] * 1.0' in text for text in code.values()), fault


def test_contact_is_held_against_the_limits_of_its_region() -> None:
    met = {"person_contacts": 1.0, "person_exceedances": 0.0}
    rows = [
        row(0, **met, person_chest_n=100.0),
        row(1, **met, person_chest_n=300.0, person_skull_n=131.0),
        row(2, person_contacts=0.0),
    ]
    by_name = {contact.region: contact for contact in told(safety(rows, 0).regions)}
    chest, skull, hand = by_name["chest"], by_name["skull"], by_name["hand"]
    assert (chest.force_n, chest.force_limit_n, chest.exceedances, chest.cycle) == (300.0, 280.0, 1, 1)
    assert (skull.force_limit_n, skull.exceedances) == (130.0, 1), "no doubling at the head"
    assert (hand.force_n, hand.cycle, hand.exceedances) == (0.0, None, 0)
    assert chest.pressure_n_cm2 == pytest.approx(300.0 / 1.96)


def test_interventions_are_told_by_kind() -> None:
    none = {f"interventions_{kind}": 0.0 for kind in KINDS}
    rows = [row(0, **none), row(1, **(none | {"interventions_speed": 3.0}))]
    by_kind = {found.kind: found for found in told(safety(rows, 0).interventions)}
    assert list(by_kind) == list(KINDS)
    assert (by_kind["speed"].count, by_kind["speed"].cycles, by_kind["speed"].per_1000) == (3, 1, 1500.0)
    assert by_kind["torque"].count == 0


def test_the_longest_stop_is_told() -> None:
    rows = [
        row(0, stops_to_rest=1.0, stop_time_s=0.2, stop_distance_m=0.05),
        row(1, stops_to_rest=2.0, stop_time_s=0.1, stop_distance_m=0.08),
    ]
    stops = told(safety(rows, 0).stops)
    assert (stops.count, stops.time_s, stops.distance_m) == (3, 0.2, 0.08)
    without = told(safety([row(0, stops_to_rest=0.0, stop_time_s=0.0, stop_distance_m=0.0)], 0).stops)
    assert (without.count, without.time_s) == (0, None)
