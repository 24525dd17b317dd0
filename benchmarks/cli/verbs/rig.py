"""`pilotline rig`: a joint actuator on the virtual dynamometer, its figures beside those of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from pilotline.benchmarks.cli.actuators import sheet_of
from pilotline.benchmarks.cli.errors import CommandError, unknown
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.benchmarks.rig.suite import Progress

ALL = "all"
OK, DIFFERS = 0, 1


class RigSettings(Settings):
    """Keys of `pilotline rig`."""

    drive: str = Field(description="gear, joint or parts joined with +; a path; all for every harmonic gear set")
    tier: Literal["twin", "harmonic"] = Field(description="model of the joint on the bench")
    tests: str = Field(description="all, or measurements joined with commas")
    temperature_c: Annotated[float, Field(ge=-30, le=80)] = Field(description="climate chamber, °C")
    out: FilePath = Field(description="folder for charts and result.json")


def run(settings: RigSettings, session: Session) -> int:
    """Measure, print the table, write charts and result.json; 1 where a figure is out of tolerance."""
    from pilotline.benchmarks.rig import suite

    names = _chosen(settings.tests, tuple(suite.MEASUREMENTS))
    if settings.drive == ALL:
        return _every(settings, session, names)
    with sheet_of(f"drive={settings.drive}"):
        on = suite.specimen(settings.drive, settings.tier, settings.temperature_c)
    out = open_out(settings.out)
    with _progress(session) as progress:
        report = suite.run(on, names, progress)
    if not report.outcomes:
        why = "; ".join(f"{name}: {text}" for name, text in report.skipped.items())
        raise CommandError(f"nothing to measure on {settings.drive}: {why}")
    from pilotline.benchmarks.rig import style, table

    files: list[Path] = []
    for name in report.outcomes:
        files.append(out / f"{name}.png")
        style.save(suite.chart(report, name), files[-1])
    session.console.print(table.render(report))
    path = write_result(out, session.command, suite.figures(report), files)
    session.console.print(f"wrote {path} and {len(files)} charts beside it", highlight=False)
    return OK if report.ok else DIFFERS


def _every(settings: RigSettings, session: Session, names: tuple[str, ...]) -> int:
    """Every shipped harmonic gear set, one after the other; figures only."""
    from pilotline.benchmarks.rig import agreement

    out = open_out(settings.out)
    with _progress(session) as progress:
        found = agreement.measure(settings.tier, settings.temperature_c, names, progress)
    session.console.print(agreement.render(found))
    path = write_result(out, session.command, agreement.figures(found, settings.tier, settings.temperature_c))
    session.console.print(f"wrote {path}", highlight=False)
    return OK if all(entry.ok for entry in found) else DIFFERS


def _chosen(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Names of measurements in a comma-separated list."""
    if text == ALL:
        return known
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in known:
            raise unknown("test", word, (ALL, *known))
    if len(set(words)) < len(words):
        raise CommandError(f"tests={text}: a test is named twice")
    return tuple(words)


@contextmanager
def _progress(session: Session) -> Iterator[Progress]:
    """Names what is being measured while it is, on a terminal."""
    if not session.notes.is_terminal:
        yield lambda name: None
        return
    with session.notes.status("measuring") as status:
        yield lambda name: status.update(f"measuring {name}")


VERB = Verb(name="rig", settings=RigSettings, run=run, bare="drive")
