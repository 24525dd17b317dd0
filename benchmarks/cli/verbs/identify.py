"""`pilotline identify`: the figures of a joint actuator from logs of its motion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pilotline.benchmarks.cli.actuators import sheet_of
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.verb import FilePath, Seed, Session, Settings, Verb

if TYPE_CHECKING:
    from pilotline.benchmarks.identify.simulate import Trial
    from pilotline.robots.actuators.figures import JointFigures

_PER_LOG = ("mass_kg", "length_m", "arm_mass_kg", "kp", "kd", "ki")


class IdentifySettings(Settings):
    """Keys of `pilotline identify`."""

    log: str | None = Field(description="CSV files of the logs, separated by commas")
    drive: str | None = Field(
        description="the actuator to begin with: a data sheet's name or path, or parts joined by +"
    )
    controller: str | None = Field(
        description="controller while it was logged: cascade-pi 1, duty-p 1 or current-pd 1; null for the sheet's"
    )
    mass_kg: str | None = Field(description="pendulum: mass at the end, one value or one per log")
    length_m: str | None = Field(description="pendulum: distance of the mass from the axis")
    arm_mass_kg: str | None = Field(description="pendulum: mass of the rod")
    model: FilePath | None = Field(description="arm: MJCF or URDF file, instead of a pendulum")
    joint: str | None = Field(description="arm: the joint that was logged")
    kp: str | None = Field(description="position gain: duty-p V/rad, current-pd A/rad, cascade-pi 1/s")
    kd: str | None = Field(description="damping gain: current-pd A s/rad, cascade-pi N m s/rad")
    ki: str | None = Field(description="integral gain: cascade-pi N m/rad; null for the usual share")
    fit: str = Field(description="what is free: friction, motor, torsion, control, rig, all, or figures by name")
    model_form: str = Field(description="forms of friction to compare: m1 … m6, harmonic, separated by commas")
    holdout: Literal["auto", "log", "time", "none"] = Field(
        description="what is kept back: whole logs, or a block of time"
    )
    holdout_share: float = Field(gt=0, lt=0.9, description="share kept back")
    starts: int = Field(ge=1, le=24, description="points to fit from")
    seed: Seed = Field(description="of hold-out and starting points")
    step_s: float = Field(ge=1e-4, le=0.01, description="longest physics step")
    nthread: int = Field(ge=0, le=1024, description="threads; 0 for all cores")
    out: FilePath = Field(description="folder for identified.yaml, fit.png and result.json")


def run(settings: IdentifySettings, session: Session) -> int:
    """Read, check, fit, rank; write the sheet, the picture and the figures."""
    if not settings.log:
        raise CommandError(
            "log= is missing: CSV files with columns t, command, position, velocity and current or torque"
        )
    if not settings.drive:
        raise CommandError("drive= is missing: a data sheet's name or path, or parts joined by + (see pilotline list)")
    from pilotline.benchmarks.identify import report, sheet_out, study
    from pilotline.robots.actuators import catalogue

    with sheet_of(f"drive={settings.drive}"):
        begun_with = catalogue.joint(settings.drive)
    figures = study.with_controller(begun_with, _controller(settings))
    trials = _trials(settings, figures)
    forms = _forms(settings)
    out = open_out(settings.out)
    plan = study.Plan(
        forms=forms,
        free=settings.fit,
        holdout=settings.holdout,
        share=settings.holdout_share,
        starts=settings.starts,
        seed=settings.seed,
        step_s=settings.step_s,
        nthread=settings.nthread,
    )
    with session.notes.status("fitting") as status:
        found = study.identify(trials, figures, plan, lambda form, n: status.update(f"fitting {form}: {n} simulations"))
    best = found.outcomes[0]
    sheet, image = out / "identified.yaml", out / "fit.png"
    fitted = [trial.log for trial, _ in found.split.fitted]
    sheet_out.write(sheet, settings.drive, figures, best.figures, best.fit.parameters, fitted, settings.controller)
    report.picture(found, image)
    session.console.print(report.table(found))
    content = {
        "drive": settings.drive,
        "sheets": [list(entry) for entry in figures.sheets],
        "fallbacks": [{"figure": f.figure, "value": min(f.value, 1e300), "rule": f.rule} for f in figures.fallbacks],
        "seed": settings.seed,
        **report.figures(found),
    }
    session.console.print(f"wrote {sheet}", highlight=False)
    session.console.print(f"wrote {image}", highlight=False)
    result = write_result(out, session.command, content, [sheet, image])
    session.console.print(f"wrote {result}", highlight=False)
    return 0


def _controller(settings: IdentifySettings) -> str | None:
    from pilotline.robots.actuators.laws.identified import CONTROLLERS

    if settings.controller is not None and settings.controller not in CONTROLLERS:
        raise CommandError(f"controller={settings.controller}: choose from {', '.join(CONTROLLERS)}")
    return settings.controller


def _forms(settings: IdentifySettings) -> tuple[str, ...]:
    from pilotline.benchmarks.identify.parameters import FORMS

    forms = tuple(dict.fromkeys(word.strip() for word in settings.model_form.split(",")))
    for form in forms:
        if form not in FORMS:
            raise CommandError(f"model_form={settings.model_form}: unknown {form!r}; choose from {', '.join(FORMS)}")
    return forms


def _trials(settings: IdentifySettings, figures: JointFigures) -> list[Trial]:
    """Logs with what moved and the gains of the drive; the command line wins over what a log notes."""
    from pilotline.benchmarks.identify import bench, plausible
    from pilotline.benchmarks.identify import log as logs
    from pilotline.benchmarks.identify.simulate import Gains, Trial

    assert settings.log is not None, "checked before"
    paths = [Path(word.strip()).expanduser() for word in settings.log.split(",") if word.strip()]
    if len({path.name for path in paths}) != len(paths):
        raise CommandError(f"log={settings.log}: two logs have the same file name")
    if (settings.model is None) != (settings.joint is None):
        raise CommandError("model= and joint= belong together: the arm's file and the joint that was logged")
    arm = bench.Arm(settings.model, settings.joint) if settings.model and settings.joint else None
    given = {key: _values(settings, key, len(paths)) for key in _PER_LOG}
    trials = []
    for k, path in enumerate(paths):
        log = logs.read(path)
        plausible.check(log, figures)
        own = {key: values[k] for key, values in given.items() if values}
        noted = {**log.notes, **own}
        if noted.get("kp", 0.0) <= 0.0:
            raise CommandError(f"{path}: kp is not known; give kp= or a line '# kp=...' in the log, above zero")
        gains = Gains(noted["kp"], noted.get("kd", 0.0), noted.get("ki"))
        trials.append(Trial(log, bench.of_log(log, own, arm), gains))
    return trials


def _values(settings: IdentifySettings, key: str, count: int) -> list[float]:
    """Value of a key for every log, empty where it is not given."""
    given: str | None = getattr(settings, key)
    if given is None:
        return []
    words = given.split(",")
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise CommandError(f"{key}={given}: must be a number, or one per log separated by commas") from None
    if len(values) not in (1, count):
        raise CommandError(f"{key}={given}: has {len(values)} values for {count} logs; give one, or one per log")
    if not all(0.0 <= value < 1e6 for value in values):
        raise CommandError(f"{key}={given}: must be 0 or more")
    return values * (count if len(values) == 1 else 1)


VERB = Verb(name="identify", settings=IdentifySettings, run=run, bare="log")
