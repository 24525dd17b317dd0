"""What identification shows on logs whose truth is known: recovery, coverage of its intervals, and model choice.

    python -m pilotline.benchmarks.identify.evidence out=out/evidence/identify trials=100 seed=0

Each trial draws new sensor noise and a new starting point, up to a factor of two from the truth in every figure,
from its own child of the seed. Data come from the law with the encoder's steps, the fit is without them.
"""

from __future__ import annotations

import math
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from pilotline.benchmarks.canonical import rounded
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.identify import IdentifyError, synthetic
from pilotline.benchmarks.identify.bench import Pendulum
from pilotline.benchmarks.identify.fit import fit
from pilotline.benchmarks.identify.intervals import confidence
from pilotline.benchmarks.identify.parameters import Parameter, available, choose
from pilotline.benchmarks.identify.simulate import Gains, Simulator, Trial
from pilotline.benchmarks.identify.study import FITTED_CHANNELS, Plan, identify
from pilotline.benchmarks.identify.synthetic import Noise
from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.laws.identified import CURRENT_PD, DUTY_P

FARTHEST = 2.0
"""Factor between the truth and the point that a trial begins from."""


@dataclass(frozen=True)
class Case:
    """A servo with known figures on a pendulum.

    Attributes:
      sheet, controller: of the truth.
      gains: of its drive.
      runs: pendulums, each with its trajectories.
      noise: of the sensors.
      free: what is identified.
      data_step_s, fit_step_s: physics step of the data and of the fit.
    """

    sheet: str
    controller: str
    gains: Gains
    runs: tuple[tuple[Pendulum, tuple[str, ...]], ...]
    noise: Noise
    free: str = "friction,motor"
    data_step_s: float = 0.002
    fit_step_s: float = 0.002

    @property
    def truth(self) -> JointFigures:
        """The actuator that made the data."""
        sheet = catalogue.joint(self.sheet)
        return replace(sheet, drive=replace(sheet.drive, controller=self.controller))

    def logs(self, seed: np.random.SeedSequence) -> list[Trial]:
        """All logs of the case, with the noise of a seed."""
        return [
            trial
            for (pendulum, names), child in zip(self.runs, seed.spawn(len(self.runs)), strict=True)
            for trial in synthetic.logs(
                self.truth, (pendulum,), self.gains, self.noise, child, names, step_s=self.data_step_s
            )
        ]


MX64 = Case(
    sheet="mx-64-m4",
    controller=DUTY_P,
    gains=Gains(20.0),
    runs=(
        (Pendulum(0.5, 0.1, 0.05), ("sin_time_square", "up_and_down")),
        (Pendulum(1.0, 0.15, 0.05), ("sin_sin", "lift_and_drop")),
    ),
    noise=Noise(position_rad=2e-3, velocity_rad_s=0.05, current_a=0.05),
)
"""A hobby servo: noise about that of a 12-bit encoder with some play, and of its current sensor."""


def _all(*pendulums: Pendulum) -> tuple[tuple[Pendulum, tuple[str, ...]], ...]:
    """Every pendulum on every trajectory."""
    return tuple((pendulum, synthetic.TRAJECTORIES) for pendulum in pendulums)


MODEL_CHOICE = {
    "mx-64": replace(
        MX64,
        sheet="mx-64-m6",
        runs=_all(Pendulum(0.5, 0.1, 0.05), Pendulum(1.0, 0.15, 0.05), Pendulum(1.4, 0.15, 0.05)),
    ),
    "mx-106": replace(
        MX64,
        sheet="mx-106-m6",
        runs=_all(Pendulum(0.7, 0.1, 0.05), Pendulum(1.4, 0.15, 0.05), Pendulum(2.0, 0.15, 0.05)),
    ),
    "erob80-100": Case(
        sheet="erob80-100-m6",
        controller=CURRENT_PD,
        gains=Gains(25.0, 10.0),
        runs=_all(Pendulum(3.0, 0.5, 1.0), Pendulum(6.0, 0.5, 1.0), Pendulum(9.0, 0.5, 1.0)),
        noise=Noise(position_rad=5e-4, velocity_rad_s=0.02, current_a=0.05),
    ),
}
"""Servos with M6 friction, the last a harmonic joint with a 19-bit encoder."""


def recovered(case: Case, seed: np.random.SeedSequence) -> list[dict[str, Any]]:
    """One trial: truth, estimate and interval of every free parameter."""
    noise, beginning, starting = seed.spawn(3)
    truth = case.truth
    assert truth.identified is not None, "the cases are servos with identified friction"
    form = truth.identified.model
    trials = case.logs(noise)
    free = choose(case.free, available(truth, form, {}))
    rng = np.random.default_rng(beginning)
    simulator = Simulator(trials, truth, case.fit_step_s, nthread=1)
    rows = [np.ones(len(trial.log.t), bool) for trial in trials]
    found = fit(simulator, [_moved(p, rng) for p in free], rows, FITTED_CHANNELS, starting, starts=1)
    return [
        {
            "name": interval.name,
            "truth": parameter.start,
            "value": interval.value,
            "low": interval.low,
            "high": interval.high,
            "at_bound": interval.at_bound,
            "covered": bool(interval.low <= parameter.start <= interval.high),
        }
        for parameter, interval in zip(free, confidence(found).intervals, strict=True)
    ]


