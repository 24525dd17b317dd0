"""Check a scorecard: its form, its hash, its figures from its rows, its rows by running the job again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilotline.benchmarks.facts import LineFacts, PolicyFacts, RobotFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.schema import Body
from pilotline.benchmarks.scorecard import CardError, Ran, ScoreError, build_body, ran_of, read
from pilotline.benchmarks.sheets import changed

_MISSING = "nothing"


@dataclass(frozen=True)
class Difference:
    """The first place where two JSON values differ."""

    path: str
    """Such as body.rows[17].time_s."""
    stored: Any
    recomputed: Any

    def __str__(self) -> str:
        return f"{self.path}: stored {_short(self.stored)}, recomputed {_short(self.recomputed)}"


@dataclass(frozen=True)
class VerifyResult:
    """What a check found."""

    ok: bool
    check: str
    """The check that failed, or the last one: file, json, schema, layout, hash, policy, sheets, facts, statistics,
    rerun."""
    message: str
    """One line."""
    passed: tuple[str, ...]
    """Checks that held, in order."""
    difference: Difference | None = None


def verify(
    path: Path,
    rerun: Callable[[Job], Ran],
    facts: Callable[[Job], tuple[LineFacts, RobotFacts]] | None = None,
    policy: Callable[[Job], PolicyFacts | None] | None = None,
) -> VerifyResult:
    """Check a scorecard file, cheapest check first, up to the first that fails.

    rerun runs the card's job again (batch size and threads are the caller's own choice). facts gives the line
    and robot as this installation knows them; without it the card's own takt and human times are believed. policy
    gives what a policy's file says; without it the file is not looked at before it is run.
    """
    passed: list[str] = []
    try:
        card = read(path)
    except CardError as error:
        return VerifyResult(False, error.check, str(error), ())
    passed += ["file", "json", "schema", "layout", "hash"]
    body, job = card.body, Job.of(card.body.job)

    def failed(check: str, message: str, difference: Difference | None = None) -> VerifyResult:
        return VerifyResult(False, check, message, tuple(passed), difference)

    if policy is not None:
        try:
            own = policy(job)
        except ValueError as error:
            return failed("policy", str(error))
        if stale := _other_files(body.policy, own):
            return failed("policy", stale)
        if difference := compare(body, body.model_copy(update={"policy": own})):
            return failed("policy", f"the policy is not as on the card: {difference}", difference)
        passed.append("policy")
    if facts is not None:
        line, robot = facts(job)
        if stale := next(changed(body.robot.drives, robot.drives), None):
            return failed("sheets", stale)
        passed.append("sheets")
        ours = body.model_copy(update={"line": line, "robot": robot})
        if difference := compare(body, ours):
            return failed("facts", f"not the cards of this installation: {difference}", difference)
        passed.append("facts")
    for check, what, ran in (
        ("statistics", "the figures do not follow from the rows", lambda: ran_of(body)),
        ("rerun", "running the job again gives something else", lambda: rerun(job)),
    ):
        try:
            difference = compare(body, build_body(job, body.line, body.robot, ran(), body.policy))
        except ScoreError as error:
            return failed(check, str(error))
        if difference:
            return failed(check, f"{what}: {difference}", difference)
        passed.append(check)
    count = len(body.rows)
    return VerifyResult(True, "rerun", f"holds bit for bit: {count} cycles run again", tuple(passed))


def compare(stored: Body, recomputed: Body) -> Difference | None:
    """The first difference of two bodies, in the order of the file; None when they are equal bit for bit."""
    return _differ("body", stored.model_dump(mode="json"), recomputed.model_dump(mode="json"))


def _other_files(stored: PolicyFacts | None, own: PolicyFacts | None) -> str | None:
    """What to say of a policy's file that is not the one that was scored."""
    scored = {file.name: file.sha256 for file in stored.files} if stored else {}
    for file in own.files if own else ():
        if scored.get(file.name, file.sha256) != file.sha256:
            return f"policy file {file.name} has sha256 {file.sha256}, scored was {scored[file.name]}"
    return None


def _differ(path: str, stored: Any, recomputed: Any) -> Difference | None:
    if type(stored) is not type(recomputed):
        return Difference(path, stored, recomputed)
    if isinstance(stored, dict):
        for key in sorted(stored.keys() | recomputed.keys()):
            at = f"{path}.{key}"
            found = _differ(at, stored.get(key, _MISSING), recomputed.get(key, _MISSING))
            if found:
                return found
        return None
    if isinstance(stored, list):
        for k, (left, right) in enumerate(zip(stored, recomputed, strict=False)):
            if found := _differ(f"{path}[{k}]", left, right):
                return found
        if len(stored) != len(recomputed):
            return Difference(f"{path} (entries)", len(stored), len(recomputed))
        return None
    # repr tells -0.0 from 0.0; floats here are never NaN
    return None if repr(stored) == repr(recomputed) else Difference(path, stored, recomputed)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
