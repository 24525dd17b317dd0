"""A run of a line is scored as it happened, and a run that cannot have happened is not scored at all."""

import dataclasses
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pilotline.benchmarks import grades
from pilotline.benchmarks.canonical import sha256
from pilotline.benchmarks.facts import LineFacts, RobotFacts, StationFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.line_audit import AuditError, levels, replay
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.line_schema import RunResult
from pilotline.benchmarks.schema import Header, Scorecard
from pilotline.benchmarks.scorecard import ScoreError, build, build_body, read, write
from pilotline.benchmarks.verify import verify
from pilotline.configs.lines import Line
from pilotline.envs.line.flow import Event

ROBOT = RobotFacts("r", "Robot", "1", "wheeled", payload_kg=5.0, payload_basis="card")
HEADER = Header(date="2026-01-01T00:00:00Z", hardware={}, versions={}, wall_s=1.0, nsim=1, nthread=1)
JOB = Job.of({"robot": "r", "actuators": "ideal", "line": "made_up", "policy": "p", "seed": 3, "hours": 1.0})


def facts_of(line: Line) -> LineFacts:
    stations = tuple(
        StationFacts(name, f"Station {name}", "1", tau_h_s=10.0, tau_l_s=40.0, fidelity="K1")
        for name in line.station_names
    )
    buffers = tuple(place.buffer_after or 0 for place in line.stations[:-1])
    return LineFacts(line.name, line.title, "1", stations, takt_s=line.takt_s, buffers=buffers, card=line)


pytestmark = pytest.mark.usefixtures("few_replicas")


@pytest.fixture(scope="module")
def line(line_of: Callable[..., Line]) -> Line:
    return line_of(2, clear_s=30.0, transfer_s=2.0)


@pytest.fixture(scope="module")
def run(line: Line, drive: Callable[..., LineRun]) -> LineRun:
    rng = np.random.default_rng(1)

    def draw(k: int) -> tuple[float, tuple[str, ...]]:
        return float(rng.normal(20.0, 2.0)), ("drop",) if rng.random() < 0.08 else ()

    return drive(line, 3600.0, draw, lambda at, to: 0.0 if at in (None, to) else 8.0)


@pytest.fixture(scope="module")
def card(line: Line, run: LineRun, few_replicas: None) -> Scorecard:
    return build(JOB, facts_of(line), ROBOT, run, HEADER)


def found_in(card: Scorecard) -> RunResult:
    assert card.body.run is not None
    return card.body.run


def test_counts_times_and_throughput_are_those_of_the_run(card: Scorecard, run: LineRun, line: Line) -> None:
    found = found_in(card)
    assert (found.entered, found.good, found.scrap, found.in_process) == (
        run.entered,
        run.good,
        run.scrap,
        run.in_process,
    )
    assert found.entered == found.good + found.scrap + found.in_process
    assert found.good_per_hour == run.good
    assert found.takt_share == pytest.approx(60.0 * run.good / 3600.0)
    kinds = Counter(event.kind for event in run.events)
    assert (found.reworked, found.scrap) == (kinds["reworked"], kinds["scrapped"])
    assert found.interventions == kinds["failed"]
    for station, spent in zip(found.stations, run.spent_s, strict=True):
        assert [getattr(station, f"{state}_s") for state in spent] == pytest.approx(list(spent.values()))
    assert found.robot.working_s == pytest.approx(run.robot_s["working"])
    assert card.body.flow is None


def test_yields_are_of_first_tries_and_their_product_is_compared_with_the_line(card: Scorecard, run: LineRun) -> None:
    found = found_in(card)
    firsts = []
    for name in ("a", "b"):
        first: dict[int, bool] = {}
        for visit in run.visits:
            if visit.station == name:
                first.setdefault(visit.part, visit.row.success)
        firsts.append(sum(first.values()) / len(first))
    assert [station.first_try.rate for station in found.stations] == pytest.approx(firsts)
    assert found.rolled_yield == pytest.approx(firsts[0] * firsts[1])
    assert found.first_pass_yield == pytest.approx(run.first_pass / (run.good + run.scrap))
    assert found.yield_ratio == pytest.approx(run.first_pass / (run.good + run.scrap) / (firsts[0] * firsts[1]))


