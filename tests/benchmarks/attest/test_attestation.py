"""An attestation holds eleven hashed items, names what is missing, and any edit of what it covers is found."""

import dataclasses
import json
import shutil
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotline.benchmarks import scorecard, table
from pilotline.benchmarks.attest import check, envelope, keys, seal, statement
from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.canonical import canonical, sha256


def content(attested, number):
    return attested.signed.predicate.items[number - 1].content


def test_a_run_with_all_that_is_asked_for_is_ranked(folder):
    attested = folder.attest()
    assert attested.signed.predicate.missing == ()
    assert attested.signed.predicate.ranked
    assert attested.line().endswith("; ranked")


def test_there_are_eleven_items_each_with_the_hash_of_its_content(folder):
    items = folder.attest().signed.predicate.items
    assert [item.number for item in items] == list(range(1, 12))
    assert all(item.sha256 == sha256(item.content) for item in items)


def test_every_file_of_the_campaign_is_a_subject(folder):
    names = [subject.name for subject in folder.attest().signed.subject]
    assert names == ["cycles.parquet", "dossier.yaml", "net.onnx", "report.html", "result.json", "scorecard.json"]


def test_in_totos_own_bindings_read_the_statement(folder):
    from google.protobuf.json_format import Parse
    from in_toto_attestation.v1 import statement as theirs
    from in_toto_attestation.v1 import statement_pb2

    folder.attest()
    opened = envelope.open_envelope((folder.path / "attestation.json").read_bytes(), "x")
    found = theirs.Statement.copy_from_pb(Parse(opened.payload, statement_pb2.Statement()))
    found.validate()
    assert found.pb.predicate_type == "pilotline:attestation/1"
    assert {subject.name for subject in found.pb.subject} >= {"scorecard.json", "net.onnx"}


def test_what_the_project_knows_comes_from_the_card_and_not_by_hand(folder):
    attested = folder.attest()
    card = scorecard.read(folder.card)
    assert card.body.policy is not None
    assert content(attested, 1)["commit"] == card.header.versions["commit"]
    assert content(attested, 1)["policy_files"] == [{"name": "net.onnx", "sha256": card.body.policy.files[0].sha256}]
    assert content(attested, 4)["settings"]["ToteDestack"]["solver"] == "mjSOL_NEWTON"
    assert content(attested, 4)["validation"] == card.body.grade.validation
    assert content(attested, 5)["seed"] == card.body.job["seed"]
    assert content(attested, 8)["rows_sha256"] == sha256([row.to_json() for row in card.body.rows])
    assert content(attested, 9)["stations"][0]["tau_h_s"] == 8.7


@pytest.mark.parametrize(
    ("entry", "missing"),
    [
        ("container", "1: container digest"),
        ("actuators", "2: actuator records"),
        ("controllers", "3: controllers and firmware"),
        ("computing", "3: computing: split between robot, hall and cloud, and bandwidth"),
        ("calibration", "6: calibration trail"),
        ("data", "7: data lineage and licences"),
        ("assists", "7: log of teleoperation and assistance"),
        ("incidents", "8: incident report"),
        ("human_baseline", "9: source of the human baseline"),
        ("grader", "10: identity of the grader"),
    ],
)
def test_what_a_dossier_leaves_out_is_named_and_the_run_unranked(folder, entry, missing):
    predicate = folder.attest(folder.said(**{entry: ...})).signed.predicate
    assert predicate.missing == (missing,)
    assert not predicate.ranked


def test_without_a_seal_the_run_is_unranked(folder):
    assert folder.attest(seal=None).signed.predicate.missing[0].startswith("5: sealed seeds")


def test_not_applicable_is_believed_only_where_the_card_bears_it_out(folder):
    nothing = {"not_applicable": "simulated throughout"}
    assert folder.attest(folder.said(actuators=dict(nothing), calibration=dict(nothing))).signed.predicate.ranked
    own_rig = {"level": "V3", "basis": "our rig", "evidence_sha256": ["ab" * 32]}
    missing = folder.attest(folder.said(actuators=nothing, validation=own_rig)).signed.predicate.missing
    assert missing == ("2: actuator records: validation level V3 is data of a rig of one's own, so there is one",)
    missing = folder.attest(folder.said(data=nothing)).signed.predicate.missing
    assert missing == ("7: data lineage and licences: the policy was learned",)


