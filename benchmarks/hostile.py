"""Run hostile policies and write what they came to: `python -m pilotline.benchmarks.hostile RESULT.json FOLDERS`.

FOLDERS holds policy folders, one for each attack. Each works at a small campaign twice, with every layer of the cage
that this machine gives and once more without namespaces, with files, processes, sockets and secrets within its reach.
"""

from __future__ import annotations

import ast
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pilotline import robots
from pilotline.benchmarks import campaign, cards, evidence
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.scene import Peak, Scene
from pilotline.envs import stations
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies.remote import RemoteError
from pilotline.policies.sandbox import parse
from pilotline.policies.sandbox.cage.order import LAYERS
from pilotline.policies.sandbox.running import FolderPolicy

STATION, ROBOT, NSIM, CYCLES = "reach", "wheeled", 2, 4
ROOMLESS = tuple(name for name in LAYERS if name != "room")


def run(attack: Path, layers: tuple[str, ...], batch: StationBatch) -> dict[str, Any]:
    """One attack on one campaign: what it tried, what came of it, and the harm that was done."""
    peak, begun = Peak(), time.perf_counter()
    with tempfile.TemporaryDirectory() as place, Scene(attack, Path(place)) as scene:
        with peak.watched():
            found = _campaign(scene.folder, layers, batch)
        harm = scene.harm()
    return {
        "attack": attack.name,
        "tries": ast.get_docstring(ast.parse((attack / "main.py").read_text(encoding="utf-8"))),
        **found,
        "seconds": round(time.perf_counter() - begun, 2),
        "most_tasks": peak.tasks,
        "most_memory_mb": round(peak.memory_mb),
        "harm": list(harm),
    }


def _campaign(folder: Path, layers: tuple[str, ...], batch: StationBatch) -> dict[str, Any]:
    asked = {"robot": ROBOT, "actuators": "ideal", "stations": (STATION,), "policy": f"sandbox:{folder}", "seed": 3}
    job = Job.of({**asked, "cycles": CYCLES, "nsim": NSIM, "nthread": 1})
    (facts,) = cards.line_of(job).stations
    try:
        policy = FolderPolicy(parse(job.policy), STATION, robots.load(ROBOT), NSIM, layers=layers)
    except RemoteError as error:
        return {"refused": str(error).replace(str(folder), folder.name), "faults": {}}
    try:
        rows = campaign.run_station(job, facts, batch, policy)
    finally:
        policy.close()
    faults = Counter(fault for row in rows for fault in row.faults)
    kept, _, *ends = policy.remarks()
    return {"says": policy.terms.policy, "kept": kept, "ends": ends, "cycles": len(rows), "faults": dict(faults)}


def main(words: list[str]) -> int:
    """Write the result file; 1 where harm was done."""
    if len(words) != 2 or not Path(words[1]).is_dir():
        print("usage: python -m pilotline.benchmarks.hostile RESULT.json FOLDERS", file=sys.stderr)
        return 2
    batch = StationBatch(build_world(stations.load(STATION), robots.load(ROBOT), "ideal"), NSIM, 1, "ee")
    figures: dict[str, list[dict[str, Any]]] = {}
    for name, layers in (("all layers", LAYERS), ("without namespaces", ROOMLESS)):
        for attack in sorted(path for path in Path(words[1]).iterdir() if (path / "policy.yaml").is_file()):
            row = run(attack, layers, batch)
            figures.setdefault(name, []).append(row)
            said = row.get("refused") or "; ".join(row["ends"]) or row["says"] or "answers"
            print(f"{name}: {row['attack']}: {said}; {row['seconds']} s; harm: {', '.join(row['harm']) or 'none'}")
    evidence.write("hostile", words, figures)
    return 1 if any(row["harm"] for rows in figures.values() for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
