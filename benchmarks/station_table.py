"""Write the table of what stations bear into the documentation.

    python -m pilotline.benchmarks.station_table docs/results docs/stations.md

reads `stations.json` of that folder, and the result files of campaigns in `stations/`, STATION_ACTUATORS_PACK.json.
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
_PHYSICS_HEADS = ("", "warnings", "diverged", "deepest contact", "between", "energy gained at rest")
_RUNS = (("ideal", "D0"), ("harmonic", "D0"), ("ideal", "D1"), ("ideal", "D2"), ("ideal", "D3"))


def table(campaigns: Mapping[tuple[str, str, str], Mapping[str, Any]], physics: Mapping[str, Any]) -> str:
    """Campaigns of all stations, then what random actions and the probe of contacts showed.

    Args:
      campaigns: figures of a station's campaign, by station, actuators and pack.
      physics: by station.
    """
    names = sorted({name for name, _, _ in campaigns}, key=lambda name: stations.load(name).card.code)
    lines = [_row(_HEADS), _row(["---"] * len(_HEADS))]
    for name in names:
        code = f"**{stations.load(name).card.code}**"
        for run in _RUNS:
            if (name, *run) in campaigns:
                lines.append(_row(_campaign(code, run, campaigns[name, *run])))
                code = ""
    lines += ["", _row(_PHYSICS_HEADS), _row(["---"] * len(_PHYSICS_HEADS))]
    lines += [_row(_physics(stations.load(name).card.code, physics[name])) for name in names if name in physics]
    return "\n".join(lines) + "\n"


def _campaign(code: str, run: tuple[str, str], found: Mapping[str, Any]) -> list[str]:
    rate, graded = found["first_pass_yield"], found["graded"]
    low, high = (100.0 * found[f"first_pass_yield_{end}"] for end in ("low", "high"))
    good = 0 if rate is None else round(rate * graded)
    share = "-" if rate is None else f"{100.0 * rate:.1f} %"
    faults = found.get("faults", {})
    return [
        code,
        ", ".join(run),
        f"{share} ({good} of {graded}; {low:.0f}–{high:.0f} %)",
        _seconds(found["cycle_time_median_s"]),
        _seconds(found.get("cycle_time_max_s")),
        "-" if found["takt_adherence"] is None else f"{100.0 * found['takt_adherence']:.0f} %",
        ", ".join(f"{fault.replace('_', ' ')} {count}" for fault, count in faults.items()) or "none",
    ]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


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


def _read(folder: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
    found = {}
    for path in sorted((folder / "stations").glob("*.json")):
        name, actuators, pack = path.stem.rsplit("_", 2)
        found[name, actuators, pack] = json.loads(path.read_text(encoding="utf-8"))["figures"]["stations"][name]
    return found


def main(arguments: Sequence[str]) -> int:
    """Fill the page; 2 on wrong arguments."""
    try:
        results, page = (Path(argument) for argument in arguments)
        physics = json.loads((results / "stations.json").read_text(encoding="utf-8"))["stations"]
        text = put(page.read_text(encoding="utf-8"), "stations", table(_read(results), physics))
    except (OSError, ValueError, KeyError) as error:
        print(f"station_table: {' '.join(str(error).split())}; use: RESULTS PAGE", file=sys.stderr)
        return 2
    write_atomically(page, text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
