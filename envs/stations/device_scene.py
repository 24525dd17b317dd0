"""Nest, lid, belts, reject rack and devices of the test cell, as bodies, geoms and sensors."""

from __future__ import annotations

from functools import partial

import mujoco
import numpy as np

from pilotline.envs.card import StationCard
from pilotline.envs.contacts import add_netforce, stiffen
from pilotline.envs.frame_sensor import add_frame
from pilotline.envs.stations.device_layout import (
    CHAMFER_M,
    HANDLE_HALF_M,
    HANDLE_M,
    HANDLE_RADIUS_M,
    INFEED_M,
    LID_GAP_M,
    LID_HALF_WIDTH_M,
    LID_HINGE_M,
    LID_LENGTH_M,
    LID_THICK_M,
    NEST_HEIGHT_M,
    NOTCH_Y_M,
    OUTFEED_M,
    OVERHANG_M,
    REJECT_M,
    STRAP_HALF_WIDTH_M,
    STRAPS_Y_M,
    WALL_M,
    nest_at,
)
from pilotline.envs.stations.device_look import dress_cell, dress_device, dress_lid
from pilotline.robots import Robot

DEVICES = ("new", "old")
TABLE_TOP_M = 0.76
NEST_GEOMS = tuple(
    f"nest_{part}"
    for part in (
        "floor",
        "tongue",
        *(f"{edge}_{kind}" for edge in ("right", "left", "near", "far") for kind in ("wall", "lead")),
    )
)
INFEED_STRAPS = ("infeed_strap_0", "infeed_strap_1")
INFEED_END_M, OUTFEED_END_M, RACK_END_M = 0.50, 0.42, 0.16

_BOX = mujoco.mjtGeom.mjGEOM_BOX
_STRAP = (0.8, 0.005, 0.0001)
_HARD_S, _POM_S, _PAD_S, _STRAP_S = 0.004, 0.006, 0.007, 0.010
"""Times in which contacts of metal, of the nest, of devices in rubber pads and of the straps push an overlap out."""


def build_scene(spec: mujoco.MjSpec, robot: Robot, card: StationCard) -> None:
    """Add everything the station consists of; poses that vary by cycle get nominal values."""
    at = nest_at(robot)
    cell = spec.worldbody.add_body(name="cell", pos=at)
    half = np.array(card.figures["device_mm"].value) / 2000.0
    top = TABLE_TOP_M - NEST_HEIGHT_M
    cell.add_geom(name="table", type=_BOX, pos=(0.16, 0.0, top - 0.02), size=(0.32, 0.62, 0.02), group=3)
    _nest(cell, half, card.figure("nest_clearance_mm") / 1000.0)
    _lid(spec, cell, card)
    _straps(cell, "infeed", INFEED_M, half[0], INFEED_END_M, moving=True)
    _straps(cell, "outfeed", OUTFEED_M, half[0], OUTFEED_END_M, moving=False)
    _rack(cell, half[0])
    dress_cell(cell, top, half)
    for i, name in enumerate(DEVICES):
        _device(spec, name, half, card.figure("device_kg"), (at[0], 0.4 * i, 1.5))
    _sensors(spec, robot)


