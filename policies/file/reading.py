"""Read a policy file, refusing everything that `write_policy` does not write."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pilotline.policies.file import graph
from pilotline.policies.file.contract import SCHEMA, Contract
from pilotline.policies.file.session import Onnx, OnnxError, parse, read_bytes
from pilotline.policies.file.writing import KEY, canonical
from pilotline.policies.shipped import located


@dataclass(frozen=True)
class PolicyFile:
    """A policy file.

    Attributes:
      name: of the file.
      sha256: of the file's bytes.
      content_sha256: of its contract and what its graph computes, which the file carries.
    """

    name: str
    contract: Contract
    network: Onnx
    sha256: str
    content_sha256: str


def read(path: Path | str) -> PolicyFile:
    """Read a policy file, also a shipped one, see `pilotline.policies.shipped`.

    Raises:
      OnnxError: no such file, or one that is no policy file, or was edited; the message names the file.
      ImportError: the package `onnx` is not installed.
    """
    path = Path(path)
    try:
        return _read(path.name, read_bytes(located(path)))
    except OnnxError as error:
        raise OnnxError(f"policy {path}: {error}") from None


def problem(error: ValidationError) -> str:
    """The first problem of a pydantic error in one line: place and message."""
    first: Any = error.errors(include_url=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return " ".join(f"{where.lstrip('.')} {message}".split())


def printable(value: Any) -> bool:
    """Whether every text in a document is one that a terminal prints as it is."""
    if isinstance(value, dict):
        return all(printable(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return all(printable(each) for each in value)
    return not isinstance(value, str) or value.isprintable()


def _read(name: str, data: bytes) -> PolicyFile:
    network = parse(data)
    if (text := network.metadata.get(KEY)) is None:
        raise OnnxError(
            f"has no metadata {KEY}: not one of ours; allowed: a policy file, or a card (.yaml) that names this model"
        )
    try:
        document = json.loads(text)
        schema, sha256 = document.pop("schema"), document.pop("sha256")
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise OnnxError(f"metadata {KEY} is no document of ours; allowed: what pilotline writes") from None
    if schema != SCHEMA:
        raise OnnxError(f"schema is {str(schema)[:40]!r}; allowed: {SCHEMA!r}")
    document["schema"] = schema
    if not printable({name: value for name, value in document.items() if name != "training"}):
        raise OnnxError("contract: a text has characters that cannot be printed; allowed: plain text")
    try:
        contract = Contract.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise OnnxError(f"contract: {problem(error)}") from None
    try:
        found = graph.digest(network.model, canonical(document))
    except Exception:  # too few or too many bytes for a tensor's shape, in the decoder's words
        raise OnnxError("a tensor does not hold what its shape needs; allowed: a whole file") from None
    if found != sha256:
        raise OnnxError(f"was edited: content hash is {found[:12]}..., the file says {str(sha256)[:12]}...")
    return PolicyFile(name, contract, network, hashlib.sha256(data).hexdigest(), sha256)
