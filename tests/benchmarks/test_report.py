"""The report and the console table show the card's figures and stand on their own."""

import dataclasses
import io
import itertools
import re
import statistics
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from rich.console import Console

from pilotline.benchmarks import console, provenance, wording
from pilotline.benchmarks.capability_view import capability_view
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.report import Video, render, write_report
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.scorecard import build
from pilotline.configs.lines import Line

from .pages import CHROMIUM, Page, chromium, complaints


@pytest.fixture(scope="module")
def card(ask: Callable[..., Job], scored: Callable[[Job], Scorecard]) -> Scorecard:
    return scored(ask(line="pair"))


@pytest.fixture(scope="module")
def page(card: Scorecard) -> str:
    return render(card, [Video("A good cycle", b"\x00\x01mp4", "Cycle 3."), Video("A fall", None, "None fell.")])


def test_the_page_is_well_formed_with_unique_ids_and_no_scripts(page: str) -> None:
    read = Page(page)
    assert read.tags["svg"] == 2 * 3 + 1 + 1 + 1
    assert read.tags["script"] == 0
    assert [name for name, times in read.ids.items() if times > 1] == []


def test_the_page_needs_no_network(page: str) -> None:
    assert "http" not in page
    assert "url(" not in re.sub(r"url\(#[^)]*\)", "", page)
    for target in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert target.startswith(("#", "data:"))


