"""`pilotline score`: run a campaign, or what is left of it, and write its scorecard, table and report."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

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
from pilotline.configs.lines import Line

if TYPE_CHECKING:
    from pilotline.benchmarks.schema import Scorecard
    from pilotline.benchmarks.scorecard import Ran
    from pilotline.benchmarks.store import Store


class ScoreSettings(Settings):
    """Keys of `pilotline score`."""

    robot: RobotChoice = Field(description="robot: built in, menagerie:NAME, or the path of a card or model")
    actuators: Actuators = Field(description="actuators of its joints")
    line: Line | None = Field(default=None, description="line of stations")
    station: Choice | None = Field(default=None, description="one station instead of a line")
    policy: PolicyChoice = Field(description="who controls the robot")
    pack: Literal["D0", "D1", "D2", "D3"] = Field(
        description="disturbance pack: D0 nominal, D1 geometry and light, D2 material and wear, D3 interruption"
    )
    people: Literal["none", "crossing"] = Field(
        description="none, or crossing: a person walks through the cell in every cycle"
    )
    supervisor: Literal["off", "limits"] = Field(
        description="limits holds position, speed, torque and separation between policy and drives; off does not"
    )
    seed: int = Field(ge=0, le=2**53 - 1, description="seed of the campaign: same seed, same cycles")
    cycles: int | None = Field(ge=1, le=10_000_000, description="cycles at each station")
    hours: float | None = Field(
        gt=0,
        le=10_000,
        description="planned time instead of cycles; a line runs from end to end",
    )
    nsim: int = Field(ge=1, le=65_536, description="simulations per batch; never changes a result")
    nthread: int = Field(ge=0, le=1024, description="threads, 0 for all cores; never changes a result")
    video: bool = Field(description="put videos of a good cycle and of each frequent failure into the report")
    launcher: Literal["local", "ray"] = Field(
        description="who runs the workers: local, this machine; ray, the cluster at RAY_ADDRESS, else one of its own"
    )
    workers: int = Field(ge=1, le=1024, description="workers that share the cycles; never changes a result")
    fresh: bool = Field(description="drop the cycles that are stored in out, and begin anew")
    out: FilePath = Field(
        description="folder for campaign.db, scorecard.json, cycles.parquet, report.html and result.json"
    )

    @model_validator(mode="after")
    def _something_to_run(self) -> ScoreSettings:
        if self.line is None and self.station is None:
            raise ValueError("line=null and station=null: nothing to run, give one of them")
        if self.cycles is None and self.hours is None:
            raise ValueError("cycles=null and hours=null: no end is given, give one of them")
        if self.line and self.hours and (self.people, self.supervisor) != ("none", "off"):
            raise ValueError(
                f"people={self.people} and supervisor={self.supervisor}: a line by hours runs without; "
                "give cycles, or one station"
            )
        self.robot.check()
        self.actuators.check(self.robot.text)
        self.policy.check()
        return self

    def job(self) -> Job:
        """The campaign that these settings ask for."""
        return Job(
            robot=self.robot.text,
            actuators=self.actuators.text,
            line=self.line.name if self.line else None,
            stations=(self.station.name,) if self.station else (),
            policy=self.policy.text,
            pack=self.pack,
            people=self.people,
            supervisor=self.supervisor,
            seed=self.seed,
            cycles=self.cycles,
            hours=self.hours,
            nsim=self.nsim,
            nthread=self.nthread,
        )


def run(settings: ScoreSettings, session: Session) -> int:
    """Run the campaign; write scorecard.json, report.html and result.json; print the table and the files."""
    display.choose_backend()
    with noted(session):
        return _run(settings, session)


def _run(settings: ScoreSettings, session: Session) -> int:
    job = settings.job()
    out = open_out(settings.out)
    from pilotline.benchmarks import campaign, console, provenance, report, scorecard, store, table
    from pilotline.benchmarks.canonical import write_atomically
    from pilotline.benchmarks.cli.recordings import films_of
    from pilotline.benchmarks.setting import setting_of

    begun = time.perf_counter()
    line, robot = campaign.facts(job)
    policy = campaign.policy_facts(job)
    told: list[str] = []
    if settings.fresh:
        store.drop(out)
    with store.opened(out) as stored:
        if other := stored.begin(setting_of(job, line, robot, policy), _about(settings)):
            raise CommandError(
                f"out={out} has {stored.count} cycles of another campaign: {other.path} is {other.stored!r} there, "
                f"{other.recomputed!r} here; give another out, or fresh=true to drop them and begin anew"
            )
        _go_on(stored, session)
        ran = _ran(settings, stored, session, told)
        header = provenance.header(job, stored.wall_s + time.perf_counter() - begun)
    card = scorecard.build(job, line, robot, ran, header, policy)
    scorecard.write(card, out / "scorecard.json")
    files = [out / "scorecard.json", out / "report.html"]
    try:
        about = {"job": card.body.job, "body_sha256": card.body_sha256}
        write_atomically(out / table.NAME, table.parquet(card.body.rows, about))
        files.insert(1, out / table.NAME)
    except table.TableError as error:
        session.note(f"note: {error}; the cycles are in {store.NAME} and scorecard.json")
    report.write_report(card, out / "report.html", films_of(card, session) if settings.video else ())
    write_result(out, session.command, _figures(card) | ({"policy": told} if told else {}), files)
    session.console.print(console.render(card))
    for remark in told:
        session.console.print(f"policy: {remark}", highlight=False, markup=False, soft_wrap=True)
    for path in files:
        session.console.print(f"wrote {path}", highlight=False, markup=False, soft_wrap=True)
    return 0


def _about(settings: ScoreSettings) -> dict[str, Any]:
    """What a session of a campaign says of itself."""
    from pilotline.benchmarks.provenance import hardware

    own = settings.model_dump(mode="json", include={"launcher", "workers", "nsim", "nthread"})
    return own | {"begun": datetime.now(UTC).isoformat(timespec="seconds"), "hardware": hardware()}


def _go_on(stored: Store, session: Session) -> None:
    """Tell the person what is there of the campaign."""
    if not (count := stored.count):
        return
    session.note(f"note: goes on after {count} cycles that are there")
    processors = list(dict.fromkeys(about["hardware"]["processor"] for about in stored.sessions()))
    if len(processors) > 1:
        session.note(f"note: cycles come from {', '.join(processors)}; the same bits are promised on one platform")


def _ran(settings: ScoreSettings, stored: Store, session: Session, told: list[str]) -> Ran:
    """What the job gives, with the cycles that are there and all others."""
    from pilotline.benchmarks.crew.workers import Workers
    from pilotline.benchmarks.execute import execute

    job, workers = settings.job(), Workers(settings.launcher, settings.workers)
    if job.end_to_end and not workers.alone:
        session.note("note: a line by hours is one simulation, which this process runs by itself")
    with progress(session.notes, "seconds of the line" if job.end_to_end else "cycles") as advance:
        return execute(job, progress=advance, told=told.append, store=stored, workers=workers)


def _figures(card: Scorecard) -> dict[str, Any]:
    """The figures of a scorecard that a script wants without reading its rows."""
    stations = {
        station.name: {
            "cycles": station.cycles,
            "graded": station.graded.first_pass.n,
            "first_pass_yield": station.graded.first_pass.rate,
            "first_pass_yield_low": station.graded.first_pass.wilson_low,
            "first_pass_yield_high": station.graded.first_pass.wilson_high,
            "takt_adherence": station.graded.in_takt.rate,
            "cycle_time_median_s": station.graded.cycle_time_s.median,
            "cycle_time_max_s": station.graded.cycle_time_s.max,
            "faults": {fault.fault: fault.cycles for fault in station.graded.faults},
            "human_parity": station.parity.point,
            "energy_per_good_j": station.graded.energy_per_good_j,
            "drives": station.graded.drives.model_dump(mode="json") if station.graded.drives else None,
            "safety": station.graded.safety.model_dump(mode="json"),
            "safety_beyond": station.beyond.safety.model_dump(mode="json") if station.beyond else None,
            "score": station.score,
        }
        for station in card.body.stations
    }
    return {
        "body_sha256": card.body_sha256,
        "wall_s": card.header.wall_s,
        "stations": stations,
        "drives": card.model_dump(mode="json")["body"]["robot"]["drives"],
        "line": _line(card),
    }


def _line(card: Scorecard) -> dict[str, Any]:
    """The line: what a run from end to end gave and its twin says, or what follows from the cycles of a campaign."""
    flow, run = card.body.flow, card.body.run
    if run is None:
        return {"good_per_hour": flow.good_per_hour, "good": flow.good, "scrap": flow.scrap} if flow else {}
    return run.model_dump(mode="json", exclude={"visits", "events"})


VERB = Verb(
    name="score",
    settings=ScoreSettings,
    run=run,
    exclusive=(("cycles", "hours"), ("line", "station")),
)
