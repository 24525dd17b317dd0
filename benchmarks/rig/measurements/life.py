"""Life of the wave generator's bearing on a duty cycle, and how many momentary peaks are allowed.

    T_av = cube root(sum n |T|^3 t / sum n t),  L10 = L10_rated (T_rated / T_av)^3 (n_rated / n_av)

The cycle lifts a load and lowers it: a steady load torque, an inertia, ramps of speed in half-sine
acceleration, rests at both ends. The torque is read at the gear while the rotor follows the cycle, so it holds
the swinging of load on spring; the formula takes the torque of the rigid motion. A peak is a jam: at cruising
speed the brake gives a half-sine between repeated and momentary peak torque. Allowed number: 1e4 / (2 n t) with
n in turns per second, never more than 1e4, t the time above the repeated peak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from pilotline.benchmarks.rig import style
from pilotline.benchmarks.rig.bench import FINE_S, Floats, Shafts, build, rig_motor
from pilotline.benchmarks.rig.outcome import Measurement, Outcome, Row, Specimen
from pilotline.benchmarks.rig.sweep import turning

LOAD_SHARE, INERTIA_SHARE = 0.4, 0.6
"""Steady load and largest inertial torque, as shares of rated torque."""

RAMP_S, CRUISE_S, REST_S = 0.6, 1.0, 0.4

MOST_PEAKS = 1e4

_JAM_S, _BEFORE_S = 0.2, 0.2
_EVERY, _FINE_EVERY = 10, 2


@dataclass(frozen=True)
class Duty:
    """Torque at the gear (N m) and input speed (rad/s) over the cycle (s), of the rigid motion, and life."""

    time_s: Floats
    torque_nm: Floats
    rigid_nm: Floats
    speed_rad_s: Floats
    average_nm: float
    average_rad_s: float
    l10_h: float


def run(specimen: Specimen) -> Outcome:
    """The cycle, then the jam."""
    gear, figures = specimen.gear, rig_motor(specimen.figures)
    cruise = min(gear.rated_input_rad_s, 0.9 * gear.max_input_rad_s)
    steepest = 0.5 * math.pi * cruise / gear.ratio / RAMP_S
    inertia = INERTIA_SHARE * gear.rated_nm / steepest
    load = LOAD_SHARE * gear.rated_nm
    speed = _cycle(cruise)
    rigid = load + inertia * np.gradient(speed, FINE_S) / gear.ratio
    shafts = Shafts(input="prescribed", output_kgm2=inertia)
    bench = build(figures, "twin", shafts, (specimen.temperature_c,))
    hold = round(0.5 / FINE_S)  # the load comes on before the cycle begins, and is at rest by then
    lead = np.zeros(hold)
    whole = np.concatenate([lead, speed])
    ease = np.minimum(np.arange(len(whole)) / (0.5 * hold), 1.0)
    signals = {
        "load": -load * (0.5 - 0.5 * np.cos(np.pi * ease)),
        "input_rad": turning(whole, FINE_S),
        "input_rad_s": whole,
    }
    log = bench.run(signals, _EVERY)
    skip = hold // _EVERY
    torque = log["gear.torque_nm"][0, skip:]
    turned = log.input_rad_s[0, skip:]
    nominal, nominal_speed = rigid[_EVERY - 1 :: _EVERY], speed[_EVERY - 1 :: _EVERY]
    average, mean_speed = equivalent_nm(torque, turned), float(np.mean(np.abs(turned)))
    rigid_average, rigid_speed = equivalent_nm(nominal, nominal_speed), float(np.mean(np.abs(nominal_speed)))
    l10 = l10_h(specimen, average, mean_speed)
    crest, beyond = _crest(specimen), round(_BEFORE_S / FINE_S)
    pulse = np.sin(np.pi * np.arange(round(_JAM_S / FINE_S)) * FINE_S / _JAM_S)
    jam_nm, jam_rad_s = _loaded(specimen, cruise, np.pad(crest * pulse, (beyond, beyond)))
    over = jam_nm > gear.repeated_peak_nm
    jam_s, jam_speed = float(np.sum(over)) * _FINE_EVERY * FINE_S, float(np.mean(jam_rad_s[over]))
    steady_nm, steady_rad_s = _loaded(specimen, gear.rated_input_rad_s, np.full(4 * beyond, gear.rated_nm))
    steady = slice(len(steady_nm) // 2, None)
    rated_h = l10_h(
        specimen, equivalent_nm(steady_nm[steady], steady_rad_s[steady]), float(np.mean(steady_rad_s[steady]))
    )
    above = 1.0 - 2.0 / math.pi * math.asin(gear.repeated_peak_nm / crest)
    rows = [
        Row("life L10 at rated torque and speed", rated_h, "h", gear.l10_h, specimen.published.origin("l10_h"), 0.03),
        Row("equivalent torque of the cycle", average, "Nm", rigid_average, "formula", 0.10),
        Row("mean input speed of the cycle", mean_speed, "rad/s", rigid_speed, "formula", 0.03),
        Row(
            "largest torque of the cycle",
            float(np.max(np.abs(torque))),
            "Nm",
            float(np.max(np.abs(nominal))),
            "formula",
        ),
        Row("life L10 on the cycle", l10, "h", l10_h(specimen, rigid_average, rigid_speed), "formula"),
        Row("torque of the jam", float(np.max(jam_nm)), "Nm", crest, "brake", 0.05),
        Row("time above the repeated peak", jam_s * 1e3, "ms", above * _JAM_S * 1e3, "brake", 0.1),
        Row(
            "allowed number of such jams",
            allowed_peaks(jam_s, jam_speed),
            "",
            allowed_peaks(above * _JAM_S, cruise),
            "formula",
        ),
    ]
    time = FINE_S * _EVERY * np.arange(len(torque), dtype=float)
    return Outcome(tuple(rows), Duty(time, torque, nominal, turned, average, mean_speed, l10))


def draw(specimen: Specimen, curves: Duty) -> Figure:
    """The cycle with the gear's ratings, and where it lies on the life line."""
    gear = specimen.gear
    figure, (cycle, line) = style.page(f"{gear.name}: life on a duty cycle, tier {specimen.tier}")
    cycle.plot(curves.time_s, curves.torque_nm, color=style.SIM, label="torque at the gear")
    cycle.plot(curves.time_s, curves.rigid_nm, **style.REFERENCE, label="rigid motion")
    cycle.plot(
        curves.time_s,
        curves.speed_rad_s / np.max(np.abs(curves.speed_rad_s)) * gear.rated_nm * 0.5,
        color=style.BACK,
        linewidth=0.9,
        label=f"input speed, full {np.max(np.abs(curves.speed_rad_s)):.0f} rad/s",
    )
    for name, level in (("rated", gear.rated_nm), ("repeated peak", gear.repeated_peak_nm)):
        cycle.axhline(level, color=style.GREY, linewidth=0.8, linestyle=":")
        cycle.annotate(
            name,
            (1.0, level),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 2),
            textcoords="offset points",
            ha="right",
            fontsize=7.5,
            color=style.GREY,
        )
    cycle.set_ylim(top=1.7 * gear.repeated_peak_nm)
    style.label(cycle, "one cycle", "time (s)", "torque (Nm)", "upper left")
    torque = np.geomspace(0.2, 1.5, 50) * gear.rated_nm
    line.loglog(
        torque,
        [l10_h(specimen, t, curves.average_rad_s) for t in torque],
        **style.REFERENCE,
        label=f"catalogue's cube law at {curves.average_rad_s:.0f} rad/s",
    )
    line.plot(curves.average_nm, curves.l10_h, "o", color=style.SIM, label=f"this cycle, {curves.l10_h:,.0f} h")
    line.plot(gear.rated_nm, gear.l10_h, **style.POINT, label=f"rated torque and speed, {gear.l10_h:,.0f} h")
    style.label(
        line, "life L10 of the wave generator's bearing", "equivalent torque (Nm)", "life L10 (h)", "lower left"
    )
    style.plain(line.xaxis)
    return figure


