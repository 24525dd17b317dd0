"""`pilotline speed`: environment steps per second, measured side by side with raw MuJoCo."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from pydantic import Field, model_validator
from rich import box
from rich.table import Table

from pilotline.benchmarks.cli.actuators import Actuators
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.robots import RobotChoice
from pilotline.benchmarks.cli.verb import Choice, FilePath, Session, Settings, Verb


class SpeedSettings(Settings):
    """Keys of `pilotline speed`."""

    station: Choice = Field(description="station")
    robot: RobotChoice = Field(description="robot: built in, menagerie:NAME, or the path of a card or model")
    actuators: Actuators = Field(description="actuators of its joints")
    nsim: int = Field(ge=1, le=65_536, description="simulations per batch")
    nthread: int = Field(ge=0, le=1024, description="threads; 0 for all cores")
    seconds: float = Field(gt=0, le=3600, description="measured time of each way of stepping")
    out: FilePath = Field(description="folder for result.json")

    @model_validator(mode="after")
    def _actuators_fit(self) -> SpeedSettings:
        self.robot.check()
        self.actuators.check(self.robot.text)
        return self


def run(settings: SpeedSettings, session: Session) -> int:
    """Measure, print the table with ratios first, write result.json."""
    from pilotline.benchmarks import speed, tiers

    out = open_out(settings.out)
    with session.notes.status("measuring") if session.notes.is_terminal else nullcontext():
        figures = speed.measure(
            station=settings.station.name,
            robot=settings.robot.text,
            actuators=settings.actuators.text,
            nsim=settings.nsim,
            nthread=settings.nthread,
            seconds=settings.seconds,
        )
        cost = tiers.measure(settings.robot.text, settings.nsim, settings.nthread, settings.seconds)
    session.console.print(_ratios(figures), _rates(figures, settings), _tiers(cost), sep="")
    figures = {**figures, "actuator_tiers": cost}
    session.console.print(f"wrote {write_result(out, session.command, figures)}", highlight=False)
    return 0


def _ratios(figures: Mapping[str, Any]) -> Table:
    """What a reader came for: how much of raw MuJoCo's speed is left."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("compared", no_wrap=True)
    table.add_column("ratio", justify="right", style="bold")
    for name, ratio in figures["ratios"].items():
        table.add_row(name, f"{ratio:.2f}")
    return table


def _rates(figures: Mapping[str, Any], settings: SpeedSettings) -> Table:
    """Env-steps per second of each way of stepping, with the spread over rounds where it was measured."""
    title = f"{settings.station.name}, {settings.robot.text} ({settings.actuators.text}), {settings.nsim} simulations"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=title, caption_justify="left")
    table.add_column("way of stepping", no_wrap=True)
    table.add_column("env-steps/s", justify="right", style="bold")
    table.add_column("lowest … highest", justify="right")
    spread = figures.get("spread", {})
    for name, rate in figures["env_steps_per_s"].items():
        low_high = " … ".join(f"{value:,.0f}" for value in spread.get(name, ()))
        table.add_row(name, f"{rate:,.0f}", low_high)
    return table


def _tiers(cost: Mapping[str, Any]) -> Table:
    """What the tiers of actuators cost the bare robot."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left")
    table.caption = f"{cost['subject']}, {cost['joints']} joints, physics steps alone, {cost['rounds']} turns"
    table.add_column("actuator tiers compared", no_wrap=True)
    table.add_column("ratio", justify="right", style="bold")
    table.add_column("middle half", justify="right")
    for name, ratio in cost["ratios"].items():
        low, high = cost["ratio_spread"][name]
        table.add_row(name, f"{ratio:.3f}", f"{low:.3f} … {high:.3f}")
    return table


VERB = Verb(name="speed", settings=SpeedSettings, run=run)
