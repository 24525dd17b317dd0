"""The page of a comparison says what table and sentences say, and reads without network, in the dark and on paper."""

import re

import pytest

from pilotline.benchmarks import wording
from pilotline.benchmarks.compare import arms, web
from pilotline.benchmarks.compare.result import compare
from pilotline.benchmarks.compare.words import between, chance, place, sentences

from ..pages import CHROMIUM, Page, chromium, complaints
from .conftest import OTHER, STATION


@pytest.fixture
def found(scored):
    """Three drives on the same seeds: the second slower, the third the same but hotter and failing now and then."""
    paths = [scored("as_built", heat=0.2), scored("slow", heat=0.3, slower_s=0.6)]
    return compare(arms.read([*paths, scored("hot", heat=0.6, fails=0.03)]))


def rows_of(found):
    """Every difference with its row of the page."""
    rows = re.findall(
        r'<tr>(?:<th scope="row" rowspan[^>]*>.*?</th>)?<td class="arm">(.*?)</tr>', web.render(found), re.S
    )
    names = dict.fromkeys(one.figure.name for one in found.judged)
    judged = [one for name in names for one in found.judged if one.figure.name == name]
    assert [row.partition("<")[0] for row in rows] == [one.found.arm for one in judged]
    return list(zip(judged, rows, strict=True))


def test_it_can_be_read_by_keyboard_by_ear_in_the_dark_and_on_paper(found, scored):
    assert complaints(web.render(found)) == []
    both = {"stations": (STATION, OTHER)}
    unpaired = compare(arms.read([scored("a", **both), scored("b", seed=2, n=5, **both)]))
    assert complaints(web.render(unpaired)) == []


def test_it_is_the_same_for_the_same_comparison_and_has_no_script(found, tmp_path):
    text = web.render(found)
    assert text == web.render(found)
    assert Page(text).tags["script"] == 0
    assert str(tmp_path) not in text, "where the cards lay says nothing"
    web.write(found, tmp_path / "compare.html")
    assert (tmp_path / "compare.html").read_text(encoding="utf-8") == text


def test_every_arm_has_its_place_and_its_card(found):
    text = Page(web.render(found)).text
    for arm, low, high in zip(found.arms, found.rank_low, found.rank_high, strict=True):
        assert f"{place(low, high)}{arm.name}" in text.replace("\n", "")
        assert arm.card.body_sha256 in text
    assert "as_built (control)" in text


def test_every_difference_stands_with_interval_certainty_and_cycles_needed(found):
    rows = rows_of(found)
    assert len(rows) == len(found.judged) > 10
    for one, row in rows:
        cells = [Page(f"<p>{cell}</p>").text.strip() for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
        digits = one.figure.digits
        assert cells[:2] == [
            wording.number(one.found.control_value, digits),
            wording.number(one.found.arm_value, digits),
        ]
        assert cells[3] == between(one.found.low, one.found.high, digits)
        assert cells[5:7] == [chance(one.p_holm), chance(one.p_anytime_holm)]
        word = "open" if not one.shown or one.found.better is None else "better" if one.found.better else "worse"
        assert cells[4] == word
        assert (cells[7] == "settled") == (one.more_cycles == 0)


def test_every_sentence_remark_and_cost_is_on_the_page(found):
    text = Page(web.render(found)).text
    told = [sentence.strip() for sentence in sentences(found)]
    assert [sentence for sentence in (*told, *found.remarks) if sentence not in text] == []
    assert {cost.title for cost in found.costs} == {"time per good part", "energy per good part", "heat per good part"}
    for cost in found.costs:
        assert cost.title in text
        assert between(cost.low, cost.high, 1 if cost.unit == "s" else 0) in text
    (slow,) = [cost for cost in found.costs if (cost.arm, cost.unit) == ("slow", "s")]
    share = 100.0 * (slow.arm_value - slow.control_value) / STATION.tau_l_s
    assert f"+{share:.0f}{wording.SPACE}%" in text, "the cost in takt"


def test_on_its_strip_a_difference_lies_within_its_interval_and_on_its_side_of_none(found):
    seen = 0
    for one, row in rows_of(found):
        (middle,) = map(float, re.findall(r'class="zero-line" x1="(.*?)"', row))
        (at,) = map(float, re.findall(r'cx="(.*?)"', row))
        assert (at > middle) == (one.found.difference > 1e-3 * abs(one.found.control_value))
        for low, high in re.findall(r'<line class="(?:better|worse|open)" x1="(.*?)" x2="(.*?)"', row):
            assert 0.0 <= float(low) <= at <= float(high) <= 2.0 * middle
            seen += 1
    assert seen > 10


def test_what_is_unpaired_or_differs_in_more_than_one_thing_is_said(scored):
    found = compare(arms.read([scored("a"), scored("b", seed=2)]))
    text = Page(web.render(found)).text
    assert "Unpaired, as the seeds differ: b." in text
    assert "an A/A comparison" in text


def test_names_of_arms_cannot_become_markup(scored, tmp_path):
    scored("a")
    scored("b", seed=2).rename(tmp_path / "<b>script&")
    page = Page(web.render(compare(arms.read([tmp_path / "a", tmp_path / "<b>script&"]))))
    assert "<b>script&" in page.text


def test_an_arm_still_running_has_no_card_yet(scored, tmp_path):
    from .test_unfinished import begun

    found = compare(arms.read([scored("whole"), begun(tmp_path / "part", range(40), slower_s=0.5)]))
    text = Page(web.render(found)).text
    assert "not finished: no scorecard yet" in text
    assert found.arms[1].card.body_sha256 not in text


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_chromium_shows_and_prints_it(found, tmp_path):
    path = tmp_path / "compare.html"
    web.write(found, path)
    assert "What a good part costs" in chromium(path, "--dump-dom")
    chromium(path, f"--print-to-pdf={tmp_path / 'compare.pdf'}", "--no-pdf-header-footer")
    assert (tmp_path / "compare.pdf").read_bytes().startswith(b"%PDF")
