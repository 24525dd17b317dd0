"""What runs by itself at the screwing station: the driver's controller, and the thread's law.

Pure functions of arrays `(n, ...)` in the namespace `xp`.
"""

from __future__ import annotations

from typing import Any

from pilotline.envs.card import StationCard
from pilotline.envs.frames import norm, tilt_of
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays
from pilotline.envs.stations.screw_law import CAUGHT_RAD, JAM_RAD, angle_rad, joint_rate
from pilotline.envs.stations.screw_layout import DECOY_M, LENGTH_M, PARK_M, RECESS_M, SNUG_M
from pilotline.envs.stations.screw_parts import SCREWS, THREADS
from pilotline.envs.stations.screw_start import RUNS
from pilotline.envs.stations.screw_tool import RAILS
from pilotline.envs.world import CONTROL_PERIOD_S

NO_SCREW_RAD = 1e3
"""Where a hole is empty nothing closes, however far the thread turns."""
_IN_HOLE_M = 0.0025
_ABOVE_M = 0.014
"""A head this near to a hole's axis, and no higher above the face, belongs to a screw in that hole."""
_FAR_M = 0.0003
"""The law's angle of snug is taken from a head that is still this far from it."""
_SEATED_M, _IN_LINE_RAD = 0.0004, 0.05
"""A head this near to its seat in the sleeve, and this little askew, seals it."""
_BIT_AT_M = 0.005
_STALL_RAD_PER_S, _STALL_S = 1.0, 0.06
_LONGEST_RUN_S = 6.0
_CATCH_S, _CATCH_SHARE, _RAMP_S = 0.24, 0.3, 0.3
"""A run begins slowly, so that the thread catches: at this share of the torque, and so of the speed; then it rises."""
_RELEASED_M = 0.0005
_RIGHT_M = 0.5 * (LENGTH_M + DECOY_M)


def heads(xp: Any, sense: Sense) -> tuple[Any, Any]:
    """Middles of all heads in the bench's frame (n, screws, 3) and tilts of all screws (n, screws), rad."""
    at = xp.stack([sense[f"{name}_in_bench"] for name in SCREWS], axis=1)
    tilt = xp.stack([tilt_of(xp, sense[f"{name}_turn_in_bench"]) for name in SCREWS], axis=1)
    return at, tilt


def holds(xp: Any, sense: Sense) -> Any:
    """(n,) bool, whether a head sits flush in the sleeve, so that the vacuum rises: seated, and in line."""
    at, tilt = heads(xp, sense)
    seat = sense["bit_in_bench"] - xp.asarray((0.0, 0.0, RECESS_M))
    flush = (norm(xp, at - seat[:, None, :]) < _SEATED_M) & (tilt < _IN_LINE_RAD)
    return flush.any(axis=-1)


def in_holes(xp: Any, at: Any, draw: Arrays) -> Any:
    """(n, holes, screws), 1.0 where a screw stands in a hole."""
    away = norm(xp, at[:, None, :, :2] - draw["hole_at"][:, :, None, :])
    return 1.0 * ((away < _IN_HOLE_M) & (at[:, None, :, 2] < _ABOVE_M) & (at[:, None, :, 2] > 0.0))


def thread_angles(xp: Any, sense: Sense) -> Any:
    """(n, holes) rad, how far each thread has been turned."""
    return xp.stack([sense[f"{name}_angle"][:, 0] for name in THREADS], axis=1)


def at_bit(xp: Any, sense: Sense, draw: Arrays) -> Any:
    """(n, holes) bool, where the bit is."""
    return norm(xp, draw["hole_at"] - sense["bit_in_bench"][:, None, :2]) < _BIT_AT_M


def tool_at(xp: Any, sense: Sense) -> Any:
    """Bit's end (n, 3) in the bench's frame by the arm's encoders, spindle out."""
    rails = {name: sense[f"{name}_at"][:, 0] for name in RAILS}
    return xp.stack([rails[f"arm_{axis}"] + PARK_M[i] for i, axis in enumerate("xyz")], axis=-1)