def test_the_line_score_is_the_bound_of_the_takt_share_times_safety_quality(card: Scorecard, run: LineRun) -> None:
    found = found_in(card)
    assert found.twin is not None
    drops = sum("drop" in visit.row.faults for visit in run.visits)
    assert drops > 0
    assert found.sigma == pytest.approx(math.exp(-0.5 * drops * 100.0 / len(run.visits)))
    same = found.twin.same_time.good
    assert found.takt_share_lower == pytest.approx(found.takt_share * same.low / same.mean)
    assert found.score == pytest.approx(100.0 * found.takt_share * same.low / same.mean * found.sigma)


@pytest.mark.parametrize("where", ["station", "way"])
def test_a_fall_at_a_station_or_on_the_way_makes_the_line_score_zero(
    where: str, line: Line, run: LineRun, drive: Callable[..., LineRun]
) -> None:
    if where == "way":
        fallen = dataclasses.replace(run, falls_driving=1)
    else:
        times = iter([("fall",)])
        fallen = drive(line, 3600.0, lambda k: (20.0, next(times, ())), lambda at, to: 0.0)
    found = build_body(JOB, facts_of(line), ROBOT, fallen).run
    assert found is not None
    assert (found.critical, found.score) == (1, 0.0)


def test_the_planned_time_of_every_station_is_the_whole_run(card: Scorecard, run: LineRun) -> None:
    for station in card.body.stations:
        good = sum(visit.row.success for visit in run.visits if visit.station == station.name)
        assert station.parity.planned_s == pytest.approx(3600.0)
        assert station.parity.point == pytest.approx(10.0 * good / 3600.0)
    total = sum(station.parity.point for station in card.body.stations)
    assert found_in(card).human_share == pytest.approx(total)


def test_levels_of_a_buffer_follow_from_the_events(line: Line, run: LineRun, card: Scorecard) -> None:
    steps = levels(line, run.events, 0)
    assert min(level for _, level in steps) == 0
    (buffer,) = found_in(card).buffers
    assert buffer.places == 5 >= buffer.max == max(level for _, level in steps)
    assert 0.0 < buffer.mean < buffer.max


def test_a_run_without_a_cycle_at_one_station_is_scored_without_a_twin(
    line: Line, drive: Callable[..., LineRun]
) -> None:
    short = drive(line, 60.0, lambda k: (20.0, ()))
    job = JOB.model_copy(update={"hours": 60.0 / 3600.0})
    found = build_body(job, facts_of(line), ROBOT, short).run
    assert found is not None
    assert (found.twin, found.score, found.rolled_yield) == (None, None, None)
    assert found.without_twin == "no cycle was finished at b in 60 s"


def moved(run: LineRun, k: int, **change: Any) -> LineRun:
    visits = list(run.visits)
    visits[k] = dataclasses.replace(visits[k], **change)
    return dataclasses.replace(run, visits=tuple(visits))


def without(run: LineRun, kind: str) -> LineRun:
    first = next(event for event in run.events if event.kind == kind)
    return dataclasses.replace(run, events=tuple(event for event in run.events if event is not first))


@pytest.mark.parametrize(
    ("forge", "message"),
    [
        (lambda run: dataclasses.replace(run, good=run.good + 1, in_process=run.in_process - 1), "left"),
        (lambda run: dataclasses.replace(run, entered=run.entered + 1), "parts enter"),
        (lambda run: without(run, "entered"), "parts enter"),
        (lambda run: without(run, "good"), "left"),
        (lambda run: without(run, "passed"), "events do not follow"),
        (
            lambda run: dataclasses.replace(
                run, events=(*run.events, next(event for event in run.events if event.kind == "good"))
            ),
            "left the line 2 times",
        ),
        (lambda run: dataclasses.replace(run, events=(*run.events, Event(3600.0, "good", "b", 999))), "never entered"),
        (lambda run: dataclasses.replace(run, first_pass=run.first_pass - 1), "first pass"),
        (lambda run: dataclasses.replace(run, visits=run.visits[:-1]), "are among the visits"),
        (lambda run: moved(run, 3, part=99), "part 99"),
        (lambda run: moved(run, 3, begun_s=run.visits[3].begun_s - 0.5), "begin of a cycle"),
        (lambda run: moved(run, 3, ended_s=run.visits[3].ended_s + 0.5), "end of a cycle"),
        (lambda run: dataclasses.replace(run, robot_s=run.robot_s | {"down": 9.0}), "robot together"),
        (
            lambda run: dataclasses.replace(run, spent_s=(run.spent_s[0] | {"working": 1.0}, run.spent_s[1])),
            "time of a working",
        ),
    ],
)
def test_a_run_that_cannot_have_happened_is_refused(
    forge: Callable[[LineRun], LineRun], message: str, line: Line, run: LineRun
) -> None:
    replay(line, run)
    with pytest.raises(AuditError, match=message):
        replay(line, forge(run))
    with pytest.raises(ScoreError, match=message):
        build_body(JOB, facts_of(line), ROBOT, forge(run))