def _nest(cell: mujoco.MjsBody, half: np.ndarray, clearance: float) -> None:
    """Pocket with lead-in; the near wall is open where fingers reach under the device."""
    nest = cell.add_body(name="nest")
    hx, hy = half[0] + clearance, half[1] + clearance
    tongue = NOTCH_Y_M - 0.003
    near = half[0] - OVERHANG_M
    thick, depth = 0.005, 0.012

    def add(name: str, pos: tuple[float, ...], size: tuple[float, ...], **more: object) -> None:
        wall = nest.add_geom(name=f"nest_{name}", type=_BOX, pos=pos, size=size, material="polymer_black", **more)
        wall.priority = 2
        stiffen(wall, _POM_S)

    add("floor", ((hx - near) / 2, 0.0, -depth), ((hx + near) / 2, hy, depth))
    add("tongue", (-(hx + near) / 2, 0.0, -depth), ((hx - near) / 2, tongue, depth))
    for name, sign in (("right", -1.0), ("left", 1.0)):
        add(f"{name}_wall", (0.0, sign * (hy + thick), WALL_M - depth), (hx, thick, depth))
    add("far_wall", (hx + thick, 0.0, WALL_M - depth), (thick, hy, depth))
    add("near_wall", (-hx - thick, 0.0, WALL_M - depth), (thick, tongue, depth))

    width, height = CHAMFER_M
    slope, skin = np.hypot(width, height) / 2, 0.0015
    lean = np.arctan2(width, height)
    # centre of a plate whose upper face runs from the wall's top inner edge outwards and up
    out = width / 2 + skin * np.cos(lean)
    up = WALL_M + height / 2 - skin * np.sin(lean)
    for name, sign in (("right", -1.0), ("left", 1.0)):
        turn = (np.cos(lean / 2), -sign * np.sin(lean / 2), 0.0, 0.0)
        add(f"{name}_lead", (0.0, sign * (hy + out), up), (hx, skin, slope), quat=turn)
    for name, sign, length in (("near", -1.0, tongue), ("far", 1.0, hy)):
        turn = (np.cos(lean / 2), 0.0, sign * np.sin(lean / 2), 0.0)
        add(f"{name}_lead", (sign * (hx + out), 0.0, up), (skin, length, slope), quat=turn)


def _lid(spec: mujoco.MjSpec, cell: mujoco.MjsBody, card: StationCard) -> None:
    """Lid on a gas spring, hinged behind the pocket; a magnet can hold it shut."""
    opening = np.deg2rad(card.figure("lid_open_deg"))
    lid = cell.add_body(name="lid", pos=LID_HINGE_M)
    lid.add_joint(
        name="lid",
        type=mujoco.mjtJoint.mjJNT_HINGE,
        axis=(0.0, 1.0, 0.0),
        limited=True,
        range=(0.0, opening),
        stiffness=(card.figure("lid_spring_nm_per_rad"), 0.0, 0.0),
        springref=card.figure("lid_spring_rest_rad"),
        damping=(card.figure("lid_damping_nms_per_rad"), 0.0, 0.0),
        solref_limit=(_HARD_S, 1.0),
    )
    under = LID_GAP_M - LID_HINGE_M[2]
    plate = lid.add_geom(
        name="lid_plate",
        type=_BOX,
        pos=(-LID_LENGTH_M / 2, 0.0, under + LID_THICK_M / 2),
        size=(LID_LENGTH_M / 2, LID_HALF_WIDTH_M, LID_THICK_M / 2),
        rgba=(0.75, 0.85, 0.90, 0.18),
        mass=0.85 * card.figure("lid_mass_kg"),
    )
    stiffen(plate, _HARD_S)
    lid.add_geom(
        name="lid_handle",
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=(HANDLE_M[0], -HANDLE_HALF_M, HANDLE_M[2], HANDLE_M[0], HANDLE_HALF_M, HANDLE_M[2]),
        size=(HANDLE_RADIUS_M, 0.0, 0.0),
        material="safety_yellow",
        friction=(0.4, 0.005, 0.0001),
        mass=0.15 * card.figure("lid_mass_kg"),
    )
    dress_lid(lid, under)
    magnet = spec.add_actuator(name="lid_magnet", target="lid", trntype=mujoco.mjtTrn.mjTRN_JOINT)
    magnet.set_to_motor()
    magnet.gear = (-card.figure("latch_nm"), 0.0, 0.0, 0.0, 0.0, 0.0)
    magnet.ctrllimited, magnet.ctrlrange = True, (0.0, 1.0)


