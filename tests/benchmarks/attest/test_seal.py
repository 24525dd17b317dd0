"""A sealed seed: drawn, committed to, revealed; anybody can check the commitment without this program."""

import hashlib
import json
import stat
from datetime import UTC, datetime

import pytest

from pilotline.benchmarks.attest import seal
from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.cli import main
from pilotline.policies.train.plan import Plan


def test_the_commitment_is_the_hash_that_the_documentation_describes(tmp_path):
    secret, public = seal.make(tmp_path)
    told = json.loads(secret.read_text())
    text = f"pilotline/seal/1 {told['seed']} {told['nonce']}"
    assert json.loads(public.read_text())["commitment"] == hashlib.sha256(text.encode()).hexdigest()


def test_what_is_published_tells_nothing_of_seed_and_nonce(tmp_path):
    secret, public = seal.make(tmp_path, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    told = json.loads(secret.read_text())
    assert json.loads(public.read_text()).keys() == {"schema", "commitment", "date"}
    assert told["date"] == "2026-01-02T03:04:05Z"
    assert len(told["nonce"]) == 64
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_two_seals_have_nothing_in_common(tmp_path):
    found = []
    for name in "ab":
        (tmp_path / name).mkdir()
        found.append(seal.read_secret(seal.make(tmp_path / name)[0]))
    assert found[0].seed != found[1].seed
    assert found[0].nonce != found[1].nonce


def test_no_training_draws_its_cycles_from_a_sealed_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(seal.secrets, "randbelow", lambda below: below - 1)
    seal.make(tmp_path)
    plan = Plan("sb3_ppo", {}, "reach", "fixed", "ideal", "ee", "D0", None, 0, 1, 1, 1)
    assert seal.read_secret(tmp_path / seal.SECRET).seed < plan.training_seed(0)


def test_a_seal_is_never_overwritten(tmp_path):
    secret, public = seal.make(tmp_path)
    before = secret.read_bytes(), public.read_bytes()
    with pytest.raises(AttestError, match="never overwritten"):
        seal.make(tmp_path)
    public.unlink()
    with pytest.raises(AttestError, match="never overwritten"):
        seal.make(tmp_path)
    assert secret.read_bytes() == before[0]


def test_revealing_prints_the_seed_and_nothing_else(tmp_path, capsys):
    assert main(["seal", f"out={tmp_path}"]) == 0
    capsys.readouterr()
    assert main(["seal", f"reveal={tmp_path / 'secret.json'}"]) == 0
    assert capsys.readouterr().out == f"{json.loads((tmp_path / 'secret.json').read_text())['seed']}\n"


@pytest.mark.parametrize("text", ["", "{}", "null", '{"schema": "pilotline/seal/1", "seed": -1}', "\x80pickle"])
def test_what_is_no_seal_is_refused_in_a_line(text, tmp_path, capsys):
    (tmp_path / "s.json").write_text(text, encoding="latin-1")
    assert main(["seal", f"reveal={tmp_path / 's.json'}"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"pilotline: reveal={tmp_path / 's.json'}: ")
    assert "Secret" not in said
