"""One self-contained HTML page from a scorecard: no network, no scripts, light, dark and on paper."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pilotline.benchmarks import page, plots, wording
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.line_view import line_view
from pilotline.benchmarks.schema import Body, Scorecard, StationResult

_FILTERS = (
    wording.number,
    wording.percent,
    wording.at_least,
    wording.interval,
    wording.seconds,
    wording.hours,
    wording.joules,
    wording.celsius,
    wording.figure,
    wording.count,
    wording.plain,
)


@dataclass(frozen=True)
class Video:
    """A recorded cycle, or the reason why there is none."""

    title: str
    mp4_bytes: bytes | None
    """H.264 in MP4, which browsers play; None when it could not be recorded."""
    caption: str
    """What is to be seen; without a recording, why there is none."""

    @property
    def data_uri(self) -> str:
        """The recording as part of the page."""
        if self.mp4_bytes is None:
            raise ValueError(f"video {self.title!r} has no recording: {self.caption}")
        return "data:video/mp4;base64," + base64.b64encode(self.mp4_bytes).decode()


@dataclass(frozen=True)
class StationView:
    """A station with its charts, ready for the page."""

    facts: StationFacts
    found: StationResult
    verdict: str
    cycle_times: Markup
    failures: Markup
    mass_bins: Markup
    torques: Markup
    energies: Markup
    heat_loads: Markup


def render(card: Scorecard, videos: Sequence[Video] = ()) -> str:
    """The page as text."""
    body = card.body
    stations = [_view(body, f, s) for f, s in zip(body.line.stations, body.stations, strict=True)]
    several = len(stations) > 1
    titles = [facts.title for facts in body.line.stations]
    flow = plots.station_times(body.flow, titles) if body.flow and several else ""
    return page.template("report.html.j2", _FILTERS).render(
        card=card,
        body=body,
        job=body.job,
        header=card.header,
        stations=stations,
        sheets=sorted({sheet for drive in body.robot.drives for sheet in drive.sheets}, key=lambda sheet: sheet.name),
        flow_chart=Markup(flow),
        view=line_view(body),
        videos=videos,
        asked=asked(body),
        nothing=wording.NOTHING,
    )


def write_report(card: Scorecard, path: Path, videos: Sequence[Video] = ()) -> None:
    """Write the page under a temporary name and rename it."""
    write_atomically(path, render(card, videos).encode())


def asked(body: Body) -> str:
    """What the campaign was, in words."""
    if body.job["cycles"] is not None:
        return f"{body.job['cycles']} cycles per station"
    if body.run is not None:
        return f"{body.job['hours']:g} h of the line from end to end"
    return f"a planned shift of {body.job['hours']:g} h"


def verdict(body: Body, facts: StationFacts, found: StationResult) -> str:
    """The result of a station in one or two plain sentences."""
    first, parity = found.graded.first_pass, found.parity
    if first.n == 0:
        return "No cycle was within the robot's own load chart: nothing to grade."
    loads = f" within the robot's load chart (at most {body.robot.payload_kg:g} kg)" if _limited(body, found) else ""
    text = f"{first.good} of {first.n} cycles{loads} were good at the first try"
    if parity.point > 0.0:
        pace = 1.0 / parity.point
        text += f"; counting failures, a good part took {pace:.1f} times the human standard time"
        if parity.tau_ref_s > facts.tau_h_s:
            text = text.replace("human standard time", "machine's cycle")
    critical = found.graded.events.critical
    if critical:
        text += f". Critical events: {critical}, therefore the score is 0"
    return text + "."


def _limited(body: Body, found: StationResult) -> bool:
    return body.robot.payload_kg is not None and bool(found.mass_bins)


def _view(body: Body, facts: StationFacts, found: StationResult) -> StationView:
    return StationView(
        facts=facts,
        found=found,
        verdict=verdict(body, facts, found),
        cycle_times=Markup(plots.cycle_times(facts, found.graded)),
        failures=Markup(plots.failures(facts.name, found.graded)),
        mass_bins=Markup(plots.mass_bins(found)),
        torques=Markup(plots.torques(facts.name, found.graded)),
        energies=Markup(plots.energies(facts.name, found.graded.drives)),
        heat_loads=Markup(plots.heat_loads(facts.name, found.graded.drives)),
    )
