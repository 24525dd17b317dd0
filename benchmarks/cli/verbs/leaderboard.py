"""`pilotline leaderboard`: a static site over the scorecards below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.progress import progress
from pilotline.benchmarks.cli.results import open_out
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb


def _paths(value: Any) -> Any:
    """Paths with commas between."""
    if not isinstance(value, str):
        return value
    words = tuple(word.strip() for word in value.split(","))
    if not all(words):
        raise ValueError("an empty path; allowed: paths with commas between")
    return words


class LeaderboardSettings(Settings):
    """Keys of `pilotline leaderboard`."""

    cards: FilePath = Field(description="folder with scorecards, at any depth: every *scorecard*.json")
    rank: Literal["all", "attested"] = Field(
        description="cards that are ranked: all that hold, or only those with a complete attestation, by a trusted key "
        "where key= names any"
    )
    key: Annotated[tuple[FilePath, ...] | None, BeforeValidator(_paths)] = Field(
        description="public keys that are trusted: PEM files, or folders of them, with commas between; null for none"
    )
    out: FilePath = Field(description="folder for index.html, hardware.html, and copies of the cards and their reports")


def run(settings: LeaderboardSettings, session: Session) -> int:
    """Check the cards and write the site; status 1 if there is no card that holds."""
    if not settings.cards.is_dir():
        raise CommandError(f"cards={settings.cards}: no such folder")
    if settings.cards.resolve() == settings.out.resolve():
        raise CommandError(f"out={settings.out}: holds the cards; the site needs a folder of its own, say below it")
    keys = _keys(settings.key)
    out = open_out(settings.out)
    from pilotline.benchmarks.leaderboard.found import NO_KEY, TRUSTED, UNKNOWN, gather
    from pilotline.benchmarks.leaderboard.site import write_site

    with progress(session.notes, "cards") as advance:
        found, refused = gather(settings.cards, out, advance, keys)
    for each in refused:
        session.note(f"not on the board: {each.place}: {each.reason}")
    files = write_site(found, refused, out, settings.rank == "attested", keys)
    session.console.print(f"{len(found)} cards on the board, {len(refused)} not", highlight=False)
    signers = [each.signer for each in found]
    counts = ", ".join(f"{name} {signers.count(name)}" for name in (TRUSTED, UNKNOWN, NO_KEY))
    session.console.print(f"signatures: {counts}", highlight=False)
    for path in files:
        session.console.print(f"wrote {path}", highlight=False, markup=False, soft_wrap=True)
    return 0 if found else 1


def _keys(paths: tuple[Path, ...] | None) -> tuple[str, ...]:
    """Ids of the trusted keys."""
    if not paths:
        return ()
    from pilotline.benchmarks.attest.trusted import public_keys

    return tuple(key.keyid for key in public_keys(paths))


VERB = Verb(name="leaderboard", settings=LeaderboardSettings, run=run, bare="cards")
