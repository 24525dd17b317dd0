"""A scorecard says what its rows say, and its file cannot be quietly edited."""

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotline.benchmarks.facts import LineFacts, RobotFacts, StationFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow, GroupDrives
from pilotline.benchmarks.schema import Header, Scorecard, StationResult, json_schema
from pilotline.benchmarks.scorecard import CardError, ScoreError, build, build_body, filled, read, write
from pilotline.benchmarks.statistics import clopper_pearson_lower

STATION = StationFacts("Bench", "A bench", "1", tau_h_s=10.0, tau_l_s=50.0, fidelity="K1", mass_bins_kg=(0, 5, 10))
LINE = LineFacts("one", "One bench", "1", (STATION,), takt_s=50.0)
ROBOT = RobotFacts("r", "Robot", "1", "wheeled", payload_kg=5.0, payload_basis="card")
HEADER = Header(date="2026-01-01T00:00:00Z", hardware={}, versions={}, wall_s=1.0, nsim=1, nthread=1)


def row(cycle: int, time_s: float = 20.0, fault: str = "", mass_kg: float = 3.0, **metrics: float) -> CycleRow:
    return CycleRow(
        station="Bench",
        cycle=cycle,
        seed=(0, cycle),
        success=not fault,
        faults=(fault,) if fault else (),
        time_s=time_s,
        within_payload=mass_kg <= 5.0,
        metrics={"mass_kg": mass_kg, **metrics},
        energy_j=100.0,
        peak_torque_ratio={"arm": 0.1 * mass_kg},
        peak_force_n=10.0 * mass_kg,
        digest=f"{cycle:016x}",
    )


def drives_of(heat_load: float, tripped: int) -> GroupDrives:
    return GroupDrives(
        drawn_j=100.0,
        returned_j=10.0,
        heat_j=80.0,
        winding_c=50.0,
        housing_c=40.0,
        endless_winding_c=25.0 + 100.0 * heat_load,
        endless_housing_c=60.0,
        heat_load=heat_load,
        derated=tripped,
        tripped=tripped,
    )


def job(**change: object) -> Job:
    asked = {"robot": "r", "actuators": "ideal", "stations": ["Bench"], "policy": "p", "seed": 1}
    return Job.of(asked | change)


def station_of(rows: list[CycleRow], **asked: object) -> StationResult:
    return build_body(job(**(asked or {"cycles": len(rows)})), LINE, ROBOT, rows).stations[0]


def test_yield_time_energy_and_faults_follow_from_the_rows() -> None:
    found = station_of([row(0), row(1, 30.0), row(2, 5.0, "drop", drops=1.0), row(3, 55.0)])
    assert (found.graded.first_pass.n, found.graded.first_pass.good) == (4, 3)
    assert found.graded.first_pass.exact_lower == pytest.approx(clopper_pearson_lower(3, 4))
    assert (found.graded.in_takt.good, found.graded.in_takt.n) == (2, 4)
    assert found.graded.cycle_time_s.median == 30.0
    assert found.graded.energy_per_good_j == pytest.approx(400.0 / 3)
    assert [(f.fault, f.cycles) for f in found.graded.faults] == [("drop", 1)]
    assert (found.graded.events.drops, found.graded.events.falls) == (1, None)


def test_energy_and_heat_of_drives_follow_from_the_rows() -> None:
    """An endless shift warms by the mean power of its cycles, so a cycle's estimate counts by its time."""
    cool, hard = (drives_of(load, tripped) for load, tripped in ((0.2, 0), (0.8, 2)))
    rows = [
        dataclasses.replace(row(0, 10.0), drives={"arm": cool, "torso": cool}),
        dataclasses.replace(row(1, 30.0, "drive_trip"), drives={"arm": hard, "torso": cool}),
    ]
    found = station_of(rows).graded.drives
    assert found is not None
    assert (found.drawn_per_good_j, found.returned_per_good_j, found.heat_per_good_j) == (400.0, 40.0, 320.0)
    assert (found.derated_cycles, found.tripped_cycles) == (1, 1)
    arm, torso = found.groups
    assert (arm.group, arm.drawn_per_good_j, arm.tripped_cycles, torso.tripped_cycles) == ("arm", 200.0, 1, 0)
    assert (arm.heat_load, arm.heat_load_max) == (pytest.approx((0.2 * 10.0 + 0.8 * 30.0) / 40.0), 0.8)
    assert arm.endless_winding_c == pytest.approx(25.0 + 100.0 * arm.heat_load)
    assert (arm.winding_c, arm.housing_c) == (50.0, 40.0)


