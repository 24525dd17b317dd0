"""Torque-torsion loop: the input locked, a slow torque at the output, the twist between the two shafts.

Tier `twin`: rotor locked, the brake's torque in triangles of rated torque. Tier `harmonic`, whose twist is a
state beside one rigid body: output locked, the motor gives the torque.

The stiffness and the wind-up are read on the first rise from rest, as the catalogue's curve from the origin is.
Width at zero torque and lost motion are read on the closed loop of the second cycle. A torque rises to rated in
a few seconds; half that rate moves no figure by 0.1 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import FINE_S, Bench, Floats, Shafts, build, rig_motor
from pilotline.benchmarks.rig.outcome import ARCMIN, Measurement, Outcome, Row, Specimen
from pilotline.benchmarks.rig.sweep import ramps
from pilotline.robots.actuators.closed_forms import windup_rad

LOST_MOTION_SHARE = 0.04
"""Torque of the lost motion as a share of rated."""

_RISE_S = {"twin": 2.0, "harmonic": 25.0}
"""Time to rated torque; the twist of `harmonic` follows its torque with a lag of some milliseconds."""

_STEP_S = {"twin": FINE_S, "harmonic": 1e-3}


@dataclass(frozen=True)
class Loop:
    """Torque (N m) against twist (rad): first rise, closed loop to +-rated, minor loops inside it."""

    rise_rad: Floats
    rise_nm: Floats
    loop_rad: Floats
    loop_nm: Floats
    minor_rad: Floats
    minor_nm: Floats
    slopes_nm_per_rad: tuple[float, float, float]


def run(specimen: Specimen) -> Outcome:
    """Load, unload and read."""
    gear, rated = specimen.gear, specimen.gear.rated_nm
    bench = _bench(specimen)
    # far enough beyond the second knee to see K3, but below what makes teeth skip
    top = min(max(rated, 1.4 * gear.knee_2_nm), 0.9 * gear.ratcheting_nm)
    (rise_rad, rise_nm), _ = _twist(specimen, bench, [top])
    corners = [rated, -rated, rated, -rated, rated, 0.2 * rated, 0.7 * rated, 0.2 * rated, 0.7 * rated]
    (twist, torque), at = _twist(specimen, bench, corners)

    slopes = (
        _slope(rise_rad, rise_nm, 0.0, gear.knee_1_nm),
        _slope(rise_rad, rise_nm, gear.knee_1_nm, gear.knee_2_nm),
        _slope(rise_rad, rise_nm, gear.knee_2_nm, top),
    )
    down, up = slice(at[2], at[3] + 1), slice(at[3], at[4] + 1)
    share = LOST_MOTION_SHARE * rated
    width = _at(twist[down], torque[down], 0.0) - _at(twist[up], torque[up], 0.0)
    lost = _at(twist[down], torque[down], share) - _at(twist[up], torque[up], -share)
    minor = slice(at[5], at[8] + 1)
    closure = abs(twist[at[7]] - twist[at[5]]) + abs(twist[at[8]] - twist[at[6]])
    origin = specimen.published.origin
    rows = [
        Row(f"stiffness K{i}", slope, "Nm/rad", expected, origin(f"k{i}_nm_per_rad"), 0.02)
        for i, (slope, expected) in enumerate(
            zip(slopes, (gear.k1_nm_per_rad, gear.k2_nm_per_rad, gear.k3_nm_per_rad), strict=True), 1
        )
    ]
    wound = float(windup_rad(gear, rated))
    rows += [
        Row(
            "wind-up at rated torque",
            _at(rise_rad, rise_nm, rated) / ARCMIN,
            "arcmin",
            wound / ARCMIN,
            origin("k2_nm_per_rad"),
            0.03,
        ),
        Row(
            "hysteresis width at zero torque",
            width / ARCMIN,
            "arcmin",
            gear.hysteresis_rad / ARCMIN,
            origin("hysteresis_rad"),
            0.10,
        ),
        Row("lost motion at ±4 % of rated", lost / ARCMIN, "arcmin"),
        Row("loop area, heat of a cycle", _area(twist[at[2] : at[4] + 1], torque[at[2] : at[4] + 1]), "J"),
        Row(
            "gap of two minor loops", closure / max(width, 1e-12) * 100.0, "% of width", 0.0, "closed form", 2.0, False
        ),
    ]
    curves = Loop(
        rise_rad, rise_nm, twist[at[2] : at[4] + 1], torque[at[2] : at[4] + 1], twist[minor], torque[minor], slopes
    )
    return Outcome(tuple(rows), curves)


def draw(specimen: Specimen, curves: Loop) -> Figure:
    """The loop with the catalogue's lines, and its middle enlarged."""
    gear = specimen.gear
    figure, (whole, middle) = style.page(f"{gear.name}: torque-torsion loop, input locked, tier {specimen.tier}")
    for axes in (whole, middle):
        axes.plot(curves.loop_nm, curves.loop_rad / ARCMIN, color=style.SIM, label="simulation, ± rated")
        axes.plot(curves.minor_nm, curves.minor_rad / ARCMIN, color=style.BACK, linewidth=1.0, label="minor loops")
    torque = np.linspace(-1.15 * gear.rated_nm, 1.15 * gear.rated_nm, 400)
    whole.plot(torque, windup_rad(gear, torque) / ARCMIN, **style.REFERENCE, label="catalogue K1, K2, K3")
    for name, knee in (("T1", gear.knee_1_nm), ("T2", gear.knee_2_nm)):
        if knee < 1.15 * gear.rated_nm:
            whole.axvline(knee, color=style.GREY, linewidth=0.7)
            whole.annotate(
                name,
                (knee, 0.02),
                xycoords=("data", "axes fraction"),
                color=style.GREY,
                xytext=(3, 0),
                textcoords="offset points",
            )
    style.label(whole, "whole loop", "torque at the output (Nm)", "twist (arcmin)", "upper left")
    share = LOST_MOTION_SHARE * gear.rated_nm
    half = gear.hysteresis_rad / 2 / ARCMIN
    middle.plot(
        [0, 0],
        [-half, half],
        **style.REFERENCE | {"linewidth": 2.5, "linestyle": "-"},
        label=f"hysteresis {2 * half:.2f} arcmin ({specimen.published.origin('hysteresis_rad')})",
    )
    for side in (-share, share):
        middle.axvline(side, color=style.GREY, linewidth=0.8, linestyle=":")
    middle.annotate(
        "±4 % of rated",
        (share, 0.03),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        color=style.GREY,
    )
    middle.set_xlim(-4 * share, 4 * share)
    near = np.abs(curves.loop_nm) < 4 * share
    bound = 1.15 * float(np.max(np.abs(curves.loop_rad[near]))) / ARCMIN if near.any() else 1.0
    middle.set_ylim(-bound, bound)
    style.label(middle, "around zero torque", "torque at the output (Nm)", "twist (arcmin)", "upper left")
    return figure


