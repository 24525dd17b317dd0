"""`pilotline speed`: environment steps per second, measured side by side with raw MuJoCo and with what others do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from pilotline.benchmarks.cli.actuators import Actuators
from pilotline.benchmarks.cli.errors import CommandError, unknown
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.robots import RobotChoice
from pilotline.benchmarks.cli.verb import Choice, FilePath, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.benchmarks.speed.compare import Progress

_MOST = 65_536


class SpeedSettings(Settings):
    """Keys of `pilotline speed`."""

    station: Choice = Field(description="station")
    robot: RobotChoice = Field(description="robot: built in, menagerie:NAME, or the path of a card or model")
    actuators: Actuators = Field(description="actuators of its joints, measured in every way of stepping")
    also: str = Field(description="further tiers joined with commas, for raw MuJoCo and our own ways; none")
    nsim: int = Field(ge=1, le=_MOST, description="simulations per batch")
    nthread: int = Field(ge=0, le=1024, description="threads, and worker processes; 0 for all cores")
    seconds: float = Field(gt=0, le=3600, description="measured time of each way of stepping")
    many: int = Field(ge=0, le=1024, description="environments of a second AsyncVectorEnv; 0 for none")
    mjx: int = Field(ge=0, le=_MOST, description="simulations of the MJX environment (minutes to compile); 0 for none")
    sizes: str = Field(description="numbers of simulations joined with commas, for a plot of speed; none")
    memory: str = Field(description="numbers of simulations joined with commas, whose memory is measured; none")
    profile: bool = Field(description="where the time of a step goes")
    costs: bool = Field(description="what the tiers of actuators cost in physics alone, and a plain humanoid")
    peers: FilePath | None = Field(default=None, description="result.json of `make peers`, shown beside; null for none")
    out: FilePath = Field(description="folder for result.json and speed.svg")

    @model_validator(mode="after")
    def _actuators_fit(self) -> SpeedSettings:
        self.robot.check()
        self.actuators.check(self.robot.text)
        return self


def run(settings: SpeedSettings, session: Session) -> int:
    """Measure, print the tables with ratios first, write result.json and, with sizes, the plot."""
    from pilotline.benchmarks.speed import peers, sweep, table

    asked = _Asked(_tiers(settings.also), _sizes("sizes", settings.sizes), _sizes("memory", settings.memory))
    beside = peers.read(settings.peers) if settings.peers else []
    out = open_out(settings.out)
    with _progress(session) as progress:
        figures = _measure(settings, asked, progress)
    if beside:
        figures["peers"] = beside
    files = []
    if asked.sizes:
        files.append(out / "speed.svg")
        sweep.plot(figures["sweep"], figures["tables"][0], files[0])
    session.console.print(table.render(figures, session.console.width))
    for line in table.missing(figures):
        session.note(line)
    names = " and ".join(str(path) for path in (write_result(out, session.command, figures, files), *files))
    session.console.print(f"wrote {names}", highlight=False)
    return 0


class _Asked:
    """Lists on the command line, checked."""

    def __init__(self, tiers: list[str], sizes: list[int], memory: list[int]) -> None:
        self.tiers, self.sizes, self.memory = tiers, sizes, memory


def _measure(settings: SpeedSettings, asked: _Asked, progress: Progress) -> dict[str, Any]:
    from pilotline.benchmarks import tiers
    from pilotline.benchmarks.speed import compare, memory, profile, sweep, yardstick
    from pilotline.benchmarks.speed.setting import Setting

    def setting(actuators: str) -> Setting:
        return Setting(
            settings.station.name,
            settings.robot.text,
            actuators,
            settings.nsim,
            settings.nthread,
            settings.seconds,
        )

    main = setting(settings.actuators.text)
    tables = [compare.measure(main, many=settings.many, mjx=settings.mjx, progress=progress)]
    tables += [compare.measure(setting(tier), others=False, progress=progress) for tier in asked.tiers]
    figures: dict[str, Any] = {"tables": tables}
    if asked.sizes:
        figures["sweep"] = sweep.measure(main, asked.sizes, progress)
    if asked.memory:
        figures["memory"] = memory.measure(main, asked.memory, progress=progress)
    if settings.profile:
        progress("where the time goes")
        figures["profile"] = profile.measure(main)
    if settings.costs:
        progress("tiers of actuators")
        figures["yardstick"] = yardstick.measure(main)
        figures["actuator_tiers"] = tiers.measure(main.robot, main.nsim, main.nthread, main.seconds)
    return figures


def _tiers(text: str) -> list[str]:
    """Tiers in a comma-separated list."""
    from pilotline.robots.actuators.selection import TIERS

    words = [] if text == "none" else [word.strip() for word in text.split(",")]
    for word in words:
        if word not in TIERS:
            raise unknown("tier in also:", word, (*TIERS, "none"))
    return words


def _sizes(key: str, text: str) -> list[int]:
    """Numbers in a comma-separated list, in order."""
    words = [] if text == "none" else [word.strip() for word in text.split(",")]
    if wrong := [word for word in words if not (word.isascii() and word.isdigit() and 1 <= int(word) <= _MOST)]:
        raise CommandError(f"{key}={text}: {wrong[0]!r} is no number from 1 to {_MOST}, nor none")
    return sorted({int(word) for word in words})


@contextmanager
def _progress(session: Session) -> Iterator[Progress]:
    """Names what is being measured while it is, on a terminal."""
    if not session.notes.is_terminal:
        yield lambda text: None
        return
    with session.notes.status("measuring") as status:
        yield lambda text: status.update(text)


VERB = Verb(name="speed", settings=SpeedSettings, run=run)
