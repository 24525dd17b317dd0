"""Logs made by the simulator from known figures: the published pendulum protocol, with sensor noise.

Four trajectories of 6 s each (Duclusaud et al. 2024): a sine that grows faster and faster, a sum of sines, a lift after
which the drive lets go, and a slow raise and return. Zero is down.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.identify.bench import Bench, Pendulum
from pilotline.benchmarks.identify.log import Array, Log
from pilotline.benchmarks.identify.simulate import Gains, Simulator, Start, Trial, controller_of
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.laws.identified import CASCADE_PI

DURATION_S = 6.0
TRAJECTORIES = ("sin_time_square", "sin_sin", "lift_and_drop", "up_and_down")


@dataclass(frozen=True)
class Noise:
    """Standard deviations of the sensors' white noise.

    Attributes:
      position_rad, velocity_rad_s: of the joint.
      current_a: of the motor.
    """

    position_rad: float
    velocity_rad_s: float
    current_a: float


def trajectory(name: str, t: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Command, rad, and whether the drive is on; (n,) each."""
    on = np.ones(len(t), bool)
    if name == "sin_time_square":
        return np.sin(t**2), on
    if name == "sin_sin":
        return np.sin(t) * math.pi / 2 + 0.5 * np.sin(5.0 * t) * np.sin(2.0 * t), on
    if name == "lift_and_drop":
        return -math.pi / 2 * _eased(t / 2.0), t <= 2.0
    if name == "up_and_down":
        rise, back = _eased(t / 3.0), _eased((t - 3.0) / 3.0)
        return math.pi / 2 * (rise - 0.2 * back), on
    raise ValueError(f"trajectory {name!r}: choose from {', '.join(TRAJECTORIES)}")


def logs(
    figures: JointFigures,
    pendulums: Sequence[Pendulum],
    gains: Gains,
    noise: Noise,
    seed: np.random.SeedSequence,
    trajectories: Sequence[str] | None = None,
    period_s: float = 0.005,
    step_s: float = 0.0005,
) -> list[Trial]:
    """A log for every pendulum and trajectory, from the true figures, with the encoder's steps and sensor noise.

    Args:
      figures: the truth, in the form of friction it has.
      pendulums: what is moved.
      gains: of the drive.
      noise: of the sensors.
      seed: of the noise; the noise of a log does not depend on which others there are.
      trajectories: of `TRAJECTORIES`; by default all that the drive can follow.
      period_s: between rows.
      step_s: physics step; finer than that of the fit, so that the data are not of the fit's own making.
    """
    can_let_go = controller_of(figures) != CASCADE_PI
    names = trajectories or [name for name in TRAJECTORIES if can_let_go or name != "lift_and_drop"]
    t = np.arange(0.0, DURATION_S + 0.5 * period_s, period_s)
    clean = [blank(pendulum, name, t, gains) for pendulum in pendulums for name in names]
    simulator = Simulator(clean, figures, step_s, exact=True)
    (measured,) = simulator.run([{}], [[Start(0.0, 0.0)] * len(clean)])
    spread = {"position": noise.position_rad, "velocity": noise.velocity_rad_s, "current": noise.current_a}
    return [
        Trial(_noisy(trial.log, channels, spread, np.random.default_rng(child)), trial.bench, gains)
        for trial, channels, child in zip(clean, measured, seed.spawn(len(clean)), strict=True)
    ]


def blank(bench: Bench, name: str, t: Array, gains: Gains) -> Trial:
    """A log of a trajectory with the command only."""
    command, on = trajectory(name, t)
    label = f"{name}_{bench.mass_kg:g}kg" if isinstance(bench, Pendulum) else name
    empty = dict.fromkeys(("position", "velocity", "current"), np.zeros(len(t)))
    return Trial(Log(f"{label}.csv", "", t, command, on, empty), bench, gains)


def write(trial: Trial, path: Path) -> None:
    """Write a log as CSV with its setting noted before the header."""
    log, out = trial.log, io.StringIO()
    settings = {"kp": trial.gains.kp, "kd": trial.gains.kd}
    if isinstance(trial.bench, Pendulum):
        bench = trial.bench
        settings |= {"mass_kg": bench.mass_kg, "length_m": bench.length_m, "arm_mass_kg": bench.arm_mass_kg}
    out.writelines(f"# {name}={value!r}\n" for name, value in settings.items())
    table = csv.writer(out, lineterminator="\n")
    others = {f"position.{name}": column for name, column in log.others.items()}
    columns = {"t": log.t, "command": log.command, **log.channels, **others}
    if not log.enabled.all():
        columns["enabled"] = log.enabled.astype(int)
    table.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        table.writerow([f"{value:.9g}" for value in row])
    write_atomically(path, out.getvalue().encode())


def _eased(x: Array) -> Array:
    """From 0 to 1 on a cubic with flat ends."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def _noisy(log: Log, channels: dict[str, Array], spread: dict[str, float], rng: np.random.Generator) -> Log:
    noisy = {name: column + rng.normal(0.0, spread[name], len(column)) for name, column in channels.items()}
    return Log(log.name, log.sha256, log.t, log.command, log.enabled, noisy, log.others, log.notes)
