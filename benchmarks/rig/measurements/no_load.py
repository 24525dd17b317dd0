"""No-load running torque over speed and temperature, steady.

The gear is run in as far as its sheet is; each reading is a run of its own at constant speed, so no inertia
enters. Catalogues chart it on a logarithmic scale against temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import Floats
from pilotline.benchmarks.rig.outcome import RPM, Measurement, Outcome, Row, Specimen
from pilotline.benchmarks.rig.running import input_torque
from pilotline.robots.actuators.closed_forms import GREASE_C, no_load_input_nm
from pilotline.robots.actuators.figures import GearFigures

SPEEDS_RPM = (500.0, 1000.0, 2000.0, 3500.0)
"""Of catalogue charts, as far as the gear may turn."""

TEMPERATURES_C = (-10.0, 0.0, 10.0, 20.0, 30.0, 40.0)

COLD_C = -10.0


@dataclass(frozen=True)
class Drag:
    """Torque (N m) over chart speed and temperature, and over fine speeds at three temperatures."""

    speeds_rpm: Floats
    chart_nm: Floats
    fine_rad_s: Floats
    fine_c: tuple[float, ...]
    fine_nm: Floats


def run(specimen: Specimen) -> Outcome:
    """Run the grid of the chart, a fine sweep of speed, and the published point."""
    gear, idle = specimen.gear, specimen.published.idle
    chart = chart_speeds(gear)
    chart_nm = input_torque(specimen, chart[:, None] * RPM, 0.0, np.array(TEMPERATURES_C))
    fine = np.geomspace(0.02 * gear.stribeck_input_rad_s, 0.98 * gear.max_input_rad_s, 22)
    fine_c = tuple(dict.fromkeys((COLD_C, GREASE_C, specimen.temperature_c)))
    fine_nm = input_torque(specimen, fine, 0.0, np.array(fine_c)[:, None])
    rows = []
    if idle is not None and idle.running_input_nm is not None and idle.running_input_rad_s is not None:
        speed = idle.running_input_rad_s
        found = float(input_torque(specimen, speed, 0.0, idle.grease_c))
        rows.append(
            Row(
                f"running torque, {speed / RPM:.0f} rpm, {idle.grease_c:g} °C",
                found * 1e3,
                "mNm",
                idle.running_input_nm * 1e3,
                idle.mark,
                0.15,
            )
        )
    warm = TEMPERATURES_C.index(GREASE_C)
    rows += [
        Row(
            f"running torque, {n:.0f} rpm, {GREASE_C:g} °C",
            found * 1e3,
            "mNm",
            float(no_load_input_nm(gear, n * RPM)) * 1e3,
            specimen.published.origin("drag_input_nm"),
            0.15,
        )
        for n, found in zip(chart, chart_nm[:, warm], strict=True)
    ]
    mild = fine_nm[1]
    dip, rated = int(np.argmin(mild)), min(2, len(chart) - 1)
    # the two fastest speeds: what is left of Stribeck's peak is small there
    drag = chart_nm[-2:, warm] - gear.coulomb_input_nm
    rows += [
        Row("Stribeck dip over slowest", float(mild[dip] / mild[0]), ""),
        Row("input speed of the Stribeck dip", float(fine[dip]), "rad/s"),
        Row(
            f"exponent of speed, {chart[-2]:.0f} to {chart[-1]:.0f} rpm",
            float(np.log(drag[1] / drag[0]) / np.log(chart[-1] / chart[-2])),
            "",
            0.67,
            "V",
            0.05 if chart[-2] * RPM > 10.0 * gear.stribeck_input_rad_s else None,
        ),
    ]
    rows += [
        Row(
            f"torque at {COLD_C:g} °C over {t:g} °C, {chart[rated]:.0f} rpm",
            float(chart_nm[rated, 0] / chart_nm[rated, TEMPERATURES_C.index(t)]),
            "",
        )
        for t in (GREASE_C, TEMPERATURES_C[-1])
    ]
    return Outcome(tuple(rows), Drag(chart, chart_nm, fine, fine_c, fine_nm))


def chart_speeds(gear: GearFigures) -> Floats:
    """Speeds of a catalogue's chart as far as the gear may turn, rpm; of a slow gear, quarters of its highest speed."""
    within = [n for n in SPEEDS_RPM if n * RPM <= gear.max_input_rad_s]
    return np.array(within if len(within) > 1 else np.arange(1, 5) / 4.0 * gear.max_input_rad_s / RPM)


def draw(specimen: Specimen, curves: Drag) -> Figure:
    """Against temperature on a logarithmic scale as catalogues do, and against speed."""
    gear, idle = specimen.gear, specimen.published.idle
    figure, (chart, speeds) = style.page(f"{gear.name}: no-load running torque, tier {specimen.tier}")
    temperatures = np.linspace(TEMPERATURES_C[0], TEMPERATURES_C[-1], 60)
    for colour, n, found in zip(style.SCALE[1:], curves.speeds_rpm, curves.chart_nm, strict=False):
        chart.semilogy(TEMPERATURES_C, found * 1e3, "o-", color=colour, markersize=3.5, label=f"{n:.0f} rpm")
        rule = no_load_input_nm(gear, n * RPM, temperatures) * 1e3
        chart.semilogy(temperatures, rule, **style.REFERENCE)
    chart.plot([], [], **style.REFERENCE, label="figures of the sheet and rules")
    if idle is not None and idle.running_input_nm is not None and idle.running_input_rad_s is not None:
        chart.plot(
            idle.grease_c,
            idle.running_input_nm * 1e3,
            **style.POINT,
            label=f"catalogue ({idle.mark}), {idle.running_input_rad_s / RPM:.0f} rpm",
        )
    chart.set_ylim(top=chart.get_ylim()[1] * 2.5)
    style.plain(chart.yaxis)
    style.label(chart, "against temperature", "grease temperature (°C)", "input torque (mNm)", "upper right")
    smooth = np.geomspace(curves.fine_rad_s[0], curves.fine_rad_s[-1], 300)
    for colour, t, found in zip((style.SCALE[0], style.SIM, style.BACK), curves.fine_c, curves.fine_nm, strict=False):
        speeds.semilogx(curves.fine_rad_s, found * 1e3, "o-", color=colour, markersize=3.5, label=f"{t:g} °C")
        speeds.semilogx(smooth, no_load_input_nm(gear, smooth, t) * 1e3, **style.REFERENCE)
    speeds.axhline(
        gear.starting_input_nm * 1e3,
        color=style.GREY,
        linewidth=0.8,
        linestyle=":",
        label=f"starting torque ({specimen.published.origin('starting_input_nm')})",
    )
    speeds.set_ylim(bottom=0)
    style.label(speeds, "against speed", "input speed (rad/s)", "input torque (mNm)", "upper left")
    return figure


MEASUREMENT = Measurement(
    name="no_load",
    title="no-load running torque",
    run=run,
    draw=draw,
    kinds=("harmonic", "planetary"),
    why_not="there is no gear with friction of its own",
)
