"""Cold start: the input turns at rated speed in a cold chamber, drag falls as its own heat warms the grease.

It takes half an hour and more, so the step is long and the transmission error, far above anything that matters
here, is left out. The closed form beside it is the two-node heat balance with the gear's friction as its
source, solved by another integrator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import Control, Floats, Shafts, build, rig_motor
from pilotline.benchmarks.rig.measurements.no_load import COLD_C
from pilotline.benchmarks.rig.outcome import RPM, Measurement, Outcome, Row, Specimen
from pilotline.robots.actuators.closed_forms import no_load_input_nm

_STEP_S = 5e-3
_MINUTES = 60.0
_SAMPLES = 600


@dataclass(frozen=True)
class Warming:
    """Drag (N m at the input) and housing (C) over time (s), simulation and closed form."""

    time_s: Floats
    drag_nm: Floats
    housing_c: Floats
    formula_nm: Floats
    formula_c: Floats
    speed_rad_s: float
    ambient_c: float


def run(specimen: Specimen) -> Outcome:
    """Turn for an hour."""
    gear, motor = specimen.gear, specimen.figures.motor
    ambient = min(COLD_C, specimen.temperature_c)
    speed = min(gear.rated_input_rad_s, gear.max_input_rad_s)
    none = (0.0, 0.0, 0.0)
    rig = rig_motor(specimen.figures)
    figures = replace(
        rig,
        gear=replace(gear, error_sin_rad=none, error_cos_rad=none),
        motor=replace(rig.motor, housing_j_per_k=motor.housing_j_per_k, winding_j_per_k=motor.winding_j_per_k),
        drive=replace(rig.drive, loop_hz=1.0 / _STEP_S),
    )
    twin = specimen.tier == "twin"
    shafts = Shafts(input="turned") if twin else Shafts()
    control = Control("torque" if twin else "velocity", 5.0)
    bench = build(figures, specimen.tier, shafts, (ambient,), control, _STEP_S, "discrete")
    steps = math.ceil(_MINUTES * 60 / _STEP_S)
    every = steps // _SAMPLES
    turning = np.full(steps, speed)
    signals = {"input_rad_s": turning} if twin else {"command": turning / bench.ratio}
    log = bench.run(signals, every, speed)
    drag = (log.input_nm if twin else log["drive.current_a"])[0]
    housing = ambient + log["drive.housing_k"][0]
    formula = _formula(specimen, speed, ambient, log.time_s)
    formula_nm = no_load_input_nm(gear, speed, formula)
    settled = float(drag[-1])
    half = log.time_s[np.argmax(drag < (drag[0] + settled) / 2)]
    rows = [
        Row(
            f"drag at the start, {ambient:g} °C, {speed / RPM:.0f} rpm",
            float(drag[0]) * 1e3,
            "mNm",
            float(formula_nm[0]) * 1e3,
            "closed form",
            0.03,
        ),
        Row(f"drag after {_MINUTES:g} min", settled * 1e3, "mNm", float(formula_nm[-1]) * 1e3, "closed form", 0.03),
        Row(f"housing after {_MINUTES:g} min", float(housing[-1]), "°C", float(formula[-1]), "closed form", 1.0, False),
        Row("time to half of the fall", float(half) / 60, "min"),
        Row("drag at the start over the end", float(drag[0]) / settled, ""),
    ]
    return Outcome(tuple(rows), Warming(log.time_s, drag, housing, formula_nm, formula, speed, ambient))


def draw(specimen: Specimen, curves: Warming) -> Figure:
    """Drag and housing over time."""
    figure, (drag, heat) = style.page(
        f"{specimen.gear.name}: cold start at {curves.ambient_c:g} °C, {curves.speed_rad_s / RPM:.0f} rpm, "
        f"tier {specimen.tier}"
    )
    drag.plot(curves.time_s / 60, curves.drag_nm * 1e3, color=style.SIM, label="simulation")
    drag.plot(curves.time_s / 60, curves.formula_nm * 1e3, **style.REFERENCE, label="closed form, two nodes")
    drag.set_ylim(bottom=0)
    style.label(drag, "no-load drag", "time (min)", "input torque (mNm)")
    heat.plot(curves.time_s / 60, curves.housing_c, color=style.SIM, label="simulation")
    heat.plot(curves.time_s / 60, curves.formula_c, **style.REFERENCE, label="closed form, two nodes")
    style.label(heat, "housing and grease", "time (min)", "temperature (°C)", "lower right")
    return figure


def _formula(specimen: Specimen, speed: float, ambient_c: float, time_s: Floats) -> Floats:
    """Housing temperature (C): friction heats the housing, which cools to the chamber and shares with the winding."""
    gear, motor = specimen.gear, specimen.figures.motor

    def slope(_: float, rise: Floats) -> list[float]:
        housing, winding = rise
        heat = float(no_load_input_nm(gear, speed, ambient_c + housing)) * speed
        shared = (winding - housing) / motor.winding_to_housing_k_per_w
        away = housing / motor.housing_to_ambient_k_per_w
        return [(heat + shared - away) / motor.housing_j_per_k, -shared / motor.winding_j_per_k]

    solved = solve_ivp(slope, (0.0, float(time_s[-1])), [0.0, 0.0], t_eval=time_s, rtol=1e-6, atol=1e-6, method="LSODA")
    return ambient_c + np.asarray(solved.y[0])


MEASUREMENT = Measurement(
    name="cold_start",
    title="cold start",
    run=run,
    draw=draw,
    kinds=("harmonic", "planetary"),
    why_not="there is no gear with friction of its own",
)
