"""The table of a result file, and its place in a page.

python -m pilotline.benchmarks.peers.table docs/results/peers.json docs/peers.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pilotline.benchmarks.marked import put

_HEAD = (
    "| pairing | theirs | ours | env-steps/s, theirs | ours | **ratio** (spread) | per physics step | memory, theirs | "
    "ours |",
    "|---|---|---|--:|--:|--:|--:|--:|--:|",
)


def markdown(pairings: Sequence[Mapping[str, Any]]) -> str:
    """One row for each of ours; a pairing that failed says why."""
    return "\n".join((*_HEAD, *(line for pairing in pairings for line in _rows(pairing)))) + "\n"


def _rows(pairing: Mapping[str, Any]) -> Iterator[str]:
    if "error" in pairing:
        why = pairing["error"].replace("|", " ")
        yield f"| `{pairing['pairing']}` | {pairing['title']} | could not be measured: {why} | | | | | | |"
        return
    peer = pairing["peer"]
    for ours in pairing["ours"].values():
        low, high = ours["ratio"]["spread"]
        cells = (
            f"`{pairing['pairing']}`",
            f"{peer['name']}, {peer['num_envs']} at once",
            f"{ours['name']}, {ours['num_envs']} at once",
            _thousands(peer["env_steps_per_s"]["median"]),
            _thousands(ours["env_steps_per_s"]["median"]),
            f"**{_short(ours['ratio']['median'])}** ({_short(low)}–{_short(high)})",
            _short(ours["physics_ratio"]["median"]),
            _mib(peer["peak_memory_mib"]),
            _mib(ours["peak_memory_mib"]),
        )
        yield f"| {' | '.join(cells)} |"


def _thousands(value: float) -> str:
    return f"{value:,.0f}" if value >= 100.0 else f"{value:.1f}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100.0 else f"{value:.3g}"


def _mib(value: float) -> str:
    return f"{value / 1024.0:.1f} GiB" if value >= 1024.0 else f"{value:.0f} MiB"


def main(arguments: Sequence[str]) -> int:
    """Put the table of a result file into a page."""
    if len(arguments) != 2:
        print("usage: python -m pilotline.benchmarks.peers.table RESULT.json PAGE.md", file=sys.stderr)
        return 2
    result, page = map(Path, arguments)
    pairings = json.loads(result.read_text(encoding="utf-8"))["figures"]["pairings"]
    page.write_text(put(page.read_text(encoding="utf-8"), "table", markdown(pairings)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
