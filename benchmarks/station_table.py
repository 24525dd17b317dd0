"""Write the table of what stations bear into the documentation.

python -m pilotline.benchmarks.station_table docs/results/stations.json docs/stations.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.marked import put
from pilotline.envs import stations

_HEADS = ("", "drives, pack", "first-pass yield", "median", "longest", "in takt", "faults")


def table(found: Mapping[str, Any]) -> str:
    """Campaigns of all stations, then what random actions and the probe of contacts showed."""
    names = sorted(found, key=lambda name: stations.load(name).card.code)
    lines = [_row(_HEADS), _row(["---"] * len(_HEADS))]
    for name in names:
        code = stations.load(name).card.code
        for k, campaign in enumerate(found[name]["campaigns"]):
            lines.append(_row(_campaign(f"**{code}**" if k == 0 else "", campaign)))
    lines += [
        "",
        _row(("", "warnings", "diverged", "deepest contact", "between", "energy gained at rest")),
        _row(["---"] * 6),
    ]
    for name in names:
        lines.append(_row(_physics(stations.load(name).card.code, found[name])))
    return "\n".join(lines) + "\n"


def _campaign(code: str, campaign: Mapping[str, Any]) -> list[str]:
    time = campaign["cycle_time_s"]
    low, high = (100.0 * bound for bound in campaign["wilson_95"])
    rate = "-" if campaign["first_pass_yield"] is None else f"{100.0 * campaign['first_pass_yield']:.1f} %"
    faults = ", ".join(f"{fault.replace('_', ' ')} {count}" for fault, count in campaign["faults"].items())
    return [
        code,
        f"{campaign['actuators']}, {campaign['pack']}",
        f"{rate} ({campaign['good']} of {campaign['graded']}; {low:.0f}–{high:.0f} %)",
        "-" if time["median"] is None else f"{time['median']:.1f} s",
        "-" if time["max"] is None else f"{time['max']:.1f} s",
        "-" if campaign["in_takt"] is None else f"{100.0 * campaign['in_takt']:.0f} %",
        faults or "none",
    ]


def _physics(code: str, found: Mapping[str, Any]) -> list[str]:
    random, deepest = found["random"], found["contacts"]["deepest_mm"]
    depth, one, other = deepest[0] if deepest else (0.0, "-", "-")
    return [
        f"**{code}**",
        str(random["warnings"]),
        str(random["diverged"]),
        f"{depth:.2f} mm",
        f"`{one}`, `{other}`",
        f"{1000.0 * found['idle']['energy_gain_max_j']:.2g} mJ",
    ]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Fill the page; 2 on wrong arguments."""
    try:
        results, page = (Path(argument) for argument in arguments)
        found = json.loads(results.read_text(encoding="utf-8"))["stations"]
        text = put(page.read_text(encoding="utf-8"), "stations", table(found))
    except (OSError, ValueError, KeyError) as error:
        print(f"station_table: {' '.join(str(error).split())}; use: RESULTS PAGE", file=sys.stderr)
        return 2
    write_atomically(page, text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
