"""Step and frequency response of the joint's position loop, with its own motor, drive and encoder.

The output carries the inertia that the input side has there; the loop's gains are set for both, at `LOOP_HZ`.
Beside the joint on the bench stands the loop in closed form on a rigid joint without friction: cascade with
integrator, delay and current lag. What differs is the gear.

The step is one that asks for a third of the peak torque. The sines ask for at most a third of it and of the
speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import FINE_S, Bench, Control, Floats, Shafts, build
from pilotline.benchmarks.rig.outcome import Measurement, Outcome, Row, Specimen
from pilotline.robots.actuators.pack import INTEGRAL_SHARE

LOOP_HZ = 8.0

_FREQUENCIES_HZ = np.geomspace(1.0, 40.0, 15)
_STEP_S = 1.0
_BEFORE_S = 0.1
_EVERY = 5
_LARGEST_RAD = 0.2
_SHARE = 1.0 / 3.0


@dataclass(frozen=True)
class Response:
    """Output (share of the step) over time, and complex gain over frequency; simulation and closed form."""

    time_s: Floats
    step: Floats
    ideal_step: Floats
    frequency_hz: Floats
    gain: NDArray[np.complex128]
    smooth_hz: Floats
    ideal_gain: NDArray[np.complex128]


def run(specimen: Specimen) -> Outcome:
    """A step, then a sine per frequency."""
    figures = specimen.figures
    inertia = 2.0 * figures.armature_kgm2
    shafts = Shafts(output_kgm2=figures.armature_kgm2)
    bench = build(figures, specimen.tier, shafts, (specimen.temperature_c,), Control("position", LOOP_HZ))
    omega = 2 * math.pi * LOOP_HZ
    strength = _SHARE * min(figures.peak_nm, figures.gear.repeated_peak_nm)
    size = min(_LARGEST_RAD, strength / (inertia * omega**2), _SHARE * figures.speed_rad_s / (omega / 2.0))
    time, step = _step(bench, size)
    gain = np.array([_gain(bench, f, _amplitude(specimen, f, inertia, strength)) for f in _FREQUENCIES_HZ])
    smooth = np.geomspace(_FREQUENCIES_HZ[0], _FREQUENCIES_HZ[-1], 200)
    ideal = _ideal(specimen, smooth)
    ideal_step = _ideal_step(specimen, time)
    rows = [
        Row("rise time, 10 to 90 %", _rise(time, step) * 1e3, "ms", _rise(time, ideal_step) * 1e3, "rigid loop"),
        Row(
            "overshoot",
            100 * (float(np.max(step)) - 1),
            "%",
            100 * (float(np.max(ideal_step)) - 1),
            "rigid loop",
            None,
            False,
        ),
        Row(
            "error at the end of the step",
            100 * (float(np.mean(step[-20:])) - 1),
            "%",
            0.0,
            "rigid loop",
            None,
            False,
        ),
        Row(
            "bandwidth, −3 dB",
            _crossing(_FREQUENCIES_HZ, np.abs(gain)),
            "Hz",
            _crossing(smooth, np.abs(ideal)),
            "rigid loop",
        ),
        Row(
            f"phase at {LOOP_HZ:g} Hz",
            _phase_at(_FREQUENCIES_HZ, gain),
            "°",
            _phase_at(smooth, ideal),
            "rigid loop",
            None,
            False,
        ),
    ]
    if specimen.tier == "twin" and specimen.gear.kind != "direct":
        two_mass = math.sqrt(specimen.gear.k1_nm_per_rad * 2.0 / figures.armature_kgm2) / (2 * math.pi)
        rows.append(Row("torsional resonance, K1", two_mass, "Hz"))
    return Outcome(tuple(rows), Response(time, step, ideal_step, _FREQUENCIES_HZ, gain, smooth, ideal))


def draw(specimen: Specimen, curves: Response) -> Figure:
    """Step, gain and phase."""
    figure, (step, gain, phase) = style.page(
        f"{specimen.figures.name}: position loop at {LOOP_HZ:g} Hz, load as heavy as the rotor, tier {specimen.tier}", 3
    )
    step.plot(curves.time_s * 1e3, 100 * curves.step, color=style.SIM, label="simulation")
    step.plot(curves.time_s * 1e3, 100 * curves.ideal_step, **style.REFERENCE, label="closed form, rigid, no friction")
    step.set_xlim(0, 400)
    style.label(step, "step", "time (ms)", "output (% of the step)", "lower right")
    gain.semilogx(
        curves.frequency_hz,
        20 * np.log10(np.maximum(np.abs(curves.gain), 1e-4)),
        "o-",
        color=style.SIM,
        markersize=3.5,
        label="simulation",
    )
    gain.semilogx(
        curves.smooth_hz,
        20 * np.log10(np.abs(curves.ideal_gain)),
        **style.REFERENCE,
        label="closed form, rigid, no friction",
    )
    gain.axhline(-3, color=style.GREY, linewidth=0.8, linestyle=":")
    style.label(gain, "gain, output over command", "frequency (Hz)", "gain (dB)", "lower left")
    phase.semilogx(
        curves.frequency_hz,
        np.degrees(np.unwrap(np.angle(curves.gain))),
        "o-",
        color=style.SIM,
        markersize=3.5,
        label="simulation",
    )
    phase.semilogx(
        curves.smooth_hz,
        np.degrees(np.unwrap(np.angle(curves.ideal_gain))),
        **style.REFERENCE,
        label="closed form, rigid, no friction",
    )
    style.label(phase, "phase", "frequency (Hz)", "phase (°)", "lower left")
    for axes in (gain, phase):
        axes.set_xticks([1, 2, 5, 10, 20, 40], ["1", "2", "5", "10", "20", "40"])
        axes.minorticks_off()
    return figure


def _step(bench: Bench, size: float) -> tuple[Floats, Floats]:
    before, after = round(_BEFORE_S / FINE_S), round(_STEP_S / FINE_S)
    command = np.concatenate([np.zeros(before), np.full(after, size)])
    log = bench.run({"command": command}, _EVERY)
    first = before // _EVERY
    return np.arange(log.output_rad.shape[1] - first) * FINE_S * _EVERY, log.output_rad[0, first:] / size


def _gain(bench: Bench, frequency_hz: float, amplitude: float) -> complex:
    """Output over command at a frequency, from whole periods after the transient."""
    omega = 2 * math.pi * frequency_hz
    settle = math.ceil(0.4 * frequency_hz) / frequency_hz
    read = max(2, math.ceil(0.3 * frequency_hz)) / frequency_hz
    time = np.arange(round((settle + read) / FINE_S)) * FINE_S
    command = amplitude * np.sin(omega * time)
    log = bench.run({"command": command}, _EVERY)
    at = time[_EVERY - 1 :: _EVERY][: log.output_rad.shape[1]]
    inside = at >= settle
    wave = np.exp(-1j * omega * at[inside])
    return complex(np.sum(log.output_rad[0][inside] * wave) / np.sum(amplitude * np.sin(omega * at[inside]) * wave))


def _amplitude(specimen: Specimen, frequency_hz: float, inertia: float, strength: float) -> float:
    """Amplitude of a sine that asks for no more than the share of torque and of speed, rad."""
    omega = 2 * math.pi * frequency_hz
    return min(_LARGEST_RAD, strength / (inertia * omega**2), _SHARE * specimen.figures.speed_rad_s / omega)


def _ideal(specimen: Specimen, frequency_hz: Floats) -> NDArray[np.complex128]:
    """Closed loop on a rigid joint: (kv s + ki) kp / (I s^3/L + kv s^2 + (kv kp + ki) s + ki kp), with delays.

    L is the lag of the current loop and half a period of the position loop's hold.
    """
    omega, s = 2 * math.pi * LOOP_HZ, 2j * np.pi * frequency_hz
    drive = specimen.figures.drive
    kp, kv = omega / 2.0, 2.0 * omega
    ki = kv * INTEGRAL_SHARE * omega
    lag = np.exp(-0.5 * s / drive.loop_hz) / (1.0 + s / (2 * np.pi * drive.current_bandwidth_hz))
    loop = lag * (kv + ki / s) / s**2
    closed = loop * kp / (1.0 + loop * (kp + s))
    return np.asarray(np.exp(-s * drive.delay_s) * closed)


def _ideal_step(specimen: Specimen, time: Floats) -> Floats:
    """Step response of the same by Fourier synthesis of a slow square wave."""
    period = 8.0 * _STEP_S
    odd = np.arange(1, 4001, 2)
    gain = _ideal(specimen, odd / period)
    waves = np.imag(gain[:, None] * np.exp(2j * np.pi * np.outer(odd / period, time)))
    return np.asarray(0.5 + 2.0 / np.pi * np.sum(waves / odd[:, None], axis=0))


def _rise(time: Floats, step: Floats) -> float:
    """From 10 to 90 % of the step, s."""
    ten, ninety = (float(time[np.argmax(step > level)]) for level in (0.1, 0.9))
    return ninety - ten


def _crossing(frequency: Floats, gain: Floats) -> float:
    """Lowest frequency at which the gain falls through −3 dB, Hz."""
    below = np.flatnonzero(gain < math.sqrt(0.5))
    if not below.size or below[0] == 0:
        return float("nan")
    i = int(below[0])
    share = (np.log(gain[i - 1]) - np.log(math.sqrt(0.5))) / (np.log(gain[i - 1]) - np.log(gain[i]))
    return float(frequency[i - 1] * (frequency[i] / frequency[i - 1]) ** share)


def _phase_at(frequency: Floats, gain: NDArray[np.complex128]) -> float:
    return float(np.interp(LOOP_HZ, frequency, np.degrees(np.unwrap(np.angle(gain)))))


MEASUREMENT = Measurement(
    name="response",
    title="step and frequency response",
    run=run,
    draw=draw,
)
