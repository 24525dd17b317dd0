"""Machine with door, chuck and buttons, tray table and parts of the tending cell, as bodies, geoms and sensors."""

from __future__ import annotations

from functools import partial

import mujoco
import numpy as np

from pilotline.envs.card import StationCard
from pilotline.envs.contacts import add_netforce, stiffen
from pilotline.envs.frame_sensor import add_frame
from pilotline.envs.stations.tending_layout import (
    BUTTON_RADIUS_M,
    BUTTON_TRAVEL_M,
    BUTTONS_M,
    CHIP_OFF_M,
    CHIP_RADIUS_M,
    CHUCK_AT_M,
    CHUCK_HEIGHT_M,
    CHUCK_RADIUS_M,
    DOOR_TRAVEL_M,
    DOOR_X_M,
    HANDLE_HALF_M,
    HANDLE_M,
    HANDLE_RADIUS_M,
    JAW_ANGLES_RAD,
    JAW_HEIGHT_M,
    JAW_LENGTH_M,
    JAW_WIDTH_M,
    LEAD_M,
    OPENING_Y_M,
    OPENING_Z_M,
    SLOTS,
    TABLE_AT_M,
    TRAY_TOP_M,
    TRAY_X_M,
)
from pilotline.envs.stations.tending_look import dress_door, dress_machine, dress_part, dress_table
from pilotline.robots import Robot

PARTS = ("blank", "finished")
JAWS = tuple(f"jaw_{i}" for i in range(len(JAW_ANGLES_RAD)))
WET = ("seat", "chip", "tray", *JAWS, *(f"{jaw}_lead" for jaw in JAWS))
"""Geoms on which a part slides as coolant lets it."""
TRAYS = ("in", "out")

_BOX, _CYLINDER = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CYLINDER
_STIFF_S = 0.004
_JAW_KG, _JAW_NS_PER_M, _JAW_BITE_M = 1.5, 2500.0, 0.002
"""A jaw with its slide, its drive's damping, and how far inside a nominal part it is sent."""
_DRAG_NS_PER_M = 3000.0
"""Slope of the door's drag through rest: full drag from 7 to 17 mm/s on."""


def jaw_stiffness(card: StationCard) -> float:
    """N/m of a jaw's drive: its force on a part of nominal size over how far inside it is sent."""
    return card.figure("jaw_n") / _JAW_BITE_M


def jaw_target(shut: float, stroke_m: float) -> float:
    """Where a jaw is sent, m outwards from a nominal part: a number or arrays, `shut` 1 or 0."""
    return stroke_m - shut * (stroke_m + _JAW_BITE_M)


def build_scene(spec: mujoco.MjSpec, robot: Robot, card: StationCard) -> None:
    """Add everything the station consists of; poses that vary by cycle get nominal values."""
    machine = spec.worldbody.add_body(name="machine")
    _housing(machine)
    _door(spec, machine, card)
    _chuck(spec, machine, card)
    for name, at in BUTTONS_M.items():
        _button(machine, name, at)
    dress_machine(machine)
    _table(spec, card)
    half = (card.figure("part_diameter_mm") / 2000.0, card.figure("part_height_mm") / 2000.0)
    for i, name in enumerate(PARTS):
        _part(spec, name, half, card.figure(f"{name}_kg"), (CHUCK_AT_M[0], 0.1 * i, 2.5))
    _sensors(spec, robot)


def _housing(machine: mujoco.MjsBody) -> None:
    """What a robot can run into: bed below, fronts at both sides, lintel, working table, spindle head."""
    housing = machine.add_body(name="housing")
    (y0, y1), (z0, z1) = OPENING_Y_M, OPENING_Z_M
    x = DOOR_X_M + 0.03

    def block(name: str, low: tuple[float, ...], high: tuple[float, ...]) -> None:
        middle, half = (np.array(low) + high) / 2, (np.array(high) - low) / 2
        geom = housing.add_geom(name=f"housing_{name}", type=_BOX, pos=middle, size=half, group=3)
        stiffen(geom, _STIFF_S)

    block("bed", (x + 0.05, -0.80, 0.0), (1.40, 1.45, z0))
    block("right", (x, -0.80, z0), (1.40, y0, 2.05))
    block("left", (x, y1, z0), (1.40, 1.45, 2.05))
    block("lintel", (x, y0, z1), (1.40, y1, 2.05))
    block("table", (0.62, y0, z0), (1.20, y1, CHUCK_AT_M[2] - CHUCK_HEIGHT_M))
    block("head", (CHUCK_AT_M[0] - 0.07, CHUCK_AT_M[1] - 0.07, 1.50), (1.20, CHUCK_AT_M[1] + 0.07, z1))


