"""Make an attestation: check the card, fill in the items, sign, and leave everything in the card's folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilotline.benchmarks import report, table
from pilotline.benchmarks import scorecard as scorecards
from pilotline.benchmarks.attest import dossier as dossiers
from pilotline.benchmarks.attest import envelope, files, items, keys, statement
from pilotline.benchmarks.attest.check import previous_of
from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.attest.files import ATTESTATION, DOSSIER, REPORT
from pilotline.benchmarks.attest.seal import TIME, Secret
from pilotline.benchmarks.attest.signing import Signing
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.difference import first_difference
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.verify import statistics_difference

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

Settings = Callable[[Job], Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Request:
    """What is to be attested, and with what.

    Attributes:
      scorecard: the card's file.
      dossier: YAML file; copied beside the card.
      signer: private key.
      policy: file or folder of the card's policy, as found; copied beside the card. None where the policy is none.
      seal: of the seed, if it was sealed.
      previous: file of the attestation before.
      overwrite: whether an attestation that is there may be replaced.
      now: when it is signed; None for the clock of this machine.
    """

    scorecard: Path
    dossier: Path
    signer: CryptoSigner
    policy: Path | None = None
    seal: Secret | None = None
    previous: Path | None = None
    overwrite: bool = False
    now: datetime | None = None


def attest(request: Request, settings: Settings) -> tuple[Path, statement.Statement]:
    """Sign; the attestation's file, and what was signed. The report beside the card is written anew and says who did.

    Raises:
      CardError: the card is none.
      AttestError: figures that do not follow from the rows, anything that items or files refuse.
    """
    folder = request.scorecard.parent
    out = folder / ATTESTATION
    dossier = dossiers.read(request.dossier)
    # before any file is written: what lies beside the card may be signed already
    previous = previous_of(request.previous) if request.previous else None
    if out.exists() and not request.overwrite:
        raise AttestError(f"{out}: is there already; overwrite=true replaces it")
    card = scorecards.read(request.scorecard)
    _follows(card)
    _same_table(card, folder / table.NAME)
    made = items.build(
        items.Given(
            card=card,
            dossier=dossier,
            settings=settings(Job.of(card.body.job)),
            public_key=keys.pem(request.signer.public_key),
            seal=request.seal,
            previous=previous,
        )
    )
    text = request.dossier.read_bytes()
    if (there := folder / DOSSIER).exists() and there.read_bytes() != text and not request.overwrite:
        raise AttestError(f"{there}: is there already and another one; overwrite=true replaces it")
    predicate = statement.Predicate(
        body_sha256=card.body_sha256, ranked=not any(item.missing for item in made), items=made
    )
    page = _page(card, folder / REPORT, request, predicate)
    _beside(card, request.policy, folder)
    signed = statement.Statement(
        subject=files.subjects(request.scorecard, card, {DOSSIER: text, REPORT: page}, request.policy),
        predicate=predicate,
    )
    if not (there.exists() and there.read_bytes() == text):
        write_atomically(there, text)
    write_atomically(folder / REPORT, page)
    write_atomically(out, envelope.sign(statement.text(signed), envelope.IN_TOTO, request.signer))
    return out, signed


def _page(card: Scorecard, path: Path, request: Request, predicate: statement.Predicate) -> bytes:
    """The report, made anew from the card, with the recordings of the one that is there."""
    there = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    own = card.body_sha256 in there
    if there and not own and not request.overwrite:
        raise AttestError(f"{path}: is there already and of another card; overwrite=true replaces it")
    date = (request.now or datetime.now(UTC)).astimezone(UTC).strftime(TIME)
    videos = report.recordings(there, card.body) if own else ()
    return report.render(card, videos, Signing(request.signer.public_key.keyid, date, predicate)).encode()


def _follows(card: Scorecard) -> None:
    """Nobody signs figures that do not follow from the rows."""
    if difference := statistics_difference(card.body):
        raise AttestError(f"the card's figures do not follow from its rows: {difference}")


def _same_table(card: Scorecard, path: Path) -> None:
    """Nobody signs a table of cycles that says something else than the card."""
    if not path.is_file():
        return
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise AttestError(f"{path}: reading it needs pyarrow: {table.COMES_WITH}") from None
    try:
        stored = pyarrow.parquet.read_table(path).to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise AttestError(f"{path}: is no table of cycles: {' '.join(str(error).split())[:200]}") from None
    known = [{name: value for name, value in row.items() if value is not None} for row in stored]
    if difference := first_difference("cycles", [table.flat(row) for row in card.body.rows], known):
        raise AttestError(f"{path}: is not the table of the card's cycles: {difference}")


def _beside(card: Scorecard, policy: Path | None, folder: Path) -> None:
    """Put the policy's files beside the card: what is signed should be in one place."""
    for name, scored in files.policy_files(card, policy):
        assert policy is not None
        source, target = policy.parent / name, folder / name
        if not target.exists() and source.is_file() and files.sha256_of(source) == scored:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
