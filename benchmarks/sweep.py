"""Runs of a sweep: each a command in a process of its own, and what came of all of them together.

A process, because a run that dies then takes no other with it; and a command, because that is what a person would type
to make the run again, or to go on with it.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pilotline.benchmarks.process import PILOTLINE

RESULT, LOG = "result.json", "log.txt"
SEED = "seed"
_LONGEST = 100


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
      settings: what it has of what differs between runs.
      folder: of its files; absolute.
      words: of the command, after the program's name.
    """

    settings: Mapping[str, str]
    folder: str
    words: tuple[str, ...]

    @property
    def label(self) -> str:
        """What it has, in one line."""
        return " ".join(f"{key}={value}" for key, value in self.settings.items())


@dataclass(frozen=True)
class Outcome:
    """What came of a run: figures of its best policy, or why there are none.

    Attributes:
      settings: of the run.
      folder: name of its folder.
      failure: one line; None where it came to its end.
      bound: 95 % lower bound of the best policy's yield.
      good, cycles: of that policy's evaluation.
      steps, wall_s: of the whole run.
    """

    settings: Mapping[str, str]
    folder: str
    failure: str | None = None
    bound: float | None = None
    good: int | None = None
    cycles: int | None = None
    steps: int | None = None
    wall_s: float | None = None


@dataclass(frozen=True)
class Spread:
    """Runs that differ in their seed alone.

    Attributes:
      settings: what they share of what differs between runs.
      runs, failed: how many, and how many of them came to no end.
      median, low, high: of the best policies' lower bounds; None where all failed.
    """

    settings: Mapping[str, str]
    runs: int
    failed: int
    median: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Task:
    """What a launcher is given: makes the run whose number is `run`, wherever the launcher has it done."""

    runs: tuple[Run, ...]

    def __call__(self, config: Any) -> Outcome:
        """The outcome of one run; never raises."""
        run = self.runs[config.run]
        outcome = execute(run)
        said = outcome.failure or f"at least {100.0 * (outcome.bound or 0.0):.1f} %"
        print(f"{run.label}: {said}", file=sys.stderr, flush=True)
        return outcome


def execute(run: Run) -> Outcome:
    """Make a run; what it prints goes to a file in its folder."""
    folder = Path(run.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / LOG, "wb") as log:
            command = [*PILOTLINE, *run.words]
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode
        if status:
            return Outcome(run.settings, folder.name, failure=_reason(status, folder / LOG))
        return outcome_of(run, json.loads((folder / RESULT).read_text(encoding="utf-8"))["figures"])
    except (OSError, ValueError, KeyError) as error:
        return Outcome(run.settings, folder.name, failure=f"{type(error).__name__}: {error}")


def outcome_of(run: Run, figures: Mapping[str, Any]) -> Outcome:
    """The outcome that the figures of a training run tell of."""
    rows, best = figures["rows"], figures["best"]
    evaluation = rows[best]["evaluation"]
    return Outcome(
        settings=run.settings,
        folder=Path(run.folder).name,
        bound=evaluation["bound"],
        good=evaluation["good"],
        cycles=evaluation["cycles"],
        steps=rows[-1]["steps"],
        wall_s=rows[-1]["wall_s"],
    )


def spreads(outcomes: Sequence[Outcome]) -> list[Spread]:
    """Runs put together that differ in their seed alone; empty where no two do."""
    groups: dict[tuple[tuple[str, str], ...], list[Outcome]] = {}
    for outcome in outcomes:
        shared = tuple((key, value) for key, value in outcome.settings.items() if key != SEED)
        groups.setdefault(shared, []).append(outcome)
    if len(groups) == len(outcomes):
        return []
    found = []
    for settings, members in groups.items():
        bounds = [each.bound for each in members if each.bound is not None]
        figures = (statistics.median(bounds), min(bounds), max(bounds)) if bounds else (None, None, None)
        found.append(Spread(dict(settings), len(members), len(members) - len(bounds), *figures))
    return found


def document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Outcomes and spreads in plain JSON types."""
    return {
        "runs": [asdict(outcome) for outcome in outcomes],
        "seeds": [asdict(spread) for spread in spreads(outcomes)],
    }


def folder_name(settings: Mapping[str, str]) -> str:
    """A folder's name that tells what a run has; the same for the same settings, another for others."""
    plain = ",".join(f"{key}={value}" for key, value in settings.items())
    name = re.sub(r"[^A-Za-z0-9=.,_+\-\[\]]", "_", plain)
    if name == plain and len(name) <= _LONGEST:
        return name
    return f"{name[:_LONGEST]}-{sha256(plain.encode()).hexdigest()[:8]}"


def _reason(status: int, log: Path) -> str:
    """Why a run failed, in one line: the last that it printed."""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    last = " ".join(lines[-1].split()).removeprefix("pilotline: ") if lines else "nothing printed"
    return last if status > 0 else f"ended by signal {-status} ({last})"
