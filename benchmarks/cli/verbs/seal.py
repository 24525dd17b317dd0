"""`pilotline seal`: a seed that nobody knows before the run, and that cannot be another one after it."""

from __future__ import annotations

from pydantic import Field, model_validator

from pilotline.benchmarks.cli.results import open_out
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb


class SealSettings(Settings):
    """Keys of `pilotline seal`."""

    out: FilePath | None = Field(description="folder for secret.json, which stays with you, and commitment.json")
    reveal: FilePath | None = Field(description="secret.json whose seed is printed, for score; null to make a new seal")

    @model_validator(mode="after")
    def _something_to_do(self) -> SealSettings:
        if self.out is None and self.reveal is None:
            raise ValueError("out=null and reveal=null: nothing to do, give one of them")
        return self


def run(settings: SealSettings, session: Session) -> int:
    """Draw and seal a seed, or print the one of a seal and nothing else."""
    from pilotline.benchmarks.attest import seal

    if settings.reveal is not None:
        print(seal.read_secret(settings.reveal, "reveal").seed)
        return 0
    assert settings.out is not None
    secret, public = seal.make(open_out(settings.out))
    session.console.print(f"commitment {seal.read_commitment(public).commitment}", highlight=False, soft_wrap=True)
    session.console.print(f"wrote {secret}: keep it to yourself until the card is out", highlight=False, soft_wrap=True)
    session.console.print(f"wrote {public}: publish it now, before the run", highlight=False, soft_wrap=True)
    return 0


VERB = Verb(name="seal", settings=SealSettings, run=run, exclusive=(("out", "reveal"),))
