"""`pilotline view`: one cycle to look at, in a window or as a video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.actuators import Actuators
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.policies import PolicyChoice, noted
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.robots import RobotChoice
from pilotline.benchmarks.cli.verb import Choice, FilePath, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.benchmarks.video import Shown


class ViewSettings(Settings):
    """Keys of `pilotline view`."""

    station: Choice = Field(description="station")
    robot: RobotChoice = Field(description="robot: built in, menagerie:NAME, or the path of a card or model")
    actuators: Actuators = Field(description="actuators of its joints")
    policy: PolicyChoice = Field(description="who controls it")
    pack: Literal["D0", "D1", "D2", "D3"] = Field(description="disturbance pack that the cycle is drawn from")
    people: Literal["none", "crossing"] = Field(description="none, or crossing: a person walks through the cell")
    supervisor: Literal["off", "limits"] = Field(description="limits holds what the policy commands within limits")
    seed: int = Field(ge=0, le=2**53 - 1, description="seed of the campaign")
    cycle: int = Field(ge=0, le=10_000_000, description="which of its cycles, from 0")
    window: Literal["auto", "yes", "no"] = Field(description="yes opens a window, no writes a video, auto decides")
    width: int = Field(ge=64, le=3840, description="width of the video in pixels, even")
    height: int = Field(ge=64, le=2160, description="height of the video in pixels, even")
    fps: int = Field(ge=1, le=50, description="frames per second of the video")
    out: FilePath = Field(description="folder for the video and result.json")

    @field_validator("width", "height")
    @classmethod
    def _even(cls, pixels: int) -> int:
        if pixels % 2:
            raise ValueError(f"the video format needs an even number of pixels, for example {pixels + 1}")
        return pixels

    @model_validator(mode="after")
    def _actuators_fit(self) -> ViewSettings:
        self.robot.check()
        self.actuators.check(self.robot.text)
        self.policy.check()
        return self


def run(settings: ViewSettings, session: Session) -> int:
    """Open a window and play the cycle, or write it as `cycle.mp4` with its result.json."""
    if settings.window == "yes" and not display.has_window():
        raise CommandError("window=yes: there is no display here (DISPLAY is not set); window=no writes a video")
    display.choose_backend()
    if settings.window == "yes" or (settings.window == "auto" and display.has_window()):
        with noted(session):
            return _show(settings)
    with noted(session):
        return _write(settings, session)


def _show(settings: ViewSettings) -> int:
    from pilotline.benchmarks import video

    video.show_cycle(_shown(settings))
    return 0


def _write(settings: ViewSettings, session: Session) -> int:
    out = open_out(settings.out)
    reason = display.why_not_drawing()
    if reason:
        raise CommandError(f"no video: {reason}; on Debian, libegl1 and libgl1-mesa-dri draw without a screen")
    from pilotline.benchmarks import video

    content = video.record_cycle(_shown(settings), width=settings.width, height=settings.height, fps=settings.fps)
    path = out / "cycle.mp4"
    write_atomically(path, content)
    figures = settings.model_dump(mode="json", exclude={"out", "window"}) | {"bytes": len(content)}
    result = write_result(out, session.command, figures, [path])
    session.console.print(f"wrote {path}\nwrote {result}", highlight=False, soft_wrap=True)
    return 0


def _shown(settings: ViewSettings) -> Shown:
    from pilotline.benchmarks import video
    from pilotline.envs.safety.setup import Precautions

    return video.Shown(
        station=settings.station.name,
        robot=settings.robot.text,
        actuators=settings.actuators.text,
        policy=settings.policy.text,
        seed=settings.seed,
        cycle=settings.cycle,
        pack=settings.pack,
        precautions=Precautions(settings.people, settings.supervisor),
    )


VERB = Verb(name="view", settings=ViewSettings, run=run)
