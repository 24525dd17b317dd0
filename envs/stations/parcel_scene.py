"""Infeed, induction belt, smooth plate and parcels, as bodies, geoms and sensors."""

from __future__ import annotations

from functools import partial

import mujoco

from pilotline.envs.card import StationCard
from pilotline.envs.contacts import add_netforce
from pilotline.envs.frame_sensor import add_frame
from pilotline.envs.stations.parcel_kinds import PARCELS, Parcel, box_inertia, size_range
from pilotline.envs.stations.parcel_layout import (
    BELT_HALF_WIDTH_M,
    INDUCTION_END_X_M,
    INDUCTION_Y_M,
    INFEED_END_X_M,
    INFEED_Y_M,
    NOSE_X_M,
    SLIDE_END_X_M,
    TONGUE_X_M,
    TONGUE_Y_M,
    cell_at,
)
from pilotline.envs.stations.parcel_look import add_materials, dress_cell, dress_parcel
from pilotline.robots import Robot

CELL, INFEED, INDUCTION = "parcel_cell", "infeed_belt", "induction_belt"
STIFF = {"solref": (0.004, 1.0), "solimp": (0.95, 0.99, 0.0005, 0.5, 2.0)}
"""As stiff as a step of 2 ms allows."""
BELT_HALF_THICK_M = 0.02
BAG_ARMATURE_KGM2 = 1e-5
BAG_BEND_RAD = 1.0

_BOX = mujoco.mjtGeom.mjGEOM_BOX
_SMOOTH = (0.12, 0.005, 0.0001)


def build_scene(spec: mujoco.MjSpec, robot: Robot, card: StationCard) -> None:
    """Add everything the station consists of; shapes and poses that vary by cycle get nominal values."""
    at = cell_at(robot)
    cell = spec.worldbody.add_body(name=CELL, pos=at)
    for name, y, end in ((INFEED, INFEED_Y_M, INFEED_END_X_M), (INDUCTION, INDUCTION_Y_M, INDUCTION_END_X_M)):
        belt = cell.add_geom(
            name=name,
            type=_BOX,
            pos=((NOSE_X_M + end) / 2, y, -BELT_HALF_THICK_M),
            size=((end - NOSE_X_M) / 2, BELT_HALF_WIDTH_M, BELT_HALF_THICK_M),
            material="belt_rubber",
            friction=(0.7, 0.005, 0.0001),
            priority=2,
            **STIFF,
        )
        # any value but zero, so that the compiled model has moving surfaces at all
        belt.surfacevel = (-0.1, 0.0, 0.0, 0.0, 0.0, 0.0)
        _tongues(cell, name, y)
    _slide(cell)
    dress_cell(cell)
    add_materials(spec)
    for i, parcel in enumerate(PARCELS):
        _parcel(spec, parcel, card, (at[0] + 0.4 * i, INFEED_Y_M, at[2] + 0.1))
    _sensors(spec, robot)


def _tongues(cell: mujoco.MjsBody, belt: str, y: float) -> None:
    """Two plates before a belt's nose, a little lower than the belt."""
    for side, sign in (("right", -1.0), ("left", 1.0)):
        cell.add_geom(
            name=f"{belt}_{side}_tongue",
            type=_BOX,
            pos=((TONGUE_X_M + NOSE_X_M) / 2, y + sign * (TONGUE_Y_M + BELT_HALF_WIDTH_M) / 2, -0.0045),
            size=((NOSE_X_M - TONGUE_X_M) / 2 - 0.001, (BELT_HALF_WIDTH_M - TONGUE_Y_M) / 2, 0.004),
            material="steel",
            friction=_SMOOTH,
            priority=3,
            **STIFF,
        )


