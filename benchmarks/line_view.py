"""The line part of a report, ready for the page."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from pilotline.benchmarks import line_plots, wording
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.line_schema import RunResult
from pilotline.benchmarks.schema import Body
from pilotline.benchmarks.scorecard import ran_of


@dataclass(frozen=True)
class Failure:
    """A failed cycle, and what became of the part."""

    at_min: float
    title: str
    part: int
    faults: tuple[str, ...]
    then: str


@dataclass(frozen=True)
class LineView:
    """A run with its charts."""

    found: RunResult
    titles: tuple[str, ...]
    takt_s: float
    verdict: str
    bottleneck: str
    failures: tuple[Failure, ...]
    timeline: Markup
    shares: Markup
    good_parts: Markup
    buffers: Markup


def line_view(body: Body) -> LineView | None:
    """The line part of a body; None for a campaign."""
    found, line = body.run, body.line.card
    if found is None or line is None:
        return None
    run = ran_of(body)
    assert isinstance(run, LineRun)
    titles = tuple(facts.title for facts in body.line.stations)
    named = dict(zip(line.station_names, titles, strict=True))
    short = tuple(wording.plain(name) for name in line.station_names)
    return LineView(
        found=found,
        titles=titles,
        takt_s=line.takt_s,
        verdict=verdict(found),
        bottleneck=wording.plain(found.twin.bottleneck) if found.twin else wording.NOTHING,
        failures=_failures(run, named),
        timeline=Markup(line_plots.timeline(line, run, short)),
        shares=Markup(line_plots.shares(found, short)),
        good_parts=Markup(line_plots.good_parts(line, run, found)),
        buffers=Markup(line_plots.buffers(line, run, short)),
    )


def verdict(found: RunResult) -> str:
    """The run in a few plain sentences."""
    text = f"In {wording.hours(found.horizon_s)} one robot made {found.good} good parts"
    if found.scrap:
        text += f" and {found.scrap} scrap"
    text += f"; it did the work of {found.human_share:.2f} persons who keep the standard time without a pause"
    ratio = found.yield_ratio
    if ratio is not None and not 1.0 / 1.15 <= ratio <= 1.15:
        text += f". The yield at its end is {ratio:.2f} times the product of the stations' yields: they interact"
    if found.critical:
        text += f". Critical events: {found.critical}, therefore the score is 0"
    return text + "."


def _failures(run: LineRun, named: dict[str, str]) -> tuple[Failure, ...]:
    words = {"reworked": "done again", "scrapped": "scrap"}
    fate = {(e.time_s, e.part): words[e.kind] for e in run.events if e.kind in words}
    at = [event.time_s for event in run.events if event.kind in ("done", "failed")]
    return tuple(
        Failure(time_s / 60.0, named[visit.station], visit.part, visit.row.faults, fate[time_s, visit.part])
        for visit, time_s in zip(run.visits, at, strict=True)
        if not visit.row.success
    )
