"""`pilotline list`: what there is to choose from, with a line of description each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field
from rich.table import Table

from pilotline.benchmarks.cli import catalog, display
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb

_HEADINGS = {
    "robot": "robots",
    "actuators": "actuators",
    "station": "stations",
    "line": "lines",
    "policy": "policies",
    "trainer": "trainers",
    "launcher": "launchers",
}


Kind = Literal["robots", "hands", "actuators", "stations", "lines", "policies", "trainers", "launchers"]


class ListSettings(Settings):
    """Keys of `pilotline list`."""

    what: Kind | None = Field(description="one kind only; actuators comes with the data sheets")
    out: FilePath | None = Field(description="folder for result.json; null to only print")


def run(settings: ListSettings, session: Session) -> int:
    """Print a table per kind; with `out`, write the same as figures of result.json."""
    out = open_out(settings.out) if settings.out else None
    figures: dict[str, Any] = {}
    for group, heading in _HEADINGS.items():
        if settings.what in (None, heading):
            options = [catalog.option(group, name) for name in catalog.names(group)]
            figures[heading] = {option["name"]: option["title"] for option in options}
            session.console.print(_table(heading, f"{group}=NAME", figures[heading]), "")
    if settings.what == "robots" and (foreign := _foreign()):
        figures["menagerie"] = foreign
        session.console.print(_table("robots of MuJoCo Menagerie", "robot=NAME", foreign), "")
    if settings.what == "policies":
        figures["trained"] = _trained()
        session.console.print(_table("trained policies", "policy=NAME", figures["trained"]), "")
    if settings.what in (None, "hands"):
        figures["hands"] = _hands()
        session.console.print(_table("hands", "robot.hands=NAME", figures["hands"]), "")
    if settings.what is None:
        session.console.print(
            "pilotline list actuators shows the data sheets too, pilotline list policies the trained ones", style="dim"
        )
    if settings.what == "actuators":
        figures["sheets"] = _sheets()
        for kind, titles in figures["sheets"].items():
            session.console.print(_table(f"{kind} sheets", "", titles), "")
    if out:
        session.console.print(f"wrote {write_result(out, session.command, figures)}", highlight=False)
    return 0


def _foreign() -> dict[str, str]:
    """Robots of MuJoCo Menagerie whose files are at hand: those with a card of ours, then those that are adopted."""
    from pilotline.robots import adapters
    from pilotline.robots.adapters.card import AdapterCard
    from pilotline.robots.adapters.source import MENAGERIE, humanoids_at_hand
    from pilotline.robots.yamlfile import read_yaml

    carded = {name: read_yaml(adapters.card_path(name), AdapterCard).title for name in adapters.names()}
    others = [name for name in (f"{MENAGERIE}{one}" for one in humanoids_at_hand()) if name not in carded]
    return carded | dict.fromkeys(others, "no card here: adopted from its model alone")


def _trained() -> dict[str, str]:
    """Policies that came with the package: for which robot with which drives.

    Raises:
      CommandError: the package that reads them is not installed.
    """
    display.choose_backend()  # the package of policies imports MuJoCo
    from pilotline.policies.file.reading import read
    from pilotline.policies.shipped import shipped

    try:
        contracts = {path: read(path).contract for path in shipped()}
    except ImportError as error:
        raise CommandError(str(error)) from None
    return {path: f"{one.title}; robot {one.robot}, {one.actuators}" for path, one in contracts.items()}


def _hands() -> dict[str, str]:
    """Hands by name, with their titles."""
    from pilotline.robots import hands

    return {name: hands.load(name).title for name in hands.names()}


def _sheets() -> dict[str, dict[str, str]]:
    """Shipped data sheets by kind: name and title."""
    from pilotline.robots.actuators import catalogue
    from pilotline.robots.actuators.sheet import KINDS

    return {kind: {name: catalogue.load(name).sheet.title for name in catalogue.names(kind)} for kind in KINDS}


def _table(heading: str, use: str, titles: Mapping[str, str]) -> Table:
    """Names of one kind with their descriptions."""
    table = Table(box=None, pad_edge=False, header_style="underline")
    table.add_column(heading, style="bold", no_wrap=True, min_width=16)
    table.add_column(use, overflow="fold")
    for name, title in titles.items():
        table.add_row(name, title)
    return table


VERB = Verb(name="list", settings=ListSettings, run=run, bare="what")
