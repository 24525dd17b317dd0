"""Heat at stall: both shafts locked, the drive asked for torque, winding and housing over hours.

Three runs. At the continuous current (the drive's limit set to it) against the closed form of two thermal
nodes; at full demand, where the drive derates; and at full demand in a hot room, where it trips. Nothing moves,
so the step is long; current and heat are first-order lags that a long step does not upset.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import Floats, Log, Shafts, build
from pilotline.benchmarks.rig.outcome import Measurement, Outcome, Row, Specimen
from pilotline.robots.actuators.figures import JointFigures

RATED_AMBIENT_C = 25.0
"""Ambient temperature of the motors' continuous currents."""

_HOT_MARGIN_K = 30.0
"""The hot room: so much above what the protection can still hold."""

_STEP_S = 0.05
"""Of the two runs in which the drive derates and trips; the slow run takes a 200th of the winding's own time."""

_HOUSING_TIMES = 7.0
_SHORT_S = 1800.0
"""Long enough for derating, and for a trip in the hot room."""

_SAMPLES = 40_000


@dataclass(frozen=True)
class Heat:
    """Temperatures (C) and currents (A) over time (s) of the three runs, and the closed form of the first."""

    time_s: Floats
    winding_c: Floats
    housing_c: Floats
    formula_c: Floats
    full_time_s: Floats
    full_winding_c: Floats
    full_a: Floats
    hot_time_s: Floats
    hot_winding_c: Floats
    hot_a: Floats


def run(specimen: Specimen) -> Outcome:
    """The three runs."""
    figures = specimen.figures
    motor, servo = figures.motor, figures.drive
    current = min(motor.continuous_a, servo.current_limit_a, motor.peak_a)
    slow = motor.housing_to_ambient_k_per_w * (motor.housing_j_per_k + motor.winding_j_per_k)
    own = motor.winding_to_housing_k_per_w * motor.winding_j_per_k
    horizon = _HOUSING_TIMES * slow
    limited = replace(figures, drive=replace(servo, current_limit_a=current), peak_nm=1e9)
    time, winding, housing, flowing = _heat(specimen, limited, RATED_AMBIENT_C, horizon, own / 200.0)
    formula = two_nodes(figures, current, time, RATED_AMBIENT_C)
    free = replace(figures, peak_nm=1e9)
    full_time, full_winding, _, full_a = _heat(specimen, free, RATED_AMBIENT_C, _SHORT_S, _STEP_S)
    ambient_hot = RATED_AMBIENT_C + (servo.trip_c - motor.winding_max_c) + _HOT_MARGIN_K
    hot_time, hot_winding, _, hot_a = _heat(specimen, free, ambient_hot, _SHORT_S, _STEP_S)

    worst = float(np.max(np.abs(np.stack([winding, housing]) - formula)))
    end = formula[:, -1]
    rows = [
        Row("winding, continuous current, end", float(winding[-1]), "°C", float(end[0]), "closed form", 1.0, False),
        Row("housing, continuous current, end", float(housing[-1]), "°C", float(end[1]), "closed form", 1.0, False),
        Row("largest gap to the closed form", worst, "K", 0.0, "closed form", 1.0, False),
        Row(
            "the same against the winding's class",
            float(winding[-1]),
            "°C",
            motor.winding_max_c,
            "motor sheet",
            None,
            False,
        ),
        Row(
            "stall torque, continuous, hot",
            float(flowing[-1]) * _kt(figures, float(housing[-1])) * figures.gear.ratio,
            "Nm",
        ),
    ]
    derating = np.flatnonzero(full_a < 0.995 * np.max(full_a))
    if derating.size and np.max(full_a) > 1.02 * current:
        first = int(derating[0])
        rows += [
            Row(
                "winding as current begins to fall",
                float(full_winding[first]),
                "°C",
                servo.derate_from_c,
                "drive sheet",
                3.0,
                False,
            ),
            Row("time to there at full demand", float(full_time[first]), "s"),
        ]
    rows.append(
        Row(
            "hottest winding at full demand",
            float(np.max(full_winding)),
            "°C",
            motor.winding_max_c,
            "motor sheet",
        )
    )
    tripped = np.flatnonzero((hot_a < 1e-3 * np.max(hot_a)) & (hot_time > 1.0))
    notes = []
    if tripped.size:
        rows += [
            Row(
                f"winding at the trip, {ambient_hot:.0f} °C room",
                float(np.max(hot_winding)),
                "°C",
                servo.trip_c,
                "drive sheet",
                1.0,
                False,
            ),
            Row("time to the trip", float(hot_time[tripped[0]]), "s"),
        ]
    else:
        notes.append(f"no trip in a room of {ambient_hot:.0f} °C: the drive's own limit keeps the winding cooler")
    curves = Heat(time, winding, housing, formula, full_time, full_winding, full_a, hot_time, hot_winding, hot_a)
    return Outcome(tuple(rows), curves, tuple(notes))


