"""`pilotline list`: what there is to choose from, with a line of description each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field
from rich.table import Table

from pilotline.benchmarks.cli import catalog
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb

_HEADINGS = {
    "robot": "robots",
    "actuators": "actuators",
    "station": "stations",
    "line": "lines",
    "policy": "policies",
}


class ListSettings(Settings):
    """Keys of `pilotline list`."""

    out: FilePath | None = Field(description="folder for result.json; null to only print")


def run(settings: ListSettings, session: Session) -> int:
    """Print a table per group; with `out`, write the same as figures of result.json."""
    out = open_out(settings.out) if settings.out else None
    figures = {}
    for group, heading in _HEADINGS.items():
        options = [catalog.option(group, name) for name in catalog.names(group)]
        figures[heading] = {option["name"]: option["title"] for option in options}
        session.console.print(_table(group, figures[heading]), "")
    if out:
        session.console.print(f"wrote {write_result(out, session.command, figures)}", highlight=False)
    return 0


def _table(group: str, titles: Mapping[str, str]) -> Table:
    """Names of one group with their descriptions."""
    table = Table(box=None, pad_edge=False, header_style="underline")
    table.add_column(_HEADINGS[group], style="bold", no_wrap=True, min_width=16)
    table.add_column(f"{group}=NAME", overflow="fold")
    for name, title in titles.items():
        table.add_row(name, title)
    return table


VERB = Verb(name="list", settings=ListSettings, run=run)