def equivalent_nm(torque: Floats, speed: Floats) -> float:
    """Torque that wears as much as the cycle does: cube mean, weighted by turns."""
    turns = np.abs(speed)
    return float(np.cbrt(np.sum(turns * np.abs(torque) ** 3) / np.sum(turns)))


def l10_h(specimen: Specimen, torque_nm: float, speed_rad_s: float) -> float:
    """Hours that 90 % of the units reach."""
    gear = specimen.gear
    return gear.l10_h * (gear.rated_nm / torque_nm) ** 3 * gear.rated_input_rad_s / speed_rad_s


def allowed_peaks(time_s: float, input_rad_s: float) -> float:
    """How many momentary peaks of a duration the gear bears."""
    return min(MOST_PEAKS, MOST_PEAKS / (2.0 * input_rad_s / (2 * math.pi) * time_s))


def _cycle(cruise: float) -> Floats:
    """Input speed (rad/s) at the end of each step: out, rest, back, rest."""
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, round(RAMP_S / FINE_S) + 1) * FINE_S / RAMP_S)
    out = np.concatenate([ramp, np.ones(round(CRUISE_S / FINE_S)), 1.0 - ramp, np.zeros(round(REST_S / FINE_S))])
    return cruise * np.concatenate([out, -out])


def _crest(specimen: Specimen) -> float:
    """Torque of the jam, N m."""
    gear = specimen.gear
    highest = max(min(gear.momentary_nm, 0.9 * gear.ratcheting_nm), 1.02 * gear.repeated_peak_nm)
    return 0.5 * (gear.repeated_peak_nm + highest)


def _loaded(specimen: Specimen, speed: float, load: Floats) -> tuple[Floats, Floats]:
    """Magnitudes of torque at the gear (N m) and input speed (rad/s) while it turns against a load (N m)."""
    shafts = Shafts(input="prescribed")
    bench = build(rig_motor(specimen.figures), "twin", shafts, (specimen.temperature_c,))
    turn = np.full(len(load), speed)
    signals = {"load": -load, "input_rad": turning(turn, FINE_S), "input_rad_s": turn}
    log = bench.run(signals, _FINE_EVERY, speed)
    return np.abs(log["gear.torque_nm"][0]), np.abs(log.input_rad_s[0])


MEASUREMENT = Measurement(
    name="life",
    title="life on a duty cycle",
    run=run,
    draw=draw,
    tiers=("twin",),
    kinds=("harmonic",),
    why_not="it needs a wave generator's bearing and the torque between rotor and output",
)
