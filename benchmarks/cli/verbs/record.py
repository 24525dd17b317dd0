"""`pilotline record`: demonstrations of a policy, as a Minari dataset."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.actuators import Actuators
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.policies import PolicyChoice, noted
from pilotline.benchmarks.cli.progress import progress
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.robots import RobotChoice
from pilotline.benchmarks.cli.verb import Choice, FilePath, Session, Settings, Verb
from pilotline.benchmarks.job import Job

if TYPE_CHECKING:
    from pilotline.benchmarks.rows import CycleRow


class RecordSettings(Settings):
    """Keys of `pilotline record`."""

    station: Choice = Field(description="station")
    robot: RobotChoice = Field(description="robot: built in, menagerie:NAME, or the path of a card or model")
    actuators: Actuators = Field(description="actuators of its joints")
    policy: PolicyChoice = Field(description="who shows it")
    pack: Literal["D0", "D1", "D2", "D3"] = Field(description="disturbance pack that cycles are drawn from")
    seed: int = Field(ge=0, le=2**15 - 1, description="of the recording: same seed, same cycles; none is ever scored")
    cycles: int = Field(ge=1, le=1_000_000, description="cycles that are run")
    keep: Literal["good", "all"] = Field(description="which of them are kept")
    nsim: int = Field(ge=1, le=65_536, description="simulations per batch; never changes a result")
    nthread: int = Field(ge=0, le=1024, description="threads, 0 for all cores; never changes a result")
    out: FilePath = Field(description="folder for the dataset, data/, and result.json")

    @model_validator(mode="after")
    def _fits(self) -> RecordSettings:
        self.robot.check()
        self.actuators.check(self.robot.text)
        self.policy.check()
        return self

    def job(self) -> Job:
        """The cycles that these settings ask for."""
        from pilotline.policies.train.plan import demos_seed

        return Job(
            robot=self.robot.text,
            actuators=self.actuators.text,
            stations=(self.station.name,),
            policy=self.policy.text,
            pack=self.pack,
            seed=demos_seed(self.seed),
            cycles=self.cycles,
            nsim=self.nsim,
            nthread=self.nthread,
        )


def run(settings: RecordSettings, session: Session) -> int:
    """Run the cycles; write the dataset and result.json."""
    display.choose_backend()
    with noted(session):
        return _run(settings, session)


def _run(settings: RecordSettings, session: Session) -> int:
    job = settings.job()
    out = open_out(settings.out)
    from pilotline.benchmarks import demos
    from pilotline.policies.imitate import storage

    with progress(session.notes, "cycles") as advance:

        def told(row: CycleRow) -> None:
            advance(row.cycle + 1, settings.cycles)

        try:
            kept, rows = demos.record(job, settings.keep, out, told)
        except ImportError as error:
            raise CommandError(str(error)) from None
    data = storage.read(out)
    good = sum(row.success for row in rows)
    figures = {
        "job": job.body(),
        "cycles": len(rows),
        "good": good,
        "kept": kept,
        "steps": data.steps,
        "simulated_s": math.fsum(episode.time_s for episode in data.episodes),
        "sha256": data.sha256(),
    }
    session.console.print(
        f"{good} of {len(rows)} cycles good, {kept} kept: {data.steps:,} steps", highlight=False, soft_wrap=True
    )
    for path in (out / storage.DATA, write_result(out, session.command, figures, [out / storage.DATA])):
        session.console.print(f"wrote {path}", highlight=False, markup=False, soft_wrap=True)
    return 0


VERB = Verb(name="record", settings=RecordSettings, run=run)
