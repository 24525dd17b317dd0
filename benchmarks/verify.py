"""Check a scorecard: form, hash, signature, figures from its rows, rows by running the job, or a part of it, again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.difference import Difference, first_difference
from pilotline.benchmarks.facts import LineFacts, PolicyFacts, RobotFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.provenance import hardware, versions
from pilotline.benchmarks.rerun import Wanted, sample
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Body, Header, Scorecard
from pilotline.benchmarks.scorecard import CardError, Ran, ScoreError, build_body, ran_of, read
from pilotline.benchmarks.sheets import changed

if TYPE_CHECKING:
    from pilotline.benchmarks.attest.check import Attested

_PLATFORM = ("mujoco", "numpy", "scipy", "numba", "simpy")
"""Packages whose version may change the last bits of a result."""


@dataclass(frozen=True)
class VerifyResult:
    """What a check found."""

    ok: bool
    check: str
    """The check that failed, or the last one: file, json, schema, layout, hash, attestation, policy, sheets, facts,
    settings, statistics, rerun."""
    message: str
    """One line."""
    passed: tuple[str, ...]
    """Checks that held, in order."""
    difference: Difference | None = None
    attested: Attested | None = None
    """The attestation, where there is one that holds."""
    rerun: Literal["bits", "equivalence", "none"] = "none"
    """How cycles that were run again were compared."""


@dataclass(frozen=True)
class Again:
    """How much of a card is run again, and how it is compared.

    Attributes:
      cycles: None for all, 0 for none, else so many, drawn by `seed`.
      seed: of the draw.
      platform: `same` compares bits, `other` asks for equivalence, `auto` for equivalence only where the bits differ
        and the header of a signed card names other hardware or other versions than there are here. Of an unsigned one
        anybody could have written the header.
      run: runs single cycles of a job; needed for a draw.
    """

    cycles: int | None = None
    seed: int = 0
    platform: Literal["auto", "same", "other"] = "auto"
    run: Callable[[Job, Wanted], Sequence[CycleRow]] | None = None


class _Failed(Exception):
    """A check that did not hold."""

    def __init__(self, check: str, message: str, difference: Difference | None = None) -> None:
        super().__init__(message)
        self.check, self.difference = check, difference


def verify(
    path: Path,
    rerun: Callable[[Job], Ran],
    facts: Callable[[Job], tuple[LineFacts, RobotFacts]] | None = None,
    policy: Callable[[Job], PolicyFacts | None] | None = None,
    attestation: Callable[[Scorecard], Attested] | None = None,
    settings: Callable[[Job], Mapping[str, Mapping[str, Any]]] | None = None,
    again: Again | None = None,
) -> VerifyResult:
    """Check a scorecard file, cheapest check first, up to the first that fails.

    Args:
      path: the file.
      rerun: runs the card's job again; batch size and threads are the caller's own choice.
      facts: the line and robot as this installation knows them; without it the card's own takt and human times are
        believed.
      policy: what a policy's file says; without it the file is not looked at before it is run.
      attestation: checks the card's attestation, or raises AttestError; None where there is none to check.
      settings: solver and contact settings of the worlds here, by station; compared with those attested.
      again: how much is run again; by default all of it, compared bit for bit on this platform.
    """
    again = again or Again()
    passed: list[str] = []
    attested: Attested | None = None
    try:
        card = read(path)
        passed += ["file", "json", "schema", "layout", "hash"]
        if attestation is not None:
            attested = _attested(attestation, card)
            passed.append("attestation")
        job = Job.of(card.body.job)
        if policy is not None:
            _same_policy(card.body, policy, job)
            passed.append("policy")
        if facts is not None:
            _same_facts(card.body, *facts(job), passed)
        if settings is not None and attested is not None:
            _same_settings(attested, settings(job))
            passed.append("settings")
        if difference := statistics_difference(card.body):
            raise _Failed("statistics", f"the figures do not follow from the rows: {difference}", _only(difference))
        passed.append("statistics")
        if again.cycles == 0:
            return VerifyResult(True, "statistics", "holds; no cycle was run again", tuple(passed), attested=attested)
        message, how = _run_again(card, job, rerun, again, attested is not None)
    except CardError as error:
        return VerifyResult(False, error.check, str(error), tuple(passed))
    except _Failed as failed:
        return VerifyResult(False, failed.check, str(failed), tuple(passed), failed.difference, attested)
    return VerifyResult(True, "rerun", message, (*passed, "rerun"), attested=attested, rerun=how)


def compare(stored: Body, recomputed: Body) -> Difference | None:
    """The first difference of two bodies, in the order of the file; None when they are equal bit for bit."""
    return first_difference("body", stored.model_dump(mode="json"), recomputed.model_dump(mode="json"))


def statistics_difference(body: Body) -> Difference | str | None:
    """Where a card's figures do not follow from its own rows; None where all do."""
    try:
        return compare(body, build_body(Job.of(body.job), body.line, body.robot, ran_of(body), body.policy))
    except ScoreError as error:
        return str(error)


def same_platform(header: Header) -> bool:
    """Whether a card was computed with the processor, system and libraries that there are here, as far as it says."""
    here, now = hardware(), versions()
    return all(header.hardware.get(name) == here[name] for name in ("processor", "system", "libc", "vectors")) and all(
        header.versions.get(name) == now[name] for name in _PLATFORM
    )


