"""The report of a signed card says who signed what, is made anew from the card, and is itself signed."""

import dataclasses
import datetime as dt
import re

import pytest

from pilotline.benchmarks import films, report, scorecard, table
from pilotline.benchmarks.attest import keys
from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.attest.files import sha256_of
from pilotline.benchmarks.job import Job

from ..pages import Page, complaints
from .conftest import DOSSIER

NOW = dt.datetime(2026, 11, 24, 9, 30, tzinfo=dt.UTC)


def page_of(folder):
    return (folder.path / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def filmed(folder):
    """The campaign, two of its graded cycles failed, with its report: a recording of every film but the last."""
    usual = scorecard.read(folder.card)
    graded = [row for row in usual.body.rows if row.within_payload]
    failed = dict(zip((row.cycle for row in graded), (("drop",), ("timeout",)), strict=False))
    rows = [
        dataclasses.replace(row, success=False, faults=failed[row.cycle]) if row.cycle in failed else row
        for row in usual.body.rows
    ]
    job, body = Job.of(usual.body.job), usual.body
    card = scorecard.build(job, body.line, body.robot, rows, usual.header, body.policy)
    scorecard.write(card, folder.card)
    (folder.path / table.NAME).write_bytes(table.parquet(rows, {}))
    chosen = films.choose(card.body)
    assert len(chosen) > 2
    videos = [report.video_of(film, f"film {k}".encode(), "") for k, film in enumerate(chosen[:-1])]
    videos.append(report.video_of(chosen[-1], None, "No room."))
    report.write_report(card, folder.path / "report.html", videos)
    return folder


def test_it_says_who_signed_when_and_with_which_key(folder):
    attested = folder.attest(now=NOW)
    text = Page(page_of(folder)).text
    for said in ("A. Grader", "A pilot base", "grader@example.org", "2026-11-24", attested.keyid):
        assert said in text


def test_it_shows_the_eleven_items_with_their_hashes_and_what_is_missing(folder):
    attested = folder.attest(folder.said(incidents=...))
    text = Page(page_of(folder)).text
    items = attested.signed.predicate.items
    assert len(items) == 11
    assert [item.number for item in items if f"{item.number} {item.title}" not in text or item.sha256 not in text] == []
    assert "unranked" in text
    assert "incident report" in text
    folder.attest()
    assert "unranked" not in Page(page_of(folder)).text


def test_it_shows_the_sealed_seed_so_that_its_commitment_can_be_checked_by_hand(folder):
    folder.attest()
    text = Page(page_of(folder)).text
    for said in (str(folder.secret.seed), folder.secret.nonce, folder.secret.published().commitment):
        assert said in text
    folder.attest(seal=None)
    text = Page(page_of(folder)).text
    assert "not sealed" in text
    assert folder.secret.nonce not in text


def test_it_shows_until_when_each_sensor_is_calibrated_and_the_earliest_first(folder):
    (camera,) = DOSSIER["calibration"]
    wrist = camera | {"sensor": "wrist force", "expires": "2026-11-30"}
    folder.attest(folder.said(calibration=[camera, wrist]))
    page = page_of(folder)
    tile = re.search(r"<dt>Calibration</dt><dd><b>(.*?)</b>", page)
    assert tile is not None
    assert tile[1] == "2026-11-30"
    assert "wrist force" in Page(page).text
    folder.attest(folder.said(calibration={"not_applicable": "no <sensor> is used"}))
    assert "not applicable: no <sensor> is used" in Page(page_of(folder)).text
    folder.attest(folder.said(calibration=...))
    assert "no sensor is named" in Page(page_of(folder)).text


@pytest.mark.parametrize("entry", ["grader", "calibration", "data"])
def test_whatever_a_dossier_leaves_out_the_page_reads_well(folder, entry):
    folder.attest(folder.said(**{entry: ...}))
    assert complaints(page_of(folder)) == []


def test_the_page_is_signed_as_it_lies_there_and_holds(folder):
    attested = folder.attest()
    signed = {subject.name: subject.digest["sha256"] for subject in attested.signed.subject}
    assert signed["report.html"] == sha256_of(folder.path / "report.html")


def test_it_is_made_anew_from_the_card_whatever_the_page_before_said(filmed):
    path = filmed.path / "report.html"
    path.write_text(path.read_text().replace("</h1>", "</h1><p>All of it was good.</p><script>1</script>"))
    filmed.attest(now=NOW)
    first = page_of(filmed)
    assert "All of it was good." not in first
    assert "<script" not in first
    filmed.attest(now=NOW)
    assert page_of(filmed) == first


def test_without_a_report_one_is_written(folder):
    (folder.path / "report.html").unlink()
    folder.attest(overwrite=False)
    assert scorecard.read(folder.card).body_sha256 in page_of(folder)


def test_a_report_of_another_card_is_replaced_only_when_asked_to(folder):
    with pytest.raises(AttestError, match=r"report.html: is there already and of another card; overwrite=true"):
        folder.attest(overwrite=False)
    assert page_of(folder) == "<p>a report</p>"
    assert not (folder.path / "attestation.json").exists()


def test_recordings_stay_on_the_page_with_what_they_stand_for(filmed):
    body = scorecard.read(filmed.card).body
    before = Page(page_of(filmed))
    filmed.attest()
    page = Page(page_of(filmed))
    sources = [given["src"] for tag, given in page.elements if tag == "video"]
    assert sources == [given["src"] for tag, given in before.elements if tag == "video"]
    assert [link for link in page.links if "film" in link] == [link for link in before.links if "film" in link] != []
    assert [films.caption(film, body) in page.text for film in films.choose(body)].count(False) == 0


def test_of_a_page_only_recordings_of_the_cards_own_films_are_taken_over_and_no_more_than_there_is_room_for(
    filmed, monkeypatch
):
    body = scorecard.read(filmed.card).body
    page = page_of(filmed)
    title = films.choose(body)[0].title
    whole = [video.mp4_bytes for video in report.recordings(page, body)]
    assert whole[0] == b"film 0"
    assert whole[-1] is None
    other = report.recordings(page.replace(f'aria-label="{title}"', 'aria-label="A triumph"'), body)
    assert [video.title for video in other] == [film.title for film in films.choose(body)]
    assert other[0].mp4_bytes is None
    broken = report.recordings(page.replace("base64,", "base64,x"), body)
    assert {video.mp4_bytes for video in broken} == {None}
    monkeypatch.setattr(films, "MOST_BYTES", 6)
    assert [video.mp4_bytes for video in report.recordings(page, body)] == [b"film 0"] + [None] * (len(whole) - 1)


def test_an_unsigned_page_says_that_nobody_has_signed(filmed):
    text = Page(page_of(filmed)).text
    assert "Nobody had signed the card" in text
    assert keys.signer(filmed.private).public_key.keyid not in text
