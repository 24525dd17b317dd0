"""The site is a function of the cards, reads without scripts, and its filters and columns work from a file."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.leaderboard.found import Found, Signature, gather
from pilotline.benchmarks.leaderboard.site import pages, write_site

from ..pages import CHROMIUM, Page, chromium, complaints
from .test_found import sign


@pytest.fixture
def site(folder: Path, tmp_path: Path) -> Path:
    out = tmp_path / "site"
    write_site(*gather(folder), out)
    return out


def test_the_same_cards_give_the_same_bytes(folder: Path, site: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    for path in sorted(folder.rglob("*.json"), reverse=True):
        target = moved / path.relative_to(folder)
        target.parent.mkdir(parents=True)
        shutil.copy(path, target)
    shutil.copy(folder / "a" / "report.html", moved / "a" / "report.html")
    again = tmp_path / "again"
    write_site(*gather(moved), again)
    files = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [path for path in files if (site / path).read_bytes() != (again / path).read_bytes()] == []


def test_every_page_can_be_read_by_keyboard_by_ear_in_the_dark_and_on_paper(folder: Path) -> None:
    (folder / "scorecard.json").write_text("{")
    for text in pages(*gather(folder)).values():
        assert complaints(text) == []


def test_every_link_leads_to_a_file(site: Path) -> None:
    links = {link for path in site.glob("*.html") for link in Page(path.read_text()).links if not link.startswith("#")}
    assert sum(link.endswith("report.html") for link in links) == 1
    assert [link for link in links if not (site / link).is_file()] == []


def test_without_scripts_every_card_is_there_with_n_rank_and_interval(folder: Path, site: Path) -> None:
    text = (site / "index.html").read_text()
    body = text[: text.index("<script>")]
    page = Page((site / "index.html").read_text())
    assert body.count('<tr data-robot="wheeled"') == 4
    assert " hidden>" in body, "filters that cannot work are not shown"
    assert "1–2" in page.text
    for found in gather(folder)[0]:
        first = found.card.body.stations[0].graded.first_pass
        assert f'data-sort="{first.n}"' in body
        assert f"cards/{found.short}/scorecard.json" in page.links


def test_pairs_are_bold_where_the_ranks_rest_on_them(folder: Path) -> None:
    text = pages(*gather(folder))["index.html"]
    assert text.count('class="sure"') == 2, "of three cards on a board two are better than the third"
    assert text.count('class="lost"') == 3


def test_what_does_not_hold_is_named_and_not_ranked(folder: Path) -> None:
    (folder / "x_scorecard.json").write_text('{"schema": "<script>"}')
    text = pages(*gather(folder))["index.html"]
    assert "x_scorecard.json" in Page(text).text
    assert "Not on the board (1)" in Page(text).text
    assert text.count("<script>") == 1


def test_cards_that_went_leave_the_site(folder: Path, site: Path) -> None:
    before = set((site / "cards").iterdir())
    assert len(before) == 4
    (folder / "a" / "scorecard.json").unlink()
    write_site(*gather(folder), site)
    assert len(set((site / "cards").iterdir()) & before) == 3


def test_nothing_to_show_is_a_page_too(tmp_path: Path) -> None:
    for text in pages(*gather(tmp_path)).values():
        assert complaints(text) == []
    assert "No scorecard was found that holds." in Page(pages((), ())["index.html"]).text


def vouched(folder: Path, keyid: str = "ab" * 32) -> list[Found]:
    """The cards of a folder, the first signed with a trusted key, the second with an unknown one."""
    first, second, *rest = gather(folder)[0]
    ours = dataclasses.replace(first, signature=Signature(keyid, (), trusted=True))
    return [ours, dataclasses.replace(second, signature=Signature("cd" * 32, ())), *rest]


def test_every_row_says_whose_key_it_is_and_can_be_filtered_by_it(folder: Path) -> None:
    text = pages(vouched(folder), (), keys=["ab" * 32])["index.html"]
    assert complaints(text) == []
    page = Page(text)
    rows = [given for tag, given in page.elements if tag == "tr" and "data-robot" in given]
    assert Counter(given["data-signer"] for given in rows) == {"trusted key": 1, "unknown key": 1, "unsigned": 2}
    filters = re.search(r'<select id="filter-signer".*?</select>', text)
    assert filters is not None
    assert re.findall("<option>(.*?)</option>", filters[0]) == ["trusted key", "unknown key", "unsigned"]
    assert "ab" * 32 in page.text, "which keys are trusted is on the page"
    none = pages(gather(folder)[0], ())["index.html"]
    assert "named none to be trusted" in Page(none).text


def test_with_keys_only_what_they_attest_is_ranked_where_attested_is_asked_for(folder: Path) -> None:
    found = vouched(folder)
    by_keys = pages(found, (), attested_only=True, keys=["ab" * 32])["index.html"]
    assert by_keys.count('class="rank"') == 1
    assert "signed with an unknown key, cdcdcdcdcdcdcdcd..." in Page(by_keys).text
    assert pages(found, (), attested_only=True)["index.html"].count('class="rank"') == 2


def test_the_verb_takes_keys_as_files_and_folders(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("securesystemslib")
    pytest.importorskip("cryptography")
    (tmp_path / "grader").mkdir()
    (tmp_path / "trusted").mkdir()
    sign(folder / "a" / "scorecard.json", tmp_path / "grader")
    public = tmp_path / "grader" / "public.pem"
    words = ["leaderboard", str(folder), f"out={tmp_path / 'site'}"]
    assert main(words) == 0
    assert "signatures: trusted key 0, unknown key 1, unsigned 3" in capsys.readouterr().out
    assert main([*words, f"key={public}"]) == 0
    assert "signatures: trusted key 1, unknown key 0, unsigned 3" in capsys.readouterr().out
    shutil.copy(public, tmp_path / "trusted" / "base.pem")
    first = (tmp_path / "site" / "index.html").read_bytes()
    assert main([*words, f"key={public},{tmp_path / 'trusted'}"]) == 0
    assert (tmp_path / "site" / "index.html").read_bytes() == first, "a key that is given twice is one key"


CLICKS = """
<script>
const pick = document.querySelector("#filter-actuators");
pick.value = "ideal";
pick.dispatchEvent(new Event("change", {bubbles: true}));
const seconds = document.querySelector("table.ranks").tHead.rows[0].cells[8].querySelector("button");
seconds.click(); seconds.click();
const rows = [...document.querySelector("table.ranks").tBodies[0].rows];
document.title = rows.map((row) => row.cells[8].dataset.sort).join(" ");
</script></body>"""


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_filters_and_columns_work_in_chromium_from_a_file(site: Path) -> None:
    path = site / "index.html"
    text = path.read_text()
    path.write_text(text.replace("</body>", CLICKS))
    shown = Page(chromium(path, "--virtual-time-budget=3000", "--dump-dom"))
    (form,) = (given for tag, given in shown.elements if tag == "form")
    assert "hidden" not in form
    rows = [given for tag, given in shown.elements if tag == "tr" and "data-robot" in given]
    assert {given["data-actuators"] for given in rows if "hidden" not in given} == {"ideal"}
    assert sum("hidden" in given for given in rows) == 1
    assert "3 of 4 entries shown" in shown.text
    (sort,) = (given["aria-sort"] for _, given in shown.elements if "aria-sort" in given)
    title = re.search("<title>(.*?)</title>", shown.source)
    assert title is not None
    times = [float(text) for text in title[1].split()]
    assert (sort, times) == ("descending", sorted(times, reverse=True))


def test_the_verb_writes_the_site_below_the_cards_and_twice_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "site"
    assert main(["leaderboard", str(folder), f"out={out}"]) == 0
    first = (out / "index.html").read_bytes()
    assert main(["leaderboard", str(folder), f"out={out}"]) == 0
    assert (out / "index.html").read_bytes() == first
    assert "4 cards on the board, 0 not" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["{folder}/none"], 2, "no such folder"),
        (["{folder}", "out={folder}"], 2, "holds the cards; the site"),
        (["{folder}/empty", "out={folder}/site"], 1, ""),
        (["{folder}", "key={folder}/none.pem", "out={folder}/site"], 2, "none.pem: cannot be read"),
        (["{folder}", "key={folder}", "out={folder}/site"], 2, "no key in this folder"),
        (["{folder}", "key=a.pem,", "out={folder}/site"], 2, "an empty path"),
    ],
)
def test_wrong_folders_end_in_one_line(
    words: list[str], status: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    assert main(["leaderboard", *(word.format(folder=folder) for word in words)]) == status
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == (1 if said else 0)
