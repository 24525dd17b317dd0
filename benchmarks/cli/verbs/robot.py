"""`pilotline robot`: what a robot weighs, reaches and lifts, as tables, a page and a JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import Field

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.results import open_out
from pilotline.benchmarks.cli.verb import FilePath, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.benchmarks.robot_report.gather import Progress


class RobotSettings(Settings):
    """Keys of `pilotline robot`."""

    name: str = Field(description="built-in robot, menagerie:NAME, or the path of a model or an adapter card")
    hands: str | None = Field(description="hand on both arms; null for the robot's own choice")
    right_hand: str | None = Field(description="hand on the right arm alone")
    left_hand: str | None = Field(description="hand on the left arm alone")
    out: FilePath = Field(description="folder for report.html and robot.json")

    @property
    def text(self) -> str:
        """The text that names the robot."""
        places = ("hands", "right_hand", "left_hand")
        words = [f"{place}={hand}" for place in places if (hand := getattr(self, place)) is not None]
        return " ".join([self.name, *words])


def run(settings: RobotSettings, session: Session) -> int:
    """Compute the report, print it and write it."""
    display.choose_backend()  # before mujoco is imported
    from pilotline import robots

    robot = robots.load(settings.text)
    out = open_out(settings.out)
    why = display.why_not_drawing()
    from pilotline.benchmarks.robot_report import console, page
    from pilotline.benchmarks.robot_report.gather import gather
    from pilotline.benchmarks.robot_report.picture import picture

    with _progress(session) as progress:
        found = gather(robot, settings.text, progress)
        progress("picture")
        png = None if why else picture(robot)
    if why:
        session.note(f"no picture: {why}")
    session.console.print(console.render(found.facts))
    figures = found.facts.model_dump(mode="json", by_alias=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(out / "robot.json", text.encode())
    write_atomically(out / "report.html", page.render(found, png, why or "").encode())
    for file in ("report.html", "robot.json"):
        session.console.print(f"wrote {out / file}", highlight=False, soft_wrap=True)
    return 0


@contextmanager
def _progress(session: Session) -> Iterator[Progress]:
    """Names what is being computed while it is, on a terminal."""
    if not session.notes.is_terminal:
        yield lambda what: None
        return
    with session.notes.status("computing") as status:
        yield lambda what: status.update(f"computing {what}")


VERB = Verb(name="robot", settings=RobotSettings, run=run, bare="name")