def test_what_a_job_does_not_ask_for_is_refused(line: Line, run: LineRun) -> None:
    facts = facts_of(line)
    rows = [visit.row for visit in run.visits]
    with pytest.raises(ScoreError, match="cycles instead of a run of a line"):
        build_body(JOB, facts, ROBOT, rows)
    campaign = Job.of(JOB.body() | {"hours": None, "cycles": 5})
    with pytest.raises(ScoreError, match="a run of a line instead of cycles"):
        build_body(campaign, facts, ROBOT, run)
    with pytest.raises(ScoreError, match="ends at 3600 s; asked for 2 h"):
        build_body(JOB.model_copy(update={"hours": 2.0}), facts, ROBOT, run)
    with pytest.raises(ScoreError, match="no released one"):
        build_body(JOB, dataclasses.replace(facts, card=None), ROBOT, run)


def test_a_written_card_reads_back_and_holds(card: Scorecard, run: LineRun, tmp_path: Path) -> None:
    path = tmp_path / "scorecard.json"
    write(card, path)
    assert read(path) == card
    assert max(len(text) for text in path.read_text().splitlines()) < 700, "tables stand a line an entry"
    result = verify(path, rerun=lambda job: run)
    assert result.ok, result.message


def test_a_changed_event_or_a_better_figure_does_not_hold(card: Scorecard, run: LineRun, tmp_path: Path) -> None:
    path = tmp_path / "scorecard.json"
    found = found_in(card)

    def forged(**change: Any) -> str:
        body = card.body.model_copy(update={"run": found.model_copy(update=change)})
        document = card.model_copy(update={"body": body, "body_sha256": sha256(body.model_dump(mode="json"))})
        write(document, path)
        result = verify(path, rerun=lambda job: run)
        assert not result.ok
        assert result.check == "statistics"
        return result.message

    assert "body.run.score" in forged(score=99.0)
    assert "body.run.twin.ratio" in forged(twin=found.twin.model_copy(update={"ratio": 1.0}) if found.twin else None)
    assert "events do not follow" in forged(events=(*found.events[:3], *found.events[4:]))
    assert "no such cycle" in forged(visits=(*found.visits[:-1], found.visits[-1].model_copy(update={"cycle": 500})))


def test_another_run_is_found_by_running_it_again(card: Scorecard, line: Line, drive: Any, tmp_path: Path) -> None:
    path = tmp_path / "scorecard.json"
    write(card, path)
    other = drive(line, 3600.0, lambda k: (20.0, ()))
    result = verify(path, rerun=lambda job: other)
    assert (result.ok, result.check) == (False, "rerun")


def test_a_run_s_grade_is_that_of_its_weakest_part_and_names_what_is_missing(card: Scorecard) -> None:
    found = card.body.grade
    assert [one.subject for one in found.shown] == ["a", "b", "line"]
    assert found.grade == min((one.grade for one in found.shown), key=lambda grade: grade or "")
    assert found.why.split()[0] in ("a", "b", "line")
    # one robot serves both stations, so neither is held against a person by itself
    assert [one.parity_lower is None for one in found.shown] == [True, True, False]


def test_shifts_without_an_assist_are_whole_shifts_in_which_no_cycle_failed(card: Scorecard) -> None:
    body = card.body
    assert body.run is not None
    shift_s = 8.0 * 3600.0
    events = ((0.5 * shift_s, "failed", "a", 0), (1.5 * shift_s, "done", "a", 1), (3.2 * shift_s, "failed", "b", 2))
    run = body.run.model_copy(update={"horizon_s": 3.5 * shift_s, "events": events})
    *_, line = grades.grade(body.line, body.robot, "p", body.stations, run, body.rows).shown
    assert line.shifts_without_assist == pytest.approx(2.0 / 3.0)
    assert line.hours == 28.0
