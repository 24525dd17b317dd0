"""Kill campaigns: `python -m pilotline.benchmarks.campaign_kills RESULT.json [kills=100] [ray=20] [line=20]`.

Campaigns shared by two workers are killed (SIGKILL, the driver or one of its workers) at random moments, go on each
time, and are compared with one that was left alone; then a line by hours, which is one process. Needs Linux, whose
/proc tells who is whose worker.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pilotline.benchmarks import evidence, store, table
from pilotline.benchmarks.process import PILOTLINE

_WORDS = ("station=reach", "robot=fixed", "nsim=8", "video=false")
_LINE = ("line=tending", "hours=0.06", "nthread=1", "video=false")
"""Three cycles at two stations with drives between them, and one that the end cuts off."""
_MARK = "PILOTLINE_KILLS"
_GONE_S = 30.0
_AGENTS_GONE_S = 180.0
"""Agents of a node of Ray ask for the cluster's head for a while before they end; they have no part in the work."""
_AGENTS = (b"ray::DashboardAgent", b"ray::RuntimeEnvAgent")
_STUCK_S = 600.0

Proc = tuple[int, str]
"""A process: its number, and when it began, because numbers come again."""


class Settings(BaseModel):
    """Keys of the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kills: int = Field(default=100, ge=1, le=10_000)
    ray: int = Field(default=20, ge=0, le=10_000, description="how many of them with launcher=ray")
    line: int = Field(default=20, ge=0, le=10_000, description="kills of a line by hours, beside the others")
    cycles: int = Field(default=200, ge=1)
    mean_s: float = Field(default=6.0, gt=0.0, description="mean time to the next kill")
    seed: int = Field(default=0, ge=0)
    limit_s: float = Field(
        default=3600.0, gt=0.0, description="time for each kind of campaign, after which no kill is begun"
    )


@dataclass
class Tally:
    """What came of the kills of one kind of campaign."""

    kills: int = 0
    of_drivers: int = 0
    of_workers: int = 0
    campaigns: int = 0
    cycles_there_at_kills: list[int] = field(default_factory=list)
    lost: int = 0
    """Cycles that were stored before a kill and not after."""
    doubled: int = 0
    """Cycles that a finished campaign has more than once."""
    damaged: int = 0
    """Stores that did not pass SQLite's check after a kill."""
    left_running: int = 0
    """Processes that outlived their driver by more than 30 s, or agents of Ray by more than 3 minutes."""
    failed: list[str] = field(default_factory=list)
    """What campaigns said that ended by themselves without success."""
    other_tables: int = 0
    """Finished campaigns whose table or body is not that of the undisturbed one."""

    @property
    def harmless(self) -> bool:
        """Whether no kill did harm."""
        return not (self.lost or self.doubled or self.damaged or self.left_running or self.failed or self.other_tables)


