"""Bytes of a scorecard: one document has exactly one text, so that any edit shows."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

_TABLES = (("rows",), ("run", "events"), ("run", "visits"))
"""Places in a body whose entries stand on lines of their own."""


def canonical(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, shortest floats that read back exactly, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(value: Any) -> str:
    """Hex SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(value)).hexdigest()


def layout(document: dict[str, Any]) -> bytes:
    """The file text of a scorecard: sorted and indented, each cycle, visit and event on a line of its own."""
    body = dict(document["body"])
    if body["run"] is not None:
        body["run"] = dict(body["run"])
    tables = []
    for *above, name in _TABLES:
        holder = body[above[0]] if above else body
        if holder is not None:
            tables.append((name, " " * (2 + len(above)), holder[name]))
            holder[name] = [f"<{name}>"]
    text = json.dumps(document | {"body": body}, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    for name, indent, entries in tables:
        lines = ",\n".join(f"{indent} {canonical(entry).decode()}" for entry in entries)
        # a line break cannot stand in a JSON string, so this is the table and no card's text
        place = f'"{name}": [\n{indent} "<{name}>"\n{indent}]'
        text = text.replace(place, f'"{name}": [\n{lines}\n{indent}]' if lines else f'"{name}": []', 1)
    return text.encode()


def parse(data: bytes) -> Any:
    """JSON without the liberties: ValueError on NaN, infinities, doubled keys, bad UTF-8 and deep nesting."""
    try:
        return json.loads(data.decode(), parse_constant=_refuse, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("nested too deep") from None


def rounded(value: float) -> float:
    """A derived figure at 12 significant digits.

    Special functions may differ in their last bit from one library build to the next; an honest scorecard
    must not fail its check for that.
    """
    return float(f"{value:.12g}")


def write_atomically(path: Path, data: bytes) -> None:
    """Write under a temporary name beside `path`, then rename: readers see the old or the whole new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number that JSON allows")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        doubled = sorted({key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1})
        raise ValueError(f"key {', '.join(doubled)} appears twice")
    return found
