"""Keys that a reader was given by their owners, by another way than the cards that they sign."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.attest.keys import public_key

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey


def public_keys(paths: Sequence[Path]) -> tuple[SSlibKey, ...]:
    """The public keys of files, and of every `*.pem` in folders; each once, in the order of their ids.

    Raises:
      AttestError: a file that is no Ed25519 public key, or a folder without any.
    """
    files = []
    for path in paths:
        own = sorted(path.glob("*.pem")) if path.is_dir() else [path]
        if not own:
            raise AttestError(f"key={path}: no key in this folder; allowed: public keys, *.pem")
        files += own
    found = {key.keyid: key for key in map(public_key, files)}
    return tuple(found[keyid] for keyid in sorted(found))