def run_threads(xp: Any, card: StationCard, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
    """Memory of the six threads after a step: what caught, how it stood, where it is snug, its torque."""
    at, tilt = heads(xp, sense)
    inside = in_holes(xp, at, draw)
    filled = inside.sum(axis=-1) > 0.5
    angle = thread_angles(xp, sense)
    caught = memory["caught"] | (filled & (angle > CAUGHT_RAD))
    new = caught & ~memory["caught"]
    lean = (inside * tilt[:, None, :]).max(axis=-1)
    start = xp.where(new, lean, memory["tilt"])
    crossed = memory["crossed"] | (new & (lean > xp.deg2rad(card.figure("cross_thread_deg"))))
    short = (inside * (draw["length"] < _RIGHT_M)[:, None, :]).max(axis=-1) > 0.5
    gap = (inside * at[:, None, :, 2]).max(axis=-1) - SNUG_M
    snug = xp.where(filled & (gap > _FAR_M), angle + angle_rad(card, gap), memory["snug"])
    snug = xp.where(filled | caught, snug, NO_SCREW_RAD)
    snug = xp.where(crossed, memory["snug"], snug)
    snug = xp.where(crossed & ~memory["crossed"], angle + JAM_RAD, snug)
    force = sense.peak("joint_torque")
    turned = caught & at_bit(xp, sense, draw) & (force > 0.0)
    torque = xp.where(turned, force + card.figure("prevailing_nm"), 0.0)
    return {
        "caught": caught,
        "tilt": start,
        "crossed": crossed,
        "wrong": memory["wrong"] | (caught & short),
        "snug": snug,
        "torque": xp.maximum(memory["torque"], torque),
        "gap": xp.where(filled, gap, 1.0),
    }


def run_driver(xp: Any, card: StationCard, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
    """Memory of the driver's controller: push to start, stop once the bit stands still, wait for release."""
    stroke, turned = sense["stroke_at"][:, 0], sense["bit_at"][:, 0]
    pressed = stroke > card.figure("start_mm") / 1000.0
    fresh = pressed & ~memory["running"] & ~memory["judged"]
    running = memory["running"] | fresh
    run_s = xp.where(fresh, 0.0, memory["run_s"] + CONTROL_PERIOD_S * running)
    begun = xp.where(fresh, turned, memory["begun"])
    still = running & (run_s > _CATCH_S + _RAMP_S) & (xp.abs(sense["bit_rate"][:, 0]) < _STALL_RAD_PER_S)
    stall_s = xp.where(still, memory["stall_s"] + CONTROL_PERIOD_S, 0.0)
    reached = running & (stall_s >= _STALL_S)
    gave_up = running & ~reached & ((run_s > _LONGEST_RUN_S) | (stroke < _RELEASED_M))
    ended = reached | gave_up
    released = ~running & (stroke < _RELEASED_M)
    return {
        "running": running & ~ended,
        "judged": (memory["judged"] | ended) & ~released,
        "good": xp.where(ended, reached, memory["good"] & ~released),
        "runs": memory["runs"] + 1.0 * reached,
        "run_s": run_s,
        "stall_s": xp.where(running & ~ended, stall_s, 0.0),
        "begun": begun,
        "turned": xp.where(running, turned - begun, memory["turned"]),
    }


def outputs(xp: Any, card: StationCard, sense: Sense, memory: Arrays, draw: Arrays) -> dict[tuple[str, str], Any]:
    """Torque of the driver, suction of its sleeve, and where each thread resists and holds."""
    at = xp.minimum(memory["runs"], RUNS - 1.0)
    error = (draw["driver_error"] * (xp.asarray([float(k) for k in range(RUNS)]) == at[:, None])).sum(axis=-1)
    ramp = xp.minimum(xp.maximum((memory["run_s"] - _CATCH_S) / _RAMP_S, 0.0), 1.0)
    share = _CATCH_SHARE + (1.0 - _CATCH_SHARE) * ramp
    command = card.figure("torque_nm") * (1.0 + error) * share
    # the joint in the hole under the bit resists from where its screw is snug; a thread is self-locking, so that
    # nothing turns back once the driver stops
    driven = at_bit(xp, sense, draw) & memory["caught"] & memory["running"][:, None]
    to_go = xp.where(driven, memory["snug"] - thread_angles(xp, sense), NO_SCREW_RAD).min(axis=-1)
    bit = sense["bit_at"][:, 0]
    push = norm(xp, sense["press"])
    slips = bit - card.figure("recess_nm_per_n") * push / joint_rate(card, draw["thread_friction"])
    given = {
        ("ctrl", "driver"): xp.where(memory["running"], command, 0.0),
        ("ctrl", "joint"): xp.maximum(bit + to_go, slips),
        ("ctrl", "suction"): draw["suction_n"],
    }
    for i, name in enumerate(THREADS):
        given["ctrl", f"{name}_holds"] = 1.0 * memory["caught"][:, i]
    return given