def test_without_data_sheets_there_is_nothing_to_say_of_drives() -> None:
    body = build_body(job(cycles=1), LINE, ROBOT, [row(0)])
    assert body.stations[0].graded.drives is None
    assert not any("drives" in text.lower() for text in body.assumptions)


def test_a_failed_cycle_occupies_at_least_the_takt() -> None:
    """HPI = tau_ref * good / (20 + 30 + max(5, 50))."""
    found = station_of([row(0), row(1, 30.0), row(2, 5.0, "drop")])
    assert found.parity.planned_s == 100.0
    assert found.parity.point == pytest.approx(10.0 * 2 / 100.0)


def test_the_reference_time_is_the_machine_where_it_is_slower() -> None:
    slow = dataclasses.replace(STATION, tau_machine_s=40.0)
    body = build_body(job(cycles=2), dataclasses.replace(LINE, stations=(slow,)), ROBOT, [row(0), row(1)])
    assert body.stations[0].parity.point == pytest.approx(40.0 * 2 / 40.0)


def test_loads_beyond_the_robots_own_limit_are_reported_apart() -> None:
    rows = [row(0), row(1, mass_kg=9.0, fault="drop"), row(2), row(3, mass_kg=7.0), row(4, mass_kg=5.0)]
    found = station_of(rows)
    assert (found.graded.first_pass.n, found.graded.first_pass.good) == (3, 3)
    assert found.beyond is not None
    assert (found.beyond.first_pass.n, found.beyond.first_pass.good) == (2, 1)
    low, high = found.mass_bins
    assert (low.within.n, low.beyond.n, high.within.n, high.beyond.n, high.beyond.good) == (2, 0, 1, 2, 1)
    assert found.parity.planned_s == 60.0


def test_score_is_the_parity_bound_times_safety_quality() -> None:
    rows = [row(k) for k in range(18)] + [
        row(18, fault="drop", drops=1.0),
        row(19, fault="jam", near_falls=1.0),
    ]
    found = station_of(rows)
    assert found.sigma == pytest.approx(math.exp(-(0.5 + 2.0) * 5))
    assert found.parity.lower is not None
    assert found.score == pytest.approx(100.0 * found.parity.lower * found.sigma)
    assert found.generalisation is None


def test_a_fall_in_the_graded_run_scores_zero() -> None:
    rows = [row(k) for k in range(19)] + [row(19, fault="fall", falls=1.0)]
    assert station_of(rows).score == 0.0


def test_a_shift_counts_the_cycles_that_finish_in_it_and_charges_its_tail() -> None:
    """100 s hold 45 + 45 s; the third cycle is cut off, later ones are left out."""
    rows = [row(k, 45.0) for k in range(9)]
    body = build_body(job(hours=100.0 / 3600.0), LINE, ROBOT, rows)
    assert len(body.rows) == 3
    assert body.stations[0].cycles == 2
    assert body.stations[0].parity.planned_s == pytest.approx(100.0)
    assert body.stations[0].parity.point == pytest.approx(10.0 * 2 / 100.0)
    assert body.flow is not None
    assert (body.flow.good, body.flow.in_process) == (2, 1)
    assert build_body(job(hours=100.0 / 3600.0), LINE, ROBOT, body.rows) == body


def test_a_shift_that_is_not_filled_is_refused() -> None:
    rows = [row(0, 45.0), row(1, 45.0)]
    assert not filled(STATION, rows, 100.0 / 3600.0)
    with pytest.raises(ScoreError, match=r"2 cycles use 0.025 h; the shift has 0.02778 h"):
        build_body(job(hours=100.0 / 3600.0), LINE, ROBOT, rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(0), row(2), row(3)], "cycle 1 is missing"),
        ([row(0), row(1), row(1)], "cycle 1 is missing or there twice"),
        ([row(0), row(1)], "2 cycles; asked for 3"),
        ([row(0), row(1), dataclasses.replace(row(2), station="Else")], "rows of station Else"),
    ],
)
def test_rows_that_are_not_the_campaign_are_refused(rows: list[CycleRow], message: str) -> None:
    with pytest.raises(ScoreError, match=message):
        build_body(job(cycles=3), LINE, ROBOT, rows)


