"""Efficiency over input speed and output torque, motor driving and load driving.

Forward: output power over input power. Back-driven: the load turns the output in its direction and the input
machine takes what is left; 0 where the gear holds the load by itself. Published points are run at their own
speed, torque and grease temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import Floats
from pilotline.benchmarks.rig.measurements.no_load import chart_speeds
from pilotline.benchmarks.rig.outcome import RPM, Measurement, Outcome, Row, Specimen
from pilotline.benchmarks.rig.running import input_torque
from pilotline.robots.actuators import closed_forms

SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Output torque as shares of rated."""

_COLDER_K = 20.0


@dataclass(frozen=True)
class Map:
    """Efficiency, 0..1, over chart speed and share of rated torque; and at rated torque in the cold."""

    speeds_rpm: Floats
    forward: Floats
    backward: Floats
    cold: Floats


def run(specimen: Specimen) -> Outcome:
    """Run the grid both ways, the cold row and the published points."""
    gear = specimen.gear
    speeds = chart_speeds(gear)
    torque = np.array(SHARES) * gear.rated_nm
    warm_c = specimen.temperature_c
    forward = _forward(specimen, speeds[:, None] * RPM, torque, warm_c)
    backward = _backward(specimen, speeds[:, None] * RPM, torque, warm_c)
    cold = _forward(specimen, speeds * RPM, gear.rated_nm, warm_c - _COLDER_K)
    rows = []
    for point in specimen.published.efficiency:
        found = float(_forward(specimen, point.input_rad_s, point.torque_nm, point.grease_c))
        rows.append(
            Row(
                f"efficiency, {point.input_rad_s / RPM:.0f} rpm, {point.torque_nm:g} Nm, {point.grease_c:g} °C",
                found * 100,
                "%",
                point.efficiency * 100,
                point.mark,
                3.0,
                False,
            )
        )
    rows += [
        Row(
            f"efficiency, {n:.0f} rpm, rated, {warm_c:g} °C",
            found * 100,
            "%",
            float(closed_forms.efficiency(gear, n * RPM, gear.rated_nm, warm_c)) * 100,
            specimen.published.origin("load_loss"),
            3.0,
            False,
        )
        for n, found in zip(speeds, forward[:, -1], strict=True)
    ]
    rows += [
        _share("steps of the map that rise with load", np.diff(forward, axis=1) > 0),
        _share("steps of the map that fall with speed", np.diff(forward, axis=0) < 0),
        _share(f"points that are lower at {warm_c - _COLDER_K:g} °C", cold < forward[:, -1]),
        _share("points that are lower back-driven", backward < forward),
    ]
    return Outcome(tuple(rows), Map(speeds, forward, backward, cold))


def draw(specimen: Specimen, curves: Map) -> Figure:
    """Efficiency over torque, a curve per speed; forward and back-driven."""
    gear = specimen.gear
    figure, panels = style.page(f"{gear.name}: efficiency at {specimen.temperature_c:g} °C, tier {specimen.tier}")
    share = np.array(SHARES)
    smooth = np.linspace(0.05, 1.0, 80)
    for axes, title, found in zip(
        panels, ("motor drives", "load drives"), (curves.forward, curves.backward), strict=True
    ):
        for colour, n, row in zip(style.SCALE[1:], curves.speeds_rpm, found, strict=False):
            axes.plot(100 * share, 100 * row, "o-", color=colour, markersize=3.5, label=f"{n:.0f} rpm")
            if title == "motor drives":
                rule = closed_forms.efficiency(gear, n * RPM, smooth * gear.rated_nm, specimen.temperature_c)
                axes.plot(100 * smooth, 100 * rule, **style.REFERENCE)
        axes.set_ylim(0, 100)
        axes.set_xlim(0, 105)
    forward = panels[0]
    forward.plot([], [], **style.REFERENCE, label="figures of the sheet and rules")
    for k, point in enumerate(specimen.published.efficiency):
        forward.plot(
            100 * point.torque_nm / gear.rated_nm,
            100 * point.efficiency,
            **style.POINT,
            label=None if k else f"catalogue ({point.mark})",
        )
        forward.annotate(
            f"{point.input_rad_s / RPM:.0f} rpm",
            (100 * point.torque_nm / gear.rated_nm, 100 * point.efficiency),
            (5, 6),
            textcoords="offset points",
            color=style.INK,
        )
    style.label(forward, "motor drives", "output torque (% of rated)", "efficiency (%)", "lower right")
    style.label(panels[1], "load drives", "output torque (% of rated)", "efficiency (%)", "lower right")
    return figure


def _forward(specimen: Specimen, input_rad_s: Floats | float, torque: Floats | float, temperature_c: float) -> Floats:
    given = input_torque(specimen, input_rad_s, torque, temperature_c)
    return np.asarray(torque / (specimen.gear.ratio * given))


def _backward(specimen: Specimen, input_rad_s: Floats, torque: Floats, temperature_c: float) -> Floats:
    given = input_torque(specimen, input_rad_s, -torque, temperature_c)
    return np.maximum(-given * specimen.gear.ratio / torque, 0.0)


def _share(figure: str, true: NDArray[np.bool_]) -> Row:
    """How many of some comparisons hold, in per cent; all should."""
    return Row(figure, 100.0 * float(np.mean(true)), "%", 100.0, "K", 0.0)


MEASUREMENT = Measurement(
    name="efficiency",
    title="efficiency map",
    run=run,
    draw=draw,
    kinds=("harmonic", "planetary"),
    why_not="there is no gear with friction of its own",
)
