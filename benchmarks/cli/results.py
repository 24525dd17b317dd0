"""The folder that a verb writes, and its machine-readable `result.json`."""

from __future__ import annotations

import json
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.provenance import hardware, versions

SCHEMA = "pilotline/result/1"


def open_out(out: Path) -> Path:
    """Make the folder that a verb writes into, before the long work begins.

    Raises:
      CommandError: it cannot be made or written to.
    """
    if out.exists() and not out.is_dir():
        raise CommandError(f"out={out}: is a file; give a folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            return out
    except OSError as error:
        raise CommandError(f"out={out}: cannot be written to: {error.strerror}") from None


def write_result(out: Path, command: Sequence[str], figures: Mapping[str, Any], files: Sequence[Path] = ()) -> Path:
    """Write `out/result.json`: what was run, where, with what, and the figures it gave.

    Args:
      out: existing folder.
      command: the command line, a word each.
      figures: what the verb measured or found; plain JSON types, finite numbers.
      files: other files the verb wrote, in `out`.
    """
    content = {
        "schema": SCHEMA,
        "command": shlex.join(command),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": versions(),
        "hardware": hardware(),
        "figures": dict(figures),
        "files": [path.name for path in files],
    }
    text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    path = out / "result.json"
    write_atomically(path, text.encode())
    return path