def test_a_page_can_be_read_by_keyboard_by_ear_in_the_dark_and_on_paper(
    page: str, run_card: Scorecard, ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    assert complaints(page) == []
    assert complaints(render(run_card)) == []
    assert complaints(render(scored(ask(actuators="harmonic", line="pair")))) == []


def test_the_checks_of_pages_find_what_they_are_for(page: str) -> None:
    for good, bad in (
        (' lang="en"', ""),
        ("<h2", "<h4"),
        ('aria-label="A good cycle"', ""),
        ('href="#safety"', 'href="#nowhere"'),
        ("--muted: #566270", "--muted: #a0a6ad"),
        ('tabindex="0" role="region"', 'role="region"'),
        ("<main", '<img src="https://example.org/a.png" alt=""><main'),
        ("prefers-color-scheme: dark", "no"),
    ):
        assert good in page
        assert complaints(re.sub("</h2", "</h4", page.replace(good, bad)) if good == "<h2" else page.replace(good, bad))


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_chromium_shows_the_page_without_a_complaint_and_prints_it(page: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    shown = chromium(path, "--enable-logging=stderr", "--dump-dom")
    assert "Failures and recordings" in shown
    chromium(path, f"--print-to-pdf={tmp_path / 'report.pdf'}", "--no-pdf-header-footer")
    printed = (tmp_path / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type ?/Page\b", printed)) >= 3


def test_the_grade_shows_every_figure_with_what_is_asked_and_whether_it_is_met(run_card: Scorecard) -> None:
    from pilotline.benchmarks.grade_view import grade_view

    view = grade_view(run_card.body)
    assert view.mark == "none"
    line = view.subjects[-1]
    assert line.title == "The line, end to end"
    shown = {each.label: each for each in line.inputs}
    assert "Graded cycles" not in shown, "not asked of a line"
    critical = shown["Critical events"]
    assert [cell.met for cell in critical.cells] == [False, None, None, None, None]
    hours = shown["Length of the run"]
    assert [cell.text for cell in hours.cells[2:]] == [f"≥{wording.SPACE}{h}.0{wording.SPACE}h" for h in (24, 66, 200)]
    text = Page(render(run_card)).text
    assert run_card.body.grade.why[1:] in text
    assert all(one in text for subject in run_card.body.grade.shown for one in subject.short)


def test_a_cause_of_failure_leads_to_its_recording(card: Scorecard) -> None:
    station = card.body.stations[0]
    fault = station.graded.faults[0].fault
    film = Video("Drop", b"mp4", "Cycle 3.", station.name, fault)
    read = Page(render(card, [Video("A good cycle", None, "none"), film]))
    assert [link for link in read.links if link.startswith("#film-")] == ["#film-2"]
    assert "film-2" in read.ids


def test_key_figures_are_on_the_page(page: str, card: Scorecard) -> None:
    text = Page(page).text
    for station in card.body.stations:
        first = station.graded.first_pass
        assert f"{first.good} of {first.n}" in text
        assert wording.percent(first.rate) in text
        assert wording.interval(first) in text
        assert wording.at_least(first.exact_lower) in text
        assert wording.number(station.parity.point, 3) in text
        assert wording.number(station.score) in text
    assert card.body.flow is not None
    assert wording.number(card.body.flow.good_per_hour) in text
    assert card.body_sha256 in text
    assert card.header.versions["mujoco"] in text
    assert "indicators, not measurements" in text
    assert "6 kg" in text


def test_drives_have_their_energy_heat_sheets_and_rules_on_the_page(
    ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    card = scored(ask(actuators="harmonic", line="pair"))
    page = Page(render(card))
    found = card.body.stations[0].graded.drives
    assert found is not None
    for text in (
        "Drives, heat and energy",
        wording.joules(found.drawn_per_good_j),
        wording.joules(found.heat_per_good_j),
        f"64{wording.SPACE}°C",
        "csg-20-100",
        "abababababababab",
        "a catalogue",
        "gear.load_loss",
        "0.15, D",
        "no limit",
        "cascade-pi 1",
    ):
        assert text in page.text
    assert page.tags["svg"] == 2 * 3 + 1 + 1 + 1 + 2 * 2
    assert [name for name, times in page.ids.items() if times > 1] == []
    screen = io.StringIO()
    Console(file=screen, width=100).print(console.render(card))
    assert "heat per good cycle" in screen.getvalue()
    assert "a rule sets: 2" in screen.getvalue()


def test_a_line_with_a_station_of_which_no_cycle_is_graded_still_tells_the_heat_of_the_other(
    ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    card = scored(ask(actuators="harmonic", line="pair"))
    rows = [dataclasses.replace(row, within_payload=row.station != "DeviceTest") for row in card.body.rows]
    half = build(ask(actuators="harmonic", line="pair"), card.body.line, card.body.robot, rows, card.header)
    assert half.body.stations[1].graded.drives is None
    assert Page(render(half)).tags["svg"] > 0
    Console(file=io.StringIO()).print(console.render(half))


def test_without_data_sheets_the_page_is_silent_on_drives(page: str) -> None:
    assert "Drives, heat and energy" not in page


def test_recordings_are_part_of_the_page_and_a_missing_one_says_why(page: str, card: Scorecard) -> None:
    assert 'src="data:video/mp4;base64,AAFtcDQ="' in page
    assert "no recording. None fell." in Page(page).text
    assert "No recordings: none were asked for" in Page(render(card)).text


def test_chart_colours_follow_the_page(page: str) -> None:
    drawings = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert "var(--good)" in drawings
    assert not re.findall(r"#[0-9a-f]{6}\b", drawings)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_the_page_is_a_function_of_the_card(card: Scorecard) -> None:
    assert render(card) == render(card)


def test_text_from_cards_cannot_become_markup(card: Scorecard, ask: Callable[..., Job]) -> None:
    line, robot = card.body.line, card.body.robot
    evil = dataclasses.replace(line.stations[0], title='<script>alert("x")</script>')
    line = dataclasses.replace(line, stations=(evil, line.stations[1]))
    page = render(build(ask(line="pair"), line, robot, card.body.rows, card.header))
    assert Page(page).tags["script"] == 0


def test_a_station_without_failures_without_masses_and_without_graded_cycles_still_prints(
    card: Scorecard, ask: Callable[..., Job]
) -> None:
    rows = [row for row in card.body.rows if row.station == "DeviceTest"]
    line = dataclasses.replace(card.body.line, stations=(card.body.line.stations[1],), buffers=())
    clean = [dataclasses.replace(row, success=True, faults=()) for row in rows]
    text = Page(render(build(ask(line="pair"), line, card.body.robot, clean, card.header))).text
    assert "No graded cycle failed" in text
    heavy = [dataclasses.replace(row, within_payload=False, peak_torque_ratio={}) for row in rows]
    none = build(ask(line="pair"), line, card.body.robot, heavy, card.header)
    assert "nothing to grade" in Page(render(none)).text
    assert none.body.stations[0].score is None
    Console(file=io.StringIO()).print(console.render(none))


@pytest.fixture(scope="module")
def run_card(
    card: Scorecard,
    line_of: Callable[..., Line],
    drive: Callable[..., LineRun],
    ask: Callable[..., Job],
    few_replicas: None,
) -> Scorecard:
    """An hour of a line of two from end to end, where every seventh cycle fails, now and then with a fall."""
    names = ("a", "b")
    line = line_of(2, clear_s=30.0)
    stations = tuple(dataclasses.replace(s, name=n) for s, n in zip(card.body.line.stations, names, strict=True))
    facts = dataclasses.replace(card.body.line, name=line.name, stations=stations, card=line)
    faults = itertools.cycle([(), (), ("drop",), (), (), (), ("fall",)])
    run = drive(line, 3600.0, lambda k: (20.0 + 5.0 * k, next(faults)), lambda at, to: 0.0 if at is None else 6.0)
    return build(ask(line=line.name, hours=1.0), facts, card.body.robot, run, card.header)


def test_a_run_of_a_line_has_its_timeline_twin_and_outlook_on_the_page(run_card: Scorecard) -> None:
    page = Page(render(run_card))
    run = run_card.body.run
    assert run is not None
    assert run.twin is not None
    for text in (
        "The line, end to end",
        f"{run.entered} entered = {run.good} good + {run.scrap} scrap + {run.in_process} in process",
        wording.number(run.good_per_hour),
        wording.number(run.takt_share_lower, 2),
        wording.number(run.twin.ratio, 3),
        wording.number(run.twin.month.good.mean, 0),
        wording.percent(run.twin.effectiveness.oee.mean),
        "therefore the score is 0",
        "failed cycles as they happened",
        "done again",
    ):
        assert text in page.text
    assert page.tags["svg"] == page.tags["figcaption"] >= 4 + 2
    assert [name for name, times in page.ids.items() if times > 1] == []
    assert "clearing" not in page.text, "names of states are for programs"


def test_a_run_that_is_too_short_for_a_twin_says_so(
    run_card: Scorecard, drive: Callable[..., LineRun], ask: Callable[..., Job]
) -> None:
    line = run_card.body.line
    assert line.card is not None
    run = drive(line.card, 90.0, lambda k: (20.0, ()))
    card = build(ask(line=line.name, hours=0.025), line, run_card.body.robot, run, run_card.header)
    assert "No twin: no cycle was finished at b in 90 s." in Page(render(card)).text
    Console(file=io.StringIO()).print(console.render(card))


def test_the_console_tells_of_a_run_and_its_twin(run_card: Scorecard) -> None:
    screen = io.StringIO()
    Console(file=screen, width=100).print(console.render(run_card))
    shown = screen.getvalue()
    run = run_card.body.run
    assert run is not None
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert f"{run.good} good, {run.scrap} scrap" in shown
    assert "twin / physics" in shown
    assert "bottleneck robot" in shown


def test_the_file_is_written_whole(card: Scorecard, tmp_path: Path) -> None:
    write_report(card, tmp_path / "out" / "report.html")
    assert (tmp_path / "out" / "report.html").read_text(encoding="utf-8") == render(card)


def test_the_console_table_fits_100_columns_and_shows_the_figures(card: Scorecard) -> None:
    screen = io.StringIO()
    Console(file=screen, width=100).print(console.render(card))
    shown = screen.getvalue()
    assert max(len(line) for line in shown.splitlines()) <= 100
    for station in card.body.stations:
        assert f"({station.graded.first_pass.good} of {station.graded.first_pass.n})" in shown
        assert wording.interval(station.graded.first_pass) in shown
    assert card.body_sha256 in shown


def test_a_lower_bound_is_never_rounded_up() -> None:
    assert wording.at_least(0.93659) == f"93.6{wording.SPACE}%"
    assert wording.at_least(0.936) == f"93.6{wording.SPACE}%"
    assert wording.at_least(0.99999) == f"99.9{wording.SPACE}%"


def test_the_header_says_where_and_when_in_utc(ask: Callable[..., Job]) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=8)))
    header = provenance.header(ask(nsim=3, nthread=2), wall_s=1.23456, date=noon)
    assert header.date == "2026-11-22T04:00:00Z"
    assert (header.nsim, header.nthread, header.wall_s) == (3, 2, 1.235)
    assert header.versions["mujoco"] != "not installed"


@pytest.mark.parametrize(("bound", "shown"), [(1.334, "1.33"), (-28744.31, "below 0"), (1e6, "above 100")])
def test_a_bound_of_process_capability_that_says_nothing_is_not_a_figure(bound: float, shown: str) -> None:
    assert wording.capability(bound) == shown


def test_process_capability_is_on_the_page_with_its_limits_and_whether_grades_look_at_it(
    card: Scorecard, ask: Callable[..., Job]
) -> None:
    """Torques have two limits; the mean of these is nearer to the lower one, 2.565 N m."""
    station = dataclasses.replace(card.body.line.stations[0], name="screw", title="Screws")
    line = dataclasses.replace(card.body.line, stations=(station,), buffers=())
    own = [row for row in card.body.rows if row.station == "ToteDestack"]
    torques = (2.7, 2.75, 2.8)
    rows = [
        dataclasses.replace(row, station="screw", metrics=row.metrics | {"torque_1_nm": torques[k % 3]})
        for k, row in enumerate(own)
    ]
    made = build(ask(line="pair"), line, card.body.robot, rows, card.header)
    page = render(made)
    assert complaints(page) == []
    ((title, found),) = capability_view(made.body)
    good = [row.metrics["torque_1_nm"] for row in rows if row.success and row.within_payload]
    assert (title, found[0].title, found[0].unit, found[0].n) == ("Screws", "torque 1", f"N{wording.SPACE}m", len(good))
    assert found[0].cpk == pytest.approx((statistics.mean(good) - 2.565) / (3.0 * statistics.stdev(good)))
    assert (found[0].graded, found[1].n, found[1].cpk) == (False, 0, None)
    text = Page(page).text
    assert "Process capability" in text
    assert wording.number(found[0].cpk, 2) in text
    assert "2.5653.135" in text, "both limits, side by side"


def test_a_station_without_characteristics_has_no_capability_on_the_page(page: str) -> None:
    assert "Process capability" not in page