def _door(spec: mujoco.MjSpec, machine: mujoco.MjsBody, card: StationCard) -> None:
    """Sheet with a window on rails, a bar to take it by; its drag is that of a brake, full as soon as it moves."""
    (y0, y1), (z0, z1) = OPENING_Y_M, OPENING_Z_M
    door = machine.add_body(name="door")
    door.add_joint(
        name="door",
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=(0.0, 1.0, 0.0),
        limited=True,
        range=(0.0, DOOR_TRAVEL_M),
        solref_limit=(0.02, 1.0),
    )
    sheet = door.add_geom(
        name="door_sheet",
        type=_BOX,
        pos=(DOOR_X_M + 0.012, (y0 + y1) / 2, (z0 + z1) / 2),
        size=(0.012, (y1 - y0) / 2 + 0.02, (z1 - z0) / 2 + 0.03),
        group=3,
        mass=card.figure("door_kg") - 1.0,
    )
    x, y, z = HANDLE_M
    bar = door.add_geom(
        name="door_handle",
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=(x, y, z - HANDLE_HALF_M, x, y, z + HANDLE_HALF_M),
        size=(HANDLE_RADIUS_M, 0.0, 0.0),
        material="polymer_black",
        mass=1.0,
    )
    stiffen(sheet, _STIFF_S)
    # a rubber sleeve, which alone says how it gives way
    bar.priority, bar.condim, bar.friction = 1, 4, (0.8, 0.005, 0.0001)
    bar.solref, bar.solimp = (0.01, 1.0), (0.9, 0.95, 0.001, 0.5, 2.0)
    dress_door(door)
    drag = spec.add_actuator(name="door_drag", target="door", trntype=mujoco.mjtTrn.mjTRN_JOINT)
    drag.set_to_velocity(kv=_DRAG_NS_PER_M)
    most = card.figure_range("door_drag_n")[1]
    drag.forcelimited, drag.forcerange = True, (-most, most)


def _chuck(spec: mujoco.MjSpec, machine: mujoco.MjsBody, card: StationCard) -> None:
    """Power chuck with its axis upright: seat, three jaws on slides, and the pad that stands for chips."""
    chuck = machine.add_body(name="chuck", pos=CHUCK_AT_M)
    seat = chuck.add_geom(
        name="seat",
        type=_CYLINDER,
        pos=(0.0, 0.0, -CHUCK_HEIGHT_M / 2),
        size=(CHUCK_RADIUS_M, CHUCK_HEIGHT_M / 2, 0.0),
        material="steel",
        priority=2,
    )
    stiffen(seat, _STIFF_S)
    radius, stroke = card.figure("part_diameter_mm") / 2000.0, card.figure("jaw_stroke_mm") / 1000.0
    for name, angle in zip(JAWS, JAW_ANGLES_RAD, strict=True):
        jaw = chuck.add_body(name=name, pos=(0.0, 0.0, 0.0002), quat=(np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)))
        jaw.add_joint(
            name=name,
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=(1.0, 0.0, 0.0),
            limited=True,
            range=(-0.004, 0.006),
        )
        low = JAW_HEIGHT_M - LEAD_M
        wall = jaw.add_geom(
            name=name,
            type=_BOX,
            pos=(radius + JAW_LENGTH_M / 2, 0.0, low / 2),
            size=(JAW_LENGTH_M / 2, JAW_WIDTH_M / 2, low / 2),
            material="dark_steel",
            mass=_JAW_KG,
            priority=2,
        )
        # a bar whose inner face runs from the wall's top edge outwards and up
        skin, slope = LEAD_M / 2, LEAD_M / np.sqrt(2.0)
        middle = LEAD_M / 2 + skin / np.sqrt(2.0), LEAD_M / 2 - skin / np.sqrt(2.0)
        lead = jaw.add_geom(
            name=f"{name}_lead",
            type=_BOX,
            pos=(radius + middle[0], 0.0, low + middle[1]),
            quat=(np.cos(np.pi / 8), 0.0, np.sin(np.pi / 8), 0.0),
            size=(skin, JAW_WIDTH_M / 2, slope),
            material="steel",
            mass=0.0,
            priority=2,
        )
        stiffen(wall, _STIFF_S)
        stiffen(lead, _STIFF_S)
        drive = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        drive.set_to_position(kp=jaw_stiffness(card), kv=_JAW_NS_PER_M)
        drive.ctrllimited, drive.ctrlrange = True, (-_JAW_BITE_M, max(stroke, 0.005))
        spec.add_exclude(name=f"{name}_slide", bodyname1="chuck", bodyname2=name)
        for other in JAWS[: JAWS.index(name)]:
            spec.add_exclude(name=f"{name}_{other}", bodyname1=other, bodyname2=name)
    pad = chuck.add_body(name="chip", pos=(CHIP_OFF_M, 0.0, -0.01))
    chip = pad.add_geom(
        name="chip",
        type=_CYLINDER,
        pos=(0.0, 0.0, -0.002),
        size=(CHIP_RADIUS_M, 0.002, 0.0),
        rgba=(0.75, 0.72, 0.62, 1.0),
        priority=2,
    )
    stiffen(chip, _STIFF_S)


