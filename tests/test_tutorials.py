"""The tutorials run from their first command to their last, at reduced size."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main

PAGES = sorted((Path(__file__).resolve().parents[1] / "docs" / "tutorials").glob("*.md"))
SMALL = {"cycles": "2"}
SMALLER = {
    "train": {
        "steps": "1024",
        "leg_steps": "1024",
        "nsim": "8",
        "cycles": "2",
        "trainer.n_steps": "16",
        "trainer.batch_size": "64",
    },
    "score": {"video": "false"},
}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def reduced(words: list[str]) -> list[str]:
    """A command with fewer cycles, steps and simulations; everything else as the page has it."""
    verb, *rest = words
    given = dict(word.split("=", 1) for word in rest if "=" in word)
    given.update({key: value for key, value in SMALL.items() if key in given})
    given.update(SMALLER.get(verb, {}))
    return [verb, *(word for word in rest if "=" not in word), *(f"{key}={value}" for key, value in given.items())]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_tutorial_ends_well(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for sheet in blocks(page, "yaml"):
        (tmp_path / "mygear.yaml").write_text(sheet, encoding="utf-8")
    commands = [shlex.split(line) for block in blocks(page, "bash") for line in block.splitlines()]
    assert len(commands) >= 3
    for program, *words in commands:
        assert program == "pilotline"
        assert main(reduced(words)) == 0, words
