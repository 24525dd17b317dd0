"""Sealed seeds, by commit-then-reveal: nobody can know the seed before, nobody can choose another one after.

The commitment is SHA-256 of the UTF-8 text `pilotline/seal/1 SEED NONCE`: SEED in decimal digits, NONCE 64 hex digits,
single blanks. Anybody can check it without this program.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from pilotline.benchmarks.attest.errors import AttestError, first_complaint
from pilotline.benchmarks.attest.keys import write_secret
from pilotline.benchmarks.canonical import parse, write_atomically
from pilotline.benchmarks.schema_record import Record
from pilotline.envs.seeds import SCORED

SECRET, COMMITMENT = "secret.json", "commitment.json"
SEEDS = 2**53
"""Seeds are below this: JSON readers keep them exact."""
TIME = "%Y-%m-%dT%H:%M:%SZ"
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


class Commitment(Record):
    """What is published before the run."""

    schema_: Literal["pilotline/commitment/1"] = Field("pilotline/commitment/1", alias="schema")
    commitment: str = Field(pattern="^[0-9a-f]{64}$")
    date: str = Field(pattern=_TIME)
    """ISO 8601, UTC. What it proves is what others remember of when they got it."""


class Secret(Record):
    """What stays with the grader until the card is handed out."""

    schema_: Literal["pilotline/seal/1"] = Field("pilotline/seal/1", alias="schema")
    seed: int = Field(ge=0, lt=SEEDS, strict=True)
    nonce: str = Field(pattern="^[0-9a-f]{64}$")
    """256 bits: without them the seed could be found by trying."""
    date: str = Field(pattern=_TIME)

    def published(self) -> Commitment:
        """The commitment to this seed."""
        text = f"pilotline/seal/1 {self.seed} {self.nonce}"
        return Commitment(
            schema="pilotline/commitment/1", commitment=hashlib.sha256(text.encode()).hexdigest(), date=self.date
        )


def make(folder: Path, now: datetime | None = None) -> tuple[Path, Path]:
    """Draw a seed from the system's randomness and seal it, in an existing folder; never over another.

    No training draws its cycles from such a seed.

    Returns:
      The secret file, mode 0600, and the one to publish.

    Raises:
      AttestError: a seal is there already.
    """
    public = folder / COMMITMENT
    if public.exists():
        raise AttestError(f"{public}: a seal is there already and is never overwritten")
    date = (now or datetime.now(UTC)).astimezone(UTC).strftime(TIME)
    secret = Secret(schema="pilotline/seal/1", seed=secrets.randbelow(SCORED), nonce=secrets.token_hex(32), date=date)
    write_secret(folder / SECRET, _text(secret))
    write_atomically(public, _text(secret.published()))
    return folder / SECRET, public


def read_secret(path: Path, key: str = "seal") -> Secret:
    """The sealed seed of a file that a key of the command line names. Raises AttestError."""
    return _read(path, Secret, key)


def read_commitment(path: Path) -> Commitment:
    """A published commitment. Raises AttestError."""
    return _read(path, Commitment, "commitment")


Read = TypeVar("Read", bound=Record)


def _read(path: Path, model: type[Read], what: str) -> Read:
    try:
        return model.model_validate(parse(path.read_bytes()))
    except OSError as error:
        raise AttestError(f"{what}={path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        raise AttestError(f"{what}={path}: {first_complaint(error)}") from None
    except ValueError as error:
        raise AttestError(f"{what}={path}: is not JSON: {error}") from None


def _text(record: Record) -> bytes:
    return (json.dumps(record.model_dump(mode="json", by_alias=True), indent=1) + "\n").encode()
