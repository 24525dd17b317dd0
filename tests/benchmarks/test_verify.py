"""Verification accepts an honest card and rejects any other, naming the first difference."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotline.benchmarks.attest.check import Attested
from pilotline.benchmarks.attest.statement import ITEMS, Item, Predicate, Statement, Subject
from pilotline.benchmarks.canonical import sha256
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.provenance import hardware, versions
from pilotline.benchmarks.rerun import Wanted, sample
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.scorecard import build, write
from pilotline.benchmarks.verify import Again, same_platform, verify

Rerun = Callable[[Job], list[CycleRow]]


@pytest.fixture(scope="module")
def honest(
    tmp_path_factory: pytest.TempPathFactory, ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> Path:
    path = tmp_path_factory.mktemp("card") / "scorecard.json"
    write(scored(ask(cycles=12, line="pair")), path)
    return path


def rehashed(card: Scorecard, **change: object) -> Scorecard:
    body = card.body.model_copy(update=change)
    return card.model_copy(update={"body": body, "body_sha256": sha256(body.model_dump(mode="json"))})


def with_a_better_row(card: Scorecard, path: Path) -> list[CycleRow]:
    """Write a card whose row 3 took a tenth less energy, with all that follows from the rows; returns them."""
    body, rows = card.body, list(card.body.rows)
    rows[3] = dataclasses.replace(rows[3], energy_j=rows[3].energy_j * 0.9)
    write(build(Job.of(body.job), body.line, body.robot, rows, card.header), path)
    return rows


def test_an_honest_card_holds(honest: Path, rerun: Rerun) -> None:
    result = verify(honest, rerun)
    assert result.ok, result.message
    assert result.passed == ("file", "json", "schema", "layout", "hash", "statistics", "rerun")
    assert "24 cycles" in result.message


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_digit_of_body_or_hash_is_rejected(
    data: st.DataObject, honest: Path, rerun: Rerun, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = honest.read_text(encoding="utf-8")
    guarded = [k for k in range(text.index('"header"')) if text[k].isdecimal()]
    at = data.draw(st.sampled_from(guarded))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != text[at]]))
    forged = honest.with_name("forged.json")
    forged.write_text(text[:at] + digit + text[at + 1 :], encoding="utf-8")
    assert not verify(forged, rerun).ok


def test_a_better_figure_with_a_fresh_hash_does_not_follow_from_the_rows(
    tmp_path: Path, ask: Callable[..., Job], scored: Callable[[Job], Scorecard], rerun: Rerun
) -> None:
    card = scored(ask())
    station = card.body.stations[0]
    forged = rehashed(card, stations=(station.model_copy(update={"score": 99.0}),))
    write(forged, tmp_path / "c.json")
    result = verify(tmp_path / "c.json", rerun)
    assert (result.ok, result.check) == (False, "statistics")
    assert result.difference is not None
    assert result.difference.path == "body.stations[0].score"
    assert (result.difference.stored, result.difference.recomputed) == (99.0, station.score)


def test_a_better_row_with_everything_recomputed_does_not_follow_from_the_job(
    tmp_path: Path, ask: Callable[..., Job], scored: Callable[[Job], Scorecard], rerun: Rerun
) -> None:
    with_a_better_row(scored(ask(cycles=20)), tmp_path / "c.json")
    result = verify(tmp_path / "c.json", rerun)
    assert (result.ok, result.check) == (False, "rerun")
    assert result.difference is not None
    assert result.difference.path.startswith("body.rows[3].energy_j")


def test_a_kinder_station_card_is_found_when_the_installed_cards_are_given(
    tmp_path: Path, ask: Callable[..., Job], scored: Callable[[Job], Scorecard], rerun: Rerun
) -> None:
    job = ask(cycles=20)
    card = scored(job)
    line, robot = card.body.line, card.body.robot
    kinder = dataclasses.replace(line, stations=(dataclasses.replace(line.stations[0], tau_h_s=30.0),))
    write(build(job, kinder, robot, card.body.rows, card.header), tmp_path / "c.json")
    assert verify(tmp_path / "c.json", rerun).ok
    result = verify(tmp_path / "c.json", rerun, lambda job: (line, robot))
    assert (result.ok, result.check) == (False, "facts")
    assert "body.line.stations[0].tau_h_s: stored 30.0, recomputed 8.7" in result.message


def test_a_data_sheet_that_is_another_file_now_is_named(
    tmp_path: Path, ask: Callable[..., Job], scored: Callable[[Job], Scorecard], rerun: Rerun
) -> None:
    card = scored(ask(actuators="harmonic", cycles=12))
    write(card, tmp_path / "c.json")
    line, robot = card.body.line, card.body.robot
    assert verify(tmp_path / "c.json", rerun, lambda job: (line, robot)).ok
    drive = robot.drives[0]
    edited = dataclasses.replace(drive.sheets[1], sha256="ef" * 32)
    other = dataclasses.replace(robot, drives=(dataclasses.replace(drive, sheets=(drive.sheets[0], edited)),))
    result = verify(tmp_path / "c.json", rerun, lambda job: (line, other))
    assert (result.ok, result.check) == (False, "sheets")
    assert result.message == "data sheet tbm-6025 of csg-20-100+tbm-6025: was cdcdcdcdcdcd..., is efefefefefef... now"


def test_a_rerun_that_gives_other_cycles_is_a_failure_not_a_crash(honest: Path, rerun: Rerun) -> None:
    result = verify(honest, lambda job: rerun(job)[:-1])
    assert (result.ok, result.check) == (False, "rerun")
    assert "11 cycles; asked for 12" in result.message


def test_a_missing_file_is_a_result(tmp_path: Path, rerun: Rerun) -> None:
    assert verify(tmp_path / "none.json", rerun).check == "file"


def on_another_machine(row: CycleRow) -> CycleRow:
    """The same cycle with other last bits."""
    return dataclasses.replace(row, time_s=row.time_s * (1.0 + 1e-6 * (row.cycle % 3)), digest="0" * 16)


def signed(card: Scorecard, settings: dict[str, dict[str, Any]] | None = None) -> Attested:
    """As if somebody had signed it."""
    empty = sha256({})
    items = tuple(Item(number=n, title=title, sha256=empty, missing=(), content={}) for n, title in ITEMS.items())
    predicate = Predicate(body_sha256=card.body_sha256, ranked=True, items=items)
    subject = Subject(name="scorecard.json", digest={"sha256": empty})
    return Attested("ab" * 32, True, Statement(subject=(subject,), predicate=predicate), settings or {})


def drawn_by(rerun: Rerun) -> Callable[[Job, Wanted], list[CycleRow]]:
    return lambda job, wanted: [row for row in rerun(job) if row.cycle in wanted.get(row.station, ())]


def test_a_draw_of_cycles_is_run_again_bit_for_bit(honest: Path, rerun: Rerun) -> None:
    result = verify(honest, _never, again=Again(cycles=5, seed=3, run=drawn_by(rerun)))
    assert result.ok, result.message
    assert result.message == "holds bit for bit: 5 of 24 cycles, drawn with seed 3, run again"
    assert result.rerun == "bits"


def test_a_draw_finds_a_row_that_the_job_does_not_give_when_it_is_among_them(
    tmp_path: Path, ask: Callable[..., Job], scored: Callable[[Job], Scorecard], rerun: Rerun
) -> None:
    rows = with_a_better_row(scored(ask(cycles=20)), tmp_path / "c.json")
    found = [
        verify(tmp_path / "c.json", _never, again=Again(cycles=10, seed=seed, run=drawn_by(rerun))).ok
        for seed in range(20)
    ]
    expected = [3 not in sample(rows, 10, seed)["ToteDestack"] for seed in range(20)]
    assert found == expected
    assert 3 < sum(found) < 17, "half of the draws of half of the cycles hold the row"


def test_without_running_anything_the_card_holds_as_far_as_that_goes(honest: Path) -> None:
    result = verify(honest, _never, again=Again(cycles=0))
    assert (result.ok, result.rerun, result.message) == (True, "none", "holds; no cycle was run again")


def test_another_platform_is_asked_for_equivalence_only_of_a_signed_card(
    tmp_path: Path, ask: Callable[..., Job], scored: Callable[[Job], Scorecard], rerun: Rerun
) -> None:
    write(scored(ask(cycles=200)), tmp_path / "c.json")

    def elsewhere(job: Job) -> list[CycleRow]:
        return [on_another_machine(row) for row in rerun(job)]

    unsigned = verify(tmp_path / "c.json", elsewhere)
    assert (unsigned.ok, unsigned.check) == (False, "rerun")
    assert "platform=other" in unsigned.message
    result = verify(tmp_path / "c.json", elsewhere, attestation=signed)
    assert (result.ok, result.rerun) == (True, "equivalence"), result.message
    assert "shares of good cycles" in result.message
    assert "0 of them with the same bits" in result.message
    assert verify(tmp_path / "c.json", elsewhere, again=Again(platform="other")).ok
    strict = verify(tmp_path / "c.json", elsewhere, attestation=signed, again=Again(platform="same"))
    assert (strict.ok, strict.check) == (False, "rerun")


def test_the_platform_of_the_card_gives_its_bits_or_fails(
    tmp_path: Path, ask: Callable[..., Job], scored: Callable[[Job], Scorecard], rerun: Rerun
) -> None:
    card = scored(ask(cycles=200))
    here = card.header.model_copy(update={"hardware": hardware(), "versions": versions()})
    write(card.model_copy(update={"header": here}), tmp_path / "c.json")
    result = verify(tmp_path / "c.json", lambda job: [*map(on_another_machine, rerun(job))], attestation=signed)
    assert (result.ok, result.check) == (False, "rerun")
    assert "platform" not in result.message


def test_processors_of_one_name_with_other_vector_instructions_or_c_library_are_two_platforms(
    ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    header = scored(ask(cycles=2)).header
    here = header.model_copy(update={"hardware": hardware(), "versions": versions()})
    assert same_platform(here)
    for name in ("vectors", "libc"):
        assert not same_platform(here.model_copy(update={"hardware": hardware() | {name: "another"}}))


def test_physics_that_is_set_otherwise_than_attested_is_named(honest: Path, rerun: Rerun) -> None:
    def attested(card: Scorecard) -> Attested:
        return signed(card, {"a": {"timestep": 0.002}})

    result = verify(honest, rerun, attestation=attested, settings=lambda job: {"a": {"timestep": 0.004}})
    assert (result.ok, result.check) == (False, "settings")
    assert "settings.a.timestep: stored 0.002, recomputed 0.004" in result.message


def _never(job: Job) -> list[CycleRow]:
    raise AssertionError("nothing was to be run")