def _only(difference: Difference | str | None) -> Difference | None:
    return difference if isinstance(difference, Difference) else None


def _attested(attestation: Callable[[Scorecard], Attested], card: Scorecard) -> Attested:
    try:
        return attestation(card)
    except AttestError as error:
        raise _Failed("attestation", str(error)) from None


def _same_policy(body: Body, policy: Callable[[Job], PolicyFacts | None], job: Job) -> None:
    try:
        own = policy(job)
    except ValueError as error:
        raise _Failed("policy", str(error)) from None
    if stale := _other_files(body.policy, own):
        raise _Failed("policy", stale)
    if difference := compare(body, body.model_copy(update={"policy": own})):
        raise _Failed("policy", f"the policy is not as on the card: {difference}", difference)


def _same_facts(body: Body, line: LineFacts, robot: RobotFacts, passed: list[str]) -> None:
    if stale := next(changed(body.robot.drives, robot.drives), None):
        raise _Failed("sheets", stale)
    passed.append("sheets")
    if difference := compare(body, body.model_copy(update={"line": line, "robot": robot})):
        raise _Failed("facts", f"not the cards of this installation: {difference}", difference)
    passed.append("facts")


def _same_settings(attested: Attested, here: Mapping[str, Mapping[str, Any]]) -> None:
    own = {name: dict(found) for name, found in here.items()}
    if difference := first_difference("settings", attested.settings, own):
        raise _Failed("settings", f"the physics here is set otherwise: {difference}", difference)


def _run_again(
    card: Scorecard, job: Job, rerun: Callable[[Job], Ran], again: Again, signed: bool
) -> tuple[str, Literal["bits", "equivalence"]]:
    """Run again and compare; what to say of it, and how it was compared."""
    body = card.body
    if again.cycles is None:
        ran = rerun(job)
        rows: Sequence[CycleRow] = [visit.row for visit in ran.visits] if isinstance(ran, LineRun) else ran
        stored, told = body.rows, f"{len(body.rows)} cycles run again"
    else:
        assert again.run is not None
        wanted = sample(body.rows, again.cycles, again.seed)
        picked = {(station, cycle) for station, cycles in wanted.items() for cycle in cycles}
        stored = tuple(row for row in body.rows if (row.station, row.cycle) in picked)
        rows = again.run(job, wanted)
        told = f"{len(stored)} of {len(body.rows)} cycles, drawn with seed {again.seed}, run again"
    difference: Difference | str | None = None
    if again.platform != "other":
        difference = _bits(body, job, ran) if again.cycles is None else _row_bits(stored, rows)
        if difference is None:
            return f"holds bit for bit: {told}", "bits"
        if again.platform == "same" or not signed or same_platform(card.header):
            where = f"running the job again gives something else: {difference}{_elsewhere(card.header)}"
            raise _Failed("rerun", where, _only(difference))
    from pilotline.benchmarks.equivalence import findings

    found = findings(stored, rows)
    own = {(row.station, row.cycle): row for row in rows}
    alike = sum(own.get((row.station, row.cycle)) == row for row in stored)
    told = f"{told}, {alike} of them with the same bits"
    open_ = [each for each in found if not each.shown]
    if open_:
        raise _Failed("rerun", f"not shown to be equivalent: {open_[0]}; {told}", _only(difference))
    return f"holds by equivalence: {told}; {'; '.join(map(str, found))}", "equivalence"


def _bits(body: Body, job: Job, ran: Ran) -> Difference | str | None:
    try:
        return compare(body, build_body(job, body.line, body.robot, ran, body.policy))
    except ScoreError as error:
        return str(error)


def _row_bits(stored: Sequence[CycleRow], here: Sequence[CycleRow]) -> Difference | None:
    own = {(row.station, row.cycle): row.to_json() for row in here}
    for row in stored:
        again = own.get((row.station, row.cycle), {})
        if difference := first_difference(f"{row.station} cycle {row.cycle}", row.to_json(), again):
            return difference
    return None


def _elsewhere(header: Header) -> str:
    """What to add where the card was made with other code or on another platform, as far as it says."""
    now, told = versions(), []
    if header.versions.get("code") not in (None, now["code"]):
        told.append(f"scored with other code, commit {header.versions.get('commit')}, than here, {now['commit']}")
    if not same_platform(header):
        told.append("scored on another platform: platform=other asks for equivalence instead of bits")
    return f" ({'; '.join(told)})" if told else ""


def _other_files(stored: PolicyFacts | None, own: PolicyFacts | None) -> str | None:
    """What to say of a policy's file that is not the one that was scored, is gone, or was not there."""
    if stored is None or own is None:
        return None
    scored, found = ({file.name: file.sha256 for file in facts.files} for facts in (stored, own))
    for name in sorted(scored.keys() | found.keys()):
        if name not in found:
            return f"policy file {name} is not there any more"
        if name not in scored:
            return f"policy file {name} was not there when it was scored"
        if scored[name] != found[name]:
            return f"policy file {name} has sha256 {found[name]}, scored was {scored[name]}"
    return None