def _slide(cell: mujoco.MjsBody) -> None:
    """Smooth plate with walls behind the induction belt: what was inducted comes to rest here."""
    start, end, y, wide = INDUCTION_END_X_M + 0.002, SLIDE_END_X_M, INDUCTION_Y_M, BELT_HALF_WIDTH_M
    walls = {
        "slide": ((start + end) / 2, y, -0.012, (end - start) / 2, wide + 0.02, 0.010),
        "slide_stop": (end + 0.01, y, 0.05, 0.01, wide + 0.02, 0.07),
        "slide_left": ((start + end) / 2, y + wide + 0.01, 0.03, (end - start) / 2, 0.006, 0.05),
        "slide_right": ((start + end) / 2, y - wide - 0.01, 0.03, (end - start) / 2, 0.006, 0.05),
    }
    for name, (*pos, hx, hy, hz) in walls.items():
        cell.add_geom(
            name=name,
            type=_BOX,
            pos=pos,
            size=(hx, hy, hz),
            material="steel",
            friction=_SMOOTH,
            priority=3,
            **STIFF,
        )


def _parcel(spec: mujoco.MjSpec, parcel: Parcel, card: StationCard, pos: tuple[float, float, float]) -> None:
    half = size_range(card, parcel.kind)[1] / 2
    thirds = len(parcel.tiles)
    tile_half = half / (thirds, 1.0, 1.0)
    body = spec.worldbody.add_body(name=parcel.body, pos=pos)
    body.add_freejoint(name=parcel.body)
    for name in parcel.tiles:
        tile = body
        if name != parcel.body:
            side = -1.0 if name.endswith("near") else 1.0
            tile = body.add_body(name=name, pos=(2.0 * side * tile_half[0], 0.0, 0.0))
            tile.add_joint(
                name=name,
                type=mujoco.mjtJoint.mjJNT_HINGE,
                axis=(0.0, 1.0, 0.0),
                pos=(-side * tile_half[0], 0.0, 0.0),
                limited=True,
                range=(-BAG_BEND_RAD, BAG_BEND_RAD),
                stiffness=(card.figure_range("bag_stiffness_nm_per_rad")[0], 0.0, 0.0),
                damping=(card.figure("bag_damping_nms_per_rad"), 0.0, 0.0),
                armature=BAG_ARMATURE_KGM2,
            )
        # centres of mass move from cycle to cycle, so no body may be compiled as one whose centre is at its origin
        tile.simple = False
        tile.explicitinertial, tile.ipos = True, (0.0, 0.0, 0.0)
        tile.mass = 0.3 / thirds
        tile.inertia = box_inertia(tile.mass + 0.0 * half[0], tile_half)
        tile.add_geom(
            name=name,
            type=_BOX,
            size=tile_half,
            condim=4,
            priority=1,
            friction=(0.5, 0.005, 0.0001),
            material=f"parcel_{parcel.kind}",
            **STIFF,
        )
    dress_parcel(body, parcel)


def _sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    body, site = mujoco.mjtObj.mjOBJ_XBODY, mujoco.mjtObj.mjOBJ_SITE
    kinds = mujoco.mjtSensor

    frame = partial(add_frame, spec)
    for parcel in PARCELS:
        name = parcel.body
        frame(f"{name}_pos", kinds.mjSENS_FRAMEPOS, body, name, CELL)
        frame(f"{name}_quat", kinds.mjSENS_FRAMEQUAT, body, name, CELL)
        frame(f"{name}_vel", kinds.mjSENS_FRAMELINVEL, body, name, CELL)
        add_netforce(spec, f"{name}_any", name)
        add_netforce(spec, f"{name}_cell", name, subtree=CELL)
        add_netforce(spec, f"{name}_belt", name, geom=INDUCTION)
        add_netforce(spec, f"{name}_robot", name, subtree=robot.root)
    frame("cell_pos", kinds.mjSENS_FRAMEPOS, body, CELL)
    frame("cell_quat", kinds.mjSENS_FRAMEQUAT, body, CELL)
    for side, hand in robot.hands.items():
        frame(f"{side}_in_cell", kinds.mjSENS_FRAMEPOS, site, hand.tcp_site, CELL)
    add_netforce(spec, "robot_cell", CELL, subtree=robot.root)
