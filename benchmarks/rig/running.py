"""Steady running: the torque that turns the input at a speed, against a load, in a climate chamber."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pilotline.benchmarks.rig.bench import FINE_S, Control, Floats, Shafts, build, rig_motor
from pilotline.benchmarks.rig.outcome import Specimen

_SETTLE_S = {"twin": 0.1, "harmonic": 0.8}
"""The spring is at rest after some milliseconds; the speed loop that drives tier `harmonic` takes longer."""

_READ_S = 0.3
_EASE_S = 0.02
"""Time over which the load comes on, so that nothing rings."""

_LOOP_HZ = 60.0


def input_torque(specimen: Specimen, input_rad_s: ArrayLike, load_nm: ArrayLike, temperature_c: ArrayLike) -> Floats:
    """Mean torque at the input in steady running, N m, positive where the input is driven.

    Tier `twin`: the input machine prescribes the speed and its transducer is read. Tier `harmonic`: a motor of
    the bench turns the joint by its speed loop and its torque is read. Averaged over whole input turns where a
    turn takes less than the reading.

    Args:
      specimen: on the bench; the chamber's temperature is given here instead.
      input_rad_s: speeds, not 0.
      load_nm: torque of the brake at the output; against the motion where positive, driving it where negative.
      temperature_c: of housing and grease. The three broadcast to one shape, which is the result's.
    """
    speed, load, temperature = np.broadcast_arrays(
        *(np.asarray(a, float) for a in (input_rad_s, load_nm, temperature_c))
    )
    shape, (speed, load, temperature) = speed.shape, (a.ravel() for a in (speed, load, temperature))
    kinds, which = np.unique(temperature, return_inverse=True)
    figures, twin = rig_motor(specimen.figures), specimen.tier == "twin"
    shafts = Shafts(input="prescribed") if twin else Shafts()
    control = Control("torque" if twin else "velocity", _LOOP_HZ)
    bench = build(figures, specimen.tier, shafts, tuple(kinds), control).copies(which.tolist())

    steps = round((_SETTLE_S[specimen.tier] + _READ_S) / FINE_S)
    times = np.arange(1, steps + 1) * FINE_S
    eased = 0.5 - 0.5 * np.cos(np.pi * np.minimum(times / _EASE_S, 1.0))
    signals = {"load": -(np.sign(speed) * load)[:, None] * eased}
    if twin:
        signals |= {"input_rad": speed[:, None] * times, "input_rad_s": np.repeat(speed[:, None], steps, axis=1)}
    else:
        signals |= {"command": np.repeat(speed[:, None] / bench.ratio, steps, axis=1)}
    log = bench.run(signals, 2, speed)
    torque = (log.input_nm if twin else log["drive.current_a"]) * np.sign(speed)[:, None]
    samples = torque.shape[1]
    per_turn = 2 * np.pi / np.abs(speed) / (2 * FINE_S)
    longest = _READ_S / (2 * FINE_S)
    window = np.where(per_turn < longest, np.floor(longest / per_turn) * per_turn, longest).round().astype(int)
    means = [row[samples - n :].mean() for row, n in zip(torque, window, strict=True)]
    return np.array(means).reshape(shape)
