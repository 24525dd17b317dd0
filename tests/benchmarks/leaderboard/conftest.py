"""Folders of made-up cards."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotline.benchmarks import report, scorecard
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.scorecard import build


@pytest.fixture(scope="session")
def slower(ask: Callable[..., Job], scored: Callable[[Job], Scorecard]) -> Callable[..., Scorecard]:
    """A card of totes whose cycles take so many times as long."""

    def card(factor: float, **job: object) -> Scorecard:
        asked = ask(**job)
        usual = scored(asked)
        rows = [dataclasses.replace(row, time_s=factor * row.time_s) for row in usual.body.rows]
        return build(asked, usual.body.line, usual.body.robot, rows, usual.header)

    return card


@pytest.fixture
def folder(tmp_path: Path, slower: Callable[..., Scorecard]) -> Path:
    """Four cards, one of them with its report and one under another pack."""
    cards = {
        "a": slower(1.0),
        "deep/b": slower(1.6, actuators="harmonic"),
        "c": slower(1.0, cycles=30, seed=9),
        "d": slower(1.0, pack="D2"),
    }
    for name, card in cards.items():
        scorecard.write(card, tmp_path / "cards" / name / "scorecard.json")
    report.write_report(cards["a"], tmp_path / "cards" / "a" / "report.html")
    report.write_report(cards["a"], tmp_path / "cards" / "c" / "report.html")
    return tmp_path / "cards"
