"""A made-up campaign with everything that a dossier can say, signed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilotline.benchmarks import scorecard, table
from pilotline.benchmarks.attest import check, keys, make, seal
from pilotline.benchmarks.facts import FileFacts, PolicyFacts

SETTINGS = {"ToteDestack": {"timestep": 0.002, "control_period_s": 0.02, "solver": "mjSOL_NEWTON"}}
SEED = 20261122
"""Of the campaign, so that it is the same in every run of the tests; seals draw theirs."""
BEFORE = datetime(2026, 11, 1, tzinfo=UTC)
DOSSIER: dict[str, Any] = {
    "schema": "pilotline/dossier/1",
    "grader": {"name": "A. Grader", "organisation": "A pilot base", "contact": "grader@example.org"},
    "container": {"image": "pilotline", "digest": "sha256:" + "12" * 32},
    "actuators": [
        {"joint": "right_arm_0", "sheet": "csg-20-100", "serial": "7", "batch": "B1", "date": "2026-02-03"},
    ],
    "controllers": [
        {"name": "arm drive", "version": "3", "firmware": "3.1.4", "loop_rate_hz": 1000.0, "latency_ms": 2.0}
    ],
    "computing": {"end": "policy", "edge": "none", "cloud": "none", "bandwidth_mbit_s": 100.0, "round_trip_ms": 8.0},
    "validation": {"level": "V0", "basis": "made up"},
    "calibration": [
        {
            "sensor": "head camera",
            "date": "2026-05-01",
            "method": "board",
            "residual": 0.1,
            "unit": "px",
            "grr_percent": 8.0,
            "expires": "2026-12-31",
        }
    ],
    "data": [{"name": "our runs", "source": "own", "licence": "CC-BY-4.0"}],
    "assists": [],
    "incidents": [],
    "human_baseline": {"source": "MTM", "method": "standard times", "people": 0},
}


@dataclass(frozen=True)
class Folder:
    """A campaign's folder, signed, and the files that stay with grader and checker."""

    path: Path
    private: Path
    public: Path
    secret: seal.Secret

    @staticmethod
    def said(**change: Any) -> str:
        """The dossier with changes; an entry given as `...` is left out."""
        return yaml.safe_dump({name: value for name, value in (DOSSIER | change).items() if value is not ...})

    @property
    def card(self) -> Path:
        return self.path / "scorecard.json"

    def attest(self, dossier: str | None = None, **change: Any) -> check.Attested:
        """Sign as it lies there; what a check of it says."""
        out = self.path.parent / "handed_in.yaml"
        out.write_text(dossier or self.said())
        asked: dict[str, Any] = {"policy": self.path / "net.onnx", "seal": self.secret, "overwrite": True} | change
        make.attest(
            make.Request(scorecard=self.card, dossier=out, signer=keys.signer(self.private), **asked),
            lambda job: SETTINGS,
        )
        return self.check()

    def check(self, **trust: Any) -> check.Attested:
        """What a person with the grader's public key finds."""
        trust = {"key": keys.public_key(self.public)} | trust
        card = scorecard.read(self.card)
        attestation = self.path / "attestation.json"
        return check.check(self.card, card, attestation, self.path / "net.onnx", check.Trust(**trust))


@pytest.fixture
def folder(tmp_path: Path, ask: Callable[..., Any], scored: Callable[..., Any]) -> Folder:
    return make_folder(tmp_path, ask, scored)


def make_folder(tmp_path: Path, ask: Callable[..., Any], scored: Callable[..., Any]) -> Folder:
    """A campaign of twelve cycles on a sealed seed, with a policy file; not signed yet."""
    path = tmp_path / "campaign"
    for name in ("campaign", "key", "seal"):
        (tmp_path / name).mkdir()
    private, public = keys.make(tmp_path / "key")
    secret = seal.read_secret(seal.make(tmp_path / "seal", BEFORE)[0]).model_copy(update={"seed": SEED})
    net = b"a network"
    (path / "net.onnx").write_bytes(net)
    job = ask(cycles=12, seed=secret.seed, policy="net.onnx")
    drawn = scored(job)
    facts = PolicyFacts("net", "wheeled", "ideal", (FileFacts("net.onnx", hashlib.sha256(net).hexdigest()),))
    versions = drawn.header.versions | {"commit": "ab" * 20, "code": "cd" * 32}
    header = drawn.header.model_copy(update={"versions": versions})
    card = scorecard.build(job, drawn.body.line, drawn.body.robot, drawn.body.rows, header, facts)
    scorecard.write(card, path / "scorecard.json")
    (path / "report.html").write_text("<p>a report</p>")
    (path / "result.json").write_text("{}")
    (path / table.NAME).write_bytes(table.parquet(card.body.rows, {}))
    return Folder(path, private, public, secret)


@pytest.fixture(scope="session")
def make_campaign() -> Callable[..., Folder]:
    return make_folder
