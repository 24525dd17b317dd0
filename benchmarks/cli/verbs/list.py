"""`pilotline list`: what there is to choose from, with a line of description each."""

from __future__ import annotations

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
    found = {
        group: [catalog.option(group, name) for name in catalog.names(group)] for group in catalog.GROUPS
    }
    width = max(len(item["name"]) for items in found.values() for item in items)
    for group, items in found.items():
        table = Table(box=None, pad_edge=False, header_style="underline")
        table.add_column(_HEADINGS[group], style="bold", no_wrap=True, min_width=width + 1)
        table.add_column(f"{group}=NAME", overflow="fold")
        for item in items:
            table.add_row(item["name"], item["title"])
        session.console.print(table, "")
    if out:
        figures = {
            _HEADINGS[group]: {item["name"]: item["title"] for item in items}
            for group, items in found.items()
        }
        session.console.print(f"wrote {write_result(out, session.command, figures)}", highlight=False)
    return 0


VERB = Verb(name="list", settings=ListSettings, run=run)
