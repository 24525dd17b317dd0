"""The DSSE envelope: a text and one Ed25519 signature of it. Every byte of the file counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from pilotline.benchmarks.attest.errors import AttestError, first_complaint
from pilotline.benchmarks.canonical import parse
from pilotline.benchmarks.schema_record import Record

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

IN_TOTO = "application/vnd.in-toto+json"


class _Signature(Record):
    keyid: str
    sig: str


class _Form(Record):
    payload: str
    payloadType: str
    signatures: tuple[_Signature, ...] = Field(min_length=1, max_length=1)


@dataclass(frozen=True)
class Opened:
    """An envelope whose form is right; who signed it, and whether, is for `check_signature` to say."""

    payload: bytes
    kind: str
    """Payload type."""
    keyid: str
    envelope: Any


def sign(payload: bytes, kind: str, signer: CryptoSigner) -> bytes:
    """The file of an envelope with one signature."""
    from securesystemslib.dsse import Envelope

    envelope = Envelope(payload, kind, {})
    envelope.sign(signer)
    return _text(envelope)


def open_envelope(data: bytes, where: str) -> Opened:
    """Read an envelope.

    A file that is not the one text of its content is refused, so that not a blank can be added outside of what the
    signature covers.

    Raises:
      AttestError: begins with `where`.
    """
    from securesystemslib.dsse import Envelope

    try:
        document = parse(data)
        form = _Form.model_validate(document)
        envelope = Envelope.from_dict(form.model_dump())
    except ValidationError as error:
        raise AttestError(f"{where}: {first_complaint(error)}") from None
    except Exception as error:  # whatever the library makes of a text from outside
        raise AttestError(f"{where}: is no DSSE envelope: {' '.join(str(error).split())}") from None
    if _text(envelope) != data:
        raise AttestError(f"{where}: is not the text that its content has: edited?")
    return Opened(envelope.payload, envelope.payload_type, form.signatures[0].keyid, envelope)


def check_signature(opened: Opened, key: SSlibKey, where: str) -> None:
    """Refuse an envelope that this key did not sign.

    Raises:
      AttestError: begins with `where`.
    """
    from securesystemslib.exceptions import VerificationError

    if opened.keyid != key.keyid:
        raise AttestError(f"{where}: signed with key {opened.keyid[:16]}..., not with {key.keyid[:16]}...")
    try:
        opened.envelope.verify([key], 1)
    except VerificationError:
        raise AttestError(f"{where}: the signature of key {key.keyid[:16]}... does not fit: edited?") from None


def _text(envelope: Any) -> bytes:
    return (json.dumps(envelope.to_dict(), indent=1, sort_keys=True) + "\n").encode()
