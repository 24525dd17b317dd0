"""Pallet, stack, conveyor and totes of the destacking station, as bodies, geoms and sensors."""

from __future__ import annotations

import mujoco

from pilotline.envs.card import StationCard
from pilotline.envs.contacts import add_netforce, stiffen
from pilotline.envs.decor import decor
from pilotline.envs.stations.tote import tote_shapes, tote_walls
from pilotline.robots import Robot

BELT_HALF_WIDTH_M = 0.225
BELT_HALF_LENGTH_M = 1.3
LAYERS_SHOWN = 5
PARKED = (-2.4, 2.2)
"""Where the tote below waits when the stack has one layer only: on the floor, out of the way."""
MISSING = (2.4, 2.2)
"""Where the tote behind stands when it is missing from the stack."""

_BOX = mujoco.mjtGeom.mjGEOM_BOX
_HARD_S, _RUBBER_S = 0.004, 0.010
"""Times in which contacts of totes and wood, and of the belt, push an overlap out."""


def build_scene(spec: mujoco.MjSpec, robot: Robot, card: StationCard, mark: tuple[float, float, float]) -> None:
    """Add everything the station consists of; shapes that vary by cycle get placeholder sizes."""
    _pallet(spec, card.figure("deck_height_m"))
    _conveyor(spec, mark)
    _totes(spec, card)
    _sensors(spec, robot)


def _pallet(spec: mujoco.MjSpec, deck: float) -> None:
    """Euro pallet, its near long edge through the body's origin, +x away from the aisle."""
    pallet = spec.worldbody.add_body(name="pallet")
    planks = pallet.add_geom(
        name="deck",
        type=_BOX,
        pos=(0.4, 0.0, deck / 2),
        size=(0.4, 0.6, deck / 2),
        group=3,
        friction=(0.5, 0.005, 0.0001),
    )
    stiffen(planks, _HARD_S)
    for i in range(5):
        decor(pallet, (0.07 + 0.165 * i, 0.0, deck - 0.011), (0.062, 0.6, 0.011), "wood")
    for y in (-0.53, 0.0, 0.53):
        decor(pallet, (0.4, y, deck - 0.033), (0.4, 0.07, 0.011), "wood")
        for x in (0.07, 0.4, 0.73):
            decor(pallet, (x, y, 0.061), (0.07, 0.07, 0.039), "wood")
        decor(pallet, (0.4, y, 0.011), (0.4, 0.05, 0.011), "wood")
    for column in ("near", "far"):
        pile = pallet.add_geom(
            name=f"pile_{column}", type=_BOX, size=(0.2, 0.3, 0.1), pos=(0.2, 0.0, 0.3), group=3, priority=1
        )
        stiffen(pile, _HARD_S)
        for k in range(LAYERS_SHOWN):
            pallet.add_geom(
                name=f"shell_{column}_{k}",
                type=_BOX,
                size=(0.19, 0.29, 0.13),
                pos=(0.2, 0.0, 0.3),
                material="tote_grey" if (k + (column == "far")) % 2 else "tote_blue",
                contype=0,
                conaffinity=0,
                group=2,
            )


def _conveyor(spec: mujoco.MjSpec, mark: tuple[float, float, float]) -> None:
    """Belt conveyor along y; its surface can move along its own x."""
    x, _, top = mark
    body = spec.worldbody.add_body(name="conveyor", pos=(x, 0.0, 0.0))
    belt = body.add_geom(
        name="belt",
        type=_BOX,
        pos=(0.0, 0.0, top - 0.03),
        size=(BELT_HALF_WIDTH_M, BELT_HALF_LENGTH_M, 0.03),
        material="belt_rubber",
        friction=(0.8, 0.005, 0.0001),
    )
    stiffen(belt, _RUBBER_S)
    for sign in (-1.0, 1.0):
        rail = sign * (BELT_HALF_WIDTH_M + 0.02)
        decor(body, (rail, 0.0, top - 0.06), (0.02, BELT_HALF_LENGTH_M, 0.06), "aluminium")
        decor(body, (rail * 1.02, 0.0, top - 0.06), (0.02, BELT_HALF_LENGTH_M, 0.012), "safety_yellow")
        for y in (-1.0, 0.0, 1.0):
            decor(body, (sign * 0.22, y, (top - 0.06) / 2), (0.025, 0.025, (top - 0.06) / 2), "steel")
    for y in (-0.31, 0.31):
        decor(body, (0.0, y, top + 0.0006), (0.215, 0.004, 0.0005), "label_white")
    decor(body, (-0.4, 0.9, 0.55), (0.1, 0.14, 0.3), "machine_blue")
    decor(body, (-0.4, 0.9, 0.9), (0.03, 0.03, 0.05), "signal_green")


def _totes(spec: mujoco.MjSpec, card: StationCard) -> None:
    """The tote to move, with walls and grip holes, and two simpler neighbours."""
    shapes = tote_shapes(card)
    walls = tote_walls(shapes.outer[:1], shapes.inner[:1], shapes.hole_z[:1], shapes.nesting, shapes.hole)
    placed = {"tote": (1.3, 0.0, 0.2), "below": (*PARKED, 0.0), "behind": (1.8, 0.0, 0.2)}
    for name, pos in placed.items():
        body = spec.worldbody.add_body(name=name, pos=pos)
        body.add_freejoint(name=name)
        body.explicitinertial = True
        body.mass, body.ipos, body.inertia = 8.0, (0.0, 0.0, 0.1), (0.3, 0.2, 0.4)
        if name == "tote":
            for part, (centre, half) in walls.items():
                wall = body.add_geom(
                    name=f"tote_{part}",
                    type=_BOX,
                    pos=centre[0],
                    size=half[0],
                    material="tote_blue",
                    priority=1,
                )
                stiffen(wall, _HARD_S)
            continue
        parts = ("block", "front", "back", "right", "left") if name == "below" else ("block",)
        for part in parts:
            wall = body.add_geom(name=f"{name}_{part}", type=_BOX, size=(0.19, 0.29, 0.13), material="tote_grey")
            wall.priority = 1
            stiffen(wall, _HARD_S)


def _sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    body = mujoco.mjtObj.mjOBJ_XBODY
    for name in ("tote", "below", "behind"):
        spec.add_sensor(name=f"{name}_pos", type=mujoco.mjtSensor.mjSENS_FRAMEPOS, objtype=body, objname=name)
    spec.add_sensor(name="tote_quat", type=mujoco.mjtSensor.mjSENS_FRAMEQUAT, objtype=body, objname="tote")
    spec.add_sensor(name="tote_vel", type=mujoco.mjtSensor.mjSENS_FRAMELINVEL, objtype=body, objname="tote")
    for side, hand in robot.hands.items():
        add_netforce(spec, f"tote_{side}", "tote", subtree=hand.palm)
    add_netforce(spec, "tote_any", "tote")
    add_netforce(spec, "tote_belt", "tote", geom="belt")
    add_netforce(spec, "tote_floor", "tote", geom="floor")
    add_netforce(spec, "robot_conveyor", "conveyor", subtree=robot.root)
    add_netforce(spec, "robot_pallet", "pallet", subtree=robot.root)
