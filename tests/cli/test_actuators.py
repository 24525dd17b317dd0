"""Words about actuators end as the one text that jobs, videos and speed are given."""

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.cli.arguments import settings_of
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.verbs.score import VERB as SCORE
from pilotline.benchmarks.cli.verbs.speed import VERB as SPEED
from pilotline.benchmarks.cli.verbs.view import VERB as VIEW
from pilotline.robots.actuators import selection

MINE = """
schema: pilotline/gear/1
name: mine
sources: {test: made up}
kind: harmonic
ratio: 100
ratings: {rated_nm: 50, repeated_peak_nm: 100, momentary_nm: 150, source: test, mark: E}
"""

SPELLINGS = {
    "": "ideal",
    "actuators=harmonic": "harmonic",
    "actuators=twin actuators.head=ideal": "twin head=ideal",
    "actuators=servo actuators.arms=csg-20-100+tbm-6025": "servo arms=servo:csg-20-100+tbm-6025",
    "actuators.arms=csg-20-100+tbm-6025": "ideal arms=harmonic:csg-20-100+tbm-6025",
    "actuators=harmonic actuators.all=servo actuators.right_arm_3=twin:csg-14-100": (
        "harmonic all=servo right_arm_3=twin:csg-14-100"
    ),
}


@pytest.mark.parametrize("verb", [SCORE, VIEW, SPEED], ids=lambda verb: verb.name)
@pytest.mark.parametrize("words", SPELLINGS)
def test_words_end_as_one_canonical_text(verb, words):
    text = settings_of(verb, words.split()).actuators.text
    wanted = SPELLINGS[words]
    if "actuators=" not in words.split(".")[0]:
        wanted = wanted.replace("ideal", settings_of(verb, []).actuators.text, 1)
    assert text == wanted
    assert str(selection.parse(text)) == text


def test_a_path_is_taken_from_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(MINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = settings_of(VIEW, ["actuators.right_arm_3=twin:./mine.yaml"])
    assert settings.actuators.text == "ideal right_arm_3=twin:./mine.yaml"
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(CommandError, match=r"right_arm_3=twin:\./mine\.yaml: mine\.yaml: cannot be read"):
        settings_of(VIEW, ["actuators.right_arm_3=twin:./mine.yaml"])


def test_a_sheet_that_breaks_a_rule_is_told_in_one_line(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE.replace("ratio: 100", "ratio: -1"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"mine\.yaml: ratio = -1: .*greater than or equal to 1") as error:
        settings_of(VIEW, [f"actuators.arms={path}"])
    assert "\n" not in str(error.value)


def test_blanks_in_a_sheet_are_refused():
    with pytest.raises(CommandError, match="has no blanks in it"):
        settings_of(VIEW, ["actuators.arms=my gear.yaml"])


def test_score_and_view_pass_the_text_on(campaign, video, tmp_path):
    words = ["actuators=servo", "actuators.head=ideal"]
    assert main(["score", *words, "cycles=2", "video=false", f"out={tmp_path}"]) == 0
    assert campaign.jobs[0].actuators == "servo head=ideal"
    assert main(["view", *words, f"out={tmp_path}"]) == 0
    assert video.asked[-1]["actuators"] == "servo head=ideal"


def test_help_says_how_single_places_are_driven(capsys):
    for verb in ("score", "view", "speed"):
        assert main([verb, "--help"]) == 0
        shown = capsys.readouterr().out
        assert "actuators.PLACE=VALUE" in shown
        assert "pilotline list actuators" in shown
