"""Commands that measure a claim and write one small file.

`python -m pilotline.benchmarks.NAME RESULT.json [key=value ...]`
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.provenance import hardware, versions

Asked = TypeVar("Asked", bound=BaseModel)


class EvidenceError(RuntimeError):
    """A claim that cannot be measured here; one line."""


def main(
    name: str,
    words: Sequence[str],
    settings: type[Asked],
    run: Callable[[Asked, Path], dict[str, Any]],
    holds: Callable[[dict[str, Any]], bool],
) -> int:
    """Measure in a folder of its own, write the result file and print the figures.

    Args:
      name: of the module, below `pilotline.benchmarks`.
      words: of the command line: the result file, then keys of `settings`.
      run: given settings and an empty folder.
      holds: whether the figures bear the claim out.

    Returns:
      0 where the claim holds, 1 where it does not, 2 where it could not be measured.
    """
    if not words or any("=" not in word for word in words[1:]):
        print(f"usage: python -m pilotline.benchmarks.{name} RESULT.json [key=value ...]", file=sys.stderr)
        return 2
    try:
        asked = settings.model_validate(dict(word.split("=", 1) for word in words[1:]))
    except ValidationError as error:
        first = error.errors()[0]
        print(f"{'.'.join(map(str, first['loc']))}={first.get('input')!r}: {first['msg']}", file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = run(asked, Path(folder))
    except EvidenceError as error:
        print(error, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        said = str(error.stderr or "").strip().splitlines()
        print(said[-1] if said else error, file=sys.stderr)
        return 2
    write(name, words, found)
    print(json.dumps(found, indent=1, ensure_ascii=False))
    return 0 if holds(found) else 1


def write(name: str, words: Sequence[str], figures: Any) -> None:
    """Write the file that `words` begin with: command, date, hardware, versions, figures.

    Args:
      name: of the module, below `pilotline.benchmarks`.
      words: of its command line.
      figures: plain JSON types.
    """
    content = {
        "command": " ".join([f"python -m pilotline.benchmarks.{name}", *words]),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "hardware": hardware(),
        "versions": versions(),
        "figures": figures,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_atomically(Path(words[0]), text.encode())
