"""What is on the board holds: form, hash and figures; what does not is named with its reason."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from pilotline.benchmarks.canonical import layout, sha256
from pilotline.benchmarks.leaderboard.found import gather, policy_beside
from pilotline.benchmarks.leaderboard.site import write_site


def reasons(folder: Path) -> dict[str, str]:
    return {each.place: each.reason for each in gather(folder)[1]}


def test_cards_are_found_at_any_depth_in_an_order_that_is_not_the_file_systems(folder: Path) -> None:
    found, refused = gather(folder)
    assert sorted(each.place for each in found) == [
        "a/scorecard.json",
        "c/scorecard.json",
        "d/scorecard.json",
        "deep/b/scorecard.json",
    ]
    assert [each.card.body_sha256 for each in found] == sorted(each.card.body_sha256 for each in found)
    assert refused == ()


def test_a_report_counts_only_beside_its_own_card(folder: Path) -> None:
    found, _ = gather(folder)
    assert {each.place[0]: each.report is not None for each in found} == {"a": True, "c": False, "d": False}


def test_an_edited_card_is_refused_whether_or_not_its_hash_was_mended(folder: Path) -> None:
    path = folder / "a" / "scorecard.json"
    document = json.loads(path.read_text())
    document["body"]["stations"][0]["score"] = 99.0
    path.write_bytes(layout(document))
    assert "body_sha256" in reasons(folder)["a/scorecard.json"]
    document["body_sha256"] = sha256(document["body"])
    path.write_bytes(layout(document))
    assert "do not follow from the rows: body.stations[0].score" in reasons(folder)["a/scorecard.json"]
    assert len(gather(folder)[0]) == 3


def test_what_is_no_card_is_refused_in_one_line_and_ends_nothing(folder: Path) -> None:
    (folder / "old_scorecard.json").write_text('{"schema": "pilotline/scorecard/1"}')
    (folder / "scorecard.json").write_text("{")
    (folder / "list.scorecard.json").write_text("[]")
    (folder / "result.json").write_text("{}")
    found = reasons(folder)
    assert found.keys() == {"old_scorecard.json", "scorecard.json", "list.scorecard.json"}
    assert "pilotline/scorecard/1" in found["old_scorecard.json"]
    assert not any("\n" in reason or str(folder) in reason for reason in found.values())
    assert len(gather(folder)[0]) == 4


def test_a_folder_whose_name_is_not_utf_8_has_a_place_on_the_page(folder: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/\xff"))
    (folder / "a").rename(odd)
    found, _ = gather(folder)
    assert "\N{REPLACEMENT CHARACTER}/scorecard.json" in {each.place for each in found}
    (odd / "scorecard.json").write_text("{")
    assert "index.html" in {path.name for path in write_site(*gather(folder), tmp_path / "site")}


def test_the_same_card_twice_counts_once(folder: Path) -> None:
    (folder / "e").mkdir()
    (folder / "e" / "scorecard.json").write_bytes((folder / "a" / "scorecard.json").read_bytes())
    assert reasons(folder) == {"e/scorecard.json": "the same card as a/scorecard.json"}


def test_the_sites_own_copies_are_not_looked_at(folder: Path) -> None:
    site = folder / "site"
    (site / "cards").mkdir(parents=True)
    (site / "cards" / "scorecard.json").write_text("{")
    assert gather(folder, leave_out=site)[1] == ()


def test_copies_of_another_site_below_the_folder_are_not_looked_at(folder: Path) -> None:
    write_site(*gather(folder), folder / "site")
    found, refused = gather(folder)
    assert (len(found), refused) == (4, ())
    assert not any(each.place.startswith("site/") for each in found)
    (folder / "site" / "hardware.html").unlink()  # any folder may be called cards
    assert len(gather(folder)[1]) == 4


def sign(card: Path, into: Path) -> str:
    """Sign a card with an empty dossier; returns the id of the key."""
    from pilotline.benchmarks.attest import dossier, keys, make

    private, _ = keys.make(into)
    said = into / "dossier.yaml"
    said.write_bytes(dossier.template())
    request = make.Request(scorecard=card, dossier=said, signer=keys.signer(private))
    make.attest(request, lambda job: {"ToteDestack": {"timestep": 0.002, "control_period_s": 0.02}})
    return str(keys.signer(private).public_key.keyid)


@pytest.mark.parametrize("other", ["0/scorecard.json", "z/scorecard.json"])
def test_of_a_card_that_is_there_twice_the_signed_one_counts(folder: Path, tmp_path: Path, other: str) -> None:
    pytest.importorskip("securesystemslib")
    pytest.importorskip("cryptography")
    (folder / other).parent.mkdir()
    (folder / other).write_bytes((folder / "a" / "scorecard.json").read_bytes())
    sign(folder / "a" / "scorecard.json", tmp_path)
    found, refused = gather(folder)
    assert {each.place: each.signed for each in found}["a/scorecard.json"] == "signed in part"
    assert [(each.place, each.reason) for each in refused] == [(other, "the same card as a/scorecard.json")]


def test_a_sites_copy_of_a_signed_card_holds(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("securesystemslib")
    pytest.importorskip("cryptography")
    (folder / "a" / "result.json").write_text("{}")
    sign(folder / "a" / "scorecard.json", tmp_path)
    write_site(*gather(folder), tmp_path / "site")
    copies, refused = gather(tmp_path / "site" / "cards")
    assert refused == ()
    assert sorted(each.signed for each in copies) == ["signed in part", "unsigned", "unsigned", "unsigned"]


def test_an_attestation_that_does_not_hold_takes_its_card_off_the_board(folder: Path) -> None:
    pytest.importorskip("securesystemslib")
    (folder / "a" / "attestation.json").write_text("{}")
    assert "attestation.json" in reasons(folder)["a/scorecard.json"]
    assert {each.signed for each in gather(folder)[0]} == {"unsigned"}


def test_a_signed_card_says_so(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("securesystemslib")
    pytest.importorskip("cryptography")
    keyid = sign(folder / "a" / "scorecard.json", tmp_path)
    found = {each.place: each for each in gather(folder)[0]}["a/scorecard.json"]
    assert found.signature is not None
    assert found.signature.keyid == keyid
    assert found.signature.missing
    assert found.signed == "signed in part"


def test_a_signature_is_by_a_trusted_key_by_an_unknown_one_or_there_is_none(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("securesystemslib")
    pytest.importorskip("cryptography")
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    ours = sign(folder / "a" / "scorecard.json", tmp_path / "ours")
    theirs = sign(folder / "d" / "scorecard.json", tmp_path / "theirs")
    found, refused = gather(folder, trusted=(ours,))
    assert refused == ()
    signers = {each.place.split("/")[0]: each.signer for each in found}
    assert signers == {"a": "trusted key", "d": "unknown key", "c": "unsigned", "deep": "unsigned"}
    assert {each.signer for each in gather(folder)[0]} == {"unknown key", "unsigned"}
    both = {each.signer for each in gather(folder, trusted=(ours, theirs))[0]}
    assert both == {"trusted key", "unsigned"}


def test_a_signature_that_does_not_fit_is_broken_whoever_is_trusted(folder: Path, tmp_path: Path) -> None:
    """A forger's signature under the trusted key's id is no unknown key, and no trusted one."""
    pytest.importorskip("securesystemslib")
    pytest.importorskip("cryptography")
    ours = sign(folder / "a" / "scorecard.json", tmp_path)
    path = folder / "a" / "attestation.json"
    document = json.loads(path.read_text())
    sig = bytearray(base64.b64decode(document["signatures"][0]["sig"]))
    sig[0] ^= 1
    document["signatures"][0]["sig"] = base64.b64encode(bytes(sig)).decode()
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    found, refused = gather(folder, trusted=(ours,))
    assert {each.signer for each in found} == {"unsigned"}
    (broken,) = refused
    assert broken.place == "a/scorecard.json"
    assert "does not fit: edited?" in broken.reason


@pytest.mark.parametrize("other", ["0", "z"])
def test_of_a_card_that_is_there_twice_the_one_that_a_trusted_key_signed_counts(
    folder: Path, tmp_path: Path, other: str
) -> None:
    pytest.importorskip("securesystemslib")
    pytest.importorskip("cryptography")
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    (folder / other).mkdir()
    (folder / other / "scorecard.json").write_bytes((folder / "a" / "scorecard.json").read_bytes())
    ours = sign(folder / "a" / "scorecard.json", tmp_path / "ours")
    sign(folder / other / "scorecard.json", tmp_path / "theirs")
    found, refused = gather(folder, trusted=(ours,))
    assert {each.signer for each in found if each.place == "a/scorecard.json"} == {"trusted key"}
    assert [each.place for each in refused] == [f"{other}/scorecard.json"]


@pytest.mark.parametrize(
    ("policy", "there"),
    [
        ("best.onnx", "best.onnx"),
        ("out/run/best.onnx", "best.onnx"),
        ("sandbox:out/theirs", "theirs"),
        ("sandbox:out/theirs memory_mb=512 replan=5", "theirs"),
        ("sandbox:out/others memory_mb=512", None),
    ],
)
def test_a_policy_beside_its_card_is_found_by_its_name_without_options(
    policy: str, there: str | None, tmp_path: Path
) -> None:
    (tmp_path / "best.onnx").touch()
    (tmp_path / "theirs").mkdir()
    found = policy_beside(tmp_path / "scorecard.json", policy)
    assert found == (None if there is None else tmp_path / there)