def _button(machine: mujoco.MjsBody, name: str, at: tuple[float, float, float]) -> None:
    """A sprung cap: 6 N to move it, 10 N at the end of its travel."""
    button = machine.add_body(name=f"button_{name}", pos=at)
    button.add_joint(
        name=f"button_{name}",
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=(1.0, 0.0, 0.0),
        limited=True,
        range=(0.0, BUTTON_TRAVEL_M),
        stiffness=(700.0, 0.0, 0.0),
        springref=-0.0085,
        damping=(8.0, 0.0, 0.0),
    )
    colour = {"start": (0.10, 0.70, 0.30, 1.0), "chuck": (0.95, 0.74, 0.07, 1.0), "air": (0.20, 0.45, 0.80, 1.0)}[name]
    cap = button.add_geom(
        name=f"button_{name}",
        type=_CYLINDER,
        pos=(0.008, 0.0, 0.0),
        quat=(np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0),
        size=(BUTTON_RADIUS_M, 0.008, 0.0),
        rgba=colour,
        mass=0.05,
    )
    stiffen(cap, _STIFF_S)


def _table(spec: mujoco.MjSpec, card: StationCard) -> None:
    """Tray table behind the robot; blanks not yet taken and parts already finished stand in its other slots."""
    table = spec.worldbody.add_body(name="table", pos=TABLE_AT_M)
    top = table.add_geom(name="tray", type=_BOX, pos=(-0.03, 0.04, -0.02), size=(0.22, 0.64, 0.02), group=3, priority=2)
    stiffen(top, _STIFF_S)
    radius, height = card.figure("part_diameter_mm") / 2000.0, card.figure("part_height_mm") / 1000.0
    for tray in TRAYS:
        for k in range(SLOTS):
            other = table.add_geom(
                name=f"{tray}_{k}",
                type=_CYLINDER,
                pos=(0.0, 0.0, -2.0),
                size=(radius, height / 2, 0.0),
                material="steel" if tray == "out" else "dark_steel",
            )
            stiffen(other, _STIFF_S)
    dress_table(table, TRAY_TOP_M, TRAY_X_M)


def _part(
    spec: mujoco.MjSpec, name: str, half: tuple[float, float], mass: float, pos: tuple[float, float, float]
) -> None:
    """A billet standing on its end, body frame at its middle.

    Its friction is that of pads on it; seat, jaws and trays, which are wet, have their own. A pad meets a round part
    along a line of its own width: it resists twisting with friction at a quarter of that line, 5 mm.
    """
    body = spec.worldbody.add_body(name=name, pos=pos)
    body.add_freejoint(name=name)
    geom = body.add_geom(
        name=f"{name}_part",
        type=_CYLINDER,
        size=(*half, 0.0),
        mass=mass,
        priority=1,
        condim=4,
        friction=(0.6, 0.005, 0.0001),
        material="steel" if name == "finished" else "dark_steel",
    )
    # stiffer contacts chatter in a moving hand and softer ones creep: either way the part slips out of the grip
    geom.solref, geom.solimp = (_STIFF_S, 1.0), (0.9, 0.95, 0.001, 0.5, 2.0)
    dress_part(body, half, name)


def _sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    body, site, joint = mujoco.mjtObj.mjOBJ_XBODY, mujoco.mjtObj.mjOBJ_SITE, mujoco.mjtObj.mjOBJ_JOINT

    frame = partial(add_frame, spec)
    pos, quat = mujoco.mjtSensor.mjSENS_FRAMEPOS, mujoco.mjtSensor.mjSENS_FRAMEQUAT
    for name in PARTS:
        frame(f"{name}_in_chuck", pos, body, name, "chuck")
        frame(f"{name}_turn_in_chuck", quat, body, name, "chuck")
        frame(f"{name}_vel", mujoco.mjtSensor.mjSENS_FRAMELINVEL, body, name, None)
        add_netforce(spec, f"{name}_any", name)
        add_netforce(spec, f"{name}_floor", name, geom="floor")
        for side, hand in robot.hands.items():
            add_netforce(spec, f"{name}_{side}", name, subtree=hand.palm)
    frame("finished_in_table", pos, body, "finished", "table")
    frame("finished_turn_in_table", quat, body, "finished", "table")
    for name in ("chuck", "table", "blank"):
        frame(f"{name}_pos", pos, body, name, None)
    for name in ("chuck", "table"):
        frame(f"{name}_quat", quat, body, name, None)
    for side, hand in robot.hands.items():
        frame(f"{side}_in_machine", pos, site, hand.tcp_site, "machine")
        frame(f"{side}_in_chuck", pos, site, hand.tcp_site, "chuck")
    for name in ("door", "housing", "chuck", "table", *(f"button_{button}" for button in BUTTONS_M)):
        add_netforce(spec, f"robot_{name}", name, subtree=robot.root)
    kind = mujoco.mjtSensor.mjSENS_JOINTPOS
    for name in ("door", *JAWS, *(f"button_{button}" for button in BUTTONS_M)):
        spec.add_sensor(name=f"{name}_way", type=kind, objtype=joint, objname=name)
