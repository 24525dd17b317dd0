"""Starting torque at the input, back-driving torque at the output, and how friction builds up at a reversal.

Slow ramps of torque on one shaft while the other is free; the gear has started once the input has turned past
the angle over which friction builds up. A ramp takes some seconds; what inertia holds back adds 1 to 3 %. The
build-up is the input shaft led to and fro by a slow prescribed motion (tier `harmonic`: the motor gives a slow
torque ramp below starting and the joint creeps).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import FINE_S, Bench, Floats, Shafts, build, rig_motor
from pilotline.benchmarks.rig.outcome import Measurement, Outcome, Row, Specimen
from pilotline.benchmarks.rig.sweep import ramps
from pilotline.robots.actuators.closed_forms import backdriving_nm

_RAMP_S = (0.5, 4.8)
_REACH = (0.6, 1.5)
"""Torque that a ramp reaches quickly, and then slowly, over the expected one."""

_STROKE = 4.0
"""Stroke of the reversal, over the pre-sliding angle."""

_PERIOD_S = 8.0
"""Of the motion to and fro that the input machine leads."""

_MOVED = 1.2
"""The gear has started once the input has turned this far, over the pre-sliding angle."""

_POSITIONS = 5
"""Positions of the wave generator from which the gear is driven back: the slope of its error helps or hinders."""

_EVERY = 10


@dataclass(frozen=True)
class Ramps:
    """Input angle (rad) under the two ramps, and friction (N m) over input angle in a reversal.

    The back-driving ramp has a row per position of the wave generator.
    """

    start_nm: Floats
    start_rad: Floats
    back_nm: Floats
    back_rad: Floats
    reversal_rad: Floats
    reversal_nm: Floats


def run(specimen: Specimen) -> Outcome:
    """Both ramps and the reversal."""
    gear, published = specimen.gear, specimen.published
    free = _bench(specimen, "free")
    twin = specimen.tier == "twin"
    start, start_origin, back, back_origin = _expected(specimen)
    at_output = 1.0 if twin else gear.ratio
    start_nm, start_rad = _ramp(free, "push" if twin else "command", gear.starting_input_nm, at_output, 1)
    back_nm, back_rad = _ramp(free, "load", backdriving_nm(gear), 1.0, _POSITIONS)
    starting = float(_breakaway(start_nm, start_rad, gear.presliding_input_rad)[0])
    each = _breakaway(back_nm, back_rad, gear.presliding_input_rad)
    backdriving = float(np.mean(each))
    rows = [
        Row("starting torque", starting * 1e3, "mNm", start * 1e3, start_origin, 0.15),
        Row("back-driving torque", backdriving, "Nm", back, back_origin, 0.15),
        Row("back-driving, spread over positions", float(np.ptp(each)) / backdriving * 100, "%"),
        Row("back-driving over ratio × starting", backdriving / (gear.ratio * starting), ""),
    ]
    angle, friction = _reversal(specimen)
    slope = _steepest(angle, friction)
    jump = _step(angle, friction, gear.presliding_input_rad / 50.0) / starting
    rows += [
        Row(
            "input angle of friction's build-up",
            starting / slope * 1e3,
            "mrad",
            gear.presliding_input_rad * 1e3,
            published.origin("presliding_input_rad"),
            0.15,
        ),
        Row("largest step within 1/50 of it", jump * 100.0, "%"),
    ]
    return Outcome(tuple(rows), Ramps(start_nm, start_rad[0], back_nm, back_rad, angle, friction))


def draw(specimen: Specimen, curves: Ramps) -> Figure:
    """The two breakaways and the reversal."""
    gear, published = specimen.gear, specimen.published
    figure, (start, back, reversal) = style.page(
        f"{gear.name}: starting, back-driving and reversal, tier {specimen.tier}", 3
    )
    bound = 6.0 * gear.presliding_input_rad * 1e3
    start_nm, start_origin, back_nm, back_origin = _expected(specimen)
    start.plot(*_shown(curves.start_nm * 1e3, curves.start_rad * 1e3, bound), color=style.SIM, label="simulation")
    start.axvline(start_nm * 1e3, **style.REFERENCE, label=f"{start_nm * 1e3:.3g} mNm ({start_origin})")
    for k, angle in enumerate(curves.back_rad):
        label = None if k else f"simulation, {len(curves.back_rad)} positions"
        back.plot(*_shown(curves.back_nm, angle * 1e3, bound), color=style.SIM, linewidth=0.9, label=label)
    back.axvline(back_nm, **style.REFERENCE, label=f"{back_nm:.3g} Nm ({back_origin})")
    for axes, torque in ((start, curves.start_nm * 1e3), (back, curves.back_nm)):
        axes.set_ylim(0, 1.5 * bound)
        axes.set_xlim(0, float(torque[-1]))
    style.label(start, "starting, output free", "torque at the input (mNm)", "input angle (mrad)", "upper left")
    style.label(back, "back-driving, input free", "torque at the output (Nm)", "input angle (mrad)", "upper left")
    level = gear.starting_input_nm * 1e3
    reversal.plot(curves.reversal_rad * 1e3, curves.reversal_nm * 1e3, color=style.SIM, label="simulation")
    reversal.axhline(level, **style.REFERENCE, label="± starting torque")
    reversal.axhline(-level, **style.REFERENCE)
    reversal.set_ylim(-1.25 * level, 2.0 * level)
    width = gear.presliding_input_rad * 1e3
    reversal.annotate(
        f"builds up over {width:.3g} mrad ({published.origin('presliding_input_rad')})",
        (0.03, 0.93),
        xycoords="axes fraction",
        color=style.GREY,
    )
    style.label(reversal, "friction at reversals", "input angle (mrad)", "friction at the input (mNm)", "upper right")
    reversal.legend(loc="upper left", bbox_to_anchor=(0.0, 0.92))
    return figure


def _expected(specimen: Specimen) -> tuple[float, str, float, str]:
    """Starting and back-driving torque (N m) with their origins: the catalogue's, else what the figures come to."""
    gear, published, idle = specimen.gear, specimen.published, specimen.published.idle
    rule = published.origin("starting_input_nm")
    start, start_origin = gear.starting_input_nm, rule
    back, back_origin = backdriving_nm(gear), rule
    if idle is not None and idle.starting_input_nm is not None:
        start, start_origin = idle.starting_input_nm, idle.mark
    if idle is not None and idle.backdriving_nm is not None:
        back, back_origin = idle.backdriving_nm, idle.mark
    return start, start_origin, back, back_origin


