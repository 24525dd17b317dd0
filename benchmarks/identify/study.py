"""A whole identification: split the logs, fit every form of friction, rank the forms on what was kept back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.identify.fit import Fit, fit
from pilotline.benchmarks.identify.intervals import Confidence, confidence
from pilotline.benchmarks.identify.log import EFFORTS, Array
from pilotline.benchmarks.identify.parameters import applied, available, choose, in_form
from pilotline.benchmarks.identify.simulate import (
    Simulator,
    Start,
    Trial,
    check_controller,
    controller_of,
    first_guess,
)
from pilotline.benchmarks.identify.split import Split, split
from pilotline.robots.actuators.figures import JointFigures

FITTED_CHANNELS = ("position", *EFFORTS, "link_position")
"""Channels that count in a fit. Velocity does not: most drives difference their position for it."""

Pairs = Sequence[tuple[Trial, NDArray[np.bool_]]]


@dataclass(frozen=True)
class Plan:
    """How to identify.

    Attributes:
      forms: of friction, see `parameters.FORMS`.
      free: which parameters, see `parameters.choose`.
      holdout, share: see `split`.
      starts: points to fit from.
      seed: of split and starting points.
      step_s: longest physics step.
      nthread: threads, 0 for all cores.
    """

    forms: tuple[str, ...]
    free: str
    holdout: str = "auto"
    share: float = 0.25
    starts: int = 3
    seed: int = 0
    step_s: float = 0.002
    nthread: int = 0


@dataclass(frozen=True)
class Errors:
    """Simulated minus measured over some rows of some logs: mean absolute and root mean square, by channel.

    Attributes:
      mae, rmse: by channel.
      score: root mean square over the fitted channels of rmse over the channel's own spread; 0 is perfect, and
        about 1 is no better than the mean.
    """

    mae: dict[str, float]
    rmse: dict[str, float]
    score: float


@dataclass(frozen=True)
class Outcome:
    """A form of friction, fitted.

    Attributes:
      form: of friction.
      figures: of the actuator as identified.
      fit, confidence: values and what is known of them.
      on_fit, on_holdout: errors; without a hold-out both are those of the fit.
      traces: simulated channels of every log, by name of the log.
    """

    form: str
    figures: JointFigures
    fit: Fit
    confidence: Confidence
    on_fit: Errors
    on_holdout: Errors
    traces: dict[str, dict[str, Array]]


@dataclass(frozen=True)
class Study:
    """Result of an identification.

    Attributes:
      split: rows fitted and kept back.
      shipped_on_fit, shipped_on_holdout, shipped_traces: of the sheet as it was.
      outcomes: of every form, best on the hold-out first.
    """

    split: Split
    shipped_on_fit: Errors
    shipped_on_holdout: Errors
    shipped_traces: dict[str, dict[str, Array]]
    outcomes: tuple[Outcome, ...]


def identify(
    trials: Sequence[Trial],
    figures: JointFigures,
    plan: Plan,
    progress: Callable[[str, int], None] | None = None,
) -> Study:
    """Fit every form and rank them.

    Args:
      trials: logs with what moved.
      figures: of the sheet.
      plan: how.
      progress: called with form and number of simulations so far.
    """
    splitting, starting = np.random.SeedSequence(plan.seed).spawn(2)
    parts = split(trials, plan.holdout, plan.share, splitting)
    gains = {name: value for name, value in vars(trials[0].gains).items() if value}
    for form in plan.forms:
        check_controller(figures, form, trials)
    own = "harmonic" if figures.identified is None else figures.identified.model
    if own == "harmonic" and figures.drive.controller != controller_of(figures):
        own = "m4"  # the gear's friction in a law that has the drive's controller
    shipped = in_form(figures, own) if figures.identified is None else figures
    outcomes = []
    for form in plan.forms:
        start = in_form(figures, form)
        parameters = choose(plan.free, available(start, form, gains))
        simulator = Simulator([trial for trial, _ in parts.fitted], start, plan.step_s, plan.nthread)
        tell = (lambda n, form=form: progress(form, n)) if progress else None
        found = fit(
            simulator, parameters, [mask for _, mask in parts.fitted], FITTED_CHANNELS, starting, plan.starts, tell
        )
        on_fit, on_holdout, traces = _checked(start, found.values, parts, plan, found.starts)
        outcomes.append(
            Outcome(
                form=form,
                figures=applied(start, found.values),
                fit=found,
                confidence=confidence(found),
                on_fit=on_fit,
                on_holdout=on_holdout,
                traces=traces,
            )
        )
    before_fit, before_holdout, before = _checked(shipped, {}, parts, plan, None)
    ranked = sorted(outcomes, key=lambda outcome: outcome.on_holdout.score)
    return Study(parts, before_fit, before_holdout, before, tuple(ranked))


def _checked(
    figures: JointFigures,
    values: Mapping[str, float],
    parts: Split,
    plan: Plan,
    starts: Sequence[Start] | None,
) -> tuple[Errors, Errors, dict[str, dict[str, Array]]]:
    """Errors on the fitted rows and on those kept back, with the encoder's steps, and the simulated channels."""
    traces: dict[str, dict[str, Array]] = {}
    known = {} if starts is None else {t.log.name: s for (t, _), s in zip(parts.fitted, starts, strict=True)}
    on_fit = _errors(figures, values, parts.fitted, plan, known, traces)
    if not parts.held:
        return on_fit, on_fit, traces
    return on_fit, _errors(figures, values, parts.held, plan, known, traces), traces


def _errors(
    figures: JointFigures,
    values: Mapping[str, float],
    pairs: Pairs,
    plan: Plan,
    known: Mapping[str, Start],
    traces: dict[str, dict[str, Array]],
) -> Errors:
    trials = [trial for trial, _ in pairs]
    simulator = Simulator(trials, figures, plan.step_s, plan.nthread, exact=True)
    starts = [known.get(trial.log.name) or first_guess(trial.log) for trial in trials]
    (run,) = simulator.run([values], [starts])
    for trial, simulated in zip(trials, run, strict=True):
        traces[trial.log.name] = simulated
    residuals: dict[str, list[Array]] = {}
    measured: dict[str, list[Array]] = {}
    for (trial, mask), simulated in zip(pairs, run, strict=True):
        for name, column in trial.log.channels.items():
            difference = np.clip(simulated[name][mask] - column[mask], -1e9, 1e9)
            residuals.setdefault(name, []).append(difference)
            measured.setdefault(name, []).append(column[mask])
    flat = {name: np.concatenate(columns) for name, columns in residuals.items()}
    rmse = {name: float(np.sqrt(np.mean(r**2))) for name, r in flat.items()}
    spread = {name: max(float(np.std(np.concatenate(columns))), 1e-12) for name, columns in measured.items()}
    relative = [rmse[name] / spread[name] for name in FITTED_CHANNELS if name in rmse]
    return Errors(
        mae={name: float(np.mean(np.abs(r))) for name, r in flat.items()},
        rmse=rmse,
        score=float(np.sqrt(np.mean(np.square(relative)))),
    )


def with_controller(figures: JointFigures, controller: str | None) -> JointFigures:
    """The actuator with another controller in its drive."""
    if controller is None:
        return figures
    return replace(figures, drive=replace(figures.drive, controller=controller))
