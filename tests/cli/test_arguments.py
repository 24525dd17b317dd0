"""Words of a command become settings exactly as typed."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotline.benchmarks.cli.arguments import settings_of
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.verbs import list as list_verb
from pilotline.benchmarks.cli.verbs import verify as verify_verb
from pilotline.benchmarks.cli.verbs import view as view_verb

PATHS = [
    "a b",
    "it's",
    "a,b=c",
    "out\\",
    "x'",
    "\\'",
    "[1]",
    "{a: b}",
    "007",
    "1e3",
    "true",
    "ü/é",
    'say "hi"',
    "a#b",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_taken_as_typed(path):
    assert settings_of(list_verb.VERB, [f"out={path}"]).out == Path(path)


@settings(max_examples=25)
@given(st.text(st.characters(codec="ascii", exclude_characters="$~\0", exclude_categories=["Cc"]), min_size=1))
def test_any_path_is_taken_as_typed(path):
    if path != "null":
        assert settings_of(list_verb.VERB, [f"out={path}"]).out == Path(path)


@settings(max_examples=25)
@given(st.text(max_size=20))
def test_any_word_is_either_settings_or_a_command_error(word):
    for words in ([word], [f"seed={word}"], [f"station={word}"], [f"window={word}"], [f"{word}=1"]):
        assert "\n" not in complaint(words)


def complaint(words: list[str]) -> str:
    """What `view` says to the words; nothing when it takes them."""
    try:
        settings_of(view_verb.VERB, words)
    except CommandError as error:
        return str(error)
    return ""


def test_one_leading_bare_word_fills_the_natural_key():
    settings = settings_of(verify_verb.VERB, ["out/a=b/scorecard.json", "nsim=2"])
    assert settings.scorecard == Path("out/a=b/scorecard.json")
    assert settings.nsim == 2


def test_the_home_folder_is_understood(monkeypatch):
    monkeypatch.setenv("HOME", "/home-of-test")
    assert settings_of(list_verb.VERB, ["out=~/x"]).out == Path("/home-of-test/x")
