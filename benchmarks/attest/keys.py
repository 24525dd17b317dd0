"""Ed25519 keys as PEM files: a private one that only its owner may read, a public one for everybody."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from pilotline.benchmarks.attest.errors import AttestError

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner, SSlibKey

PRIVATE, PUBLIC = "private.pem", "public.pem"


def need_libraries() -> None:
    """Refuse in one line where the libraries that sign are not installed.

    Raises:
      AttestError: names the extra.
    """
    try:
        import cryptography  # noqa: F401
        import securesystemslib  # noqa: F401
    except ImportError:
        raise AttestError("signatures need securesystemslib and cryptography: pip install 'pilotline[sign]'") from None


def make(folder: Path) -> tuple[Path, Path]:
    """A new key pair in an existing folder; never in the place of another.

    Returns:
      The private file, mode 0600, and the public one.

    Raises:
      AttestError: a key is there already.
    """
    need_libraries()
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private, public = folder / PRIVATE, folder / PUBLIC
    if public.exists() or public.is_symlink():
        raise AttestError(f"{public}: a key is there already; keys are never overwritten")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    write_secret(private, secret)
    _write_new(public, key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo), 0o644)
    return private, public


def write_secret(path: Path, data: bytes) -> None:
    """Write what only its owner may read, mode 0600 from the first byte on; never over another file.

    Raises:
      AttestError: something is there already.
    """
    _write_new(path, data, 0o600)


def signer(path: Path) -> CryptoSigner:
    """The private key of a file.

    Raises:
      AttestError: no such file, one that others may read, or no Ed25519 private key without a password.
    """
    need_libraries()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    data = _read(path)
    if b"PUBLIC KEY" in data:
        raise AttestError(f"key={path}: is a public key; give the private one, which signs")
    if os.name == "posix" and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        raise AttestError(f"key={path}: others may read it (mode {mode:04o}); make it 0600")
    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError):
        raise AttestError(
            f"key={path}: not a private key in PEM without a password; `pilotline key` makes one"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise AttestError(f"key={path}: is no Ed25519 key; pilotline key makes one")
    return CryptoSigner(key)


def public_key(path: Path) -> SSlibKey:
    """The public key of a file.

    Raises:
      AttestError: no such file, or no Ed25519 public key.
    """
    return parse_public(_read(path), f"key={path}")


def parse_public(data: bytes, where: str) -> SSlibKey:
    """A public key in PEM; `where` begins what is said of any other."""
    need_libraries()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    if b"PRIVATE KEY" in data:
        raise AttestError(f"{where}: is a private key; give the public one, and keep this one to yourself")
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise AttestError(f"{where}: is no public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise AttestError(f"{where}: is no Ed25519 key")
    return SSlibKey.from_crypto(key)


def pem(key: SSlibKey) -> str:
    """A public key as the text of its file."""
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    plain = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))
    return plain.public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AttestError(f"key={path}: cannot be read: {error.strerror}") from None


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise AttestError(f"{path}: is there already and is never overwritten") from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
