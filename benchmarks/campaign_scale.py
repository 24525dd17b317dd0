"""What workers gain: `python -m pilotline.benchmarks.campaign_scale RESULT.json [station=tote_destack] [rounds=2]`.

The same campaign by one worker and by several, in turns, each in two sizes. What is the same for both sizes (start,
end, report) is told from what each cycle adds, so that the wall clock of a large campaign can be stated.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pilotline.benchmarks import evidence
from pilotline.benchmarks.process import PILOTLINE

_OWN_LIMIT_S = 3600.0


class Settings(BaseModel):
    """Keys of the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    station: str = "tote_destack"
    few: int = Field(default=256, ge=1, description="cycles of the smaller size")
    many: int = Field(default=1024, ge=2, description="cycles of the larger size")
    workers: int = Field(default=2, ge=2, le=1024)
    nsim: int = Field(default=64, ge=1)
    rounds: int = Field(default=2, ge=1)
    forecast: int = Field(default=10_000, ge=1, description="cycles whose wall clock is stated")

    @model_validator(mode="after")
    def _two_sizes(self) -> Settings:
        if self.few >= self.many:
            raise ValueError(f"few={self.few}, many={self.many}: allowed: few below many")
        return self


def run(settings: Settings, folder: Path) -> dict[str, Any]:
    """Wall clock of every round, and what follows from it."""
    wall_s: dict[int, dict[int, list[float]]] = {
        workers: {cycles: [] for cycles in (settings.few, settings.many)} for workers in (1, settings.workers)
    }
    bodies: dict[int, set[str]] = {settings.few: set(), settings.many: set()}
    for number in range(settings.rounds):
        # one after the other, so that a machine that is not the same all the time is unfair to neither
        order = (1, settings.workers) if number % 2 == 0 else (settings.workers, 1)
        for cycles in bodies:
            for workers in order:
                seconds, body = _timed(settings, cycles, workers, folder / f"{number}_{cycles}_{workers}")
                wall_s[workers][cycles].append(round(seconds, 2))
                bodies[cycles].add(body)
                print(f"{cycles} cycles by {workers}: {seconds:.1f} s", file=sys.stderr, flush=True)
    each_s = {workers: _each_s(settings, found) for workers, found in wall_s.items()}
    return {
        "station": settings.station,
        "nsim": settings.nsim,
        "wall_s": wall_s,
        "same_bodies": all(len(found) == 1 for found in bodies.values()),
        "speedup_whole": _median_ratio(wall_s[1][settings.many], wall_s[settings.workers][settings.many]),
        "speedup_per_cycle": _median_ratio(each_s[1], each_s[settings.workers]),
        "seconds_per_cycle": {workers: round(statistics.median(found), 4) for workers, found in each_s.items()},
        "forecast": {
            "cycles": settings.forecast,
            "minutes": {workers: _minutes(settings, found, each_s[workers]) for workers, found in wall_s.items()},
        },
    }


def _timed(settings: Settings, cycles: int, workers: int, out: Path) -> tuple[float, str]:
    """Wall clock of a campaign, s, and the hash of what came out."""
    words = [f"station={settings.station}", f"cycles={cycles}", f"workers={workers}", f"nsim={settings.nsim}"]
    command = [*PILOTLINE, "score", *words, "nthread=1", "video=false", f"out={out}"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_OWN_LIMIT_S)
    seconds = time.perf_counter() - begun
    return seconds, str(json.loads((out / "scorecard.json").read_text())["body_sha256"])


def _each_s(settings: Settings, found: dict[int, list[float]]) -> list[float]:
    """What a cycle adds, s, in every round."""
    more = settings.many - settings.few
    return [(large - small) / more for small, large in zip(found[settings.few], found[settings.many], strict=True)]


def _median_ratio(above: list[float], below: list[float]) -> float:
    """Of the rounds' own ratios: what slows both for a while leaves them alone."""
    return round(statistics.median(one / other for one, other in zip(above, below, strict=True)), 3)


def _minutes(settings: Settings, found: dict[int, list[float]], each_s: list[float]) -> float:
    rest = settings.forecast - settings.many
    return round(statistics.median(found[settings.many]) / 60.0 + rest * statistics.median(each_s) / 60.0, 1)


def main(words: list[str]) -> int:
    """Write the result file; 1 where the split changed what came out."""
    return evidence.main("campaign_scale", words, Settings, run, lambda found: bool(found["same_bodies"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
