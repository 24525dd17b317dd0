"""Law of a screwed joint: advance, torque over angle, and what friction makes of it (fidelity K2).

What is taken as law and not as contact: the flanks of the thread and the elastic joint below the head. Assumptions:

* A screw that is pressed into a threaded hole and turned advances by the pitch for each turn. It drags a ring in the
  hole along, which runs on a helix: `advance = pitch x angle / 2 pi`, an equation between two joints that physics keeps
  in every step. Once a quarter of a turn has caught, flanks also hold against pulling, with a finite force.
* Torque to turn before the head sits is a constant (prevailing torque).
* From the angle at which the head is snug the preload rises linearly, `F = c x advance` with the stiffness c of screw
  and clamped parts in series, and the torque with it, `T = F K(mu)`, where
  `K = 0.16 p + 0.58 d2 mu + 0.5 Dkm mu` is the relation of VDI 2230 for metric threads with equal friction in thread
  and below the head. It ends at the torque where the thread strips.
* A thread is self-locking: when the driver lets go, preload stays.
* A screw that starts more than `cross_thread_deg` out of line with its hole bites crosswise and jams after half a turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotline.envs.card import StationCard

CAUGHT_RAD = 0.5 * np.pi
"""A quarter of a turn: the first flank has caught."""
JAM_RAD = np.pi
"""A cross-threaded screw jams after so much more."""
RING_ARMATURE = 2e-6
HOLDS_N = 8.0
"""Force with which flanks hold a screw against pulling: more than the sleeve's suction (estimate)."""
GRIP_M = 0.008
"""Torque that the ring in the hole takes from a screw's tip, per newton of axial force."""


def advance_m(card: StationCard, angle: Any) -> Any:
    """Advance (m) at angles (rad)."""
    return card.figure("pitch_mm") / 1000.0 * angle / (2.0 * np.pi)


def angle_rad(card: StationCard, advance: Any) -> Any:
    """Angle (rad) that an advance (m) takes."""
    return 2.0 * np.pi * advance / (card.figure("pitch_mm") / 1000.0)


def torque_arm_m(card: StationCard, friction: Any) -> Any:
    """K(mu) = T / F, m, VDI 2230."""
    pitch, flank, head = (card.figure(f"{name}_mm") / 1000.0 for name in ("pitch", "pitch_diameter", "head_diameter"))
    return 0.16 * pitch + (0.58 * flank + 0.5 * head) * friction


def joint_rate(card: StationCard, friction: Any) -> Any:
    """Torque over angle once the head is snug, N m/rad."""
    stiffness = 1e6 * card.figure("joint_kn_per_mm")
    return stiffness * advance_m(card, 1.0) * torque_arm_m(card, friction)


def preload_n(card: StationCard, torque: Any, friction: Any) -> Any:
    """Force that a torque (N m) leaves in the screw."""
    return torque / torque_arm_m(card, friction)
