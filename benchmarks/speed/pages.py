"""Puts the tables of a result of `pilotline speed` into the pages that show them.

python -m pilotline.benchmarks.speed.pages docs/results/speed.json docs
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pilotline.benchmarks.marked import put
from pilotline.benchmarks.speed import scale
from pilotline.benchmarks.speed.compare import BATCH, LOOP, TITLES
from pilotline.benchmarks.speed.memory import MIB

Figures = Mapping[str, Any]

PLOT = "images/speed.svg"
"""Where the pages look for what `sweep.plot` drew."""


def ways(figures: Figures) -> str:
    """Every way of stepping, ratios first."""
    rows = []
    for table in figures["tables"]:
        for row in table["rows"]:
            raw, over = row["of_raw"], row["vector_env_over_this"]
            mark = "\\*" if row["raw_way"] == LOOP else ""
            itself = row["way"] == row["raw_way"]
            rows.append(
                (
                    f"{TITLES[row['way']]}, {table['actuators']}",
                    f"{row['nsim']:,}",
                    f"1{mark}" if itself else f"**{raw['median']:.3f}**{mark} ({_half(raw, '.2f')})",
                    f"{over['median']:.3g} ({_half(over, '.3g')})" if over else "",
                    f"{row['env_steps_per_s']['median']:,.0f}",
                )
            )
    return _markdown(("way of stepping", "simulations", "of raw", "vector env is … times", "env-steps/s"), rows)


def sweep(figures: Figures) -> str:
    """Rates by number of simulations, under the plot of them."""
    found = {(row["nsim"], row["way"]): row for row in figures.get("sweep", ())}
    names = [way for way in TITLES if any(way == key[1] for key in found)]
    head = ["simulations", *(f"{TITLES[way]}{'' if way == BATCH else ' (of raw)'}" for way in names)]
    rows = []
    for size in sorted({key[0] for key in found}):
        cells = []
        for way in names:
            row = found[size, way]
            of_raw = "" if way == BATCH else f" ({row['of_raw']['median']:.3f})"
            cells.append(f"{row['env_steps_per_s']['median']:,.0f}{of_raw}")
        rows.append((f"{size:,}", *cells))
    return f"![Environment steps per second against the number of simulations]({PLOT})\n\n{_markdown(head, rows)}"


def memory(figures: Figures) -> str:
    """Memory by way and number of simulations."""
    found = figures["memory"]
    rows = [
        (
            TITLES[row["way"]],
            f"{row['nsim']:,}",
            f"{row['resident_bytes'] / MIB:,.0f} MiB",
            f"{found['bytes_per_simulation'][row['way']] / MIB:.3f} MiB",
        )
        for row in found["rows"]
    ]
    return _markdown(("memory of", "simulations", "whole process", "one simulation more"), rows)


def profile(figures: Figures) -> str:
    """Where the time of a step goes."""
    found = figures["profile"]
    names = dict.fromkeys(name for row in found for name in row["shares"])
    rows = [("a step", *(f"{1e3 * row['step_s']:.2f} ms" for row in found))]
    rows += [(name, *(f"{100.0 * row['shares'].get(name, 0.0):.1f} %" for row in found)) for name in names]
    return _markdown(("share of a step", *(f"{TITLES[row['way']]}, {row['nsim']}" for row in found)), rows)


def machines(figures: Figures) -> str:
    """What was measured and what is reckoned from it."""
    rows = []
    for line in scale.lines(scale.here(figures)):
        rate = _short(line.low) if line.low == line.high else f"{_short(line.low)} to {_short(line.high)}"
        rows.append((line.machine, line.kind, rate, line.rests_on))
    return _markdown(("machine", "", "env-steps/s", "rests on"), rows, numbers=(2,))


PAGES: dict[str, dict[str, Callable[[Figures], str]]] = {
    "speed.md": {"ways": ways, "sweep": sweep, "memory": memory, "profile": profile},
    "scale.md": {"machines": machines},
}
"""Tables of each page, by the name between their marks."""


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] | None = None) -> str:
    """A table whose columns `numbers`, all but the first by default, are set to the right."""
    right = range(1, len(head)) if numbers is None else numbers
    rule = ["--:" if i in right else "---" for i in range(len(head))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *rows))


def _half(spread: Mapping[str, float], form: str) -> str:
    return f"{spread['quarter']:{form}}–{spread['three_quarters']:{form}}"


def _short(rate: float) -> str:
    """Two digits: more would claim what a reckoning does not know."""
    return f"{float(f'{rate:.2g}'):,.0f}"


def main(arguments: Sequence[str]) -> int:
    """Put the tables of a result file into the pages of a folder."""
    if len(arguments) != 2:
        print("usage: python -m pilotline.benchmarks.speed.pages RESULT.json DOCS", file=sys.stderr)
        return 2
    figures = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))["figures"]
    for name, tables in PAGES.items():
        path = Path(arguments[1]) / name
        page = path.read_text(encoding="utf-8")
        for mark, table in tables.items():
            page = put(page, mark, table(figures))
        path.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
