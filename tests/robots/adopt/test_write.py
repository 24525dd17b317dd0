"""The card as a file: what is written is what was found, and says what was not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pilotline import robots
from pilotline.robots.adopt import adopt
from pilotline.robots.adopt.write import WIDTH, render


def test_the_file_holds_the_card(maker: Any) -> None:
    _, model = maker.made(maker.plan(seed=6, fingers=3))
    found = adopt(model, "made", {"file": "made.xml"})
    text = render(found)
    kept = {key: value for key, value in found.card.items() if value not in ([], {})}
    assert yaml.safe_load(text) == kept
    assert max(map(len, text.splitlines())) <= WIDTH + 10


def test_the_file_says_how_and_what_not(maker: Any) -> None:
    _, model = maker.made(maker.plan(seed=6))
    found = adopt(model, "made", {"file": "made.xml"})
    comments = " ".join(line.strip("# ") for line in render(found).splitlines() if line.startswith("#"))
    for line in found.unknown:
        assert " ".join(line.split()) in " ".join(comments.split())
    assert "largest speed of all" in comments
    assert "no fingers were found" in comments
    assert "no site of an IMU" in comments


def test_the_file_loads_at_once(maker: Any) -> None:
    _, model = maker.made(maker.plan(seed=8, fingers=2))
    card = Path(model.path).with_suffix(".adapter.yaml")
    card.write_text(render(adopt(model, "made", {"file": "made.xml"})))
    for text in (str(card), str(model.path)):
        robot = robots.load(text)
        assert set(robot.hands) == {"right", "left"}
        assert robot.entry_class == "biped"