class Campaign:
    """A command that is started again and again, until it is done.

    Args:
      folder: where it writes.
      words: of `pilotline score`, but for out.
    """

    def __init__(self, folder: Path, words: list[str]) -> None:
        self.folder = folder
        self._command = [*PILOTLINE, "score", *words, f"out={folder}"]
        self._mark = f"{_MARK}={uuid4()}"
        self._driver: subprocess.Popen[bytes] | None = None
        self._log = folder.with_suffix(".log")

    @property
    def runs(self) -> bool:
        """Whether it is at work."""
        return self._driver is not None and self._driver.poll() is None

    def start(self) -> None:
        """Start it, as a person would."""
        name, _, value = self._mark.partition("=")
        with open(self._log, "wb") as log:
            self._driver = subprocess.Popen(
                self._command, env=os.environ | {name: value}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait(self, seconds: float) -> int | None:
        """Its exit status if it ends in time."""
        assert self._driver is not None
        try:
            return self._driver.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def said(self) -> str:
        """Its last line."""
        return (self._log.read_text(errors="replace").strip().splitlines() or [""])[-1]

    def kill(self, whom: Literal["driver", "worker"], chance: float) -> str:
        """Kill one of its processes and say which; the driver where no worker is at work."""
        assert self._driver is not None
        workers = [proc for proc in self._family() if _is_worker(proc)]
        if whom == "worker" and workers:
            os.kill(workers[int(chance * len(workers))][0], signal.SIGKILL)
            return "worker"
        self._driver.kill()
        self._driver.wait()
        return "driver"

    def survivors(self) -> tuple[int, set[Proc]]:
        """Processes that are there a while after their driver is gone, which are ended then, and agents of Ray."""
        family = self._family()
        agents = {proc for proc in family if _command(proc).startswith(_AGENTS)}
        left = _left(family - agents, _GONE_S)
        return len(left), agents

    def _family(self) -> set[Proc]:
        """All processes that come from the driver, other than itself: by the mark, and by whose children they are."""
        assert self._driver is not None
        parents, marked = {}, set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (stat := _stat(int(entry.name))):
                pid = int(entry.name)
                parents[pid] = int(stat[1])
                try:
                    if self._mark.encode() in (entry / "environ").read_bytes():
                        marked.add(pid)
                except OSError:
                    continue
        grown = True
        while grown:
            # Ray's workers write over what tells their environment
            more = {pid for pid, parent in parents.items() if parent in marked} - marked
            marked, grown = marked | more, bool(more)
        return {(pid, began) for pid in marked - {self._driver.pid} if (began := _began(pid))}


def run(settings: Settings, folder: Path) -> dict[str, Any]:
    """Score once undisturbed, and many times with kills; what came out, by name."""
    begun = time.monotonic()
    words = [*_WORDS, f"cycles={settings.cycles}"]
    whole, whole_line = _whole(folder / "whole", words), _whole(folder / "whole_line", [*_LINE])
    found = {}
    kinds = {
        "local": (settings.kills - settings.ray, [*words, "launcher=local", "workers=2"], whole),
        "ray": (settings.ray, [*words, "launcher=ray", "workers=2"], whole),
        "line": (settings.line, [*_LINE], whole_line),
    }
    for number, (kind, (count, own, undisturbed)) in enumerate(kinds.items()):
        rng = np.random.default_rng([settings.seed, number])
        tally = Tally()
        agents: set[Proc] = set()
        until = time.monotonic() + settings.limit_s
        while tally.kills < count and time.monotonic() < until:
            campaign = Campaign(folder / f"{kind}_{tally.campaigns}", own)
            tally.campaigns += 1
            try:
                agents |= _finish(campaign, tally, count, settings.mean_s, until, rng)
            finally:
                if campaign.runs:
                    campaign.kill("driver", 0.0)
                agents |= campaign.survivors()[1]
            if not tally.failed:
                _compare(campaign.folder, undisturbed, tally)
            print(f"{kind}: {tally.kills} of {count} kills, {tally.campaigns} campaigns", file=sys.stderr, flush=True)
            if not tally.harmless:
                break
        tally.left_running += len(_left(agents, _AGENTS_GONE_S))
        found[kind] = asdict(tally)
    return {
        "cycles_per_campaign": settings.cycles,
        "body_sha256": _body(whole),
        "line_words": [*_LINE],
        "line_body_sha256": _body(whole_line),
        "harmless": all(Tally(**each).harmless for each in found.values()),
        "wall_s": round(time.monotonic() - begun, 1),
        **found,
    }


def _whole(folder: Path, words: list[str]) -> Path:
    """Where a campaign is that was left alone."""
    subprocess.run([*PILOTLINE, "score", *words, f"out={folder}"], check=True, capture_output=True, text=True)
    return folder


def _finish(
    campaign: Campaign, tally: Tally, count: int, mean_s: float, until: float, rng: np.random.Generator
) -> set[Proc]:
    """Run a campaign to its end, with kills on the way as long as any are left; agents of Ray that were left.

    The time to a kill counts from the kill before, or from the next cycle that is stored, by chance: so many fall
    into the start of drivers and workers, and as many into their work.
    """
    there: Counter[tuple[str, int, str]] = Counter()
    agents: set[Proc] = set()
    while True:
        if not campaign.runs:
            campaign.start()
        moment, chance, at_work = rng.uniform(0.0, 2.0 * mean_s), rng.random(), rng.random() < 0.5
        whom: Literal["driver", "worker"] = "driver" if rng.random() < 0.5 else "worker"
        enough = tally.kills == count or time.monotonic() >= until
        if enough:
            moment = _STUCK_S
        elif at_work:
            _until_more(campaign, len(there))
        status = campaign.wait(moment)
        if status is not None:
            if status != 0:
                tally.failed.append(f"status {status}: {campaign.said()}")
            return agents
        if enough:
            tally.failed.append(f"not done after {_STUCK_S:g} s")
            return agents
        there |= _rows(campaign.folder)
        tally.cycles_there_at_kills.append(len(there))
        tally.kills += 1
        if campaign.kill(whom, chance) == "worker":
            tally.of_workers += 1
            continue
        tally.of_drivers += 1
        left, own = campaign.survivors()
        tally.left_running += left
        agents |= own
        try:
            after = _rows(campaign.folder)
            tally.lost += len(there - after)
            tally.doubled += len(after) - len({key[:2] for key in after})
        except sqlite3.Error as error:
            tally.damaged += 1
            tally.failed.append(str(error))
            return agents


def _until_more(campaign: Campaign, count: int) -> None:
    """Wait until more cycles than so many are stored, or it ends."""
    until = time.monotonic() + _STUCK_S
    while campaign.runs and len(_rows(campaign.folder)) <= count and time.monotonic() < until:
        time.sleep(0.05)


def _rows(folder: Path) -> Counter[tuple[str, int, str]]:
    """Station, cycle and hash of the cycles in a store, how often each is there; none before there is a store."""
    path = folder / store.NAME
    if not path.exists():
        return Counter()
    base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0)
    try:
        if base.execute("SELECT count(*) FROM sqlite_master WHERE name = 'cycle'").fetchone() == (0,):
            return Counter()
        (check,) = base.execute("PRAGMA quick_check(1)").fetchone()
        if check != "ok":
            raise sqlite3.DatabaseError(check)
        return Counter(base.execute("SELECT station, cycle, sha256 FROM cycle").fetchall())
    finally:
        base.close()


