"""What a vendor says of a policy folder, in its `policy.yaml`, and the folder's files by their hashes."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pilotline.policies.sandbox.errors import SandboxError
from pilotline.policies.sandbox.limits import BOUNDS
from pilotline.robots.yamlfile import CardError, read_yaml

NAME = "policy.yaml"
_MOST_FILES, _MOST_BYTES = 20_000, 20_000_000_000


class Asked(BaseModel):
    """Limits that a policy asks for, in the units of `Limits`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    memory_mb: float | None = None
    cpu_s: float | None = None
    timeout_s: float | None = None
    start_s: float | None = None
    tasks: int | None = None
    scratch_mb: float | None = None
    max_reply_mb: float | None = None

    @field_validator("*")
    @classmethod
    def _possible(cls, value: float | None, info: object) -> float | None:
        low, high = BOUNDS[str(getattr(info, "field_name", ""))]
        if value is not None and not low <= value <= high:
            raise ValueError(f"allowed: {low:g} to {high:g}")
        return value


class Manifest(BaseModel):
    """`policy.yaml` of a policy folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["pilotline/policy-folder/1"] = Field(alias="schema")
    title: str = Field(min_length=1, max_length=200)
    python: str | None = Field(None, description="a Python file of the folder")
    command: tuple[str, ...] | None = Field(None, min_length=1, max_length=100)
    environment: dict[str, str] = Field(default_factory=dict, max_length=100)
    fork: bool = False
    limits: Asked = Asked()

    @field_validator("python")
    @classmethod
    def _within(cls, python: str | None) -> str | None:
        if python is not None and (PurePosixPath(python).is_absolute() or ".." in PurePosixPath(python).parts):
            raise ValueError("allowed: a path in the folder")
        return python

    @field_validator("environment")
    @classmethod
    def _plain(cls, environment: dict[str, str]) -> dict[str, str]:
        for name, value in environment.items():
            if not name.isidentifier() or name.startswith(("LD_", "PILOTLINE_")) or "\0" in value:
                raise ValueError(f"{name!r} is not allowed: names of variables, but LD_... and PILOTLINE_...")
        return environment

    @model_validator(mode="after")
    def _one_of_them(self) -> Manifest:
        if (self.python is None) == (self.command is None):
            raise ValueError("allowed: either python: FILE or command: [PROGRAM, ...]")
        return self


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a policy folder.

    Raises:
      SandboxError: no folder, no manifest, or one that does not say what it has to; one line.
    """
    if not folder.is_dir():
        raise SandboxError(f"policy=sandbox:{folder}: no such folder")
    if not (folder / NAME).is_file():
        raise SandboxError(f"policy=sandbox:{folder}: no {NAME} in it")
    try:
        manifest = read_yaml(folder / NAME, Manifest)
    except CardError as error:
        raise SandboxError(f"policy=sandbox:{folder}: {str(error).splitlines()[0]}") from None
    entry = manifest.python or (manifest.command or ("",))[0]
    if not os.path.isabs(entry) and not (folder / entry).is_file():
        raise SandboxError(f"policy=sandbox:{folder}: {NAME} names {entry}, which is no file in the folder")
    return manifest


def hashes(folder: Path) -> tuple[tuple[str, str], ...]:
    """Path in the folder and SHA-256 of every file in it, sorted by path.

    Raises:
      SandboxError: a link, a device or something else that is no file, a file that cannot be read, or too many.
    """
    found, total = [], 0
    for path in _files(folder):
        try:
            with path.open("rb") as file:
                total += os.fstat(file.fileno()).st_size
                found.append((path.relative_to(folder).as_posix(), hashlib.file_digest(file, "sha256").hexdigest()))
        except OSError as error:
            raise SandboxError(f"policy=sandbox:{folder}: {path.name} cannot be read: {error.strerror}") from None
        if len(found) > _MOST_FILES or total > _MOST_BYTES:
            raise SandboxError(
                f"policy=sandbox:{folder}: more than {_MOST_FILES} files or {_MOST_BYTES / 1e9:g} GB in it"
            )
    return tuple(sorted(found))


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(where, name)
            mode = path.lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise SandboxError(
                    f"policy=sandbox:{folder}: {path.relative_to(folder)} is no file but a link or device"
                )
        folders[:] = sorted(folders)
        yield from (Path(where, name) for name in names)
