"""`compare` takes scorecards by path, prints who is better, and writes result.json and a picture."""

import json

import pytest

from pilotline.benchmarks.cli import main


@pytest.fixture
def two(scored, tmp_path, monkeypatch):
    """Folders `one` and `two` of campaigns on two seeds; the second is slower by four seconds."""
    monkeypatch.chdir(tmp_path)
    scored("one", n=10, seed=1)
    scored("two", n=10, seed=5, slower_s=4.0)
    return tmp_path


def test_bare_words_are_the_scorecards_and_the_first_is_the_control(two, capsys):
    assert main(["compare", "one", "two/scorecard.json", "out=found"]) == 0
    shown = capsys.readouterr().out
    assert "control: one" in shown
    assert "unpaired: two" in shown
    assert {path.name for path in (two / "found").iterdir()} == {"result.json", "compare.html", "compare.svg"}
    figures = json.loads((two / "found" / "result.json").read_text())["figures"]
    assert [arm["name"] for arm in figures["arms"]] == ["one", "two"]
    time = next(row for row in figures["differences"] if row["figure"] == "cycle_time_s")
    assert time["difference"] == pytest.approx(4.0, abs=1.5)
    assert time["unit"] == "s"
    assert 0.0 <= time["p"] <= time["p_holm"] <= 1.0


def test_another_arm_may_be_the_control(two):
    assert main(["compare", "cards=one two", "control=two", "out=found"]) == 0
    assert json.loads((two / "found" / "result.json").read_text())["figures"]["control"] == "two"


def test_a_folder_with_a_blank_in_its_name_is_one_word(two):
    (two / "two").rename(two / "number two")
    assert main(["compare", "one", "number two", "out=found"]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["one"], "scorecards to compare: 1; allowed: 2 to 12"),
        (["one", "one"], "given twice"),
        (["one", "three"], "three: No such file or directory"),
        (["one", "two", "control=three"], "control=three: no such arm; allowed: one, two"),
        (["one", "two", "three=4"], "unknown key of compare"),
        (["cards=one 'two"], "allowed: paths"),
        (["one", "other.json"], "schema is 'other'"),
    ],
)
def test_bad_input_ends_in_one_line(two, capsys, words, told):
    (two / "other.json").write_text('{"schema": "other"}')
    assert main(["compare", *words, "out=found"]) == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert shown.count("\n") == 1
