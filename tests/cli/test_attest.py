"""From a new key to a signed card and its check, by the verbs alone; wrong words end in a line."""

import json

import pytest

from pilotline.benchmarks.attest import simulator
from pilotline.benchmarks.cli import main

SETTINGS = {"tote_destack": {"timestep": 0.002, "control_period_s": 0.02}}


@pytest.fixture
def physics(monkeypatch):
    """Settings of worlds that need not be compiled."""
    monkeypatch.setattr(simulator, "settings_of", lambda job: SETTINGS)


@pytest.fixture
def signed(campaign, video, physics, tmp_path, capsys):
    """A card on a sealed seed, signed, in `tmp_path / out`."""
    assert main(["key", f"out={tmp_path / 'key'}"]) == 0
    assert main(["seal", f"out={tmp_path / 'seal'}"]) == 0
    assert main(["dossier", str(tmp_path / "dossier.yaml")]) == 0
    # a run that takes no time would have begun in the second in which its seed was sealed
    secret = json.loads((tmp_path / "seal" / "secret.json").read_text())
    (tmp_path / "seal" / "secret.json").write_text(json.dumps(secret | {"seed": 7, "date": "2026-01-01T00:00:00Z"}))
    capsys.readouterr()
    assert main(["seal", f"reveal={tmp_path / 'seal' / 'secret.json'}"]) == 0
    seed = capsys.readouterr().out.strip()
    assert main(["score", "line=logistics", "cycles=10", f"seed={seed}", "video=false", f"out={tmp_path / 'out'}"]) == 0
    assert main([*attest(tmp_path), f"seal={tmp_path / 'seal' / 'secret.json'}"]) == 0
    return tmp_path


def attest(folder):
    card, key = folder / "out" / "scorecard.json", folder / "key" / "private.pem"
    return ["attest", str(card), f"dossier={folder / 'dossier.yaml'}", f"key={key}"]


def verify(folder, *words):
    return main(["verify", str(folder / "out" / "scorecard.json"), *words])


def test_attest_names_what_is_missing(signed, capsys):
    shown = capsys.readouterr().out
    assert "missing  6: calibration trail" in shown
    assert "missing  5:" not in shown, "the seed was sealed"
    assert "unranked: " in shown
    assert f"wrote {signed / 'out' / 'attestation.json'}" in shown


def test_verify_holds_and_says_who_signed(signed, capsys):
    assert verify(signed, f"key={signed / 'key' / 'public.pem'}", f"out={signed / 'check'}") == 0
    shown = capsys.readouterr().out
    assert "holds bit for bit: 10 cycles run again" in shown
    assert "signed with key " in shown
    figures = json.loads((signed / "check" / "result.json").read_text())["figures"]
    assert figures["rerun"] == "bits"
    assert figures["signed"]["known"] is True
    assert figures["signed"]["ranked"] is False
    assert "attestation" in figures["passed"]
    assert "settings" in figures["passed"]


def test_cycles_0_runs_nothing_and_says_so(signed, campaign, capsys):
    before = len(campaign.jobs)
    assert verify(signed, "cycles=0") == 0
    assert "no cycle was run again" in capsys.readouterr().out
    assert len(campaign.jobs) == before


def test_an_edited_report_does_not_hold(signed, capsys):
    report = signed / "out" / "report.html"
    report.write_text(report.read_text().replace("<", " <", 1))
    assert verify(signed, "cycles=0") == 1
    assert "report.html: sha256 is" in capsys.readouterr().out


def test_with_a_key_in_hand_an_unsigned_card_does_not_hold(signed, capsys):
    (signed / "out" / "attestation.json").unlink()
    assert verify(signed, "cycles=0") == 0
    assert verify(signed, "cycles=0", f"key={signed / 'key' / 'public.pem'}") == 1
    assert "attestation.json: cannot be read" in capsys.readouterr().out


def test_the_published_commitment_is_held_against_the_card(signed, capsys):
    main(["seal", f"out={signed / 'other'}"])
    assert verify(signed, "cycles=0", f"commitment={signed / 'other' / 'commitment.json'}") == 1
    assert "commitment: published was" in capsys.readouterr().out


def test_other_physics_than_attested_does_not_hold(signed, monkeypatch, capsys):
    monkeypatch.setattr(
        simulator, "settings_of", lambda job: {"tote_destack": SETTINGS["tote_destack"] | {"timestep": 1}}
    )
    assert verify(signed, "cycles=0") == 1
    assert "the physics here is set otherwise: settings.tote_destack.timestep" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["seed=3"], "goes with cycles=N"),
        (["seed=3", "cycles=0"], "goes with cycles=N"),
        (["cycles=-1"], "cycles=-1"),
        (["platform=mine"], "platform=mine"),
        (["key=nope.pem"], "key=nope.pem: cannot be read"),
        (["commitment=nope.json"], "commitment=nope.json: cannot be read"),
        (["previous=nope.json"], "previous=nope.json: no such file"),
        (["attestation=nope.json"], "attestation=nope.json: no such file"),
    ],
)
def test_wrong_words_of_verify_end_in_a_line(signed, words, said, capsys):
    assert verify(signed, *words) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


def test_a_previous_attestation_that_is_none_is_bad_input_and_no_verdict_on_the_card(signed, capsys):
    assert verify(signed, f"previous={signed / 'dossier.yaml'}") == 2
    assert f"previous={signed / 'dossier.yaml'}: is no DSSE envelope" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "overwrite=true replaces it"),
        ({"key": "public.pem"}, "is a public key"),
        ({"dossier": "none.yaml"}, "no such file; pilotline dossier writes a template"),
        ({"seal": "none.json"}, "seal=none.json: cannot be read"),
        ({"previous": "none.json"}, "previous=none.json: cannot be read"),
    ],
)
def test_wrong_words_of_attest_end_in_a_line(signed, change, said, capsys):
    words = [word for word in attest(signed) if word.partition("=")[0] not in change]
    if change.get("key"):
        (signed / "key" / "public.pem").chmod(0o600)
        change = {"key": signed / "key" / "public.pem"}
    assert main([*words, *(f"{name}={value}" for name, value in change.items())]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


def test_what_is_no_card_is_not_signed(signed, capsys):
    (signed / "out" / "scorecard.json").write_text("{}")
    assert main([*attest(signed), "overwrite=true"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
