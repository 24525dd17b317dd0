"""Cover with six threaded holes, feeder with its pockets, and screws: bodies and geoms."""

from __future__ import annotations

from typing import Any

import mujoco

from pilotline.envs.card import StationCard
from pilotline.envs.stations.screw_law import GRIP_M, HOLDS_N, RING_ARMATURE, advance_m
from pilotline.envs.stations.screw_layout import (
    BOSS_DEEP_M,
    BOSS_HALF_M,
    COLLAR_M,
    FEEDER_DEEP_M,
    FEEDER_M,
    HEAD_RADIUS_M,
    HOLE_HALF_M,
    HOLES_M,
    LENGTH_M,
    PILOT_M,
    PILOT_RADIUS_M,
    POCKET_HALF_M,
    POCKET_PITCH_M,
    POCKETS,
    RECESS_M,
    REST_M,
    SHANK_RADIUS_M,
    THREAD_AT_M,
    pocket_x,
)
from pilotline.envs.stations.screw_look import dress_feeder, dress_hole, dress_screw

SCREWS = tuple(f"screw_{i}" for i in range(POCKETS))
HOLES = tuple(f"hole_{i}" for i in range(len(HOLES_M)))
THREADS = tuple(f"thread_{i}" for i in range(len(HOLES_M)))

THINGS, DRIVE, FLANKS, GUIDE = 1, 2, 4, 8
"""Contact classes: all things; bit and recess; thread and tip; sleeve and collar."""
STIFF_SOLREF = (0.004, 1.0)
STIFF_SOLIMP = (0.9995, 0.9995, 0.001, 0.5, 2.0)
"""A screw is light for the forces that go through it: with these, 20 N sink 0.08 mm into it."""
_FLANK_SOLREF = (0.0025, 1.0)
"""Stiffer still: tip and ring stay within 0.1 mm of each other."""
SCREW_INERTIA = 2e-6
"""kg m^2 about any axis, more than a real M4 has, so that physics steps follow the torque through it; at 5 turns a
second it stores 1 mJ."""

_RECESS_HALF_M = 0.006
"""Only the bit meets the recess: wider than the head, so that the bit's edges find its bottom at every turn of both."""
_FLANK_GAP_M = 0.0005
"""A caught thread pulls over this play: a head off its hole's axis sits before its tip has followed the ring."""

_BOX, _SPHERE, _CAPSULE = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_SPHERE, mujoco.mjtGeom.mjGEOM_CAPSULE


def add_hole(spec: mujoco.MjSpec, bench: mujoco.MjsBody, i: int, card: StationCard) -> None:
    """A boss with a clearance hole, and below it the ring of the thread's law, with its sensors."""
    hole = bench.add_body(name=HOLES[i], pos=(*HOLES_M[i], 0.0))
    wall, deep = 0.5 * (BOSS_HALF_M - HOLE_HALF_M), 0.5 * BOSS_DEEP_M
    out = HOLE_HALF_M + wall
    for k, (x, y) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1))):
        size = (wall, BOSS_HALF_M, deep) if x else (HOLE_HALF_M, wall, deep)
        hole.add_geom(name=f"hole_{i}_{k}", type=_BOX, pos=(out * x, out * y, -deep), size=size, group=3)
    dress_hole(hole)
    name = THREADS[i]
    ring = hole.add_body(name=name, pos=(0.0, 0.0, -THREAD_AT_M), mass=0.05, inertia=(1e-6, 1e-6, 1e-6))
    ring.explicitinertial = True
    ring.gravcomp = 1.0
    ring.add_joint(
        name=f"{name}_advance",
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=(0.0, 0.0, -1.0),
    )
    ring.add_joint(
        name=name,
        type=mujoco.mjtJoint.mjJNT_HINGE,
        axis=(0.0, 0.0, -1.0),
        armature=RING_ARMATURE,
        frictionloss=card.figure("prevailing_nm"),
        solref_friction=STIFF_SOLREF,
        solimp_friction=STIFF_SOLIMP,
    )
    ring.add_geom(
        name=name,
        type=_BOX,
        pos=(0.0, 0.0, -0.001),
        size=(0.0022, 0.0022, 0.001),
        contype=0,
        conaffinity=FLANKS,
        condim=4,
        priority=3,
        friction=(0.2, GRIP_M, 0.0001),
        gap=_FLANK_GAP_M,
        solref=_FLANK_SOLREF,
        solimp=STIFF_SOLIMP,
        group=3,
    )
    # advance less pitch times turns, kept at nothing
    helix = spec.add_tendon(name=f"{name}_helix")
    helix.wrap_joint(f"{name}_advance", 1.0)
    helix.wrap_joint(name, -advance_m(card, 1.0))
    spec.add_equality(
        name=f"{name}_helix",
        type=mujoco.mjtEq.mjEQ_TENDON,
        objtype=mujoco.mjtObj.mjOBJ_TENDON,
        name1=f"{name}_helix",
        solref=STIFF_SOLREF,
        solimp=STIFF_SOLIMP,
    )
    hold = spec.add_actuator(name=f"{name}_holds", target=name, trntype=mujoco.mjtTrn.mjTRN_BODY)
    hold.set_to_adhesion(gain=HOLDS_N)
    hold.ctrllimited, hold.ctrlrange = True, (0.0, 1.0)


