"""Steady running: the torque that turns the input at a speed, against a load, in a climate chamber."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilotline.benchmarks.rig.bench import FINE_S, Bench, Control, Floats, Shafts, build, rig_motor
from pilotline.benchmarks.rig.outcome import Specimen
from pilotline.robots.actuators.closed_forms import friction_input_nm

Counts = NDArray[np.int64]

_SETTLE_S = {"twin": 0.1, "harmonic": 0.8}
"""The spring is at rest after some milliseconds; the speed loop that drives tier `harmonic` takes longer."""

_READ_S = 0.3
_EASE_S = 0.02
"""Time over which the load comes on, so that nothing rings."""

_EVERY = 2

_SLOW_RAD_S = 30.0
_LOOP_HZ = (60.0, 4.0)
"""Of the speed loop that drives tier `harmonic`, below and above that input speed.

At low speed it must be stiff to pass the breakaway; at high speed soft, or it fights the waves of the error.
"""


def input_torque(specimen: Specimen, input_rad_s: ArrayLike, load_nm: ArrayLike, temperature_c: ArrayLike) -> Floats:
    """Mean torque at the input in steady running, N m, positive where the input is driven.

    Tier `twin`: the input machine prescribes the speed and its transducer is read. Tier `harmonic`: a motor of
    the bench turns the joint by its speed loop and its torque is read, less what accelerates the inertia; the loop
    begins with about the torque it will need. Averaged over whole input turns where a turn takes less than the
    reading.

    Args:
      specimen: on the bench; the chamber's temperature is given here instead.
      input_rad_s: speeds, not 0.
      load_nm: torque of the brake at the output; against the motion where positive, driving it where negative.
      temperature_c: of housing and grease. The three broadcast to one shape, which is the result's.
    """
    speed, load, temperature = np.broadcast_arrays(
        *(np.asarray(a, float) for a in (input_rad_s, load_nm, temperature_c))
    )
    shape = speed.shape
    speed, load, temperature = (a.ravel() for a in (speed, load, temperature))
    found = np.empty(speed.size)
    if specimen.tier == "twin":
        found[:] = _driven_by_machine(specimen, speed, load, temperature)
    else:
        slow = np.abs(speed) < _SLOW_RAD_S
        for group, loop_hz in zip((slow, ~slow), _LOOP_HZ, strict=True):
            if group.any():
                found[group] = _driven_by_motor(specimen, speed[group], load[group], temperature[group], loop_hz)
    return found.reshape(shape)


def _driven_by_machine(specimen: Specimen, speed: Floats, load: Floats, temperature: Floats) -> Floats:
    kinds, which = np.unique(temperature, return_inverse=True)
    bench = build(rig_motor(specimen.figures), "twin", Shafts(input="prescribed"), tuple(kinds)).copies(which.tolist())
    times, brake = _signals(bench, speed, load)
    signals = {"load": brake, "input_rad": speed[:, None] * times, "input_rad_s": np.tile(speed[:, None], len(times))}
    log = bench.run(signals, _EVERY, speed)
    first, last = _window(speed, log.input_nm.shape[1])
    return _means(log.input_nm, first, last) * np.sign(speed)


def _driven_by_motor(specimen: Specimen, speed: Floats, load: Floats, temperature: Floats, loop_hz: float) -> Floats:
    kinds, which = np.unique(temperature, return_inverse=True)
    figures = rig_motor(specimen.figures)
    control = Control("velocity", loop_hz)
    bench = build(figures, specimen.tier, Shafts(), tuple(kinds), control).copies(which.tolist())
    times, brake = _signals(bench, speed, load)
    friction = friction_input_nm(specimen.gear, speed, load, temperature)
    begins = np.sign(speed) * (load + bench.ratio * friction)
    signals = {"load": brake, "command": np.tile(speed[:, None] / bench.ratio, len(times))}
    log = bench.run(signals, _EVERY, speed, states={"drive.integral_nm": begins, "stick": np.sign(speed)})
    torque, turned = log["drive.current_a"], log.output_rad_s
    first, last = _window(speed, torque.shape[1])
    gained = np.array([row[b - 1] - row[a] for row, a, b in zip(turned, first, last, strict=True)])
    accelerating = bench.inertia_kgm2 * gained / ((last - 1 - first) * _EVERY * FINE_S) / bench.ratio
    return (_means(torque, first, last) - accelerating) * np.sign(speed)


def _signals(bench: Bench, speed: Floats, load: Floats) -> tuple[Floats, Floats]:
    """End of each step (s), and the brake's torque against the motion, (runs, steps)."""
    times = FINE_S * np.arange(1.0, round((_SETTLE_S[bench.tier] + _READ_S) / FINE_S) + 1.0)
    eased = 0.5 - 0.5 * np.cos(np.pi * np.minimum(times / _EASE_S, 1.0))
    return times, -(np.sign(speed) * load)[:, None] * eased


def _window(speed: Floats, samples: int) -> tuple[Counts, Counts]:
    """First sample and the one after the last of each run's reading."""
    per_turn = 2 * np.pi / np.abs(speed) / (_EVERY * FINE_S)
    longest = _READ_S / (_EVERY * FINE_S)
    length = np.where(per_turn < longest, np.floor(longest / per_turn) * per_turn, longest).round().astype(int)
    return samples - length, np.full(len(speed), samples)


def _means(torque: Floats, first: Counts, last: Counts) -> Floats:
    return np.array([row[a:b].mean() for row, a, b in zip(torque, first, last, strict=True)])
