"""The robot report as one self-contained page."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from markupsafe import Markup

from pilotline.benchmarks import page, wording
from pilotline.benchmarks.robot_report import charts
from pilotline.benchmarks.robot_report.facts import Area
from pilotline.benchmarks.robot_report.gather import Findings

MARKS = {
    "V": "read in the source",
    "D": "derived from it",
    "M": "measured here",
    "K": "general knowledge",
    "E": "estimate",
}


@dataclass(frozen=True)
class MapView:
    """A map with its figures."""

    height_m: float
    areas: tuple[Area, ...]
    svg: Markup


def render(found: Findings, png: bytes | None, why_no_picture: str = "") -> str:
    """The page as text; `png` is the picture, or None with the reason."""
    facts = found.facts
    outline = charts.outline(found.scene)
    maps = [
        MapView(
            one.height_m,
            tuple(area for area in facts.workspace if area.height_m == one.height_m),
            Markup(charts.workspace(one, outline)),
        )
        for one in found.maps
    ]
    picture = None if png is None else "data:image/png;base64," + base64.b64encode(png).decode()
    return page.template("robot.html.j2", wording.FILTERS).render(
        facts=facts,
        maps=maps,
        picture=picture,
        why_no_picture=why_no_picture,
        masses=Markup(charts.masses(facts.masses)),
        loads=Markup(charts.loads(facts.load_chart)),
        payloads=Markup(charts.payloads(facts)),
        support=Markup(charts.support(facts.stances)),
        gravity=Markup(charts.gravity(facts.stances)),
        marks=MARKS,
        nothing=wording.NOTHING,
    )
