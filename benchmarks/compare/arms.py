"""The arms of a comparison: scorecards that were run on the same work, and what differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilotline.benchmarks import scorecard
from pilotline.benchmarks.compare import unfinished
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Body, Header, Scorecard
from pilotline.benchmarks.verify import statistics_difference

MOST = 12
"""Arms in one comparison; more are a leaderboard's business."""
_VARIED = ("robot", "actuators", "policy")


class CompareError(ValueError):
    """Scorecards that cannot be compared; one line with the two, what differs and what is allowed."""


@dataclass(frozen=True)
class Arm:
    """One scorecard under a short name."""

    name: str
    path: Path
    card: Scorecard
    asked: int | None = None
    """Of a campaign that is still running: cycles that it is to have, 0 if it runs by hours."""

    @property
    def body(self) -> Body:
        return self.card.body

    @property
    def header(self) -> Header:
        return self.card.header

    @property
    def driven(self) -> bool:
        """Whether its joints have data sheets: only then are there electrical energy and heat."""
        return bool(self.body.robot.drives)


@dataclass(frozen=True)
class Pairing:
    """Graded cycles of one station that two arms have in common."""

    station: str
    paired: bool
    """Whether both met the same seeds; else cycles are independent and matched by their number."""
    matched: tuple[tuple[CycleRow, CycleRow], ...]
    """Cycles of control and arm with the same number, in order; graded in both."""
    control: tuple[CycleRow, ...]
    arm: tuple[CycleRow, ...]
    """All graded cycles of either."""


def read(paths: Sequence[Path], control: str | None = None) -> tuple[Arm, ...]:
    """Arms from scorecards or folders that hold one, or the store of a campaign still running; the control first.

    Args:
      control: name of the arm that the others are held against; by default the first.

    Raises:
      CompareError: fewer than two, one twice, not the same work, or no such control; figures that do not follow from
        the rows.
      CardError: a file that is no scorecard.
      StoreError: a campaign still running that cannot be read.
    """
    files = [path / "scorecard.json" if path.is_dir() else path for path in paths]
    if not 2 <= len(files) <= MOST:
        raise CompareError(f"scorecards to compare: {len(files)}; allowed: 2 to {MOST}")
    arms = [_arm(name, path) for name, path in zip(_names(files), files, strict=True)]
    if control is not None:
        chosen = [arm for arm in arms if control in (arm.name, str(arm.path), str(arm.path.parent))]
        if not chosen:
            raise CompareError(f"control={control}: no such arm; allowed: {', '.join(arm.name for arm in arms)}")
        arms = [chosen[0], *(arm for arm in arms if arm is not chosen[0])]
    seen: dict[str, Arm] = {}
    for arm in arms:
        if other := seen.get(arm.card.body_sha256):
            raise CompareError(f"{arm.path} and {other.path} hold the same campaign; allowed: unlike campaigns")
        seen[arm.card.body_sha256] = arm
        _same_work(arms[0], arm)
    return tuple(arms)


def _arm(name: str, path: Path) -> Arm:
    if unfinished.running(path.parent) and path.name == "scorecard.json":
        card, asked = unfinished.provisional(path.parent)
        return Arm(name, path, card, asked)
    card = scorecard.read(path)
    if difference := statistics_difference(card.body):
        raise CompareError(f"{path}: the figures do not follow from the rows: {difference}")
    return Arm(name, path, card)


def described(arm: Arm) -> str:
    """What an arm is, in words."""
    job = arm.body.job
    asked = f"{job['cycles']} cycles" if job["cycles"] else f"{job['hours']:g} h"
    return f"{job['robot']} · {job['actuators']} · policy {job['policy']} · seed {job['seed']}, {asked}"


