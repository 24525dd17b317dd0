"""A released line does not change under those who were scored on it."""

from __future__ import annotations

import pytest

from pilotline.benchmarks.released import changed, fingerprint, listed
from pilotline.configs import lines


@pytest.mark.parametrize("name", lines.names())
def test_every_line_is_released_and_unchanged(name: str) -> None:
    line = lines.load(name)
    assert line.id in listed(), f"run python -m pilotline.benchmarks.released to release {line.id}"
    assert changed(line) == (), f"files of {line.id} changed: a change of outcomes is a new version of the line"


def test_a_changed_figure_is_found() -> None:
    line = lines.load("tending")
    release = {line.id: {**fingerprint(line), "envs/stations/cards/device_test.yaml": "0" * 64}}
    assert changed(line, release) == ("envs/stations/cards/device_test.yaml",)


def test_a_line_that_is_not_released_has_not_changed() -> None:
    assert changed(lines.load("tending"), {}) == ()
