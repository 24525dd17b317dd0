"""`pilotline adopt`: a first adapter card of a humanoid model, and whether the robot it makes can be believed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field
from rich import box
from rich.table import Table

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.robots.adopt import Adoption
    from pilotline.robots.adopt.findings import Finding

OK, UNUSABLE = 0, 1
_STYLES = {"error": "bold red", "warning": "yellow", "ok": "green"}


class AdoptSettings(Settings):
    """Keys of `pilotline adopt`."""

    model: str = Field(description="path of a model, .xml or .urdf, or menagerie:NAME")
    entry: str | None = Field(description="which model of menagerie:NAME; null for its default")
    out: FilePath | None = Field(description="card to write; null for MODEL.adapter.yaml beside the model")
    overwrite: bool = Field(description="whether a card that is there may be replaced")


def run(settings: AdoptSettings, session: Session) -> int:
    """Write the card, show what was found and what was not, and check the robot; 1 where it cannot be used."""
    from pilotline.robots.adapters import load
    from pilotline.robots.adapters.read import read
    from pilotline.robots.adapters.source import MENAGERIE, menagerie_file
    from pilotline.robots.adopt import adopt
    from pilotline.robots.adopt.checks import check
    from pilotline.robots.adopt.write import render

    foreign = settings.model.startswith(MENAGERIE)
    name = settings.model.removeprefix(MENAGERIE) if foreign else Path(settings.model).stem
    path = menagerie_file(name, settings.entry) if foreign else _file(settings)
    out = settings.out or (Path(f"{name}.adapter.yaml") if foreign else path.with_suffix(".adapter.yaml"))
    if out.suffix != ".yaml":
        raise CommandError(f"out={out}: must end in .yaml, which names a card")
    if out.exists() and not settings.overwrite:
        raise CommandError(f"out={out}: is there already; overwrite=true replaces it")
    where = {"menagerie": name, "entry": path.stem} if foreign else {"file": os.path.relpath(path, out.parent or ".")}
    found = adopt(read(path), name, where)
    write_atomically(out, render(found).encode())
    _show(found, session)
    findings = check(load(str(out)))
    session.console.print(_table(findings))
    errors = [finding for finding in findings if finding.severity == "error"]
    session.console.print(f"wrote {out}", highlight=False, soft_wrap=True)
    if errors:
        session.console.print(f"cannot be used as it is: {len(errors)} errors", style="bold red")
    return UNUSABLE if errors else OK


def _file(settings: AdoptSettings) -> Path:
    if settings.entry is not None:
        raise CommandError(f"entry={settings.entry}: only menagerie:NAME has entries")
    path = Path(settings.model).expanduser()
    if path.suffix not in (".xml", ".urdf"):
        raise CommandError(f"model={settings.model}: must be a model, .xml or .urdf, or menagerie:NAME")
    return path


def _show(found: Adoption, session: Session) -> None:
    """What each part of the card is, and what the model does not tell."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for group, joints in found.card["groups"].items():
        table.add_row(group, f"{len(joints)}: {' '.join(joints)}")
    if found.card["passive"]:
        table.add_row("passive", f"{len(found.card['passive'])}: {' '.join(found.card['passive'])}")
    for part in ("home", "imu", "hands.right", "hands.left"):
        if part in found.how:
            table.add_row(part, found.how[part])
    session.console.print(table)
    session.console.print("\nnot told by the model:", style="bold")
    for line in found.unknown:
        session.console.print(f"- {line}", highlight=False, markup=False)


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "check", "of", "found", "allowed"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        style = _STYLES[finding.severity]
        allowed = "" if finding.severity == "ok" else finding.allowed
        table.add_row(f"[{style}]{finding.severity}", finding.check, finding.thing, finding.value, allowed)
    return table


VERB = Verb(name="adopt", settings=AdoptSettings, run=run, bare="model")
