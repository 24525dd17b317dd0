"""Boards hold what may be compared, and say no more than the cycles do."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pilotline.benchmarks.job import Job
from pilotline.benchmarks.leaderboard.boards import Board, boards, graded
from pilotline.benchmarks.leaderboard.found import Found, Signature, gather
from pilotline.benchmarks.leaderboard.hardware import tables
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.scorecard import build
from pilotline.configs.lines import Line


def found_of(*cards: Scorecard) -> list[Found]:
    return [Found(Path(f"{k}.json"), f"{k}.json", card, None) for k, card in enumerate(cards)]


def only(found: list[Found]) -> Board:
    (board,) = boards(found)
    return board


def test_packs_stand_apart_and_the_faster_comes_first(folder: Path) -> None:
    found, _ = gather(folder)
    nominal, wear = boards(found)
    assert (nominal.key.pack, wear.key.pack) == ("D0", "D2")
    assert [line.found.place for line in nominal.lines][-1] == "deep/b/scorecard.json"
    assert nominal.ranking is not None
    assert list(nominal.ranking.rank_low) == [1, 1, 3]
    assert list(nominal.ranking.rank_high) == [2, 2, 3]
    assert nominal.ranking.names == tuple(line.found.card.body_sha256 for line in nominal.lines)
    assert np.all(np.diff(nominal.ranking.good_per_hour) <= 0.0)
    assert nominal.ranking.certainty[0, 2] > 0.975


def test_entry_classes_and_autonomy_are_not_ranked_together(
    slower: Callable[..., Scorecard], ask: Callable[..., Job]
) -> None:
    wheeled = slower(1.0)
    robot = dataclasses.replace(wheeled.body.robot, entry_class="biped")
    biped = build(ask(robot="biped"), wheeled.body.line, robot, wheeled.body.rows, wheeled.header)
    served = slower(1.0, policy="remote url=ws://localhost:1")
    found = boards(found_of(wheeled, biped, served))
    assert [(board.key.entry_class, board.key.autonomy) for board in found] == [
        ("biped", "autonomous"),
        ("wheeled", "autonomous"),
        ("wheeled", "undeclared"),
    ]


def test_where_only_attested_cards_are_ranked_the_others_stand_apart_with_the_reason(
    slower: Callable[..., Scorecard],
) -> None:
    signed, part, none = found_of(slower(1.0), slower(1.2), slower(1.4))
    signed = dataclasses.replace(signed, signature=Signature("ab" * 32, ()))
    part = dataclasses.replace(part, signature=Signature("ab" * 32, ("6: no calibration",)))
    (board,) = boards([signed, part, none], attested_only=True)
    assert [line.found for line in board.lines] == [signed]
    reasons = {line.found.signed: why for line, why in board.unranked}
    assert reasons == {"signed in part": "its attestation misses 1: 6: no calibration", "unsigned": "no attestation"}
    assert len(only([signed, part, none]).lines) == 3


def test_where_only_trusted_attestations_count_a_complete_one_of_an_unknown_key_stands_apart(
    slower: Callable[..., Scorecard],
) -> None:
    ours, part, theirs, none = found_of(slower(1.0), slower(1.2), slower(1.4), slower(1.6))
    ours = dataclasses.replace(ours, signature=Signature("ab" * 32, (), trusted=True))
    part = dataclasses.replace(part, signature=Signature("ab" * 32, ("6: no calibration",), trusted=True))
    theirs = dataclasses.replace(theirs, signature=Signature("cd" * 32, ()))
    (board,) = boards([ours, part, theirs, none], attested_only=True, trusted_only=True)
    assert [line.found for line in board.lines] == [ours]
    assert {line.found.card.body_sha256: why for line, why in board.unranked} == {
        part.card.body_sha256: "its attestation misses 1: 6: no calibration",
        theirs.card.body_sha256: "signed with an unknown key, cdcdcdcdcdcdcdcd...",
        none.card.body_sha256: "no attestation",
    }


def test_a_campaign_of_a_line_has_an_entry_at_each_of_its_stations(
    ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    found = boards(found_of(scored(ask(line="pair"))))
    assert [board.key.name for board in found] == ["DeviceTest", "ToteDestack"]


def test_of_a_shift_only_finished_graded_cycles_count(
    ask: Callable[..., Job], scored: Callable[[Job], Scorecard]
) -> None:
    body = scored(ask(line=None, stations=("ToteDestack", "DeviceTest"), hours=0.5)).body
    rows = graded(body, 0)
    assert len(rows) == body.stations[0].graded.first_pass.n
    assert sum(row.station == "ToteDestack" for row in body.rows) == body.stations[0].cycles + 1
    assert all(row.within_payload for row in rows)


def test_a_card_without_a_graded_cycle_stands_apart_with_the_reason(
    slower: Callable[..., Scorecard], ask: Callable[..., Job]
) -> None:
    card = slower(1.0)
    heavy = [dataclasses.replace(row, within_payload=False) for row in card.body.rows]
    none = build(ask(), card.body.line, card.body.robot, heavy, card.header)
    board = only(found_of(slower(1.2), none))
    assert [line.found.card.body_sha256 for line, _ in board.unranked] == [none.body_sha256]
    assert "load chart" in board.unranked[0][1]
    assert len(board.lines) == 1
    assert only(found_of(none)).ranking is None


@pytest.fixture(scope="module")
def runs(
    slower: Callable[..., Scorecard],
    line_of: Callable[..., Line],
    drive: Callable[..., LineRun],
    ask: Callable[..., Job],
    few_replicas: None,
) -> list[Scorecard]:
    """Two hours of a line of one station: quick, slow, and one too short to tell anything."""
    line, base = line_of(1), slower(1.0).body
    station = dataclasses.replace(base.line.stations[0], name="a")
    facts = dataclasses.replace(base.line, name=line.name, stations=(station,), card=line)

    def card(cycle_s: float, hours: float, seed: int) -> Scorecard:
        faults = itertools.cycle([(), (), ("drop",), ()])
        run = drive(line, 3600.0 * hours, lambda k: (cycle_s, next(faults)))
        return build(ask(line=line.name, hours=hours, seed=seed), facts, base.robot, run, slower(1.0).header)

    return [card(60.0, 2.0, 1), card(20.0, 2.0, 2), card(50.0, 0.01, 3)]


def test_lines_run_from_end_to_end_are_ranked_by_their_twins(runs: list[Scorecard]) -> None:
    board = only(found_of(*runs))
    assert board.key.of_line
    assert [line.found.card.body.job["seed"] for line in board.lines] == [2, 1]
    assert board.ranking is not None
    assert list(board.ranking.rank_low) == list(board.ranking.rank_high) == [1, 2]
    quick = board.ranking
    assert quick.low[0] < quick.good_per_hour[0] < quick.high[0]
    assert [why for _, why in board.unranked] == ["the run is too short for a twin"]


def test_drives_are_compared_where_all_else_is_the_same(folder: Path, slower: Callable[..., Scorecard]) -> None:
    found, _ = gather(folder)
    (table,) = tables(found)
    assert {choice.actuators for choice in table.choices} == {"ideal", "harmonic"}
    assert len(table.choices) == 3
    assert not table.one_seed
    harmonic = table.choices[-1]
    assert harmonic.endless_winding_c == pytest.approx(25.0 + 130.0 * 0.3)
    assert harmonic.hottest_group == "right_arm"
    assert tables(found_of(slower(1.0), slower(1.0, seed=8))) == ()
    assert tables(found_of(slower(1.0), slower(1.0, actuators="harmonic", policy="other"))) == ()
    (same,) = tables(found_of(slower(1.0), slower(1.0, actuators="harmonic")))
    assert same.one_seed
