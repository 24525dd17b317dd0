"""Runs of one plan by several seeds: `python -m pilotline.benchmarks.train_evidence RESULT.json CURVE.svg RUN...`.

Each RUN is the folder that `pilotline train` left. The seeds' curves are shown as median and range, with how long each
took to the yield that was asked for.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from pilotline.benchmarks.canonical import write_atomically

WANTED = 0.95
"""Yield to which runs are timed."""
SCHEMA = "pilotline/train-evidence/1"


class EvidenceError(ValueError):
    """Folders that are not runs of one plan; one line with what differs."""


@dataclass(frozen=True)
class SeedRun:
    """A run.

    Attributes:
      seed: of it.
      document: its `result.json`.
    """

    seed: int
    document: dict[str, Any]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its legs."""
        rows: list[dict[str, Any]] = self.document["figures"]["rows"]
        return rows

    @property
    def yields(self) -> list[float]:
        """Of each leg."""
        return [row["evaluation"]["good"] / row["evaluation"]["cycles"] for row in self.rows]

    def summary(self) -> dict[str, Any]:
        """Its best leg, and the first with the wanted yield."""
        best = self.rows[self.document["figures"]["best"]]
        reached = next((row for row, share in zip(self.rows, self.yields, strict=True) if share >= WANTED), None)
        return {
            "seed": self.seed,
            "steps": self.rows[-1]["steps"],
            "wall_s": self.rows[-1]["wall_s"],
            "best": best,
            "first_wanted": reached and {"steps": reached["steps"], "wall_s": reached["wall_s"]},
        }


def read(folders: Sequence[Path]) -> list[SeedRun]:
    """Runs, by seed.

    Raises:
      EvidenceError: a folder without a finished run, or one of another plan, or a seed twice.
    """
    runs = []
    for folder in folders:
        try:
            document = json.loads((folder / "result.json").read_text(encoding="utf-8"))
            runs.append(SeedRun(document["figures"]["plan"]["seed"], document))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EvidenceError(f"{folder}: no finished run of `pilotline train` ({error})") from None
    first = plan_of(runs[0])
    for run, folder in zip(runs, folders, strict=True):
        if differs := next((key for key, value in plan_of(run).items() if first.get(key) != value), None):
            raise EvidenceError(f"{folder}: {differs}={plan_of(run)[differs]!r}; allowed: {first.get(differs)!r}")
    if len({run.seed for run in runs}) < len(runs):
        raise EvidenceError(f"seeds {[run.seed for run in runs]}; allowed: each once")
    return sorted(runs, key=lambda run: run.seed)


def plan_of(run: SeedRun) -> dict[str, Any]:
    """The plan but for the seed."""
    return {key: value for key, value in run.document["figures"]["plan"].items() if key != "seed"}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and range."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def document(runs: Sequence[SeedRun]) -> dict[str, Any]:
    """Everything in plain JSON types; times to the wanted yield only where every seed reached it."""
    each = [run.summary() for run in runs]
    reached = [row["first_wanted"] for row in each]
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commands": [run.document["command"] for run in runs],
        "hardware": [run.document["hardware"] for run in runs],
        "versions": runs[0].document["versions"],
        "plan": plan_of(runs[0]),
        "wanted_yield": WANTED,
        "best_yield": spread([max(run.yields) for run in runs]),
        "wall_s": spread([row["wall_s"] for row in each]),
    }
    if all(reached):
        found["first_wanted_steps"] = spread([row["steps"] for row in reached])
        found["first_wanted_s"] = spread([row["wall_s"] for row in reached])
    return {**found, "seeds": [{**row, "curve": run.rows} for row, run in zip(each, runs, strict=True)]}


def write_curves(path: Path, title: str, runs: Sequence[SeedRun]) -> None:
    """Write an SVG: yield over steps, each seed, with median and range where all of them have a leg."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    legs = range(min(len(run.rows) for run in runs))
    steps = [runs[0].rows[leg]["steps"] / 1e6 for leg in legs]
    spreads = [spread([run.yields[leg] for run in runs]) for leg in legs]
    axes.fill_between(steps, [s["low"] for s in spreads], [s["high"] for s in spreads], color="#c6dbef", label="range")
    axes.plot(steps, [s["median"] for s in spreads], color="#08519c", linewidth=2.0, label="median")
    for run in runs:
        minutes = run.rows[-1]["wall_s"] / 60.0
        label = f"seed {run.seed} ({minutes:.0f} minutes)"
        axes.plot([row["steps"] / 1e6 for row in run.rows], run.yields, marker=".", linewidth=0.8, label=label)
    axes.axhline(WANTED, color="#969696", linestyle="--", linewidth=0.8)
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel(f"yield, n = {runs[0].rows[0]['evaluation']['cycles']} unseen cycles")
    axes.set_xlabel("million steps, all simulations together")
    axes.set_title(title, fontsize=10)
    axes.legend(loc="lower right", frameon=False)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    write_atomically(path, out.getvalue())


def main(words: list[str]) -> int:
    """Write the result and the picture."""
    if len(words) < 3:
        print("usage: python -m pilotline.benchmarks.train_evidence RESULT.json CURVE.svg RUN...", file=sys.stderr)
        return 2
    result, curve, *folders = map(Path, words)
    try:
        runs = read(folders)
    except EvidenceError as error:
        print(error, file=sys.stderr)
        return 2
    found = document(runs)
    write_atomically(result, (json.dumps(found, indent=1, allow_nan=False) + "\n").encode())
    plan = found["plan"]
    title = f"{plan['station']}, {plan['robot']}, {plan['actuators']}: {plan['trainer']}"
    write_curves(curve, title, runs)
    print(json.dumps({key: found[key] for key in ("best_yield", "wall_s", "first_wanted_s") if key in found}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