def _straps(
    cell: mujoco.MjsBody, name: str, at: tuple[float, float, float], half: float, end: float, moving: bool
) -> None:
    """Twin-strap conveyor along x; its nose ends short of the device's near edge."""
    body = cell.add_body(name=name, pos=at)
    nose = OVERHANG_M - half
    for i, y in enumerate(STRAPS_Y_M):
        strap = body.add_geom(
            name=f"{name}_strap_{i}",
            type=_BOX,
            pos=((nose + end) / 2, y, -0.008),
            size=((end - nose) / 2, STRAP_HALF_WIDTH_M, 0.008),
            material="belt_rubber",
            friction=_STRAP,
            priority=2,
        )
        stiffen(strap, _STRAP_S)
        if moving:
            # any value but zero, so that the compiled model has moving surfaces at all
            strap.surfacevel = (-0.1, 0.0, 0.0, 0.0, 0.0, 0.0)


def _rack(cell: mujoco.MjsBody, half: float) -> None:
    """Two rails above the outfeed that carry rejected devices."""
    body = cell.add_body(name="reject", pos=REJECT_M)
    nose = OVERHANG_M - half
    for i, y in enumerate(STRAPS_Y_M):
        rail = body.add_geom(
            name=f"reject_rail_{i}",
            type=_BOX,
            pos=((nose + RACK_END_M) / 2, y, -0.006),
            size=((RACK_END_M - nose) / 2, STRAP_HALF_WIDTH_M, 0.006),
            rgba=(0.80, 0.12, 0.10, 1.0),
            friction=(0.6, 0.005, 0.0001),
            priority=1,
        )
        stiffen(rail, _HARD_S)


def _device(spec: mujoco.MjSpec, name: str, half: np.ndarray, mass: float, pos: tuple[float, float, float]) -> None:
    """A tablet, body frame at its middle, glass up, long side along y."""
    body = spec.worldbody.add_body(name=name, pos=pos)
    body.add_freejoint(name=name)
    shell = body.add_geom(
        name=f"{name}_device",
        type=_BOX,
        size=half,
        mass=mass,
        priority=1,
        group=3,
        friction=(0.5, 0.005, 0.0001),
    )
    stiffen(shell, _PAD_S)
    dress_device(body, half)


def _sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    body, site = mujoco.mjtObj.mjOBJ_XBODY, mujoco.mjtObj.mjOBJ_SITE

    frame = partial(add_frame, spec)
    pos, quat = mujoco.mjtSensor.mjSENS_FRAMEPOS, mujoco.mjtSensor.mjSENS_FRAMEQUAT
    hands = {side: hand.palm for side, hand in robot.hands.items()}
    for name in DEVICES:
        frame(f"{name}_in_nest", pos, body, name, "nest")
        frame(f"{name}_turn_in_nest", quat, body, name, "nest")
    for name in (*DEVICES, "nest"):
        frame(f"{name}_pos", pos, body, name, None)
        frame(f"{name}_quat", quat, body, name, None)
    for name in DEVICES:
        frame(f"{name}_vel", mujoco.mjtSensor.mjSENS_FRAMELINVEL, body, name, None)
        add_netforce(spec, f"{name}_any", name)
        add_netforce(spec, f"{name}_floor", name, geom="floor")
        for place in ("nest", "lid", "infeed", "outfeed", "reject"):
            add_netforce(spec, f"{name}_{place}", name, subtree=place)
        for side, hand in robot.hands.items():
            add_netforce(spec, f"{name}_{side}", name, subtree=hands[side])
            frame(f"{side}_in_{name}", pos, site, hand.tcp_site, name)
    add_netforce(spec, "robot_cell", "cell", subtree=robot.root)
    spec.add_sensor(
        name="lid_angle",
        type=mujoco.mjtSensor.mjSENS_JOINTPOS,
        objtype=mujoco.mjtObj.mjOBJ_JOINT,
        objname="lid",
    )
    spec.add_sensor(
        name="lid_rate",
        type=mujoco.mjtSensor.mjSENS_JOINTVEL,
        objtype=mujoco.mjtObj.mjOBJ_JOINT,
        objname="lid",
    )
