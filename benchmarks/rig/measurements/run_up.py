"""Run-up through the torsional resonance: speed up and down again, and the ripple of the output's speed.

The output carries three tenths of the inertia that the input side has there, so that the output swings most. A
soft input machine leads the mean speed and leaves the rotor free to swing. The kinematic error shakes the
spring at 1, 2 and 4 times the input's frequency f, and each line meets the resonance at its own speed. Ripple
of a line is read by order tracking: the speed times exp(-i k input angle), averaged over a fixed number of
turns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import FINE_S, Floats, Shafts, build, rig_motor
from pilotline.benchmarks.rig.outcome import Measurement, Outcome, Row, Specimen
from pilotline.benchmarks.rig.sweep import turning

ORDERS = (1, 2, 4)

_SWEEP_S = 20.0
"""Up, and again down; twice as long moves the peak of line 2 by less than 1 %."""

_LOAD = 0.3
"""Inertia at the output over that of the input side seen there."""

_EVERY = 5
_TURNS = 4
"""Input turns that one reading of ripple averages over."""


@dataclass(frozen=True)
class RunUp:
    """Ripple amplitude of the output's speed (rad/s) over mean input speed (rad/s), per order, up and down."""

    up_rad_s: Floats
    up: Floats
    down_rad_s: Floats
    down: Floats
    resonance_rad_s: float


def run(specimen: Specimen) -> Outcome:
    """Sweep and read the peaks."""
    figures, gear = specimen.figures, specimen.gear
    rotor = figures.armature_kgm2
    load = _LOAD * rotor
    resonance = math.sqrt(gear.k1_nm_per_rad * (1.0 / rotor + 1.0 / load))
    fastest = min(1.3 * resonance, gear.max_input_rad_s)
    slowest = 0.12 * resonance
    shafts = Shafts(input="soft", output_kgm2=load)
    bench = build(rig_motor(figures), "twin", shafts, (specimen.temperature_c,))
    steps = round(_SWEEP_S / FINE_S)
    rising = np.linspace(slowest, fastest, steps)
    speed = np.concatenate([rising, rising[::-1]])
    log = bench.run({"input_rad": turning(speed, FINE_S), "input_rad_s": speed}, _EVERY, slowest)
    half = log.input_rad.shape[1] // 2
    up_rad_s, up = _ripple(log.input_rad[0, :half], log.output_rad_s[0, :half])
    down_rad_s, down = _ripple(log.input_rad[0, half:][::-1], log.output_rad_s[0, half:][::-1])
    down_rad_s = -down_rad_s
    peaks = [_peak(up_rad_s, up[k], resonance / order) for k, order in enumerate(ORDERS)]
    back = [_peak(down_rad_s, down[k], resonance / order) for k, order in enumerate(ORDERS)]
    rows = []
    for order, (at, height), (at_back, height_back) in zip(ORDERS, peaks, back, strict=True):
        if not math.isfinite(at):
            continue
        # the spring is K1 for the line that shakes it most; a small line rides on slip that the large one has loosened
        graded = 0.05 if order == 2 else None
        rows += [
            Row(f"input speed of the peak of line {order}", at, "rad/s", resonance / order, "K1, inertia", graded),
            Row(f"ripple of output speed, line {order}", 100 * height * gear.ratio / at, "%"),
            Row(f"its shift in run-down, line {order}", 100 * (at_back - at) / at, "%"),
            Row(f"its height in run-down, line {order}", 100 * (height_back / height - 1), "%"),
        ]
    second = ORDERS.index(2)
    others = [height for k, (_, height) in enumerate(peaks) if k != second and math.isfinite(height)]
    rows.append(Row("largest other peak over line 2's", max(others, default=0.0) / peaks[second][1], ""))
    jump = _jump(up_rad_s, up[second], down_rad_s, down[second], resonance / 2)
    rows.append(Row("gap of run-up to run-down, line 2", 100 * jump / peaks[second][1], "% of peak"))
    notes = () if math.isfinite(peaks[0][0]) else ("line 1 would meet the resonance above the gear's highest speed",)
    return Outcome(tuple(rows), RunUp(up_rad_s, up, down_rad_s, down, resonance), notes)