def test_order_of_rows_batch_size_and_threads_do_not_change_the_body(
    ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    rows = [row(k, 20.0 + k) for k in range(10)]
    one = build(job(cycles=10, nsim=1, nthread=1), LINE, ROBOT, rows, HEADER)
    other = build(job(cycles=10, nsim=256, nthread=2), LINE, ROBOT, rows[::-1], HEADER)
    assert one.body_sha256 == other.body_sha256
    assert scored(ask()).body_sha256 == scored(ask()).body_sha256 != scored(ask(seed=8)).body_sha256


def test_rolled_yield_is_the_product_of_the_stations_and_flow_conserves_parts(
    ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    body = scored(ask(line="pair")).body
    parts = [s.graded.first_pass.good + (s.beyond.first_pass.good if s.beyond else 0) for s in body.stations]
    assert body.flow is not None
    assert body.flow.rolled_yield == pytest.approx(parts[0] * parts[1] / 200**2)
    assert body.flow.entered == 200 == body.flow.good + body.flow.scrap + body.flow.in_process
    assert body.flow.good_per_hour < 3600.0 / 20.0


def test_a_shift_on_a_line_of_two(ask: Callable[..., Job], scored: Callable[[Job], Scorecard]) -> None:
    body = scored(ask(line=None, stations=("ToteDestack", "DeviceTest"), hours=1.0)).body
    assert body.flow is not None
    assert body.flow.horizon_s == 3600.0
    for times in body.flow.stations:
        assert times.busy_s + times.blocked_s + times.starved_s == pytest.approx(3600.0)


def test_what_was_written_reads_back_and_the_file_is_stable(
    tmp_path: Path, ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    card = scored(ask(line="pair"))
    write(card, tmp_path / "a" / "scorecard.json")
    again = read(tmp_path / "a" / "scorecard.json")
    assert again == card
    write(again, tmp_path / "b.json")
    assert (tmp_path / "b.json").read_bytes() == (tmp_path / "a" / "scorecard.json").read_bytes()
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["scorecard.json"]


@pytest.mark.parametrize(
    ("edit", "check", "named"),
    [
        (lambda text: "", "json", "not JSON"),
        (lambda text: "{", "json", "not JSON"),
        (lambda text: "[]", "schema", "schema is None"),
        (
            lambda text: text.replace("pilotline/scorecard/4", "pilotline/scorecard/3"),
            "schema",
            "scorecard/3",
        ),
        (lambda text: text.replace('"wall_s": 71.3', '"wall_s": NaN'), "json", "NaN"),
        (lambda text: text.replace('"wall_s": 71.3', '"wall_s": 1e999'), "schema", "header.wall_s"),
        (lambda text: text.replace('"nsim": 64', '"nsim": 64, "nsim": 64'), "json", "nsim appears twice"),
        (lambda text: text.replace('"nsim": 64', '"colour": 1, "nsim": 64'), "schema", "header.colour"),
        (lambda text: text + " ", "layout", "edited"),
        (lambda text: text.replace('"tau_h_s": 8.7', '"tau_h_s": 8.70'), "layout", "edited"),
        (lambda text: text.replace('"tau_h_s": 8.7', '"tau_h_s": 8.8'), "hash", "body_sha256"),
        (lambda text: "[" * 100_000, "json", "nested"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    edit: Callable[[str], str],
    check: str,
    named: str,
    tmp_path: Path,
    ask: Callable[..., Job],
    scored: Callable[[Job], Scorecard],
) -> None:
    path = tmp_path / "scorecard.json"
    write(scored(ask(cycles=5)), path)
    text = path.read_text(encoding="utf-8")
    assert edit(text) != text
    path.write_text(edit(text), encoding="utf-8")
    with pytest.raises(CardError, match=named) as error:
        read(path)
    assert error.value.check == check
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"none\.json: No such file"):
        read(tmp_path / "none.json")


def test_every_field_of_the_schema_of_results_is_documented_or_self_explaining() -> None:
    schema = json_schema()
    json.dumps(schema)
    for name in ("Body", "StationResult", "Stratum", "FlowResult", "StationFacts", "CycleRow", "RunResult", "Twin"):
        assert schema["$defs"][name]["description"]
    assert "takt" in schema["$defs"]["StationFacts"]["properties"]["tau_l_s"]["description"]
