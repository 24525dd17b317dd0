"""A comparison as one self-contained HTML page: no network, no scripts, light, dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pilotline.benchmarks import page, wording
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.compare.arms import Arm, described
from pilotline.benchmarks.compare.result import Comparison, Cost, Judged
from pilotline.benchmarks.compare.words import LEGEND, amount, between, chance, more, place, sentences
from pilotline.benchmarks.facts import StationFacts

_HALF = 80.0
"""Half the width of a strip, on which no difference is the middle."""


@dataclass(frozen=True)
class Place:
    """An arm with the places that are left to it."""

    places: str
    arm: Arm
    what: str
    control: bool


@dataclass(frozen=True)
class Strip:
    """Difference and intervals along a strip from 0 to twice `_HALF`; None where one is not known."""

    point: float | None
    interval: tuple[float, float] | None
    sequence: tuple[float, float] | None
    """The one that holds at every look, cut off at the ends of the strip."""


@dataclass(frozen=True)
class Row:
    """A figure of an arm beside the control."""

    arm: str
    control: str
    value: str
    difference: str
    interval: str
    word: str
    """better, worse or open: told apart or not."""
    p: str
    anytime: str
    more: str
    strip: Strip


@dataclass(frozen=True)
class Figures:
    """One figure of every arm at a station."""

    title: str
    deciding: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Costs:
    """What a good part takes with one arm, failed cycles charged."""

    arm: str
    title: str
    control: str
    value: str
    difference: str
    interval: str
    share: str
    """Of a time, the difference as a share of the station's takt."""


@dataclass(frozen=True)
class Station:
    """One station of the line."""

    facts: StationFacts
    unpaired: tuple[str, ...]
    figures: tuple[Figures, ...]
    costs: tuple[Costs, ...]


def render(found: Comparison) -> str:
    """The page as text; the same for the same comparison."""
    control = found.arms[0]
    return page.template("compare.html.j2", wording.FILTERS).render(
        line=control.body.line,
        job=control.body.job,
        control=control.name,
        places=tuple(_places(found)),
        findings=tuple(_findings(found)),
        stations=tuple(_station(found, facts) for facts in control.body.line.stations),
        remarks=found.remarks,
        legend=LEGEND,
        end=2.0 * _HALF,
    )


def write(found: Comparison, path: Path) -> None:
    """Write the page under a temporary name and rename it."""
    write_atomically(path, render(found).encode())


def _places(found: Comparison) -> Iterator[Place]:
    ranked = sorted(zip(found.arms, found.rank_low, found.rank_high, strict=True), key=lambda each: each[1] + each[2])
    for arm, low, high in ranked:
        yield Place(place(low, high), arm, described(arm), arm is found.arms[0])


def _findings(found: Comparison) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each sentence with those that belong to it."""
    head = ""
    details: list[str] = []
    for sentence in sentences(found):
        if sentence.startswith("  "):
            details.append(sentence.strip())
            continue
        if head:
            yield head, tuple(details)
        head, details = sentence, []
    if head:
        yield head, tuple(details)


def _station(found: Comparison, facts: StationFacts) -> Station:
    judged = [one for one in found.judged if one.found.station == facts.name]
    names = dict.fromkeys(one.figure.name for one in judged)
    return Station(
        facts=facts,
        unpaired=tuple(dict.fromkeys(one.found.arm for one in judged if not one.found.paired)),
        figures=tuple(_figures([one for one in judged if one.figure.name == name]) for name in names),
        costs=tuple(_cost(cost, facts) for cost in found.costs if cost.station == facts.name),
    )


def _figures(judged: list[Judged]) -> Figures:
    figure = judged[0].figure
    known = [
        abs(value)
        for one in judged
        for value in (one.found.low, one.found.high, one.found.difference)
        if value is not None
    ]
    widest = max(known, default=0.0) or 1.0
    return Figures(
        title=f"{figure.title} ({figure.unit})",
        deciding=judged[0].deciding,
        rows=tuple(_row(one, widest) for one in judged),
    )


def _row(one: Judged, widest: float) -> Row:
    figure, found = one.figure, one.found
    told = one.shown and found.better is not None
    return Row(
        arm=found.arm,
        control=wording.number(found.control_value, figure.digits),
        value=wording.number(found.arm_value, figure.digits),
        difference=amount(found.difference, figure.gap_unit, figure.digits, True),
        interval=between(found.low, found.high, figure.digits),
        word=("better" if found.better else "worse") if told else "open",
        p=chance(one.p_holm),
        anytime=chance(one.p_anytime_holm),
        more=more(one),
        strip=Strip(
            point=None if found.difference is None else _at(found.difference, widest),
            interval=_ends(found.low, found.high, widest),
            sequence=_ends(found.sequence_low, found.sequence_high, widest),
        ),
    )


def _cost(cost: Cost, facts: StationFacts) -> Costs:
    gap = None if cost.arm_value is None or cost.control_value is None else cost.arm_value - cost.control_value
    digits = 1 if cost.unit == "s" else 0
    share = amount(100.0 * gap / facts.tau_l_s, "%", 0, True) if gap is not None and cost.unit == "s" else ""
    return Costs(
        arm=cost.arm,
        title=cost.title,
        control=amount(cost.control_value, cost.unit, digits),
        value=amount(cost.arm_value, cost.unit, digits),
        difference=amount(gap, cost.unit, digits, True),
        interval=between(cost.low, cost.high, digits),
        share=share,
    )


def _ends(low: float | None, high: float | None, widest: float) -> tuple[float, float] | None:
    return None if low is None or high is None else (_at(low, widest), _at(high, widest))


def _at(value: float, widest: float) -> float:
    """Where a difference stands on the strip."""
    return round(_HALF * (1.0 + min(1.0, max(-1.0, value / widest))), 2)
