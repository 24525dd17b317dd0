"""The files of a scorecard that a signature covers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.attest.statement import Subject
from pilotline.benchmarks.schema import Scorecard

ATTESTATION = "attestation.json"
DOSSIER = "dossier.yaml"
REPORT = "report.html"
BESIDE = ("cycles.parquet", REPORT, "result.json")
"""Covered where they lie beside the scorecard."""


def subjects(scorecard: Path, card: Scorecard, made: Mapping[str, bytes], policy: Path | None) -> tuple[Subject, ...]:
    """Names and hashes of scorecard, policy files, what is made for it, and whatever else lies beside the card.

    Args:
      scorecard, card: the file, and what is in it.
      made: files that are written beside the card once this is known, by name: dossier and report.
      policy: file or folder of the policy, as found; None where the policy is none.

    Raises:
      AttestError: a policy file that is not there, or not the one that was scored; two files of one name.
    """
    beside = [name for name in BESIDE if name not in made and (scorecard.parent / name).is_file()]
    found = [(name, sha256_of(scorecard.parent / name)) for name in (scorecard.name, *beside)]
    found += [(name, hashlib.sha256(data).hexdigest()) for name, data in made.items()]
    for name, scored in policy_files(card, policy):
        for path in places(name, scorecard, policy):
            if (own := sha256_of(path)) != scored:
                raise AttestError(f"policy file {path}: sha256 is {own}, scored was {scored}")
        found.append((name, scored))
    names = [name for name, _ in found]
    if doubled := {name for name in names if names.count(name) > 1 or name == ATTESTATION}:
        raise AttestError(f"{', '.join(sorted(doubled))}: the name of two files; rename one")
    return tuple(Subject(name=name, digest={"sha256": digest}) for name, digest in sorted(found))


def policy_files(card: Scorecard, policy: Path | None) -> list[tuple[str, str]]:
    """Path, in the folder that the policy lies in, and hash of each of its files."""
    if card.body.policy is None or policy is None:
        return []
    within = f"{policy.name}/" if policy.is_dir() else ""
    return [(f"{within}{file.name}", file.sha256) for file in card.body.policy.files]


def differing(scorecard: Path, signed: Iterable[Subject], policy: Path | None) -> str | None:
    """A line on the first file that is not there, not as it was signed, or not signed at all; None where all are."""
    signed = tuple(signed)
    names = {subject.name for subject in signed}
    for name in (scorecard.name, DOSSIER, *BESIDE):
        if name not in names and (scorecard.parent / name).exists():
            return f"{scorecard.parent / name}: is there, but was not signed"
    try:
        for subject in signed:
            for path in places(subject.name, scorecard, policy):
                if (own := sha256_of(path)) != subject.digest["sha256"]:
                    return f"{path}: sha256 is {own}, signed was {subject.digest['sha256']}"
    except AttestError as error:
        return str(error)
    return None


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file. AttestError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise AttestError(f"{path}: cannot be read: {error.strerror}") from None


def places(name: str, scorecard: Path, policy: Path | None) -> list[Path]:
    """Where a signed file lies: beside the scorecard, and a policy's also where it would be run from. All must fit.

    Raises:
      AttestError: nowhere.
    """
    candidates = [scorecard.parent / name]
    if policy and name not in (scorecard.name, DOSSIER, *BESIDE):
        candidates.append(policy.parent / name)
    found = list({path.resolve(): path for path in candidates if path.is_file()}.values())
    if not found:
        raise AttestError(f"{scorecard.parent / name}: is not there, but was signed")
    return found
