"""`pilotline verify`: check a scorecard, its signature and its cycles, and say whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.policies import beside, noted
from pilotline.benchmarks.cli.progress import progress
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.benchmarks.attest.check import Attested, Trust
    from pilotline.benchmarks.facts import LineFacts, PolicyFacts, RobotFacts
    from pilotline.benchmarks.rerun import Wanted
    from pilotline.benchmarks.rows import CycleRow
    from pilotline.benchmarks.schema import Scorecard
    from pilotline.benchmarks.scorecard import Ran

_NOT_A_SCORECARD = ("file", "json", "schema")
"""Checks that a file which is no scorecard fails; failing any other means a scorecard that does not hold."""


class VerifySettings(Settings):
    """Keys of `pilotline verify`."""

    scorecard: FilePath = Field(description="scorecard.json to check")
    key: FilePath | None = Field(description="public key of the grader; with it, an unsigned card does not hold")
    attestation: FilePath | None = Field(description="attestation of the card; null for attestation.json beside it")
    commitment: FilePath | None = Field(description="commitment to the seed, as it was published before the run")
    previous: FilePath | None = Field(description="attestation before, that the change log is of")
    cycles: int | None = Field(ge=0, le=10_000_000, description="cycles to run again, drawn; null for all, 0 for none")
    seed: int | None = Field(ge=0, lt=2**53, description="of the draw; null for one that nobody could foresee")
    platform: Literal["auto", "same", "other"] = Field(
        description="same: cycles must agree bit for bit; other: be equivalent; auto: equivalent where the card names "
        "other hardware or versions than there are here"
    )
    nsim: int = Field(ge=1, le=65_536, description="simulations per batch; does not change the answer")
    nthread: int = Field(ge=0, le=1024, description="threads, 0 for all cores; does not change the answer")
    out: FilePath | None = Field(description="folder for result.json; null to only print")

    @model_validator(mode="after")
    def _a_draw(self) -> VerifySettings:
        if self.seed is not None and not self.cycles:
            raise ValueError(f"seed={self.seed}: goes with cycles=N, the number of cycles to draw")
        return self


def run(settings: VerifySettings, session: Session) -> int:
    """Check form, hash, signature, statistics and cycles; status 0 when all of it holds, 1 when not."""
    if not settings.scorecard.is_file():
        raise CommandError(f"scorecard={settings.scorecard}: no such file")
    display.choose_backend()
    with noted(session):
        return _run(settings, session)


def _run(settings: VerifySettings, session: Session) -> int:
    out = open_out(settings.out) if settings.out else None
    from pilotline.benchmarks import campaign, rerun, verify
    from pilotline.benchmarks.attest import keys
    from pilotline.benchmarks.attest.files import ATTESTATION
    from pilotline.benchmarks.execute import execute
    from pilotline.benchmarks.job import Job
    from pilotline.robots import RobotError

    trust = _trust(settings)
    attestation = settings.attestation or settings.scorecard.parent / ATTESTATION
    to_check = attestation.exists() or settings.attestation or _trusting(settings)
    if to_check:
        keys.need_libraries()

    def own(job: Job) -> Job:
        there = beside(job.policy, settings.scorecard)
        return job.model_copy(update={"nsim": settings.nsim, "nthread": settings.nthread, "policy": there})

    def attested(card: Scorecard) -> Attested:
        from pilotline.benchmarks.attest.check import check
        from pilotline.benchmarks.cli.verbs.attest import policy_of

        policy = policy_of(str(card.body.job["policy"]), settings.scorecard)
        return check(settings.scorecard, card, attestation, policy, trust)

    def physics(job: Job) -> dict[str, dict[str, Any]]:
        from pilotline.benchmarks.attest.simulator import settings_of

        return settings_of(job)

    def facts(job: Job) -> tuple[LineFacts, RobotFacts]:
        try:
            return campaign.facts(job)
        except RobotError as error:
            raise CommandError(f"scorecard={settings.scorecard}: its robot is not here: {error}") from None

    def policy(job: Job) -> PolicyFacts | None:
        return campaign.policy_facts(own(job))

    with progress(session.notes, "cycles run again") as advance:

        def everything(job: Job) -> Ran:
            return execute(own(job), progress=advance)

        def some(job: Job, wanted: Wanted) -> Sequence[CycleRow]:
            if job.end_to_end:
                raise CommandError(
                    f"cycles={settings.cycles}: a line run from end to end is one simulation; allowed: null, 0"
                )
            return rerun.run_cycles(own(job), wanted, advance)

        found = verify.verify(
            settings.scorecard,
            rerun=everything,
            facts=facts,
            policy=policy,
            attestation=attested if to_check else None,
            settings=physics,
            again=verify.Again(
                cycles=settings.cycles,
                seed=rerun.new_seed() if settings.seed is None else settings.seed,
                platform=settings.platform,
                run=some,
            ),
        )
    if found.check in _NOT_A_SCORECARD and not found.ok:
        raise CommandError(f"scorecard={settings.scorecard}: not a scorecard: {found.message}")
    verdict = "holds" if found.ok else "DOES NOT HOLD"
    style = "bold green" if found.ok else "bold red"
    session.console.print(verdict, style=style, end="  ")
    session.console.print(f"{settings.scorecard}: {found.message}", highlight=False, markup=False, soft_wrap=True)
    if found.attested:
        session.console.print(found.attested.line(), highlight=False, markup=False, soft_wrap=True)
    if out:
        signed = found.attested
        figures = {
            "scorecard": str(settings.scorecard),
            "holds": found.ok,
            "check": found.check,
            "message": found.message,
            "passed": list(found.passed),
            "rerun": found.rerun,
            "signed": None
            if signed is None
            else {
                "key": signed.keyid,
                "known": signed.known,
                "ranked": signed.signed.predicate.ranked,
                "missing": list(signed.signed.predicate.missing),
            },
        }
        session.console.print(f"wrote {write_result(out, session.command, figures)}", highlight=False)
    return 0 if found.ok else 1


def _trusting(settings: VerifySettings) -> bool:
    return any(given is not None for given in (settings.key, settings.commitment, settings.previous))


def _trust(settings: VerifySettings) -> Trust:
    """What the person has in hand, read; wrong files are bad input, not a card that does not hold."""
    from pilotline.benchmarks.attest import keys, seal
    from pilotline.benchmarks.attest.check import Trust, previous_of

    for key in ("previous", "attestation"):
        given = getattr(settings, key)
        if given is not None and not given.is_file():
            raise CommandError(f"{key}={given}: no such file")
    if settings.previous:
        previous_of(settings.previous)
    return Trust(
        key=keys.public_key(settings.key) if settings.key else None,
        commitment=seal.read_commitment(settings.commitment) if settings.commitment else None,
        previous=settings.previous,
    )


VERB = Verb(name="verify", settings=VerifySettings, run=run, bare="scorecard")
