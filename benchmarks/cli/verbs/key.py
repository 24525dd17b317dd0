"""`pilotline key`: a new key pair, to sign scorecards with."""

from __future__ import annotations

from pydantic import Field

from pilotline.benchmarks.cli.results import open_out
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb


class KeySettings(Settings):
    """Keys of `pilotline key`."""

    out: FilePath = Field(description="folder for private.pem, which only you may read, and public.pem, for everybody")


def run(settings: KeySettings, session: Session) -> int:
    """Make the pair; a key that is there is never overwritten."""
    from pilotline.benchmarks.attest import keys

    keys.need_libraries()
    private, public = keys.make(open_out(settings.out))
    keyid = keys.public_key(public).keyid
    session.console.print(f"key {keyid}", highlight=False, soft_wrap=True)
    session.console.print(f"wrote {private}: keep it to yourself, it has no password", highlight=False, soft_wrap=True)
    session.console.print(f"wrote {public}: for whoever checks what you sign", highlight=False, soft_wrap=True)
    return 0


VERB = Verb(name="key", settings=KeySettings, run=run)
