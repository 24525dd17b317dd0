"""Refuses logs from which nothing can be learnt, and logs whose units are not SI."""

from __future__ import annotations

import math

import numpy as np

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.log import Array, Log
from pilotline.robots.actuators.figures import JointFigures

SHORTEST_S = 1.0
FEWEST_ROWS = 100
COARSEST_S = 0.05
STILL_RAD = 5e-3
"""A position that stays within this has shown no friction."""

_TURNED_RAD = 20.0
"""A joint that turns farther than three turns to either side has degrees for radians."""

_RATES = (
    (180.0 / math.pi, "degrees per second against radians"),
    (math.pi / 180.0, "radians per second against degrees"),
    (30.0 / math.pi, "revolutions per minute"),
    (1e3, "milliradians per second"),
)
_RATE_SPREAD = 1.25
_EFFORT_LIMIT = 5.0
"""How far beyond the drive's own limit a logged current or torque can be."""


def check(log: Log, figures: JointFigures) -> None:
    """Raise IdentifyError, one line, if the log cannot be used for this drive."""
    _time(log)
    _motion(log)
    _units(log, figures)


def _time(log: Log) -> None:
    span, rows = float(log.t[-1]), len(log.t)
    if log.period_s > COARSEST_S:
        hint = "; milliseconds?" if log.period_s >= 1.0 else ""
        raise IdentifyError(f"{log.name}: t: a row every {log.period_s:g} s; at most {COARSEST_S:g} s{hint}")
    if span < SHORTEST_S or rows < FEWEST_ROWS:
        raise IdentifyError(
            f"{log.name}: {span:.3g} s in {rows} rows is too short; at least {SHORTEST_S:g} s and {FEWEST_ROWS} rows"
        )


def _motion(log: Log) -> None:
    position = log.channels["position"]
    moved = float(np.ptp(position))
    if moved < STILL_RAD:
        raise IdentifyError(
            f"{log.name}: position: stays within {moved:.2g} rad; at least {STILL_RAD:g} rad of motion is needed"
        )
    if float(np.ptp(log.channels[log.effort])) == 0.0:
        raise IdentifyError(f"{log.name}: {log.effort}: is {log.channels[log.effort][0]:g} throughout; it must vary")


def _units(log: Log, figures: JointFigures) -> None:
    for name, column in (("position", log.channels["position"]), ("command", log.command[log.enabled])):
        largest = float(np.abs(column).max(initial=0.0))
        if largest > _TURNED_RAD:
            raise IdentifyError(f"{log.name}: {name}: reaches {largest:.3g}; it looks like degrees, radians are needed")
    ratio = _speed_ratio(log)
    for factor, what in _RATES:
        if ratio is not None and factor / _RATE_SPREAD < ratio < factor * _RATE_SPREAD:
            raise IdentifyError(
                f"{log.name}: velocity: is {ratio:.3g} times the slope of position: {what}? rad/s is needed"
            )
    limit = {
        "current": min(figures.motor.peak_a, figures.drive.current_limit_a),
        "torque": figures.motor.peak_a * figures.motor.kt_nm_per_a * figures.gear.ratio,
    }[log.effort]
    largest = float(np.abs(log.channels[log.effort]).max())
    if largest > _EFFORT_LIMIT * limit:
        hint = "; milli-units?" if largest > 100.0 * limit else ""
        raise IdentifyError(
            f"{log.name}: {log.effort}: reaches {largest:.3g}; the drive {figures.name} has at most {limit:.3g}{hint}"
        )


def _speed_ratio(log: Log) -> float | None:
    """Logged velocity over the slope of position, by regression; None where they hardly agree."""
    slope: Array = np.gradient(log.channels["position"], log.t)
    velocity = log.channels["velocity"]
    if np.std(slope) == 0.0 or np.std(velocity) == 0.0:
        return None
    if np.corrcoef(slope, velocity)[0, 1] < 0.5:
        return None
    return float(np.std(velocity) / np.std(slope))
