"""Scorecards of released lines in the repository: form, hash and figures hold; `make reproduce` runs them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main

CARDS = sorted((Path(__file__).parents[2] / "docs" / "reference").glob("*/scorecard.json"))


def test_there_are_some() -> None:
    assert {"assembly", "logistics", "packaging", "tending"} <= {card.parent.name for card in CARDS}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.parent.name)
def test_its_figures_follow_from_its_rows(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(card), "cycles=0"]) == 0
    assert capsys.readouterr().out.startswith("holds")
