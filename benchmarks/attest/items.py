"""The eleven items of an attestation, filled in from scorecard, dossier and installation.

The items are a pure function of what is given, so whoever checks an attestation builds them again and compares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from pilotline.benchmarks.attest.dossier import Dossier, NotApplicable
from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.attest.seal import TIME, Secret
from pilotline.benchmarks.attest.statement import BATCH, ITEMS, Item
from pilotline.benchmarks.canonical import sha256
from pilotline.benchmarks.code import NO_COMMIT
from pilotline.benchmarks.policy_text import is_served
from pilotline.benchmarks.schema import Header, Scorecard
from pilotline.benchmarks.schema_record import Record

_OWN_CODE = ("commit", "code")
"""Names under which a card's header states commit and hash of the code."""


@dataclass(frozen=True)
class Previous:
    """The attestation before: hash of its file, and of each of its items 1 to 5."""

    sha256: str
    items: dict[int, str]


@dataclass(frozen=True)
class Given:
    """What the items are made of."""

    card: Scorecard
    dossier: Dossier
    settings: Mapping[str, Mapping[str, Any]]
    """By station, see `simulator.settings_of`."""
    public_key: str
    """The grader's, as PEM."""
    seal: Secret | None = None
    previous: Previous | None = None


def build(given: Given) -> tuple[Item, ...]:
    """All items.

    Raises:
      AttestError: a calibration that had expired or was not there yet at the time of the run, a seal that is not of
        this run, a change without an entry in the change log.
    """
    makers = {
        1: _software,
        2: _hardware,
        3: _controllers,
        4: _simulator,
        5: _seeds,
        6: _calibration,
        7: _data,
        8: _events,
        9: _human,
        10: _grader,
    }
    items = {number: _item(number, *maker(given)) for number, maker in makers.items()}
    items[11] = _item(11, *_changes(given, items))
    return tuple(items.values())


def run_dates(header: Header) -> tuple[datetime, datetime]:
    """When the run began and ended, UTC.

    Raises:
      AttestError: a date that is none.
    """
    try:
        ended = datetime.strptime(header.date, TIME)
    except ValueError:
        raise AttestError(f"the card's date is {header.date!r}; allowed: YYYY-MM-DDTHH:MM:SSZ") from None
    return ended - timedelta(seconds=header.wall_s), ended


_Made = tuple[dict[str, Any], list[str]]
"""Content of an item, and what is missing in it."""


def _item(number: int, content: dict[str, Any], missing: list[str]) -> Item:
    return Item(number=number, title=ITEMS[number], sha256=sha256(content), missing=tuple(missing), content=content)


def _software(given: Given) -> _Made:
    body, versions = given.card.body, given.card.header.versions
    missing = []
    policy = str(body.job["policy"])
    if is_served(policy):
        missing.append("policy weights: the policy was served from elsewhere")
    commit, code = versions.get("commit", NO_COMMIT), versions.get("code")
    if commit == NO_COMMIT or commit.endswith("+changes"):
        missing.append(f"code commit: the card says {commit}")
    if code is None:
        missing.append("hash of the code: the card has none")
    if given.dossier.container is None:
        missing.append("container digest")
    return {
        "policy": policy,
        "policy_files": [asdict(file) for file in body.policy.files] if body.policy else [],
        "pilotline": versions.get("pilotline"),
        "commit": commit,
        "code_sha256": code,
        "container": _plain(given.dossier.container),
    }, missing


def _hardware(given: Given) -> _Made:
    robot = given.card.body.robot
    missing = list(_unless_own(given, "actuator records", given.dossier.actuators))
    return {
        "robot": {"name": robot.name, "version": robot.version, "files": [asdict(file) for file in robot.files]},
        "actuators": given.card.body.job["actuators"],
        "drives": [
            {
                "name": drive.name,
                "tier": drive.tier,
                "joints": list(drive.joints),
                "sheets": [{"name": sheet.name, "sha256": sheet.sha256} for sheet in drive.sheets],
            }
            for drive in robot.drives
        ],
        "records": _plain(given.dossier.actuators),
    }, missing


def _controllers(given: Given) -> _Made:
    dossier, drives = given.dossier, given.card.body.robot.drives
    missing = list(_unless_own(given, "controllers and firmware", dossier.controllers))
    if dossier.computing is None:
        missing.append("computing: split between robot, hall and cloud, and bandwidth")
    return {
        "simulated": sorted({drive.controller for drive in drives if drive.controller}),
        "control_period_s": {name: found["control_period_s"] for name, found in given.settings.items()},
        "supervisor": given.card.body.job["supervisor"],
        "controllers": _plain(dossier.controllers),
        "computing": _plain(dossier.computing),
    }, missing