def _moved(p: Parameter, rng: np.random.Generator) -> Parameter:
    """A parameter that starts elsewhere; one that is zero in truth starts up to five scales off."""
    if p.start == 0.0:
        return replace(p, start=float(5.0 * p.scale * rng.uniform()))
    factor = math.exp(rng.uniform(-1.0, 1.0) * math.log(FARTHEST))
    return replace(p, start=float(min(max(p.start * factor, p.low), p.high)))


def coverage(case: Case, seed: int, trials: int, workers: int, tell: Callable[[int], None]) -> dict[str, Any]:
    """Share of trials whose interval holds the truth, by parameter and over all."""
    children = np.random.SeedSequence(seed).spawn(trials)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        runs = []
        for run in pool.map(partial(recovered, case), children):
            runs.append(run)
            tell(len(runs))
    names = [row["name"] for row in runs[0]]
    table = {name: [row for run in runs for row in run if row["name"] == name] for name in names}
    held = sum(row["covered"] for rows in table.values() for row in rows)
    return {
        "sheet": case.sheet,
        "trials": trials,
        "data_step_s": case.data_step_s,
        "fit_step_s": case.fit_step_s,
        "noise": vars(case.noise),
        "covered_share": rounded(held / (trials * len(names))),
        "parameters": {name: _summary(rows) for name, rows in table.items()},
    }


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    covered = sum(row["covered"] for row in rows)
    between = binomtest(covered, len(rows)).proportion_ci(method="wilson")
    values, truth = np.array([row["value"] for row in rows]), rows[0]["truth"]
    widths = np.array([row["high"] - row["low"] for row in rows])
    return {
        "truth": truth,
        "mean": rounded(float(values.mean())),
        "spread": rounded(float(values.std(ddof=1))) if len(rows) > 1 else 0.0,
        "median_interval": rounded(float(np.median(widths))),
        "covered": covered,
        "covered_95": [rounded(float(between.low)), rounded(float(between.high))],
        "at_bound": sum(bool(row["at_bound"]) for row in rows),
    }


def model_choice(case: Case, seed: int) -> dict[str, Any]:
    """Errors on logs kept back of every form, on data of an M6 servo whose friction depends on the load."""
    truth = case.truth
    trials = case.logs(np.random.SeedSequence(seed))
    start = catalogue.joint(case.sheet.replace("-m6", "-m1"))
    start = replace(start, drive=truth.drive)
    forms = ("m1", "m2", "m3", "m4", "m5", "m6")
    plan = Plan(forms, case.free, holdout="log", share=0.25, starts=3, seed=seed, step_s=case.fit_step_s)
    found = identify(trials, start, plan)
    by_form = {outcome.form: outcome.on_holdout for outcome in found.outcomes}
    mae = {form: by_form[form].mae["position"] for form in forms}
    return {
        "truth": case.sheet,
        "begun_from": start.name,
        "masses_kg": [pendulum.mass_kg for pendulum, _ in case.runs],
        "logs": len(trials),
        "kept_back": [trial.log.name for trial, _ in found.split.held],
        "position_mae_rad": {form: rounded(value) for form, value in mae.items()},
        "score": {form: rounded(by_form[form].score) for form in forms},
        "ranking": [outcome.form for outcome in found.outcomes],
        "m1_over_m4": rounded(mae["m1"] / mae["m4"]),
    }


def main(words: Sequence[str]) -> int:
    """Run everything and write `result.json`; words are key=value."""
    given = {"out": "out/evidence/identify", "trials": "100", "finer": "20", "seed": "0", "workers": "2"}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in given:
            print(f"evidence: {word!r}: allowed are {', '.join(f'{key}=' for key in given)}", file=sys.stderr)
            return 2
        given[key] = value
    seed, workers = int(given["seed"]), int(given["workers"])
    out = open_out(Path(given["out"]))

    def say(what: str, n: int) -> None:
        print(f"{what}: {n}", flush=True)

    try:
        figures: dict[str, Any] = {
            "recovery": coverage(MX64, seed, int(given["trials"]), workers, partial(say, "recovery")),
            "recovery_of_finer_data": coverage(
                replace(MX64, data_step_s=0.0005), seed, int(given["finer"]), workers, partial(say, "finer data")
            ),
            "model_choice": {},
        }
        for name, case in MODEL_CHOICE.items():
            say(f"model choice, {name}", len(case.runs))
            figures["model_choice"][name] = model_choice(case, seed)
    except IdentifyError as error:
        print(f"evidence: {error}", file=sys.stderr)
        return 2
    result = write_result(out, ("python", "-m", "pilotline.benchmarks.identify.evidence", *words), figures)
    print(f"wrote {result}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
