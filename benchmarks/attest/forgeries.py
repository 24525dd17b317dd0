"""Ways to edit the files of a signed scorecard without the grader's key."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pilotline.benchmarks import scorecard
from pilotline.benchmarks.attest import envelope, keys, statement
from pilotline.benchmarks.attest.files import sha256_of
from pilotline.benchmarks.canonical import canonical, sha256
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Body, Scorecard

CARD, ATTESTATION = "scorecard.json", "attestation.json"
KINDS = (
    "byte of the scorecard",
    "row, all figures and hashes made anew",
    "configuration, hashes made anew",
    "seed, in job and rows, hashes made anew",
    "figure, hash made anew",
    "header",
    "byte of the policy",
    "byte of the table of cycles",
    "byte of the report",
    "byte of the result file",
    "byte of the dossier",
    "entry of the dossier",
    "byte of the attestation",
    "attested text, its items' hashes made anew",
    "signature",
    "signed again with a key of one's own",
    "file taken away",
    "row, and signed again with a key of one's own",
)


class Forger:
    """Edits copies of a signed campaign.

    Args:
      honest: its folder.
      folder: for the forger's own key; does not exist yet.
      rng: every choice is drawn from it.
    """

    def __init__(self, honest: Path, folder: Path, rng: np.random.Generator) -> None:
        folder.mkdir()
        self._signer = keys.signer(keys.make(folder)[0])
        self._card, self._rng = scorecard.read(honest / CARD), rng

    def edit(self, kind: str, copy: Path) -> None:
        """Make one edit of a kind in a folder."""
        files = {
            "scorecard": CARD,
            "table of cycles": "cycles.parquet",
            "report": "report.html",
            "result file": "result.json",
            "dossier": "dossier.yaml",
            "attestation": ATTESTATION,
        }
        if kind.startswith("byte of the "):
            name = kind.removeprefix("byte of the ")
            self._byte(copy / files[name] if name in files else next(copy.glob("*.onnx")))
            return
        other: dict[str, Callable[[Path], None]] = {
            "row, all figures and hashes made anew": self.row,
            "configuration, hashes made anew": self._configuration,
            "seed, in job and rows, hashes made anew": self._seed,
            "figure, hash made anew": self._figure,
            "header": self._header,
            "entry of the dossier": self._dossier,
            "attested text, its items' hashes made anew": self._text,
            "signature": self._signature,
            "signed again with a key of one's own": self._sign_again,
            "file taken away": self._take_away,
            "row, and signed again with a key of one's own": self._row_and_sign,
        }
        other[kind](copy)

    def row(self, copy: Path) -> None:
        """Make a cycle better and compute everything from it, as the program itself would."""
        body = self._card.body
        rows = list(body.rows)
        k = int(self._rng.integers(len(rows)))
        rows[k] = self._better(rows[k])
        job = Job.of(body.job)
        scorecard.write(scorecard.build(job, body.line, body.robot, rows, self._card.header, body.policy), copy / CARD)

    def before_signing(self, copy: Path) -> None:
        """The same, where the table of cycles is left out: what a dishonest lab hands to an honest grader."""
        self.row(copy)
        (copy / "cycles.parquet").unlink(missing_ok=True)

    def _better(self, row: CycleRow) -> CycleRow:
        change: list[dict[str, Any]] = [
            {"energy_j": row.energy_j * 0.9},
            {"time_s": row.time_s * 0.95},
            {"peak_force_n": row.peak_force_n + 1.0},
            {"digest": f"{int(row.digest, 16) ^ 1:016x}"},
            {"success": False, "faults": ("drop",)} if row.success else {"success": True, "faults": ()},
        ]
        return dataclasses.replace(row, **change[int(self._rng.integers(len(change)))])

    def _configuration(self, copy: Path) -> None:
        body = self._card.body
        job = [{"pack": "D1"}, {"actuators": "servo"}, {"robot": "wheeled"}, {"policy": "reference"}]
        station = dataclasses.replace(body.line.stations[0], tau_h_s=body.line.stations[0].tau_h_s * 2.0)
        changes: list[dict[str, Any]] = [
            *({"job": body.job | change} for change in job),
            {"line": dataclasses.replace(body.line, stations=(station, *body.line.stations[1:]))},
            {"robot": dataclasses.replace(body.robot, version="99")},
        ]
        self._write(copy, self._card, body.model_copy(update=changes[int(self._rng.integers(len(changes)))]))

    def _seed(self, copy: Path) -> None:
        body, seed = self._card.body, int(self._rng.integers(2**53))
        rows = tuple(dataclasses.replace(row, seed=(seed, *row.seed[1:])) for row in body.rows)
        self._write(copy, self._card, body.model_copy(update={"job": body.job | {"seed": seed}, "rows": rows}))

    def _figure(self, copy: Path) -> None:
        body = self._card.body
        change = [{"score": 99.0}, {"sigma": 0.5}, {"mtbf_lower_s": 1e6}][int(self._rng.integers(3))]
        station = body.stations[0].model_copy(update=change)
        self._write(copy, self._card, body.model_copy(update={"stations": (station, *body.stations[1:])}))

    def _header(self, copy: Path) -> None:
        header = self._card.header
        changes: list[dict[str, Any]] = [
            {"date": "2020-01-01T00:00:00Z"},
            {"hardware": header.hardware | {"processor": "another"}},
            {"versions": header.versions | {"mujoco": "9.9.9"}},
            {"wall_s": header.wall_s + 1.0},
        ]
        change = changes[int(self._rng.integers(len(changes)))]
        scorecard.write(self._card.model_copy(update={"header": header.model_copy(update=change)}), copy / CARD)

    def _dossier(self, copy: Path) -> None:
        path = copy / "dossier.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        name = str(self._rng.choice([name for name in document if name != "schema"]))
        document[name] = {"not_applicable": "so it is"} if name in ("container", "controllers", "data") else None
        if name in ("assists", "incidents"):
            del document[name]
        path.write_text(yaml.safe_dump(document), encoding="utf-8")

    def _text(self, copy: Path) -> None:
        path = copy / ATTESTATION
        document = json.loads(path.read_text())
        opened = envelope.open_envelope(path.read_bytes(), ATTESTATION)
        text = json.loads(opened.payload)
        item = text["predicate"]["items"][int(self._rng.integers(11))]
        item["content"]["noted"] = "and more"
        item["sha256"] = sha256(item["content"])
        document["payload"] = json.loads(envelope.sign(canonical(text), envelope.IN_TOTO, self._signer))["payload"]
        path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")

    def _signature(self, copy: Path) -> None:
        """Another key's signature under the grader's key id, or the other way round."""
        path = copy / ATTESTATION
        document = json.loads(path.read_text())
        opened = envelope.open_envelope(path.read_bytes(), ATTESTATION)
        own = json.loads(envelope.sign(opened.payload, envelope.IN_TOTO, self._signer))["signatures"][0]
        part = str(self._rng.choice(["sig", "keyid"]))
        document["signatures"][0][part] = own[part]
        path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")

    def _sign_again(self, copy: Path) -> None:
        """Everything right, but for whose key it is: subjects as they lie there, own key in item 10."""
        path = copy / ATTESTATION
        text = json.loads(envelope.open_envelope(path.read_bytes(), ATTESTATION).payload)
        for subject in text["subject"]:
            subject["digest"]["sha256"] = sha256_of(copy / subject["name"])
        grader = text["predicate"]["items"][9]
        grader["content"]["public_key"] = keys.pem(self._signer.public_key)
        grader["sha256"] = sha256(grader["content"])
        text["predicate"]["body_sha256"] = scorecard.read(copy / CARD).body_sha256
        signed = statement.Statement.model_validate(text)
        path.write_bytes(envelope.sign(statement.text(signed), envelope.IN_TOTO, self._signer))

    def _row_and_sign(self, copy: Path) -> None:
        self.row(copy)
        self._sign_again(copy)

    def _take_away(self, copy: Path) -> None:
        signed = sorted(path for path in copy.iterdir() if path.name != CARD and path.suffix != ".db")
        signed[int(self._rng.integers(len(signed)))].unlink()

    def _byte(self, path: Path) -> None:
        """One byte changed, taken or added."""
        text = path.read_bytes()
        at, how = int(self._rng.integers(len(text))), str(self._rng.choice(["change", "take", "add"]))
        byte = bytes([(text[at] + int(self._rng.integers(1, 256))) % 256])
        path.write_bytes(text[:at] + (b"" if how == "take" else byte) + text[at + (how != "add") :])

    def _write(self, copy: Path, card: Scorecard, body: Body) -> None:
        anew = sha256(body.model_dump(mode="json"))
        scorecard.write(card.model_copy(update={"body": body, "body_sha256": anew}), copy / CARD)
