"""Verification accepts an honest card and rejects any other, naming the first difference."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotline.benchmarks.canonical import sha256
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.scorecard import build, write
from pilotline.benchmarks.verify import verify

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
    job = ask(cycles=20)
    card = scored(job)
    rows = list(card.body.rows)
    rows[3] = dataclasses.replace(rows[3], energy_j=rows[3].energy_j * 0.9)
    write(build(job, card.body.line, card.body.robot, rows, card.header), tmp_path / "c.json")
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