def draw(specimen: Specimen, curves: RunUp) -> Figure:
    """Ripple over speed, up and down, per line, with the speeds at which a line meets the resonance."""
    gear = specimen.gear
    figure, (lines, both) = style.page(f"{gear.name}: run-up through the torsional resonance, tier {specimen.tier}")
    for colour, order, ripple in zip((style.SCALE[3], style.SIM, style.BACK), ORDERS, curves.up, strict=True):
        lines.semilogy(
            curves.up_rad_s, 100 * ripple * gear.ratio / curves.up_rad_s, color=colour, label=f"line {order} per turn"
        )
        lines.axvline(curves.resonance_rad_s / order, **style.REFERENCE | {"color": colour})
    lines.plot([], [], **style.REFERENCE, label="where the line meets the resonance of K1")
    lines.set_ylim(bottom=0.01)
    lines.set_xlim(0, curves.up_rad_s[-1])
    style.label(lines, "run-up, lines", "input speed (rad/s)", "ripple of output speed (%)", "lower right")
    second = ORDERS.index(2)
    both.plot(curves.up_rad_s, 100 * curves.up[second] * gear.ratio / curves.up_rad_s, color=style.SIM, label="run-up")
    both.plot(
        curves.down_rad_s,
        100 * curves.down[second] * gear.ratio / curves.down_rad_s,
        color=style.BACK,
        linestyle=(0, (3, 1.5)),
        label="run-down",
    )
    at = curves.resonance_rad_s / 2
    both.axvline(at, **style.REFERENCE, label=f"2 f = {curves.resonance_rad_s / 2 / math.pi:.1f} Hz, K1 and inertias")
    both.set_xlim(0.5 * at, 1.6 * at)
    both.set_ylim(bottom=0)
    style.label(both, "line 2 around its resonance", "input speed (rad/s)", "ripple of output speed (%)", "upper right")
    return figure


def _ripple(angle: Floats, speed: Floats) -> tuple[Floats, Floats]:
    """Mean input speed (rad/s) of each window of `_TURNS` turns, and ripple amplitude of each order, (orders, n)."""
    direction = np.sign(angle[-1] - angle[0])
    turns = direction * (angle - angle[0]) / (2 * np.pi)
    edges = np.searchsorted(turns, np.arange(_TURNS, turns[-1], _TURNS))  # the first turns hold the start
    slope = np.gradient(angle) / (_EVERY * FINE_S)
    speeds, ripples = [], []
    for first, last in pairwise(edges):
        part = slice(first, last)
        # a window of a sweep has a trend; take it out before looking for waves
        inside = turns[part] - turns[first]
        rest = speed[part] - np.polyval(np.polyfit(inside, speed[part], 1), inside)
        # equal steps of angle, so that a wave's average over turns is exact
        weight = np.abs(slope[part]) / np.sum(np.abs(slope[part]))
        ripples.append([2 * np.abs(np.sum(weight * rest * np.exp(-1j * k * angle[part]))) for k in ORDERS])
        speeds.append(np.mean(slope[part]))
    return np.array(speeds), np.array(ripples).T


def _peak(speed: Floats, ripple: Floats, near: float) -> tuple[float, float]:
    """Speed and height of the highest ripple within 25 % of a speed; NaN if the sweep does not go there."""
    inside = np.flatnonzero((speed > 0.75 * near) & (speed < 1.25 * near))
    if not inside.size or speed.max() < 1.1 * near:
        return float("nan"), float("nan")
    best = int(inside[np.argmax(ripple[inside])])
    return float(speed[best]), float(ripple[best])


def _jump(up_rad_s: Floats, up: Floats, down_rad_s: Floats, down: Floats, near: float) -> float:
    """Largest difference of the two sweeps within 25 % of a speed."""
    at = np.linspace(0.75 * near, 1.25 * near, 200)
    order = np.argsort(down_rad_s)
    return float(np.max(np.abs(np.interp(at, up_rad_s, up) - np.interp(at, down_rad_s[order], down[order]))))


MEASUREMENT = Measurement(
    name="run_up",
    title="run-up through resonance",
    run=run,
    draw=draw,
    tiers=("twin",),
    kinds=("harmonic",),
    why_not="it needs the rotor as a mass of its own and the lines of a wave generator",
)
