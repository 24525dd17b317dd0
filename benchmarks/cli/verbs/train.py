"""`pilotline train`: learn a policy for a station, and leave it as a policy file."""

from __future__ import annotations

import importlib
import io
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.actuators import Actuators
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.launcher import LauncherChoice
from pilotline.benchmarks.cli.progress import progress
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.robots import RobotChoice
from pilotline.benchmarks.cli.sweep import Sweep
from pilotline.benchmarks.cli.trainer import TrainerChoice
from pilotline.benchmarks.cli.verb import Choice, FilePath, Session, Settings, Verb
from pilotline.configs.recipes import Recipe, recipe_of

if TYPE_CHECKING:
    from pilotline.policies.imitate.demos import Demos
    from pilotline.policies.train.learner import Learner
    from pilotline.policies.train.legs import State
    from pilotline.policies.train.plan import Plan
    from pilotline.policies.train.start import Start

_CLONING, _ASKING = "bc", "dagger"
_RECIPE = "; by default as the station's recipe says"


class TrainSettings(Settings):
    """Keys of `pilotline train`."""

    trainer: TrainerChoice = Field(description="how it learns")
    station: Choice = Field(description="what it learns")
    robot: RobotChoice | None = Field(default=None, description="robot; by default that of the station's card")
    actuators: Actuators = Field(description="actuators of its joints")
    pack: Literal["D0", "D1", "D2", "D3"] = Field(description="disturbance pack that cycles are drawn from")
    demos: FilePath | None = Field(description="demonstrations that trainer=bc learns from, see pilotline record")
    start: FilePath | None = Field(description="policy file that sb3_ppo and sbx_ppo begin from; docs/imitate.md")
    control: str | None = Field(description="action layout: joint, ee, legs or guided; as the card says, else joint")
    reads: str | None = Field(description=f"entries of the observation that the policy sees, by commas{_RECIPE}")
    seed: int = Field(ge=0, le=2**15 - 1, description="of the run: same seed, same policy")
    steps: int | None = Field(ge=1, description=f"control steps of all simulations together{_RECIPE}")
    hours: float | None = Field(gt=0, le=10_000, description="working time instead of steps")
    nsim: int | None = Field(ge=1, le=2**12, description=f"simulations{_RECIPE}")
    leg_steps: int | None = Field(ge=1, description=f"steps between two checkpoints, each with a score{_RECIPE}")
    cycles: int | None = Field(ge=1, le=100_000, description=f"cycles of such a score, never trained on{_RECIPE}")
    nthread: int = Field(ge=0, le=1024, description="threads of the physics, 0 for all cores; never changes a result")
    out: FilePath = Field(description="folder of the run; an unfinished one of the same settings goes on")
    sweep: Sweep | None = Field(description="keys that have several values, a run for each, in folders of out")
    launcher: LauncherChoice = Field(description="how the runs of a sweep are started")

    @model_validator(mode="after")
    def _fits(self) -> TrainSettings:
        if self.sweep:
            return self  # what each of its runs has is checked by itself
        if self.launcher.together or self.launcher.places:
            raise ValueError(f"launcher={self.launcher.name} with one run; allowed: with several, by sweep.KEY=VALUES")
        if self.robot is not None:
            self.robot.check()
        if (self.demos is None) == (self.trainer.name == _CLONING):
            given = self.demos or "null"
            raise ValueError(
                f"trainer={self.trainer.name} with demos={given}: {_CLONING} learns from demos, no other does"
            )
        if self.start is not None:
            from pilotline.policies.train.start import TRAINERS

            if self.trainer.name not in TRAINERS:
                allowed = ", ".join(TRAINERS)
                raise ValueError(f"start={self.start} with trainer={self.trainer.name}; allowed: {allowed}")
        return self


def run(settings: TrainSettings, session: Session) -> int:
    """Train; write best.onnx, last.onnx, curve.svg and result.json."""
    if settings.sweep:
        from pilotline.benchmarks.cli import sweeping

        return sweeping.run(VERB, settings.sweep, settings.launcher, settings.out, session)
    display.choose_backend()
    demos = _demos(settings.demos) if settings.demos else None
    start = _start(settings.start) if settings.start else None
    plan, recipe = _plan(settings, demos, start)
    settings.actuators.check(plan.robot)
    from pilotline.benchmarks import training
    from pilotline.policies.train import legs

    budget = legs.Budget(None if settings.hours else settings.steps or recipe.steps, settings.hours)
    out = open_out(settings.out)
    learner = _cloning(plan, demos, out) if demos else _learner(plan, settings.nthread, out, start)
    state = legs.resume(plan, learner, out)
    if state.rows:
        session.note(f"{out}: goes on after {state.steps:,} steps")
    with progress(session.notes, "steps" if budget.steps else "seconds") as advance:

        def told(state: State) -> None:
            done = state.steps if budget.steps else round(state.wall_s)
            advance(done, budget.steps or round(3600.0 * (budget.hours or 0.0)))
            session.notes.print(_line(state), highlight=False)

        state = legs.run(
            state,
            plan,
            learner,
            out,
            budget,
            lambda path: training.evaluate(plan, path, settings.nthread),
            lambda steps, wall_s: training.record(plan, steps, wall_s),
            told,
        )
    files = _write(plan, state, out, session)
    session.console.print(_line(state, state.best), highlight=False)
    for path in files:
        session.console.print(f"wrote {path}", highlight=False, markup=False, soft_wrap=True)
    return 0


