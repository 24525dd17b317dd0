"""Every command in README.md and docs/ is one that works: checked here, and the quick ones run."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.cli.arguments import settings_of
from pilotline.benchmarks.cli.program import VERBS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
KNOWN_TOOLS = ("source", "cd", "git", "pip")


def blocks(language: str) -> list[tuple[str, str]]:
    """(page, text) of every fenced block in a language."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [
        (page.relative_to(ROOT).as_posix(), text)
        for page in PAGES
        for text in pattern.findall(page.read_text(encoding="utf-8"))
    ]


def commands() -> list[tuple[str, ...]]:
    """Words of every command: `console` blocks after `$`, every line of `bash` and `sh` blocks."""
    lines = [line[2:] for _, text in blocks("console") for line in text.splitlines() if line.startswith("$ ")]
    # tutorials are run whole, each command on the files of those before it: test_tutorials.py
    texts = [
        text for language in ("bash", "sh") for page, text in blocks(language) if not page.startswith("docs/tutorials/")
    ]
    lines += [line for text in texts for line in text.splitlines()]
    split = [tuple(shlex.split(line, comments=True)) for line in lines]
    return list(dict.fromkeys(words for words in split if words))


COMMANDS = commands()


def of(program: str) -> list[tuple[str, ...]]:
    return [words[1:] for words in COMMANDS if words[0].rpartition("/")[2] == program]


def test_only_programs_that_the_reader_has_are_used():
    names = {words[0].rpartition("/")[2] for words in COMMANDS}
    assert names <= {"pilotline", "make", *KNOWN_TOOLS}


@pytest.mark.parametrize("words", of("pilotline"), ids=" ".join)
def test_a_pilotline_command_names_a_verb_and_keys_that_exist(words):
    if words[-1] in ("--help", "--version"):
        assert main(list(words)) == 0
        return
    verb = importlib.import_module(f"pilotline.benchmarks.cli.verbs.{words[0]}").VERB
    settings_of(verb, words[1:])


@pytest.mark.parametrize("words", of("make"), ids=" ".join)
def test_a_make_command_names_a_target_that_exists(words):
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {word for word in words if "=" not in word} <= set(rules)


def test_the_first_screen_of_the_readme_shows_the_two_commands():
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:45])
    assert "$ make score" in screen
    assert "$ make test" in screen


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_to_files_of_the_repository(page):
    targets = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_named_in_the_text_exist(page):
    named = re.findall(r"`((?:robots|envs|policies|benchmarks|configs|tests|docs)/[^` ]*)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(("page", "code"), blocks("python"), ids=lambda value: value[:20])
def test_python_examples_run(page, code):
    exec(compile(code, page, "exec"), {"__name__": "example"})


def test_the_readme_lists_the_lines_with_their_stations_and_takt():
    from pilotline.configs import lines

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in lines.names():
        line = lines.load(name)
        row = next(row for row in text.splitlines() if row.startswith(f"| `{name}` v{line.version} "))
        assert f"{line.takt_s:g} s" in row
        for station in line.station_names:
            assert station.replace("_", " ") in row


def test_the_stations_page_lists_the_stations_with_their_times():
    from pilotline.envs import stations

    rows = (ROOT / "docs" / "stations.md").read_text(encoding="utf-8").splitlines()
    for name in stations.names():
        card = stations.load(name).card
        if card.kind == "station":
            row = next(row for row in rows if f"`{card.id}`" in row)
            assert row.startswith(f"| {card.code} ")
            assert row.endswith(f"| {card.tau_h_s:.1f} s | {card.tau_l_s:g} s |")
            assert (ROOT / "docs" / "stations" / f"{name}.md").exists()


def test_every_verb_is_named_in_the_documentation():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [verb for verb in VERBS if f"pilotline {verb}" not in text] == []