def _bench(specimen: Specimen) -> Bench:
    tier = specimen.tier
    figures = rig_motor(specimen.figures)
    shafts = Shafts(input="locked") if tier == "twin" else Shafts(output="locked")
    return build(figures, tier, shafts, (specimen.temperature_c,), step_s=_STEP_S[tier])


def _twist(specimen: Specimen, bench: Bench, corners: list[float]) -> tuple[tuple[Floats, Floats], tuple[int, ...]]:
    """Twist (rad, positive with the torque) and torque (N m) along the ramps, and where the corners lie."""
    signal, at = ramps(corners, specimen.gear.rated_nm / _RISE_S[specimen.tier], bench.step_s)
    every = 10
    if specimen.tier == "twin":
        log = bench.run({"load": signal}, every)
        twist = log.output_rad[0] - log.input_rad[0] / bench.ratio
        torque = signal[every - 1 : len(signal) // every * every : every]
    else:
        log = bench.run({"command": signal}, every)
        twist, torque = log["twist_rad"][0], log["torque_nm"][0]
    last = len(twist) - 1
    return (twist, torque), tuple(min(i // every, last) for i in at)


def _slope(twist: Floats, torque: Floats, low: float, high: float) -> float:
    """Stiffness between two torques, fitted on the middle 80 % of the way; NaN where the bench must not go."""
    margin = 0.1 * (high - low)
    inside = (torque > low + margin) & (torque < high - margin)
    return float(np.polyfit(twist[inside], torque[inside], 1)[0]) if np.sum(inside) > 2 else float("nan")


def _at(twist: Floats, torque: Floats, wanted: float) -> float:
    """Twist at a torque on a branch, rising or falling."""
    order = np.argsort(torque, kind="stable")
    return float(np.interp(wanted, torque[order], twist[order]))


def _area(twist: Floats, torque: Floats) -> float:
    """Area of a closed loop, J."""
    return abs(float(np.sum(0.5 * (torque[1:] + torque[:-1]) * np.diff(twist))))


MEASUREMENT = Measurement(
    name="torque_torsion",
    title="torque-torsion loop",
    run=run,
    draw=draw,
    kinds=("harmonic", "planetary"),
    why_not="there is no gear to twist",
)
