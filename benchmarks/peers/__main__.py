"""Our environments beside those of others: `make peers`.

    python -m pilotline.benchmarks.peers out=out/evidence/peers seconds=4 rounds=9 pairings=g1,robosuite

Every side runs in a process and a Python environment of its own and steps only in its turn.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.peers.measure import measure
from pilotline.benchmarks.peers.pairings import PAIRINGS, Pairing
from pilotline.benchmarks.peers.table import markdown

DEFAULTS = {
    "out": "out/evidence/peers",
    "seconds": "4",
    "rounds": "9",
    "pairings": ",".join(pairing.name for pairing in PAIRINGS),
    "peers": "build/peers",
}


class UsageError(ValueError):
    """Words that cannot be followed; one line."""


def settings_of(words: Sequence[str]) -> dict[str, str]:
    """Keys and values of the command line over the defaults. Raises UsageError."""
    given = dict(DEFAULTS)
    for word in words:
        key, equals, value = word.partition("=")
        if key not in DEFAULTS or not equals or not value:
            raise UsageError(f"{word!r} is not one of {', '.join(f'{key}=' for key in DEFAULTS)}")
        given[key] = value
    return given


def chosen(names: str) -> list[Pairing]:
    """Pairings by their names, with commas between. Raises UsageError."""
    known = {pairing.name: pairing for pairing in PAIRINGS}
    for name in names.split(","):
        if name not in known:
            raise UsageError(f"pairings={names}: {name!r} is not one of {', '.join(known)}")
    return [known[name] for name in names.split(",")]


def interpreters(pairings: Sequence[Pairing], folder: Path) -> dict[str | None, Path]:
    """Python of every environment that the pairings need; None is ours.

    Raises:
      UsageError: an environment that is not there, or not complete.
    """
    found: dict[str | None, Path] = {None: Path(sys.executable)}
    for pairing in pairings:
        name = pairing.peer.environment
        if name is None:
            continue
        if not (folder / name / ".installed").is_file():
            raise UsageError(f"peer {name}: no environment at {folder / name}; make it with: make peers-env")
        found[name] = folder / name / "bin" / "python"
    return found


def main(words: Sequence[str]) -> int:
    """Measure the pairings and write `result.json`."""
    try:
        given = settings_of(words)
        pairings = chosen(given["pairings"])
        pythons = interpreters(pairings, Path(given["peers"]))
        seconds, rounds = _number("seconds", given["seconds"]), round(_number("rounds", given["rounds"]))
        out = open_out(Path(given["out"]))
    except (UsageError, CommandError) as error:
        print(f"peers: {error}", file=sys.stderr)
        return 2
    rows: list[dict[str, Any]] = []
    for pairing in pairings:
        print(f"{pairing.name}: {pairing.title}", flush=True)
        rows.append(measure(pairing, pythons, seconds, rounds))
        print(markdown(rows[-1:]), flush=True)
    figures = {"seconds_per_turn": seconds, "pairings": rows}
    path = write_result(out, ("python", "-m", "pilotline.benchmarks.peers", *words), figures)
    print(f"wrote {path}")
    return 0


def _number(key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not number > 0.0:
        raise UsageError(f"{key}={value}: must be a number above 0")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
