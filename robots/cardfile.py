"""Reading card and look files that include others: `include: [upper_body.part.yaml]`, paths from the file's folder.

Mappings of an included file are merged into the including one and lists appended to it; a key that both give is
refused, so nothing is ever overridden in silence.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from pilotline.robots.yamlfile import CardError, parse, validated

Model = TypeVar("Model", bound=BaseModel)

KEY = "include"


def read_card(path: Path, model: type[Model]) -> Model:
    """The card at `path` with what it includes, as `model`.

    Raises CardError as `read_yaml` does, and for an include that is no list of file names, includes others itself or
    gives a key that is already given.
    """
    data = parse(path)
    for part in _included(path, data):
        found = parse(part)
        if not isinstance(found, dict) or KEY in found:
            raise CardError(f"{path.name}: {KEY} {part.name}: must hold keys and values, and include nothing itself")
        data = _merged(data, found, f"{path.name}: {KEY} {part.name}", "")
    return validated(path.name, data, model)


def hashes_of(card: Path) -> tuple[tuple[str, str], ...]:
    """Name and SHA-256 of a card's file and of those it includes."""
    return tuple(
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in (card, *_included(card, parse(card)))
    )


def _included(path: Path, data: Any) -> list[Path]:
    """Paths of the files that a card includes; the key is taken out of `data`."""
    words = data.pop(KEY, []) if isinstance(data, dict) else []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise CardError(f"{path.name}: {KEY} = {words!r}: must be a list of file names")
    return [path.parent / word for word in words]


def _merged(ours: Any, theirs: Any, origin: str, where: str) -> Any:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        out = dict(ours)
        for key, value in theirs.items():
            out[key] = _merged(ours[key], value, origin, f"{where}.{key}".lstrip(".")) if key in ours else value
        return out
    if isinstance(ours, list) and isinstance(theirs, list):
        return [*ours, *theirs]
    raise CardError(f"{origin}: {where} is given by both; each key may be given once")