def test_a_level_above_the_cards_needs_evidence(folder):
    claim = {"level": "V1", "basis": "as published"}
    (missing,) = folder.attest(folder.said(validation=claim)).signed.predicate.missing
    assert missing.startswith("4: evidence for validation level V1; the card has V0")


def test_a_calibration_that_had_expired_at_the_time_of_the_run_is_refused(folder):
    trail = [{"sensor": "wrist camera", "date": "2025-01-01", "method": "board", "residual": 0.2, "unit": "px"}]
    trail[0] |= {"grr_percent": 9.0, "expires": "2026-11-21"}
    with pytest.raises(AttestError) as caught:
        folder.attest(folder.said(calibration=trail))
    assert str(caught.value) == "calibration of wrist camera: expired 2026-11-21, the run was 2026-11-22: refused"
    assert not (folder.path / "attestation.json").exists()
    trail[0]["expires"] = "2026-11-22"
    assert folder.attest(folder.said(calibration=trail)).signed.predicate.ranked


def test_a_seal_of_another_seed_or_made_after_the_run_is_refused(folder, tmp_path):
    (tmp_path / "other").mkdir()
    other = seal.read_secret(seal.make(tmp_path / "other")[0])
    with pytest.raises(AttestError, match="seal: its seed is"):
        folder.attest(seal=other)
    with pytest.raises(AttestError, match="the run began 2026-11-22"):
        folder.attest(seal=folder.secret.model_copy(update={"date": "2026-11-22T09:00:00Z"}))


