"""`pilotline verify`: run a scorecard again and say whether it holds, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.policies import beside, noted
from pilotline.benchmarks.cli.progress import progress
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.benchmarks.facts import PolicyFacts
    from pilotline.benchmarks.scorecard import Ran

_NOT_A_SCORECARD = ("file", "json", "schema")
"""Checks that a file which is no scorecard fails; failing any other means a scorecard that does not hold."""


class VerifySettings(Settings):
    """Keys of `pilotline verify`."""

    scorecard: FilePath = Field(description="scorecard.json to check")
    nsim: int = Field(ge=1, le=65_536, description="simulations per batch; does not change the answer")
    nthread: int = Field(ge=0, le=1024, description="threads, 0 for all cores; does not change the answer")
    out: FilePath | None = Field(description="folder for result.json; null to only print")


def run(settings: VerifySettings, session: Session) -> int:
    """Check form, hash, statistics and every cycle; status 0 when all of it holds, 1 when not."""
    if not settings.scorecard.is_file():
        raise CommandError(f"scorecard={settings.scorecard}: no such file")
    display.choose_backend()
    with noted(session):
        return _run(settings, session)


def _run(settings: VerifySettings, session: Session) -> int:
    out = open_out(settings.out) if settings.out else None
    from pilotline.benchmarks import campaign
    from pilotline.benchmarks.execute import execute
    from pilotline.benchmarks.job import Job
    from pilotline.benchmarks.verify import verify

    def there(job: Job) -> str:
        return beside(job.policy, settings.scorecard)

    with progress(session.notes, "cycles run again") as advance:

        def again(job: Job) -> Ran:
            own = job.model_copy(update={"nsim": settings.nsim, "nthread": settings.nthread, "policy": there(job)})
            return execute(own, progress=advance)

        def policy(job: Job) -> PolicyFacts | None:
            return campaign.policy_facts(job.model_copy(update={"policy": there(job)}))

        found = verify(settings.scorecard, rerun=again, facts=campaign.facts, policy=policy)
    if found.check in _NOT_A_SCORECARD and not found.ok:
        raise CommandError(f"scorecard={settings.scorecard}: not a scorecard: {found.message}")
    verdict = "holds" if found.ok else "DOES NOT HOLD"
    style = "bold green" if found.ok else "bold red"
    session.console.print(verdict, style=style, end="  ")
    session.console.print(f"{settings.scorecard}: {found.message}", highlight=False, markup=False, soft_wrap=True)
    if out:
        figures = {
            "scorecard": str(settings.scorecard),
            "holds": found.ok,
            "check": found.check,
            "message": found.message,
            "passed": list(found.passed),
        }
        session.console.print(f"wrote {write_result(out, session.command, figures)}", highlight=False)
    return 0 if found.ok else 1


VERB = Verb(name="verify", settings=VerifySettings, run=run, bare="scorecard")
