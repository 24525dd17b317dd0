"""One self-contained HTML page from a scorecard: no network, no scripts, light, dark and on paper."""

import base64
import binascii
import html
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from pilotline.benchmarks import films, page, plots, wording
from pilotline.benchmarks.attest.signing import Signing
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.capability_view import capability_view
from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.films import Film
from pilotline.benchmarks.grade_view import grade_view
from pilotline.benchmarks.line_view import line_view
from pilotline.benchmarks.schema import Body, Scorecard, StationResult

_SAFETY_EVENTS = (
    ("Falls", "falls"),
    ("Near-falls", "near_falls"),
    ("Drops", "drops"),
    ("Force above the limit of a part (indicator)", "exceedances_part"),
    ("Of a fixture or machine (indicator)", "exceedances_fixture"),
    ("Of a region of a person's body (indicator)", "exceedances_person"),
    ("Touches of a person", "person_contacts"),
    ("Entries into a keep-out zone", "keep_out_breaches"),
    ("Entries faster than 0.25 m/s", "keep_out_fast"),
    ("Protective stops", "protective_stops"),
    ("Emergency stops", "emergency_stops"),
    ("Restarts without release", "unsafe_restarts"),
)
"""Row of the page, and field of `Safety`."""


# as the template writes it, word by word: a pattern with more freedom takes forever on a page made for that
_RECORDED = re.compile(
    r'<video controls muted playsinline preload="metadata" aria-label="([^"<>]*)" '
    r'src="data:video/mp4;base64,([A-Za-z0-9+/=]*)">'
)


@dataclass(frozen=True)
class Video:
    """A recorded cycle, or the reason why there is none."""

    title: str
    mp4_bytes: bytes | None
    """H.264 in MP4, which browsers play; None when it could not be recorded."""
    caption: str
    """What is to be seen; without a recording, why there is none."""
    station: str | None = None
    fault: str | None = None
    """The class of failure at a station that it stands for; None for any other."""

    @property
    def data_uri(self) -> str:
        """The recording as part of the page."""
        if self.mp4_bytes is None:
            raise ValueError(f"video {self.title!r} has no recording: {self.caption}")
        return "data:video/mp4;base64," + base64.b64encode(self.mp4_bytes).decode()


@dataclass(frozen=True)
class Cause:
    """A row of the Pareto of failures."""

    fault: str
    cycles: int
    share: float
    """Of graded cycles."""
    running: float
    """This cause and all before it / all causes counted."""
    first: int
    """First graded cycle with it."""
    film: int | None
    """Number of its recording on the page, from 1."""


@dataclass(frozen=True)
class StationView:
    """A station with its charts, ready for the page."""

    facts: StationFacts
    found: StationResult
    verdict: str
    cycle_times: Markup
    failures: Markup
    causes: tuple[Cause, ...]
    mass_bins: Markup
    torques: Markup
    energies: Markup
    heat_loads: Markup


def video_of(film: Film, mp4_bytes: bytes | None, caption: str) -> Video:
    """The recording of a cycle that was chosen for the page."""
    return Video(film.title, mp4_bytes, caption, film.row.station if film.fault else None, film.fault)


def recordings(text: str, body: Body) -> tuple[Video, ...]:
    """Recordings of a page, for the next page of the same card: pictures are taken over, every word is the card's.

    text: the page; of one that is none of ours, or of another card, nothing is taken over.
    """
    kept = {html.unescape(title): content for title, content in _RECORDED.findall(text)}
    if not kept:
        return ()
    found, room = [], films.MOST_BYTES
    for film in films.choose(body):
        try:
            content = base64.b64decode(kept.get(film.title, ""), validate=True)
        except binascii.Error:
            content = b""
        caption = films.caption(film, body)
        if 0 < len(content) <= room:
            room -= len(content)
            found.append(video_of(film, content, caption))
        else:
            found.append(video_of(film, None, f"{caption}. Not recorded in the campaign."))
    return tuple(found)


def render(card: Scorecard, videos: Sequence[Video] = (), signing: Signing | None = None) -> str:
    """The page as text; `signing` is what it says of its signature, None before it is signed."""
    body = card.body
    stations = [_view(body, f, s, videos) for f, s in zip(body.line.stations, body.stations, strict=True)]
    several = len(stations) > 1
    titles = [facts.title for facts in body.line.stations]
    capabilities = capability_view(body)
    times = plots.station_cycle_times(body.line.stations, [s.graded for s in body.stations]) if several else ""
    flow = plots.station_times(body.flow, titles) if body.flow and several else ""
    return page.template("report.html.j2", wording.FILTERS).render(
        card=card,
        body=body,
        job=body.job,
        header=card.header,
        stations=stations,
        sheets=sorted({sheet for drive in body.robot.drives for sheet in drive.sheets}, key=lambda sheet: sheet.name),
        flow_chart=Markup(flow),
        view=line_view(body),
        grade=grade_view(body),
        capabilities=capabilities,
        contents=_contents(body, bool(capabilities)),
        station_times=Markup(times),
        videos=videos,
        signing=signing,
        safety_events=_SAFETY_EVENTS,
        most_films=films.MOST_FAILURES,
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


def _contents(body: Body, capable: bool) -> list[tuple[str, str]]:
    """Sections to go to: id and title."""
    drives = [("drives", "Drives, heat and energy")] if body.robot.drives else []
    line = [("line", "The line")] if body.run or body.flow else []
    capability = [("capability", "Process capability")] if capable else []
    return [
        ("grade", "Grade"),
        ("stations", "Stations"),
        ("times", "Cycle times"),
        *capability,
        ("failures", "Failures and recordings"),
        ("safety", "Safety"),
        *drives,
        *line,
        ("method", "Method"),
        ("provenance", "Provenance"),
        ("signature", "Signature"),
    ]


def _causes(body: Body, found: StationResult, videos: Sequence[Video]) -> tuple[Cause, ...]:
    """The Pareto of a station's graded failures."""
    shown = {(video.station, video.fault): k for k, video in enumerate(videos, 1)}
    rows = [row for row in body.rows if row.station == found.name and row.within_payload]
    counted = itertools.accumulate(each.cycles for each in found.graded.faults)
    total = sum(each.cycles for each in found.graded.faults)
    return tuple(
        Cause(
            fault=each.fault,
            cycles=each.cycles,
            share=each.share,
            running=so_far / total,
            first=next(row.cycle for row in rows if each.fault in row.faults),
            film=shown.get((found.name, each.fault)),
        )
        for each, so_far in zip(found.graded.faults, counted, strict=True)
    )


def _view(body: Body, facts: StationFacts, found: StationResult, videos: Sequence[Video]) -> StationView:
    return StationView(
        facts=facts,
        found=found,
        verdict=verdict(body, facts, found),
        cycle_times=Markup(plots.cycle_times(facts, found.graded)),
        failures=Markup(plots.failures(facts.name, found.graded)),
        causes=_causes(body, found, videos),
        mass_bins=Markup(plots.mass_bins(found)),
        torques=Markup(plots.torques(facts.name, found.graded)),
        energies=Markup(plots.energies(facts.name, found.graded.drives)),
        heat_loads=Markup(plots.heat_loads(facts.name, found.graded.drives)),
    )