def test_the_published_commitment_is_held_against_the_revealed_seed(folder, tmp_path):
    folder.attest()
    assert folder.check(commitment=folder.secret.published()).signed.predicate.ranked
    (tmp_path / "other").mkdir()
    _, published = seal.make(tmp_path / "other", datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.raises(AttestError, match="commitment: published was"):
        folder.check(commitment=seal.read_commitment(published))
    late = folder.secret.published().model_copy(update={"date": "2026-11-23T00:00:00Z"})
    with pytest.raises(AttestError, match="the run began 2026-11-22"):
        folder.check(commitment=late)


def test_what_changed_since_the_attestation_before_needs_an_entry(folder):
    folder.attest()
    before = folder.path.parent / "before.json"
    shutil.copyfile(folder.path / "attestation.json", before)
    faster = [{"name": "arm drive", "version": "3", "firmware": "3.2", "loop_rate_hz": 2000.0, "latency_ms": 1.0}]
    with pytest.raises(AttestError, match=r"item 3 \(controllers.*no entry for it"):
        folder.attest(folder.said(controllers=faster), previous=before)
    entry = {"item": 3, "date": "2026-11-20", "what": "firmware 3.2", "why": "faster loop"}
    attested = folder.attest(folder.said(controllers=faster, changes=[entry]), previous=before)
    assert content(attested, 11)["changed"] == [3]
    assert folder.check(previous=before).signed.predicate.ranked
    with pytest.raises(AttestError, match="is not the attestation that item 11 follows"):
        folder.check(previous=folder.path / "attestation.json")


def test_nobody_signs_figures_that_do_not_follow_from_the_rows(folder):
    card = scorecard.read(folder.card)
    better = card.body.model_copy(update={"stations": (card.body.stations[0].model_copy(update={"score": 99.0}),)})
    forged = card.model_copy(update={"body": better, "body_sha256": sha256(better.model_dump(mode="json"))})
    scorecard.write(forged, folder.card)
    with pytest.raises(AttestError, match=r"do not follow from its rows: body.stations\[0\].score"):
        folder.attest()


def test_nobody_signs_a_table_of_cycles_that_says_something_else(folder):
    rows = scorecard.read(folder.card).body.rows
    path = folder.path / table.NAME
    path.write_bytes(table.parquet([dataclasses.replace(rows[0], energy_j=1.0), *rows[1:]], {}))
    with pytest.raises(AttestError, match=r"cycles\[0\].energy_j: stored .*, recomputed 1.0"):
        folder.attest()
    path.write_bytes(b"PAR1 rows PAR1")
    with pytest.raises(AttestError, match="is no table of cycles"):
        folder.attest()


def test_an_attestation_is_replaced_only_when_asked_to(folder):
    folder.attest()
    with pytest.raises(AttestError, match="overwrite=true"):
        folder.attest(overwrite=False)


def test_without_a_key_in_hand_the_signature_says_only_that_nothing_was_edited(folder):
    folder.attest()
    attested = folder.check(key=None)
    assert not attested.known
    assert "give key=PUBLIC" in attested.line()


def test_whoever_signs_again_with_a_key_of_their_own_is_found(folder, tmp_path):
    folder.attest()
    (tmp_path / "forger").mkdir()
    private, _ = keys.make(tmp_path / "forger")
    forged = dataclasses.replace(folder, private=private)
    with pytest.raises(AttestError, match="signed with key"):
        forged.attest(folder.said(incidents=...))


def test_an_attestation_of_another_card_is_found(folder):
    folder.attest()
    card = scorecard.read(folder.card)
    header = card.header.model_copy(update={"wall_s": 1.0})
    scorecard.write(card.model_copy(update={"header": header}), folder.card)
    with pytest.raises(AttestError, match=r"scorecard.json: sha256 is"):
        folder.check()


def test_a_signed_file_that_is_gone_and_one_that_came_are_found(folder):
    (folder.path / "result.json").rename(folder.path / "away.json")
    folder.attest()
    (folder.path / "away.json").rename(folder.path / "result.json")
    with pytest.raises(AttestError, match=r"result.json: is there, but was not signed"):
        folder.check()
    (folder.path / "result.json").unlink()
    (folder.path / "net.onnx").unlink()
    with pytest.raises(AttestError, match=r"net.onnx: is not there, but was signed"):
        folder.check()


def test_a_false_statement_is_found_even_with_the_graders_signature(folder):
    folder.attest(folder.said(calibration=...))
    path = folder.path / "attestation.json"
    document = json.loads(envelope.open_envelope(path.read_bytes(), "x").payload)
    document["predicate"]["ranked"] = True
    document["predicate"]["items"][5]["missing"] = []
    path.write_bytes(envelope.sign(canonical(document), envelope.IN_TOTO, keys.signer(folder.private)))
    with pytest.raises(AttestError, match=r"item 6.missing \(entries\): stored 0, recomputed 1"):
        folder.check()


@pytest.mark.parametrize("name", ["../secret.json", "/etc/passwd", "a//b", "a\\b", ""])
def test_a_subject_never_leads_out_of_the_folder(name):
    with pytest.raises(ValueError):
        statement.Subject(name=name, digest={"sha256": "ab" * 32})


@pytest.fixture(scope="module")
def signed(tmp_path_factory, ask, scored, make_campaign):
    folder = make_campaign(tmp_path_factory.mktemp("signed"), ask, scored)
    folder.attest()
    return folder


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_byte_of_any_file_can_be_changed_taken_or_added(data, signed):
    path = data.draw(st.sampled_from(sorted(signed.path.iterdir())))
    text = path.read_bytes()
    at = data.draw(st.integers(0, len(text) - 1))
    kind = data.draw(st.sampled_from(["change", "take", "add"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    edited = text[:at] + (b"" if kind == "take" else byte) + text[at + (kind != "add") :]
    if edited == text:
        return
    path.write_bytes(edited)
    try:
        with pytest.raises((AttestError, scorecard.CardError)):
            signed.check()
    finally:
        path.write_bytes(text)


def test_what_was_not_edited_holds(signed):
    assert check.Attested.line(signed.check()).endswith("ranked")