def _plan(settings: TrainSettings, demos: Demos | None, start: Start | None) -> tuple[Plan, Recipe]:
    """What the settings ask for, the rest as a file to begin from, recipe and card say."""
    from pilotline.envs.card import load_card
    from pilotline.policies.train.plan import Plan

    trainer, card = settings.trainer, load_card(settings.station.name)
    shown = demos.interface["control"] if demos else start.contract.control if start else None
    control = settings.control or card.control or shown or _usual_control(trainer.name, card.name)
    recipe = recipe_of(card.name, control, trainer.name)
    params = {**recipe.params.get(trainer.name, {}), **(start.params() if start else {})}
    reads = start.reads if start else recipe.reads
    return (
        Plan(
            trainer=trainer.name,
            params=trainer.with_recipe(params),
            station=card.name,
            robot=settings.robot.text if settings.robot else card.robot,
            actuators=settings.actuators.text,
            control=control,
            pack=settings.pack,
            reads=tuple(settings.reads.split(",")) if settings.reads else reads,
            seed=settings.seed,
            nsim=settings.nsim or recipe.nsim,
            leg_steps=settings.leg_steps or recipe.leg_steps,
            cycles=settings.cycles or recipe.cycles,
            demos=demos.sha256() if demos else None,
            start=start.sha256 if start else None,
        ),
        recipe,
    )


def _usual_control(trainer: str, station: str) -> str:
    """An expert is asked in its own control; whoever learns by himself moves joints."""
    if trainer != _ASKING:
        return "joint"
    from pilotline import policies

    return policies.scripted(station).control


def _demos(folder: Path) -> Demos:
    """The demonstrations in a folder.

    Raises:
      CommandError: a library is not installed.
    """
    from pilotline.policies.imitate import storage

    try:
        return storage.read(folder)
    except ImportError as error:
        raise CommandError(str(error)) from None


def _start(path: Path) -> Start:
    """The policy file that a run begins from.

    Raises:
      CommandError: a library is not installed.
    """
    from pilotline.policies.train.start import Start

    try:
        return Start.of(path)
    except ImportError as error:
        raise CommandError(str(error)) from None


def _cloning(plan: Plan, demos: Demos, out: Path) -> Learner:
    """The learner from demonstrations.

    Raises:
      CommandError: a library is not installed.
    """
    try:
        from pilotline.policies.imitate.cloning import Cloning
    except ImportError as error:
        raise _missing(plan, error) from None
    from pilotline import robots
    from pilotline.policies.file.present import present

    here = present(plan.station, robots.load(plan.robot), plan.actuators, plan.control)
    return Cloning(plan, demos, here, out / "board")


def _missing(plan: Plan, error: ImportError, extras: str = "train") -> CommandError:
    return CommandError(
        f"trainer={plan.trainer}: {error.name} is not installed; it comes with: pip install 'pilotline[{extras}]'"
    )


def _on_mjx(plan: Plan, out: Path) -> Learner:
    """Brax's learner.

    Raises:
      CommandError: a library is not installed.
    """
    from pilotline.envs.mjx.pinned import pin_on_cpu

    pin_on_cpu()
    try:
        # MJX prints that it found no Warp, which nobody has asked for
        with redirect_stdout(io.StringIO()):
            from pilotline.policies.train import brax
    except ImportError as error:
        raise _missing(plan, error, "train,mjx") from None
    return brax.BraxLearner(plan, *brax.station_of(plan), out / "board")


def _learner(plan: Plan, nthread: int, out: Path, start: Start | None) -> Learner:
    """The learner of a plan, by the library that its trainer's name begins with.

    Raises:
      CommandError: the library is not installed.
    """
    library = plan.trainer.partition("_")[0]
    if library == "brax":
        return _on_mjx(plan, out)
    try:
        if library == _ASKING:
            from pilotline.policies.imitate.dagger import Dagger

            return Dagger(plan, nthread, out / "board")
        walking = "gait." if plan.params.get("gait") else ""
        module = importlib.import_module(f"pilotline.policies.train.{walking}{library}")
        from pilotline.policies.train.vec_learner import VecLearner
    except ImportError as error:
        raise _missing(plan, error) from None
    return VecLearner(plan, module.LIBRARY, nthread, out / "board", start)


def _line(state: State, leg: int | None = None) -> str:
    """One leg in a line; the last one by default."""
    row = state.rows[-1 if leg is None else leg]
    e = row.evaluation
    learned = "" if row.mean_return is None else f", return {row.mean_return:.4g}"
    return (
        f"{row.steps:>12,} steps, {row.wall_s / 60.0:6.1f} min{learned}: {e.good} of {e.cycles} good "
        f"({100.0 * e.low:.0f}–{100.0 * e.high:.0f} %, at least {100.0 * e.bound:.1f} %)"
    )


def _write(plan: Plan, state: State, out: Path, session: Session) -> list[Path]:
    """The curve as a picture, and everything in numbers."""
    from pilotline.benchmarks.curve import write_curve
    from pilotline.policies.train.legs import BEST, LAST

    curve = out / "curve.svg"
    write_curve(
        curve,
        f"{plan.station}, {plan.robot}, {plan.actuators}: {plan.trainer}, seed {plan.seed}",
        state.rows,
        state.best,
    )
    files = [out / BEST, out / LAST, curve]
    figures = {"plan": plan.document(), "best": state.best, "rows": [asdict(row) for row in state.rows]}
    return [*files, write_result(out, session.command, figures, files)]


VERB = Verb(name="train", settings=TrainSettings, run=run, exclusive=(("steps", "hours"),))
