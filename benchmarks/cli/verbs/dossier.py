"""`pilotline dossier`: a template of what the simulation cannot know, to be filled in."""

from __future__ import annotations

import json

from pydantic import Field

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb


class DossierSettings(Settings):
    """Keys of `pilotline dossier`."""

    out: FilePath = Field(description="file to write: .yaml for the template, .json for its JSON Schema")


def run(settings: DossierSettings, session: Session) -> int:
    """Write it; never over another file."""
    from pilotline.benchmarks.attest import dossier

    out = settings.out
    if out.suffix not in (".yaml", ".json"):
        raise CommandError(f"out={out}: must end in .yaml for the template, or .json for its JSON Schema")
    if out.exists():
        raise CommandError(f"out={out}: is there already and is never overwritten")
    schema = (json.dumps(dossier.json_schema(), indent=2) + "\n").encode()
    try:
        write_atomically(out, dossier.template() if out.suffix == ".yaml" else schema)
    except OSError as error:
        raise CommandError(f"out={out}: cannot be written: {error.strerror}") from None
    session.console.print(f"wrote {out}", highlight=False, soft_wrap=True)
    return 0


VERB = Verb(name="dossier", settings=DossierSettings, run=run, bare="out")
