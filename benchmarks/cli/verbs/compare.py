"""`pilotline compare`: which of several scorecards is better, by how much, how certain, at what cost."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.benchmarks.compare.result import Comparison


def _paths(value: Any) -> Any:
    """Paths from words as a shell would split them."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise ValueError(f"{error}; allowed: paths, those with blanks in quotes") from None


class CompareSettings(Settings):
    """Keys of `pilotline compare`."""

    cards: Annotated[tuple[FilePath, ...], BeforeValidator(_paths)] = Field(
        description="scorecards, or folders that hold one, with blanks between; the first is the control"
    )
    control: str | None = Field(description="arm that the others are held against, by name or path; null for the first")
    out: FilePath = Field(description="folder for result.json, compare.html and compare.svg")


def run(settings: CompareSettings, session: Session) -> int:
    """Compare; print the table, write result.json, the page and the picture."""
    from pilotline.benchmarks.compare import arms, picture, table, web
    from pilotline.benchmarks.compare.result import compare

    chosen = arms.read(settings.cards, settings.control)
    out = open_out(settings.out)
    found = compare(chosen)
    files = [out / "compare.html", out / "compare.svg"]
    web.write(found, files[0])
    picture.write(found, files[1])
    session.console.print(table.render(found))
    result = write_result(out, session.command, figures(found), files)
    for written in (result, *files):
        session.console.print(f"wrote {written}", highlight=False, markup=False, soft_wrap=True)
    return 0


def figures(found: Comparison) -> dict[str, Any]:
    """The comparison in plain JSON types."""
    from pilotline.benchmarks.compare.arms import described
    from pilotline.benchmarks.compare.words import sentences

    return {
        "control": found.arms[0].name,
        "arms": [
            {
                "name": arm.name,
                "what": described(arm),
                "body_sha256": arm.card.body_sha256,
                "rank_low": low,
                "rank_high": high,
            }
            for arm, low, high in zip(found.arms, found.rank_low, found.rank_high, strict=True)
        ],
        "verdicts": [
            {
                "station": verdict.station,
                "arm": verdict.arm,
                "better": verdict.better,
                "by": verdict.by.figure.name if verdict.by else None,
                "anytime": verdict.anytime,
            }
            for verdict in found.verdicts
        ],
        "differences": [
            {key: value for key, value in asdict(one.found).items() if key != "needed"}
            | {
                "unit": one.figure.unit,
                "p_holm": one.p_holm,
                "p_anytime_holm": one.p_anytime_holm,
                "peeked": one.peeked,
                "more_cycles": one.more_cycles,
            }
            for one in found.judged
        ],
        "costs": [asdict(cost) for cost in found.costs],
        "overall": [asdict(one) for one in found.overall],
        "sentences": list(sentences(found)),
        "remarks": list(found.remarks),
    }


VERB = Verb(name="compare", settings=CompareSettings, run=run, bare="cards", many=True)