def _compare(folder: Path, whole: Path, tally: Tally) -> None:
    """Beside the campaign that was left alone."""
    own, wanted = _rows(folder), _rows(whole)
    tally.lost += len(wanted - own)
    tally.doubled += sum(own.values()) - len({key[:2] for key in own})
    same = (folder / table.NAME).read_bytes() == (whole / table.NAME).read_bytes() and _body(folder) == _body(whole)
    tally.other_tables += not same


def _body(folder: Path) -> str:
    return str(json.loads((folder / "scorecard.json").read_text())["body_sha256"])


def _stat(pid: int) -> list[str]:
    """What /proc says of a process after its name: state, parent and so on; empty where it is not there."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] == "Z" else fields


def _began(pid: int) -> str | None:
    fields = _stat(pid)
    return fields[19] if fields else None


def _is_worker(proc: Proc) -> bool:
    command = _command(proc)
    return b"pilotline.benchmarks.crew.worker" in command or command.startswith(b"ray::_work")


def _command(proc: Proc) -> bytes:
    try:
        return Path(f"/proc/{proc[0]}/cmdline").read_bytes()
    except OSError:
        return b""


def _left(procs: set[Proc], seconds: float) -> list[Proc]:
    """Those that are there after so long; they are ended then."""
    until = time.monotonic() + seconds
    while left := [proc for proc in procs if _began(proc[0]) == proc[1]]:
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    for pid, _ in left:
        os.kill(pid, signal.SIGKILL)
    return left


def main(words: list[str]) -> int:
    """Write the result file; 1 where a kill did harm."""
    return evidence.main("campaign_kills", words, Settings, run, lambda found: bool(found["harmless"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