def remarks(arms: Sequence[Arm]) -> tuple[str, ...]:
    """What a reader must know about how the arms differ besides the one thing; the first is the control."""
    control, found = arms[0], [_still_running(arm) for arm in arms if arm.asked is not None]
    for arm in arms[1:]:
        varied = [name for name in _VARIED if _essence(arm.body, name) != _essence(control.body, name)]
        if len(varied) > 1:
            found.append(
                f"{arm.name} differs from {control.name} in {_and(varied)}: which of them makes a difference is open"
            )
        if not varied:
            found.append(f"{arm.name} and {control.name} have the same robot, actuators and policy: an A/A comparison")
        if arm.body.job["seed"] != control.body.job["seed"]:
            found.append(
                f"{arm.name} has seed {arm.body.job['seed']} and {control.name} seed {control.body.job['seed']}: "
                "unpaired, so that more cycles are needed"
            )
        if arm.body.robot.entry_class != control.body.robot.entry_class:
            found.append(
                f"{arm.name} is {arm.body.robot.entry_class} and {control.name} {control.body.robot.entry_class}: "
                "entry classes are otherwise reported apart"
            )
        unlike = [
            f"{name} {control.header.versions.get(name, 'none')} and {version}"
            for name, version in sorted(arm.header.versions.items())
            if name in ("pilotline", "mujoco") and control.header.versions.get(name) != version
        ]
        if unlike:
            found.append(f"{control.name} and {arm.name} were run with {_and(unlike)}")
    if unlike_energy := [arm.name for arm in arms if arm.driven is not control.driven]:
        ideal = _and(unlike_energy) if control.driven else control.name
        found.append(
            f"energy of {ideal} is mechanical work of ideal joints: not held against that of drives; heat is unknown"
        )
    return tuple(found)


def pairings(control: Arm, arm: Arm) -> tuple[Pairing, ...]:
    """Per station, in the order of the line; graded cycles only."""
    return tuple(_pairing(facts.name, control, arm) for facts in control.body.line.stations)


def _still_running(arm: Arm) -> str:
    done, of = arm.body.job["cycles"], f" of {arm.asked}" if arm.asked else ""
    return f"{arm.name} is not finished, {done}{of} cycles: its p is the one that is valid when peeking"


def _pairing(station: str, control: Arm, arm: Arm) -> Pairing:
    own, other = _graded(control, station), _graded(arm, station)
    by_cycle = {row.cycle: row for row in other}
    matched = tuple((row, by_cycle[row.cycle]) for row in own if row.cycle in by_cycle)
    same = bool(matched) and all(one.seed == two.seed for one, two in matched)
    return Pairing(station, same, matched, own, other)


def _graded(arm: Arm, station: str) -> tuple[CycleRow, ...]:
    body = arm.body
    rows = [row for row in body.rows if row.station == station]
    finished = next(found.cycles for found in body.stations if found.name == station)
    return tuple(row for row in rows[:finished] if row.within_payload)


def _same_work(control: Arm, arm: Arm) -> None:
    one, two = control.body, arm.body
    where = f"{control.path} and {arm.path} cannot be compared"
    checks: list[tuple[str, Any, Any]] = [
        ("line", one.line.name, two.line.name),
        ("line version", one.line.version, two.line.version),
        ("stations", [s.name for s in one.line.stations], [s.name for s in two.line.stations]),
        *(
            (f"version of {s.name}", s.version, t.version)
            for s, t in zip(one.line.stations, two.line.stations, strict=False)
        ),
        ("pack", one.job["pack"], two.job["pack"]),
        ("kind", _kind(one), _kind(two)),
    ]
    for name, first, second in checks:
        if first != second:
            raise CompareError(f"{where}: {name} is {_shown(first)} and {_shown(second)}; allowed: the same")
    for facts, others in zip(one.line.stations, two.line.stations, strict=True):
        if facts != others:
            raise CompareError(f"{where}: the card of {facts.name} differs though its version does not")


def _kind(body: Body) -> str:
    return "a campaign station by station" if body.run is None else "a run from end to end"


def _essence(body: Body, name: str) -> Any:
    """What a robot, its actuators or a policy are, whatever their spelling."""
    if name == "robot":
        return body.job["robot"], body.robot.version, body.robot.files
    if name == "policy":
        return body.job["policy"], body.policy.files if body.policy else ()
    return body.job["actuators"], tuple(drive.sheets for drive in body.robot.drives)


def _names(files: Sequence[Path]) -> list[str]:
    """Short names unlike each other: the folder's, with as many of those above as it takes."""
    whole = [path.resolve() for path in files]
    stems = [path.parent if path.name == "scorecard.json" else path.with_suffix("") for path in whole]
    for depth in range(1, max(len(stem.parts) for stem in stems) + 1):
        names = ["/".join(stem.parts[-depth:]) for stem in stems]
        if len(set(names)) == len(names):
            return names
    raise CompareError(f"{files[0]} is given twice; allowed: scorecards unlike each other")


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
