"""Released lines are frozen: the files that define one are known by their hashes, version by version.

    python -m pilotline.benchmarks.released

adds the versions that are not listed yet to `benchmarks/released.yaml`; a listed one is never changed.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import yaml

from pilotline.benchmarks.canonical import write_atomically
from pilotline.configs import lines
from pilotline.configs.lines import Line

_LIST = "released.yaml"
_HEAD = (
    "# SHA-256 of the files that define a released line. A change that changes outcomes is a new version of the line.\n"
)


def listed() -> dict[str, dict[str, str]]:
    """Hashes by file, by id of the released line."""
    path = resources.files("pilotline.benchmarks") / _LIST
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def fingerprint(line: Line) -> dict[str, str]:
    """Hash of the line's card and of the cards of its stations, by path in the repository.

    They hold every figure that draws, limits and flow depend on. Code is not among them: the version of the program is
    in the header of every scorecard.
    """
    configs, envs = resources.files("pilotline.configs"), resources.files("pilotline.envs")
    files = {f"configs/line/{line.name}.yaml": configs / "line" / f"{line.name}.yaml"}
    for name in line.station_names:
        files[f"envs/stations/cards/{name}.yaml"] = envs / "stations" / "cards" / f"{name}.yaml"
    return {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in files.items()}


def changed(line: Line, released: Mapping[str, Mapping[str, str]] | None = None) -> tuple[str, ...]:
    """Files of a released line that are no longer those of its release; nothing for a line that is not released."""
    known = (listed() if released is None else released).get(line.id, {})
    now = fingerprint(line)
    return tuple(path for path, digest in known.items() if now.get(path) != digest)


def main() -> int:
    """List every line that is not listed yet; 1 where a listed one has changed."""
    known = listed()
    broken = False
    for name in lines.names():
        line = lines.load(name)
        if files := changed(line, known):
            print(
                f"{line.id} is released, and {', '.join(files)} changed: give the line a new version", file=sys.stderr
            )
            broken = True
        elif line.id not in known:
            known[line.id] = fingerprint(line)
            print(f"released {line.id}")
    path = Path(str(resources.files("pilotline.benchmarks") / _LIST))
    write_atomically(path, (_HEAD + yaml.safe_dump(known, sort_keys=True)).encode())
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
