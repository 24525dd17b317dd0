"""`pilotline attest`: sign a scorecard, with what the simulation cannot know of it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.policies import beside
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb
from pilotline.benchmarks.policy_text import FOREIGN, is_folder


class AttestSettings(Settings):
    """Keys of `pilotline attest`."""

    scorecard: FilePath = Field(
        description="scorecard.json to sign; attestation.json, dossier.yaml and report.html go beside it"
    )
    dossier: FilePath = Field(description="what the simulation cannot know; pilotline dossier writes a template")
    key: FilePath = Field(description="private key to sign with; pilotline key makes one")
    seal: FilePath | None = Field(description="secret.json of the run's seed, revealed by this; null if it had none")
    previous: FilePath | None = Field(description="attestation.json before, that the change log is of; null if none")
    overwrite: bool = Field(description="whether an attestation that is there may be replaced")


def run(settings: AttestSettings, session: Session) -> int:
    """Check the card's figures, fill in the eleven items, write the report, sign; print what is missing."""
    if not settings.scorecard.is_file():
        raise CommandError(f"scorecard={settings.scorecard}: no such file")
    display.choose_backend()
    from pilotline.benchmarks import scorecard
    from pilotline.benchmarks.attest import files, keys, make, seal, simulator

    signer = keys.signer(settings.key)
    card = scorecard.read(settings.scorecard)
    request = make.Request(
        scorecard=settings.scorecard,
        dossier=settings.dossier,
        signer=signer,
        policy=policy_of(str(card.body.job["policy"]), settings.scorecard),
        seal=seal.read_secret(settings.seal) if settings.seal else None,
        previous=settings.previous,
        overwrite=settings.overwrite,
    )
    path, signed = make.attest(request, simulator.settings_of)
    missing = signed.predicate.missing
    for line in missing:
        session.console.print(f"missing  {line}", highlight=False, markup=False, soft_wrap=True)
    verdict = f"unranked: {len(missing)} missing" if missing else "ranked: nothing is missing"
    session.console.print(verdict, style="bold yellow" if missing else "bold green", highlight=False)
    names = ", ".join(subject.name for subject in signed.subject)
    session.console.print(f"signed {names} with key {signer.public_key.keyid}", highlight=False, soft_wrap=True)
    for written in (path, path.with_name(files.REPORT)):
        session.console.print(f"wrote {written}", highlight=False, markup=False, soft_wrap=True)
    return 0


def policy_of(policy: str, scorecard: Path) -> Path | None:
    """File or folder of a card's policy; None where it is neither.

    Raises:
      CommandError: it is not there.
    """
    if not FOREIGN.fullmatch(policy):
        return None
    there = beside(policy, scorecard)
    from pilotline.policies import sandbox
    from pilotline.policies.shipped import located

    return located(sandbox.parse(there).path if is_folder(there) else there)


VERB = Verb(name="attest", settings=AttestSettings, run=run, bare="scorecard")
