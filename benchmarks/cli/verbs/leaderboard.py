"""`pilotline leaderboard`: a static site over the scorecards below a folder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.progress import progress
from pilotline.benchmarks.cli.results import open_out
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb


class LeaderboardSettings(Settings):
    """Keys of `pilotline leaderboard`."""

    cards: FilePath = Field(description="folder with scorecards, at any depth: every *scorecard*.json")
    rank: Literal["all", "attested"] = Field(
        description="cards that are ranked: all that hold, or only those with a complete attestation"
    )
    out: FilePath = Field(description="folder for index.html, hardware.html, and copies of the cards and their reports")


def run(settings: LeaderboardSettings, session: Session) -> int:
    """Check the cards and write the site; status 1 if there is no card that holds."""
    if not settings.cards.is_dir():
        raise CommandError(f"cards={settings.cards}: no such folder")
    if settings.cards.resolve() == settings.out.resolve():
        raise CommandError(f"out={settings.out}: holds the cards; the site needs a folder of its own, say below it")
    out = open_out(settings.out)
    from pilotline.benchmarks.leaderboard.found import gather
    from pilotline.benchmarks.leaderboard.site import write_site

    with progress(session.notes, "cards") as advance:
        found, refused = gather(settings.cards, out, advance)
    for each in refused:
        session.note(f"not on the board: {each.place}: {each.reason}")
    files = write_site(found, refused, out, settings.rank == "attested")
    session.console.print(f"{len(found)} cards on the board, {len(refused)} not", highlight=False)
    for path in files:
        session.console.print(f"wrote {path}", highlight=False, markup=False, soft_wrap=True)
    return 0 if found else 1


VERB = Verb(name="leaderboard", settings=LeaderboardSettings, run=run, bare="cards")
