"""Which cycles of a campaign are worth a film: a good one, and the first of each of the most frequent failures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pilotline.benchmarks.policy_text import is_served
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Body
from pilotline.benchmarks.wording import plain

MOST_FAILURES = 5
"""Classes of failure with a film; the rest is in the table."""
MOST_BYTES = 6_000_000
"""Of all films of a report together, so that the page stays below 10 MB once they are written as text."""


@dataclass(frozen=True)
class Film:
    """A cycle to be filmed."""

    title: str
    row: CycleRow
    fault: str | None
    """The class of failure that it stands for; None for a good cycle."""


def caption(film: Film, body: Body) -> str:
    """What is to be seen, without a full stop."""
    row = film.row
    what = ", ".join(plain(fault) for fault in row.faults) or "first pass, in tolerance"
    text = f"{plain(row.station)}, cycle {row.cycle}, {row.time_s:.1f} s: {what}"
    if body.run is not None:
        text += "; shown at the station alone, with the robot fresh at home"
    if is_served(str(body.job["policy"])):
        text += "; its server was asked again for this film"
    return text


def choose(body: Body) -> tuple[Film, ...]:
    """Films for a report: the first good cycle, then one of each of the most frequent classes of failure.

    A class is a fault at a station. Graded cycles count before those beyond the load chart; classes that are equally
    frequent come in the order of stations and cycles. A cycle of several faults stands for one of them, and a class of
    which no cycle is left has been seen in the films of the others.
    """
    graded_first = sorted(body.rows, key=lambda row: not row.within_payload)
    films = [Film("A good cycle", row, None) for row in graded_first if row.success][:1]
    titles = {facts.name: facts.title for facts in body.line.stations}
    failed = [row for row in graded_first if not row.success]
    classes = Counter((row.station, fault) for row in failed if row.within_payload for fault in row.faults)
    beyond = Counter((row.station, fault) for row in failed if not row.within_payload for fault in row.faults)
    order = [one for one, _ in classes.most_common()]
    order += [one for one, _ in beyond.most_common() if one not in classes]
    taken: set[tuple[str, int]] = set()
    for station, fault in order:
        if len(taken) == MOST_FAILURES:
            break
        own = [row for row in failed if row.station == station and fault in row.faults]
        row = next((row for row in own if (station, row.cycle) not in taken), None)
        if row is not None:
            taken.add((station, row.cycle))
            films.append(Film(f"{plain(fault).capitalize()} at {titles[station]}", row, fault))
    return tuple(films)