def _simulator(given: Given) -> _Made:
    body, header, claimed = given.card.body, given.card.header, given.dossier.validation
    missing = []
    if claimed and claimed.level > body.grade.validation and not claimed.evidence_sha256:
        missing.append(f"evidence for validation level {claimed.level}; the card has {body.grade.validation}")
    return {
        "versions": {name: version for name, version in header.versions.items() if name not in _OWN_CODE},
        "settings": {name: dict(found) for name, found in given.settings.items()},
        "people": body.job["people"],
        "line": {"name": body.line.name, "version": body.line.version},
        "stations": [
            {"name": each.name, "version": each.version, "fidelity": each.fidelity} for each in body.line.stations
        ],
        "fidelity": body.grade.fidelity,
        "validation": body.grade.validation,
        "claimed": _plain(claimed),
    }, missing


def _seeds(given: Given) -> _Made:
    job, seal = given.card.body.job, given.seal
    if seal is None:
        missing = ["sealed seeds: the seed was not committed to before the run"]
    else:
        missing = []
        begun, _ = run_dates(given.card.header)
        if seal.seed != job["seed"]:
            raise AttestError(f"seal: its seed is {seal.seed}, the run's is {job['seed']}")
        if datetime.strptime(seal.date, TIME) > begun:
            raise AttestError(
                f"seal: of {seal.date}, the run began {begun.strftime(TIME)}; allowed: one made before it"
            )
    seeds = [[row.station, row.cycle, *row.seed] for row in given.card.body.rows]
    return {
        "pack": job["pack"],
        "seed": job["seed"],
        "cycles": dict(sorted(Counter(row.station for row in given.card.body.rows).items())),
        "seeds_sha256": sha256(seeds),
        "seal": _plain(seal),
        "commitment": _plain(seal.published()) if seal else None,
    }, missing


def _calibration(given: Given) -> _Made:
    trail = given.dossier.calibration
    begun, ended = (moment.date().isoformat() for moment in run_dates(given.card.header))
    for each in () if trail is None or isinstance(trail, NotApplicable) else trail:
        if each.expires < ended:
            raise AttestError(f"calibration of {each.sensor}: expired {each.expires}, the run was {ended}: refused")
        if each.date > begun:
            raise AttestError(f"calibration of {each.sensor}: of {each.date}, after the run of {begun}: refused")
    return {"run": ended, "sensors": _plain(trail)}, list(_unless_own(given, "calibration trail", trail))


def _data(given: Given) -> _Made:
    body, dossier = given.card.body, given.dossier
    missing = []
    learned = body.policy is not None or is_served(str(body.job["policy"]))
    if dossier.data is None:
        missing.append("data lineage and licences")
    elif isinstance(dossier.data, NotApplicable) and learned:
        missing.append("data lineage and licences: the policy was learned")
    if dossier.assists is None:
        missing.append("log of teleoperation and assistance")
    return {"autonomy": body.grade.autonomy, "data": _plain(dossier.data), "assists": _plain(dossier.assists)}, missing


def _events(given: Given) -> _Made:
    body = given.card.body
    missing = [] if given.dossier.incidents is not None else ["incident report"]
    return {
        "cycles": len(body.rows),
        "rows_sha256": sha256([row.to_json() for row in body.rows]),
        "run_sha256": None if body.run is None else sha256(body.run.model_dump(mode="json")),
        "failures": dict(sorted(Counter(fault for row in body.rows for fault in row.faults).items())),
        "incidents": _plain(given.dossier.incidents),
    }, missing


def _human(given: Given) -> _Made:
    missing = [] if given.dossier.human_baseline else ["source of the human baseline"]
    return {
        "stations": [
            {"name": each.name, "tau_h_s": each.tau_h_s, "sources": list(each.sources)}
            for each in given.card.body.line.stations
        ],
        "baseline": _plain(given.dossier.human_baseline),
    }, missing


def _grader(given: Given) -> _Made:
    missing = [] if given.dossier.grader else ["identity of the grader"]
    return {"grader": _plain(given.dossier.grader), "public_key": given.public_key}, missing


def _changes(given: Given, items: Mapping[int, Item]) -> _Made:
    """The batch-consistency rule: what changed since the attestation before has an entry."""
    log, before = given.dossier.changes, given.previous
    changed = [number for number in BATCH if before and before.items[number] != items[number].sha256]
    for number in changed:
        if all(entry.item != number for entry in log):
            raise AttestError(
                f"changes: item {number} ({ITEMS[number]}) is not as in the attestation before; "
                "the dossier's change log has no entry for it"
            )
    previous = {"sha256": before.sha256, "items": {str(n): before.items[n] for n in BATCH}} if before else None
    return {"previous": previous, "changed": changed, "entries": [_plain(entry) for entry in log]}, []


def _unless_own(given: Given, what: str, said: object) -> Iterator[str]:
    """What is missing of an item that only real hardware has; a claim of data of one's own rig rules out none."""
    if said is None:
        yield what
        return
    claimed = given.dossier.validation
    level = max(given.card.body.grade.validation, claimed.level if claimed else "V0")
    if isinstance(said, NotApplicable) and level == "V3":
        yield f"{what}: validation level V3 is data of a rig of one's own, so there is one"


def _plain(value: Record | tuple[Record, ...] | None) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return None if value is None else value.model_dump(mode="json", by_alias=True)
