"""A campaign that is still running, as a scorecard of the cycles that it has finished."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pilotline.benchmarks import scorecard, store
from pilotline.benchmarks.facts import LineFacts, PolicyFacts, RobotFacts
from pilotline.benchmarks.job import Job, JobError
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Header, Scorecard
from pilotline.benchmarks.store import StoreError


def running(folder: Path) -> bool:
    """Whether a folder holds the store of a campaign and no scorecard yet."""
    return (folder / store.NAME).is_file() and not (folder / "scorecard.json").exists()


def provisional(folder: Path) -> tuple[Scorecard, int]:
    """Scorecard of the cycles that every station has finished without a gap, and how many were asked for.

    Cycles end in another order than they begin, short ones first: what comes after a gap would be a selection.

    Raises:
      StoreError: a store that cannot be used, or without such a cycle.
    """
    setting, rows = store.peek(folder)
    line, robot, policy, job = _facts(folder, setting)
    if job.end_to_end:
        raise StoreError(f"{folder / store.NAME}: a line that runs from end to end is compared when it is finished")
    own = {facts.name: [row for row in rows if row.station == facts.name] for facts in line.stations}
    n = min(map(_prefix, own.values()))
    if n == 0:
        raise StoreError(f"{folder / store.NAME}: not every station has its first cycle finished yet")
    asked = job.cycles or 0
    short = job.model_copy(update={"cycles": n, "hours": None})
    ran = [row for found in own.values() for row in found[:n]]
    header = Header(
        date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        hardware={},
        versions={
            name: str(setting["program"][name]) for name in ("pilotline", "mujoco") if name in setting["program"]
        },
        wall_s=0.0,
        nsim=job.nsim,
        nthread=job.nthread,
    )
    return scorecard.build(short, line, robot, ran, header, policy), asked


def _facts(folder: Path, setting: dict[str, Any]) -> tuple[LineFacts, RobotFacts, PolicyFacts | None, Job]:
    try:
        return (
            TypeAdapter(LineFacts).validate_python(setting["line"]),
            TypeAdapter(RobotFacts).validate_python(setting["robot"]),
            TypeAdapter(PolicyFacts | None).validate_python(setting["policy"]),
            Job.of(setting["job"]),
        )
    except (KeyError, ValidationError, JobError) as error:
        raise StoreError(
            f"{folder / store.NAME}: not a campaign of this version: {str(error).splitlines()[0]}"
        ) from None


def _prefix(rows: list[CycleRow]) -> int:
    """Cycles from 0 on without a gap; rows by cycle."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1].cycle, enumerate(rows)))