def add_feeder(bench: mujoco.MjsBody) -> None:
    """Strip with a row of pockets in which screws hang by their heads."""
    feeder = bench.add_body(name="feeder", pos=FEEDER_M)
    long, deep, wide = 0.5 * POCKETS * POCKET_PITCH_M, 0.5 * FEEDER_DEEP_M, 0.008
    for side in (-1, 1):
        feeder.add_geom(
            name=f"feeder_rail_{(side + 1) // 2}",
            type=_BOX,
            pos=(0.0, side * (POCKET_HALF_M + wide), -deep),
            size=(long, wide, deep),
            group=3,
        )
    for k in range(POCKETS + 1):
        half = 0.5 * POCKET_PITCH_M - POCKET_HALF_M
        feeder.add_geom(
            name=f"feeder_land_{k}",
            type=_BOX,
            pos=(pocket_x(k) - 0.5 * POCKET_PITCH_M, 0.0, -deep),
            size=(half, POCKET_HALF_M, deep),
            group=3,
        )
    dress_feeder(feeder)


def add_screw(spec: mujoco.MjSpec, i: int, at: tuple[float, float, float], card: StationCard) -> None:
    """An M4 screw, body frame in the middle of its head, hanging in its pocket."""
    x, y, z = at
    place = (x + FEEDER_M[0] + pocket_x(i), y + FEEDER_M[1], z + FEEDER_M[2] + REST_M)
    name = SCREWS[i]
    body = spec.worldbody.add_body(name=name, pos=place, mass=card.figure("screw_g") / 1000.0)
    body.inertia, body.ipos = (SCREW_INERTIA,) * 3, (0.0, 0.0, -0.003)
    body.explicitinertial = True
    body.add_freejoint(name=name)
    shared = {
        "friction": (0.2, 0.0005, 0.00005),
        "solref": STIFF_SOLREF,
        "solimp": STIFF_SOLIMP,
        "group": 3,
    }
    # friction below the head is part of the thread's law: the contact adds none to it
    smooth = {**shared, "priority": 1, "condim": 1}
    body.add_geom(name=f"{name}_head", type=_SPHERE, size=(HEAD_RADIUS_M, 0, 0), **smooth)
    # round ends, in place of the chamfers of head and sleeve
    body.add_geom(
        name=f"{name}_collar",
        type=_CAPSULE,
        fromto=(0.0, 0.0, RECESS_M - COLLAR_M, 0.0, 0.0, RECESS_M),
        size=(HEAD_RADIUS_M, 0.0, 0.0),
        contype=GUIDE,
        conaffinity=0,
        **smooth,
    )
    for part, (radius, length) in shank_of(LENGTH_M).items():
        body.add_geom(
            name=f"{name}_{part}",
            type=_CAPSULE,
            pos=(0.0, 0.0, -0.5 * length),
            size=(radius, 0.5 * length - radius, 0.0),
            contype=THINGS | FLANKS if part == "pilot" else THINGS,
            priority=1,
            **shared,
        )
    body.add_geom(
        name=f"{name}_recess",
        type=_BOX,
        pos=(0.0, 0.0, RECESS_M - _RECESS_HALF_M),
        size=(_RECESS_HALF_M,) * 3,
        contype=DRIVE,
        conaffinity=0,
        **shared,
    )
    dress_screw(body)


def shank_of(length: Any) -> dict[str, tuple[float, Any]]:
    """Radius and reach (m, from the middle of the head) of shank and pilot point of a screw of a length."""
    return {"shank": (SHANK_RADIUS_M, length - PILOT_M), "pilot": (PILOT_RADIUS_M, length)}
