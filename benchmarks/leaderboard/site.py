"""The pages of a leaderboard: the same cards give the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pilotline.benchmarks import page, wording
from pilotline.benchmarks.attest import files
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.leaderboard.boards import Board, Line, boards
from pilotline.benchmarks.leaderboard.found import ATTESTATION, CARDS, HARDWARE, INDEX, REPORT, SHORT, Found, Refused
from pilotline.benchmarks.leaderboard.hardware import tables
from pilotline.benchmarks.statistics import ranking

MOST_PAIRED = 16
"""Places of a board whose pairs are shown; the best ones."""
_SIGNED_TOGETHER = (ATTESTATION, files.DOSSIER, *files.BESIDE)
"""Without one of these the copy of a signed card would not hold. A vendor's policy is not handed on."""


@dataclass(frozen=True)
class Filter:
    """A choice that hides the cards without it."""

    key: str
    """Name of the attribute `data-KEY` of a row."""
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Strip:
    """Good parts per hour with its interval, in percent of the widest interval of the board."""

    low: float
    point: float
    high: float


@dataclass(frozen=True)
class Pair:
    """How sure it is that one card is better than another."""

    chance: float
    """In percent."""
    shown: bool
    """Whether it is shown, all pairs of the board taken together; rank intervals follow from these."""


@dataclass(frozen=True)
class Place:
    """A row of a board."""

    number: int
    """From 1, in the order of the measured rate."""
    line: Line
    rank: str
    """Places that are left to it, such as 1 to 3."""
    rate: float
    low: float
    high: float
    strip: Strip
    tags: dict[str, str]
    """What filters look at."""


@dataclass(frozen=True)
class BoardView:
    """A board, ready for the page."""

    board: Board
    places: tuple[Place, ...]
    pairs: tuple[tuple[Pair | None, ...], ...]
    """Card of the row against card of the column; None with itself."""
    tags: dict[str, str]
    unranked: tuple[tuple[Line, str, dict[str, str]], ...]


def pages(
    found: Sequence[Found], refused: Sequence[Refused], attested_only: bool = False, keys: Sequence[str] = ()
) -> dict[str, str]:
    """Name and text of every page.

    Args:
      attested_only: rank only cards with a complete attestation, by one of the keys where there are any.
      keys: ids of trusted keys, as `gather` was given them.
    """
    views = [_view(board) for board in boards(found, attested_only, attested_only and bool(keys))]
    compared = tables(found)
    shared = {
        "views": views,
        "tables": compared,
        "cards": len(found),
        "refused": refused,
        "attested_only": attested_only,
        "keys": keys,
        "filters": _filters(views),
        "nothing": wording.NOTHING,
        "most_paired": MOST_PAIRED,
        "folder": CARDS,
        "report": REPORT,
        "script": Markup(page.source("leaderboard.js")),
    }
    return {name: page.template(f"leaderboard_{name}.j2", wording.FILTERS).render(shared) for name in (INDEX, HARDWARE)}


def write_site(
    found: Sequence[Found],
    refused: Sequence[Refused],
    out: Path,
    attested_only: bool = False,
    keys: Sequence[str] = (),
) -> list[Path]:
    """Write the pages and copy cards and reports beside them; what an earlier site of this folder copied goes."""
    texts = pages(found, refused, attested_only, keys)
    kept = {each.short for each in found}
    for old in sorted((out / CARDS).glob("?" * SHORT)):
        if old.name not in kept:
            shutil.rmtree(old)
    for each in found:
        folder = out / CARDS / each.short
        beside = {name: each.path.with_name(name) if each.signature else None for name in _SIGNED_TOGETHER}
        beside |= {"scorecard.json": each.path, REPORT: each.report}
        for name, source in beside.items():
            if source is not None and source.is_file():
                write_atomically(folder / name, source.read_bytes())
            else:
                (folder / name).unlink(missing_ok=True)
    for name, text in texts.items():
        write_atomically(out / name, text.encode())
    return [out / name for name in texts]


def _view(board: Board) -> BoardView:
    found = board.ranking
    places: list[Place] = []
    pairs: tuple[tuple[Pair | None, ...], ...] = ()
    tags = {
        "board": f"{'line' if board.key.of_line else 'station'} {board.key.name}",
        "pack": board.key.pack,
        "entry": board.key.entry_class,
        "autonomy": board.key.autonomy,
        "fidelity": board.fidelity,
    }
    if found is not None:
        widest = max(float(found.high.max()), 1e-9)
        for k, line in enumerate(board.lines):
            best, worst = int(found.rank_low[k]), int(found.rank_high[k])
            rate, low, high = (float(array[k]) for array in (found.good_per_hour, found.low, found.high))
            places.append(
                Place(
                    number=k + 1,
                    line=line,
                    rank=str(best) if best == worst else f"{best}–{worst}",
                    rate=rate,
                    low=low,
                    high=high,
                    strip=Strip(*(round(100.0 * value / widest, 2) for value in (low, min(rate, high), high))),
                    tags=_tags(line),
                )
            )
        shown = range(min(len(places), MOST_PAIRED))
        better = ranking.better(found.certainty)
        pairs = tuple(
            tuple(None if i == j else Pair(100.0 * float(found.certainty[i, j]), bool(better[i, j])) for j in shown)
            for i in shown
        )
    return BoardView(
        board=board,
        places=tuple(places),
        pairs=pairs if len(pairs) > 1 else (),
        tags=tags,
        unranked=tuple((line, why, _tags(line)) for line, why in board.unranked),
    )


def _tags(line: Line) -> dict[str, str]:
    found = line.found
    own = {name: str(found.card.body.job[name]) for name in ("robot", "actuators", "policy")}
    return own | {"signer": found.signer, "signed": found.signed}


def _filters(views: Iterable[BoardView]) -> tuple[Filter, ...]:
    """What may be chosen from: every value there is."""
    labels = {
        "board": "Line or station",
        "pack": "Pack",
        "robot": "Robot",
        "actuators": "Actuators",
        "policy": "Policy",
        "entry": "Entry class",
        "autonomy": "Autonomy",
        "fidelity": "Fidelity",
        "signer": "Signature",
        "signed": "Attestation",
    }
    values: dict[str, set[str]] = {key: set() for key in labels}
    for view in views:
        rows = [place.tags for place in view.places] + [tags for _, _, tags in view.unranked]
        for tags in [view.tags, *rows]:
            for key, value in tags.items():
                values[key].add(value)
    return tuple(Filter(key, label, tuple(sorted(values[key]))) for key, label in labels.items() if values[key])
