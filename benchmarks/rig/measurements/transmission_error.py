"""Transmission error: the input turns slowly both ways, the error is input angle / N less output angle.

Tier `twin`: the input machine prescribes the speed and both shafts carry an encoder. Tier `harmonic` has one
body: its drive follows a slow ramp on the motor's encoder, and the output's encoder shows what the gear makes
of it.

The error repeats with every turn of the wave generator, so some turns tell what a whole turn of the output
does. They are run at a speed at which inertia does nothing; a second run at half of it shows that. A real bench
has a bearing and a seal behind the gear: a third and fourth run let the brake hold the output back with 4 % of
rated torque, and the difference of directions is then the lost motion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from matplotlib.figure import Figure

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import FINE_S, Bench, Control, Floats, Shafts, build, rig_motor
from pilotline.benchmarks.rig.measurements.torque_torsion import LOST_MOTION_SHARE
from pilotline.benchmarks.rig.outcome import ARCMIN, Measurement, Outcome, Row, Specimen
from pilotline.benchmarks.rig.sweep import turning

SLOW_RAD_S = {"twin": 8.0, "harmonic": 3.0}
"""Input speed. Four error waves a turn are 5 Hz at the higher one, a hundredth of the flange's resonance."""

_TURNS = 5
_SETTLE_TURNS = 2
_SAMPLES = 512
"""Samples of the error per input turn."""

_LOOP_HZ = 100.0
"""Of the position loop of tier `harmonic` on the bench, twenty times the fastest error wave."""


@dataclass(frozen=True)
class Error:
    """Error (rad) over whole input turns, `_SAMPLES` a turn; forward, backward, and both against the brake."""

    turns: Floats
    forward_rad: Floats
    backward_rad: Floats
    braked_forward_rad: Floats
    braked_backward_rad: Floats
    lines_rad: Floats


def run(specimen: Specimen) -> Outcome:
    """Turn both ways, free and braked, and once at half the speed."""
    gear = specimen.gear
    bench = _bench(specimen)
    brake = LOST_MOTION_SHARE * gear.rated_nm
    slow = SLOW_RAD_S[specimen.tier]
    speeds = np.array([slow, -slow, slow, -slow])
    turns, errors = _errors(bench, speeds, np.array([0.0, 0.0, -brake, brake]))
    _, slower = _errors(bench, speeds[:1] / 2.0, np.zeros(1))
    forward, backward, braked_forward, braked_backward = errors
    lines = spectrum(forward)
    sin, cos = gear.error_sin_rad, gear.error_cos_rad
    expected = {order: float(np.hypot(s, c)) for order, s, c in zip((1, 2, 4), sin, cos, strict=True)}
    origin = specimen.published.origin("error_pp_rad")
    pp, pp_slower = np.ptp(forward), np.ptp(slower[0])
    rows = [
        Row("transmission error, peak to peak", pp / ARCMIN, "arcmin", gear.error_pp_rad / ARCMIN, origin, 0.03),
        Row("the same backward", np.ptp(backward) / ARCMIN, "arcmin", gear.error_pp_rad / ARCMIN, origin, 0.03),
        Row("the same at half the speed", pp_slower / ARCMIN, "arcmin", pp / ARCMIN, "this bench", 0.01),
        Row("dominant line", float(np.argmax(lines[1:]) + 1), "per turn", 2.0, "K", 0.0),
    ]
    rows += [
        Row(f"amplitude of line {order}", lines[order] / ARCMIN, "arcmin", amplitude / ARCMIN, "rule (E)", 0.10)
        for order, amplitude in expected.items()
    ]
    rows += [
        Row("gap of directions, output free", abs(np.mean(forward - backward)) / ARCMIN, "arcmin"),
        Row("gap of directions, 4 % braked", abs(np.mean(braked_forward - braked_backward)) / ARCMIN, "arcmin"),
    ]
    return Outcome(tuple(rows), Error(turns, forward, backward, braked_forward, braked_backward, lines))


