"""A comparison for the terminal, 80 columns wide where it has to be."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pilotline.benchmarks import wording
from pilotline.benchmarks.compare.arms import described
from pilotline.benchmarks.compare.result import Comparison, Judged
from pilotline.benchmarks.compare.words import LEGEND, amount, between, chance, more, place, sentences


def render(found: Comparison) -> RenderableType:
    """Arms with their places, a table per station, sentences."""
    line, job = found.arms[0].body.line, found.arms[0].body.job
    parts: list[RenderableType] = [
        Text(f"{line.title} · pack {job['pack']} · control: {found.arms[0].name}", style="bold"),
        _places(found),
    ]
    parts += [_station(each.title, [j for j in found.judged if j.found.station == each.name]) for each in line.stations]
    parts += [Text(sentence) for sentence in sentences(found)]
    parts += [Text(f"note: {remark}", style="yellow") for remark in found.remarks]
    return Group(*parts, Text(LEGEND, style="dim"))


def _places(found: Comparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("place", justify="right", no_wrap=True)
    table.add_column("arm", max_width=28, overflow="fold")
    table.add_column("what it is")
    ranked = sorted(zip(found.arms, found.rank_low, found.rank_high, strict=True), key=lambda each: each[1] + each[2])
    for arm, low, high in ranked:
        table.add_row(place(low, high), arm.name, described(arm))
    return table


def _station(title: str, judged: list[Judged]) -> Table:
    alone = list(dict.fromkeys(one.found.arm for one in judged if not one.found.paired))
    how = f"unpaired: {', '.join(alone)}" if alone else "in pairs with the same seeds"
    table = Table(box=box.SIMPLE_HEAD, title=f"{title} · {how}", title_justify="left", title_style="bold")
    table.padding, table.pad_edge = (0, 1, 0, 0), False
    table.add_column("", max_width=22, overflow="fold")
    for name in ("control", "value", "difference", "95 %", "p", "when\npeeking", "more\ncycles"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in dict.fromkeys(one.figure.name for one in judged):
        own = [one for one in judged if one.figure.name == name]
        table.add_row(Text(f"{own[0].figure.title} ({own[0].figure.unit})", style="bold"))
        for one in own:
            table.add_row(*_row(one), style=_style(one))
    return table


def _row(one: Judged) -> tuple[str, ...]:
    figure, found = one.figure, one.found
    return (
        f"  {found.arm}",
        wording.number(found.control_value, figure.digits),
        wording.number(found.arm_value, figure.digits),
        amount(found.difference, "", figure.digits, True).strip(),
        between(found.low, found.high, figure.digits),
        chance(one.p_holm),
        chance(one.p_anytime_holm),
        more(one),
    )


def _style(one: Judged) -> str:
    if not one.shown or one.found.better is None:
        return ""
    return "green" if one.found.better else "red"