def draw(specimen: Specimen, curves: Heat) -> Figure:
    """Heat-up with the closed form; derating and trip."""
    motor, servo = specimen.figures.motor, specimen.figures.drive
    figure, (slow, full, current) = style.page(f"{specimen.figures.name}: stall, tier {specimen.tier}", 3)
    slow.plot(curves.time_s / 60, curves.winding_c, color=style.BACK, label="winding")
    slow.plot(curves.time_s / 60, curves.housing_c, color=style.SIM, label="housing")
    slow.plot(curves.time_s / 60, curves.formula_c[0], **style.REFERENCE, label="closed form, two nodes")
    slow.plot(curves.time_s / 60, curves.formula_c[1], **style.REFERENCE)
    slow.axhline(motor.winding_max_c, color=style.GREY, linewidth=0.8, linestyle=":", label="winding's maximum")
    style.label(slow, f"continuous current, {RATED_AMBIENT_C:g} °C", "time (min)", "temperature (°C)", "lower right")
    full.plot(curves.full_time_s / 60, curves.full_winding_c, color=style.SIM, label="full demand")
    full.plot(curves.hot_time_s / 60, curves.hot_winding_c, color=style.BACK, label="full demand, hot room")
    for name, level in (("derating", servo.derate_from_c), ("maximum", motor.winding_max_c), ("trip", servo.trip_c)):
        full.axhline(level, **style.REFERENCE | {"linewidth": 0.8})
        full.annotate(
            name,
            (1.0, level),
            xycoords=("axes fraction", "data"),
            xytext=(-2, -9 if name == "maximum" else 2),
            textcoords="offset points",
            ha="right",
            fontsize=7.5,
            color=style.GREY,
        )
    current.plot(curves.full_time_s / 60, curves.full_a, color=style.SIM, label="full demand")
    current.plot(curves.hot_time_s / 60, curves.hot_a, color=style.BACK, label="full demand, hot room")
    current.axhline(min(motor.continuous_a, servo.current_limit_a), **style.REFERENCE, label="continuous current")
    for axes in (full, current):
        axes.set_xlim(0, min(curves.full_time_s[-1], 20 * 60) / 60)
    style.label(full, "derating and trip", "time (min)", "winding (°C)", "lower right")
    style.label(current, "current", "time (min)", "current (A)", "upper right")
    return figure


def two_nodes(figures: JointFigures, current_a: float, time_s: Floats, ambient_c: float) -> Floats:
    """Winding and housing temperature (2, n) at a constant current, in closed form.

    Copper loss R(T) i^2 grows with the winding's own temperature, so the equations stay linear:
    x' = A x + b, x(t) = A^-1 (exp(A t) - 1) b, in the eigenvectors of A.
    """
    motor = figures.motor
    loss = motor.resistance_ohm * current_a**2
    warm = loss * (1.0 + motor.copper_per_k * (ambient_c - 20.0))
    across, away = 1.0 / motor.winding_to_housing_k_per_w, 1.0 / motor.housing_to_ambient_k_per_w
    matrix = np.array(
        [
            [(loss * motor.copper_per_k - across) / motor.winding_j_per_k, across / motor.winding_j_per_k],
            [across / motor.housing_j_per_k, -(across + away) / motor.housing_j_per_k],
        ]
    )
    drive = np.array([warm / motor.winding_j_per_k, 0.0])
    rates, shapes = np.linalg.eig(matrix)
    parts = np.linalg.solve(shapes, drive)[:, None] * np.expm1(np.outer(rates, time_s)) / rates[:, None]
    return np.asarray(ambient_c + shapes @ parts)


def _kt(figures: JointFigures, housing_c: float) -> float:
    """Torque constant at a housing temperature, N m/A."""
    return figures.motor.kt_nm_per_a * (1.0 - figures.motor.magnet_per_k * (housing_c - 20.0))


def _heat(
    specimen: Specimen, figures: JointFigures, ambient_c: float, horizon_s: float, step: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Time (s), winding and housing (C) and current (A) under a demand beyond every limit."""
    shafts = Shafts(input="locked" if specimen.tier == "twin" else "free", output="locked")
    bench = build(figures, specimen.tier, shafts, (ambient_c,), step_s=step, integrator="discrete")
    steps = math.ceil(horizon_s / step)
    most = 2.0 * figures.motor.kt_nm_per_a * figures.gear.ratio * figures.motor.peak_a
    every = max(1, steps // _SAMPLES)
    log: Log = bench.run({"command": np.full(steps, most)}, every)
    winding, housing = (ambient_c + log[f"drive.{node}_k"][0] for node in ("winding", "housing"))
    return log.time_s, winding, housing, log["drive.current_a"][0]


MEASUREMENT = Measurement(
    name="stall",
    title="stall heat-up",
    run=run,
    draw=draw,
    kinds=("harmonic", "planetary", "direct"),
    why_not="its drive takes positions, not torques",
)
