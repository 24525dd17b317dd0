"""Check an attestation: form, signature, files, and every item built again from what it was made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pilotline.benchmarks.attest import dossier as dossiers
from pilotline.benchmarks.attest import envelope, files, items, keys, statement
from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.attest.seal import TIME, Commitment, Secret
from pilotline.benchmarks.difference import first_difference
from pilotline.benchmarks.schema import Scorecard

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey


@dataclass(frozen=True)
class Trust:
    """What whoever checks has in hand already.

    Attributes:
      key: the grader's public key; without it only the file's own is tried, which says that nothing was edited since
        it was signed, and not by whom.
      commitment: to the seed, as it was published.
      previous: file of the attestation before.
    """

    key: SSlibKey | None = None
    commitment: Commitment | None = None
    previous: Path | None = None


@dataclass(frozen=True)
class Attested:
    """An attestation that holds."""

    keyid: str
    known: bool
    """Whether the key was the checker's own copy."""
    signed: statement.Statement
    settings: dict[str, dict[str, Any]]
    """Of the physics, by station."""

    def line(self) -> str:
        """Who signed, and whether the run is ranked, in a line."""
        by = f"signed with key {self.keyid[:16]}..."
        if not self.known:
            by += " (its own word: give key=PUBLIC to say whose)"
        missing = self.signed.predicate.missing
        return f"{by}; " + (f"unranked, {len(missing)} missing: {'; '.join(missing)}" if missing else "ranked")


def opened(path: Path, key: SSlibKey | None) -> tuple[statement.Statement, SSlibKey, bytes]:
    """Statement of an attestation's file whose signature fits, the key that it fits to, and the file's bytes.

    key: None takes the one that the statement itself names.

    Raises:
      AttestError: anything else.
    """
    keys.need_libraries()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AttestError(f"{path}: cannot be read: {error.strerror}") from None
    found = envelope.open_envelope(data, str(path))
    if found.kind != envelope.IN_TOTO:
        raise AttestError(f"{path}: payload type is {found.kind!r}; allowed: {envelope.IN_TOTO!r}")
    signed = statement.read(found.payload, str(path))
    if statement.text(signed) != found.payload:
        raise AttestError(f"{path}: the signed text is not the canonical one of its content")
    own = keys.parse_public(str(_content(signed, 10).get("public_key")).encode(), f"{path}: item 10: public_key")
    envelope.check_signature(found, key or own, str(path))
    if own.keyid != (key or own).keyid:
        raise AttestError(f"{path}: item 10 names another key than the one it was signed with")
    return signed, own, data


def check(scorecard: Path, card: Scorecard, attestation: Path, policy: Path | None, trust: Trust) -> Attested:
    """Check everything that needs no simulation.

    Args:
      scorecard, card: the file, and what is in it.
      attestation: its file.
      policy: file of the card's policy, as found; None where the policy is none or is not there.

    Raises:
      AttestError: the first thing that does not hold, in one line.
    """
    signed, key, _ = opened(attestation, trust.key)
    if difference := files.differing(scorecard, signed.subject, policy):
        raise AttestError(difference)
    if signed.predicate.body_sha256 != card.body_sha256:
        raise AttestError(f"{attestation}: is of another card: body_sha256 {signed.predicate.body_sha256}")
    given = _given(signed, card, scorecard.parent / files.DOSSIER, keys.pem(key), attestation)
    for stated, built in zip(signed.predicate.items, items.build(given), strict=True):
        one, other = (each.model_dump(mode="json") for each in (stated, built))
        if found := first_difference(f"item {stated.number}", one, other):
            raise AttestError(f"{attestation}: {found}")
    if signed.predicate.ranked is bool(signed.predicate.missing):
        told = f"ranked is {signed.predicate.ranked} with {len(signed.predicate.missing)} missing"
        raise AttestError(f"{attestation}: {told}")
    if trust.commitment:
        _committed(trust.commitment, given)
    if trust.previous and previous_of(trust.previous) != given.previous:
        raise AttestError(f"previous={trust.previous}: is not the attestation that item 11 follows")
    return Attested(key.keyid, trust.key is not None, signed, _content(signed, 4)["settings"])


def previous_of(path: Path) -> items.Previous:
    """What the next attestation needs to know of one.

    Raises:
      AttestError: it cannot be read, or its signature does not fit to the key it names.
    """
    try:
        signed, _, data = opened(path, None)
    except AttestError as error:
        raise AttestError(f"previous={error}") from None
    hashes = {item.number: item.sha256 for item in signed.predicate.items if item.number in statement.BATCH}
    return items.Previous(hashlib.sha256(data).hexdigest(), hashes)


def _given(signed: statement.Statement, card: Scorecard, dossier: Path, public_key: str, where: Path) -> items.Given:
    """What the items were made of: card and dossier as they lie there, the rest as the items themselves say."""
    try:
        settings = {name: dict(found) for name, found in _content(signed, 4)["settings"].items()}
        seal, before = _content(signed, 5)["seal"], _content(signed, 11)["previous"]
        return items.Given(
            card=card,
            dossier=dossiers.read(dossier),
            settings=settings,
            public_key=public_key,
            seal=None if seal is None else Secret.model_validate(seal),
            previous=None
            if before is None
            else items.Previous(before["sha256"], {n: before["items"][str(n)] for n in statement.BATCH}),
        )
    except (AttributeError, KeyError, TypeError, ValidationError) as error:
        raise AttestError(
            f"{where}: an item has not the form it should: {' '.join(str(error).split())[:200]}"
        ) from None
    except ValueError as error:
        raise AttestError(str(error)) from None


def _content(signed: statement.Statement, number: int) -> dict[str, Any]:
    return signed.predicate.items[number - 1].content


def _committed(published: Commitment, given: items.Given) -> None:
    """Whether the seed of the run is the one committed to, before the run."""
    if given.seal is None:
        raise AttestError("commitment: the attestation reveals no seed")
    if (own := given.seal.published().commitment) != published.commitment:
        raise AttestError(f"commitment: published was {published.commitment}, the revealed seed has {own}")
    begun, _ = items.run_dates(given.card.header)
    if published.date > begun.strftime(TIME):
        raise AttestError(f"commitment: of {published.date}, the run began {begun.strftime(TIME)}")
