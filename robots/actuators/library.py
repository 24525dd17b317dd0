"""Data sheet files: those shipped, indexed by name, and a user's own by path."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pilotline.robots.actuators import series
from pilotline.robots.actuators.sheet import MODELS, SCHEMAS, Series, Sheet
from pilotline.robots.yamlfile import CardError, parse, validated

SHEETS = Path(__file__).parent / "sheets"

AnySheet = TypeVar("AnySheet", bound=Sheet, covariant=True)


class CatalogueError(ValueError):
    """An unknown part, a sheet that cannot be used, or parts that do not make a joint; one line."""


@dataclass(frozen=True)
class Found(Generic[AnySheet]):
    """A sheet and where it came from.

    Attributes:
      sheet: validated.
      path: its file.
      sha256: of the file's bytes.
    """

    sheet: AnySheet
    path: Path
    sha256: str

    @property
    def kind(self) -> str:
        """gear, motor, drive, encoder or joint."""
        return self.sheet.KIND

    @property
    def file(self) -> str:
        """Name of the file, for messages."""
        return self.path.name

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Name file and sheet in a ValueError about figures that cannot be completed."""
        try:
            yield
        except ValueError as error:
            raise CatalogueError(f"{self.file}: {self.sheet.name}: {error}") from error


@cache
def shipped(kind: str) -> dict[str, Found[Any]]:
    """All shipped sheets of a kind by name."""
    found: dict[str, Found[Any]] = {}
    for path in sorted((SHEETS / f"{kind}s").glob("*.yaml")):
        for item in read_all(path):
            if item.sheet.name in found:
                raise CatalogueError(f"{path.name}: {item.sheet.name} is also in {found[item.sheet.name].file}")
            found[item.sheet.name] = item
    return found


def read(path: Path) -> Found[Any]:
    """The sheet in a file. Raises CatalogueError, one line."""
    found = read_all(path)
    if len(found) > 1:
        raise CatalogueError(f"{path.name}: holds {len(found)} sheets; a path must be of a file with one")
    return found[0]


def read_all(path: Path) -> list[Found[Any]]:
    """The sheets in a file: one, or every member of a series. Raises CatalogueError, one line."""
    data = _one_line(parse, path)
    schema = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(schema, str) or schema not in SCHEMAS:
        value = repr(schema)
        value = value if len(value) < 80 else f"{value[:77]}..."
        raise CatalogueError(f"{path.name}: schema = {value}: must be one of {', '.join(SCHEMAS)}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kind = schema.split("/")[1]
    if kind != "series":
        return [Found(checked(path.name, data, kind), path, digest)]
    family = _one_line(validated, path.name, data, Series)
    try:
        written_out = series.members(family)
    except CardError as error:
        raise CatalogueError(f"{path.name}: {error}") from error
    return [
        Found(checked(f"{path.name}: {name}", member, family.of), path, digest) for name, member in written_out.items()
    ]


def checked(label: str, data: Any, kind: str) -> Sheet:
    """Data as a sheet of a kind. Raises CatalogueError, one line."""
    sheet: Sheet = _one_line(validated, label, data, MODELS[kind])
    return sheet


def _one_line(step: Any, *arguments: Any) -> Any:
    """Run a step of reading; of several faults the first is told, with how many more there are."""
    try:
        return step(*arguments)
    except CardError as error:
        first, *more = str(error).splitlines()
        raise CatalogueError(f"{first}{f' (and {len(more)} more)' if more else ''}") from error
