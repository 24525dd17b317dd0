"""Which code this is: the commit where there is one, and a hash of every file of the package."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_FOLDERS = ("robots", "envs", "policies", "configs", "benchmarks")
_MADE = {".pyc", ".nbi", ".nbc"}
"""Suffixes of what Python and Numba leave beside the code."""
NO_COMMIT = "none"


@cache
def sha256() -> str:
    """Hash over names and bytes of all files of the installed package, code, cards and networks alike."""
    found: list[tuple[str, Path]] = []
    for folder in _FOLDERS:
        root = root_of(folder)
        named = ((path.relative_to(root).as_posix(), path) for path in files_of(root))
        found += [(f"{folder}/{name}", path) for name, path in sorted(named)]
    return hashed(found)


def files_of(folder: Path) -> list[Path]:
    """Files of a package and its sub-packages but hidden ones and what Python and Numba make; sorted part by part."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix not in _MADE
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def hashed(files: Iterable[tuple[str, Path]]) -> str:
    """SHA-256 over the names given and the bytes of files, in the order given."""
    total = hashlib.sha256()
    for name, path in files:
        total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def root_of(folder: str) -> Path:
    """Where a sub-package of ours is."""
    spec = find_spec(f"pilotline.{folder}")  # found, not imported: robots alone would bring MuJoCo
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@cache
def commit() -> str:
    """The commit of a checkout, with `+changes` where tracked files differ from it; `none` outside of a checkout."""
    root = root_of("benchmarks").parent
    if not (root / ".git").exists():
        return NO_COMMIT
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+changes" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return NO_COMMIT


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()