def _shown(torque: Floats, angle: Floats, bound: float) -> tuple[Floats, Floats]:
    """The part of a curve within the panel."""
    inside = np.abs(angle) < 1.5 * bound
    return torque[inside], np.abs(angle[inside])


def _bench(specimen: Specimen, held: str) -> Bench:
    shafts = Shafts(input="prescribed" if held == "led" else "free")
    return build(rig_motor(specimen.figures), specimen.tier, shafts, (specimen.temperature_c,))


def _ramp(bench: Bench, signal: str, expected: float, at_output: float, positions: int) -> tuple[Floats, Floats]:
    """Torque on the shaft (N m), and input angle (rad) from rest at each position, (positions, samples)."""
    quick, slow = (round(time / FINE_S) for time in _RAMP_S)
    rise = np.linspace(0.0, _REACH[0], quick), np.linspace(_REACH[0], _REACH[1], slow)
    torque = expected * np.concatenate(rise)
    start = np.arange(positions) * 2 * np.pi / positions
    log = bench.run({signal: np.repeat(torque[None] * at_output, positions, axis=0)}, _EVERY, angle_rad=start)
    return torque[_EVERY - 1 :: _EVERY], log.input_rad - start[:, None]


def _breakaway(torque: Floats, angle: Floats, presliding: float) -> Floats:
    """Torque of each run at which the input has turned `_MOVED` times the pre-sliding angle; NaN if it never does."""
    over = np.abs(angle) > _MOVED * presliding
    return np.where(over.any(axis=1), torque[np.argmax(over, axis=1)], np.nan)


def _reversal(specimen: Specimen) -> tuple[Floats, Floats]:
    """Input angle (rad) and friction at the input (N m) through slow reversals."""
    gear = specimen.gear
    half = _STROKE / 2.0 * gear.presliding_input_rad
    if specimen.tier == "twin":
        bench = _bench(specimen, "led")
        phase = 2 * np.pi * np.arange(round(2.0 * _PERIOD_S / FINE_S)) * FINE_S / _PERIOD_S
        path = half * (1.0 - np.cos(phase))
        speed = half * np.sin(phase) * 2 * np.pi / _PERIOD_S
        log = bench.run({"input_rad": path, "input_rad_s": speed}, _EVERY)
        return log.input_rad[0], log.input_nm[0]
    # the friction that holds a slow torque below starting is that torque
    bench = _bench(specimen, "free")
    top = 0.95 * gear.starting_input_nm
    torque, _ = ramps([top, -top, top, -top], top / 2.0, FINE_S)
    log = bench.run({"command": torque * gear.ratio}, _EVERY)
    return log.input_rad[0], torque[_EVERY - 1 :: _EVERY][: log.input_rad.shape[1]]


def _steepest(angle: Floats, friction: Floats) -> float:
    """Stiffness of the build-up, N m/rad: between a tenth and half the friction of the first rise; NaN if none."""
    top = float(np.max(friction))
    first = int(np.argmax(friction > 0.9 * top))
    rise = slice(0, first + 1)
    inside = (friction[rise] > 0.1 * top) & (friction[rise] < 0.5 * top)
    return float(np.polyfit(angle[rise][inside], friction[rise][inside], 1)[0]) if np.sum(inside) > 2 else float("nan")


def _step(angle: Floats, friction: Floats, within: float) -> float:
    """Largest change of friction (N m) while the input moves by at most `within` rad."""
    path = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(angle)))])
    ahead = np.minimum(np.searchsorted(path, path + within, side="right") - 1, len(path) - 1)
    return float(np.max(np.abs(friction[ahead] - friction)))


MEASUREMENT = Measurement(
    name="starting",
    title="starting, back-driving and reversal",
    run=run,
    draw=draw,
    kinds=("harmonic", "planetary"),
    why_not="there is no gear with friction of its own",
)