def draw(specimen: Specimen, curves: Error) -> Figure:
    """Error over the input angle, and its lines."""
    gear = specimen.gear
    figure, (trace, bars) = style.page(
        f"{gear.name}: transmission error at {SLOW_RAD_S[specimen.tier]:g} rad/s input, tier {specimen.tier}"
    )
    trace.plot(curves.turns, curves.forward_rad / ARCMIN, color=style.SIM, label="forward")
    trace.plot(curves.turns, curves.backward_rad / ARCMIN, color=style.SCALE[2], linestyle=":", label="backward")
    trace.plot(
        curves.turns,
        curves.braked_forward_rad / ARCMIN,
        color=style.BACK,
        linewidth=1.0,
        label="forward, output 4 % braked",
    )
    trace.plot(
        curves.turns,
        curves.braked_backward_rad / ARCMIN,
        color=style.BACK,
        linewidth=1.0,
        linestyle=":",
        label="backward, output 4 % braked",
    )
    half = gear.error_pp_rad / 2 / ARCMIN
    middle = (np.max(curves.forward_rad) + np.min(curves.forward_rad)) / 2 / ARCMIN
    trace.axhline(
        middle + half,
        **style.REFERENCE,
        label=f"catalogue peak to peak {2 * half:.2f} arcmin ({specimen.published.origin('error_pp_rad')})",
    )
    trace.axhline(middle - half, **style.REFERENCE)
    trace.set_xlim(0, 2)
    trace.set_ylim(top=max(trace.get_ylim()[1], 0.1) * 2.4)
    style.label(
        trace, "over two of the turns measured", "input angle (turns)", "error at the output (arcmin)", "upper right"
    )
    orders = np.arange(1, 9)
    bars.bar(orders, curves.lines_rad[1:9] / ARCMIN, width=0.5, color=style.SIM, label="simulation")
    rule = [np.hypot(s, c) / ARCMIN for s, c in zip(gear.error_sin_rad, gear.error_cos_rad, strict=True)]
    bars.plot((1, 2, 4), rule, **style.POINT, label="rule (E) of the lines")
    style.label(bars, "lines", "waves per input turn", "amplitude (arcmin)", "upper right")
    return figure


def spectrum(error: Floats) -> Floats:
    """Amplitudes (rad) of the lines at 0, 1, 2, ... per input turn, of an error over `_TURNS` turns."""
    return np.asarray(2.0 * np.abs(np.fft.rfft(error))[:: len(error) // _SAMPLES][:16] / len(error))


def _bench(specimen: Specimen) -> Bench:
    figures = rig_motor(specimen.figures)
    if specimen.tier == "twin":
        return build(figures, "twin", Shafts(input="prescribed"), (specimen.temperature_c,))
    figures = replace(figures, encoder=replace(figures.encoder, side="motor"))
    control = Control("position", _LOOP_HZ)
    return build(figures, "harmonic", Shafts(), (specimen.temperature_c,), control)


def _errors(bench: Bench, speeds: Floats, loads: Floats) -> tuple[Floats, Floats]:
    """Input angle in turns, and the error (rad) of each run, on the same angles."""
    steps = int((_TURNS + _SETTLE_TURNS + 1) * 2 * np.pi / np.min(np.abs(speeds)) / FINE_S)
    speed = np.repeat(speeds[:, None], steps, axis=1)
    angle = turning(speed, FINE_S)  # at the end of each step
    load = np.repeat(loads[:, None], steps, axis=1)
    if bench.tier == "twin":
        log = bench.run({"input_rad": angle, "input_rad_s": speed, "load": load}, 5, speeds)
        measured = log.input_rad
    else:
        log = bench.run({"command": angle / bench.ratio, "load": load}, 5, speeds)
        # the loop runs behind its ramp by speed / position gain, which is no error of the gear
        behind = speeds / (2.0 * np.pi * _LOOP_HZ / 2.0)
        measured = angle[:, 4::5][:, : log.output_rad.shape[1]] - behind[:, None]
    turns = np.arange(_TURNS * _SAMPLES) / _SAMPLES
    angles = 2 * np.pi * (_SETTLE_TURNS + turns)
    found = []
    for way, row, out in zip(np.sign(speeds), measured, log.output_rad, strict=True):
        error = row / bench.ratio - out
        # the same places on the input shaft whichever way it turns
        at = angles if way > 0 else angles - 2 * np.pi * (_TURNS + 2 * _SETTLE_TURNS)
        order = np.argsort(row)
        found.append(np.interp(at, row[order], error[order]))
    return turns, np.array(found)


MEASUREMENT = Measurement(
    name="transmission_error",
    title="transmission error",
    run=run,
    draw=draw,
    kinds=("harmonic",),
    why_not="the error's lines are those of a wave generator",
)
