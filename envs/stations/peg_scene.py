"""Board with holes, shafts and drive pinion, two trays, pegs and gears, as bodies, geoms and sensors."""

from __future__ import annotations

from functools import partial

import mujoco
import numpy as np

from pilotline.envs.card import StationCard
from pilotline.envs.contacts import add_netforce
from pilotline.envs.frame_sensor import add_frame
from pilotline.envs.stations.peg_bits import BORE, GEAR, PEG, SHAFT, TEETH, Bits
from pilotline.envs.stations.peg_holes import (
    STIFF_SOLIMP,
    STIFF_SOLREF,
    add_hole,
    angles,
    ring,
    stave,
    turned,
)
from pilotline.envs.stations.peg_layout import (
    BOARD_HALF_M,
    BOARD_HEIGHT_M,
    BOARD_THICK_M,
    FACE_M,
    GEAR_HEIGHT_M,
    GEAR_TEETH,
    GEARS,
    HOLE_DEPTH_M,
    HOLE_Y_M,
    HOLES,
    HUB_RADIUS_M,
    PARTS,
    PEG_LENGTH_M,
    PEGS,
    PINION_TEETH,
    PINION_Y_M,
    POCKET_HEIGHT_M,
    ROW_X_M,
    SHAFT_HEIGHT_M,
    SHAFT_RADIUS_M,
    SHAFT_Y_M,
    SHAFTS,
    TRAY_FLOOR_M,
    TRAY_HALF_M,
    TRAY_X_M,
    TRAY_Y_M,
    cell_at,
    spot_m,
)
from pilotline.envs.stations.peg_look import dress_cell, dress_gear
from pilotline.envs.stations.peg_teeth import root_radius_m, tooth_vertices
from pilotline.robots import Robot

TABLE_TOP_M = 0.76
HOLE_OUTER_M = 0.0125
"""Staves of every hole fill a disc of this radius."""
_GAP_M = 0.0093
"""Half the square that the board's top leaves open round each hole."""
_LANE_M = 0.40
"""Nothing of the bench stands nearer to the robot, which drives off sideways here."""
_FAR_M = 0.34
_TEETH_MU = 0.15
"""POM on POM, greased."""
_TRAY_MU = 0.3
_ANODISED = (0.40, 0.44, 0.49, 1.0)
_POM, _STEEL = (0.93, 0.92, 0.88, 1.0), (0.62, 0.64, 0.67, 1.0)
_STAND = {"friction": (_TRAY_MU, 0.005, 0.0001), "solref": STIFF_SOLREF, "solimp": STIFF_SOLIMP, "priority": 2}
"""What parts stand on decides over their contacts with it."""
_HELD = {
    "friction": (0.9, 0.02, 0.001),
    "condim": 4,
    "solref": STIFF_SOLREF,
    "solimp": STIFF_SOLIMP,
    "priority": 1,
}
"""Parts decide over contacts with pads of a gripper: friction of rubber on steel or POM, and stiff, since soft pads
would sink through thin pegs."""
_BOX, _CYLINDER = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CYLINDER


def hole_radii_m(card: StationCard) -> np.ndarray:
    """Radii (4,) m of the holes."""
    return np.array(card.figures["hole_mm"].value) / 2000.0


def peg_radii_m(card: StationCard) -> np.ndarray:
    """Radii (4,) m of the pegs."""
    return np.array(card.figures["peg_mm"].value) / 2000.0


def build_scene(spec: mujoco.MjSpec, robot: Robot, card: StationCard) -> None:
    """Add everything the station consists of; poses and sizes that vary by cycle get nominal values."""
    at = cell_at(robot)
    cell = spec.worldbody.add_body(name="cell", pos=at)
    top = TABLE_TOP_M - BOARD_HEIGHT_M
    near = max(-0.34, _LANE_M - at[0])
    cell.add_geom(
        name="table",
        type=_BOX,
        pos=((near + _FAR_M) / 2, 0.0, top - 0.02),
        size=((_FAR_M - near) / 2, 0.50, 0.02),
        group=3,
    )
    for teeth in sorted({PINION_TEETH, *GEAR_TEETH}):
        spec.add_mesh(
            name=f"tooth_{teeth}",
            uservert=tooth_vertices(teeth).ravel(),
            inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX,
        )
    board = _board(spec, cell, card)
    _trays(cell, card)
    dress_cell(cell, board, near, _FAR_M, top)
    for i, name in enumerate(PEGS):
        _peg(spec, name, float(peg_radii_m(card)[i]), card.figure("steel_kg_per_m3"), _start(at, i))
    masses = card.figures["gear_kg"].value
    assert isinstance(masses, tuple)
    for i, name in enumerate(GEARS):
        bore = card.figure("bore_mm") / 2000.0
        _gear(spec, name, GEAR_TEETH[i], masses[i], bore, _start(at, len(PEGS) + i))
    _sensors(spec, robot)


def _start(cell: tuple[float, float, float], part: int) -> tuple[float, float, float]:
    x, y, z = (a + b for a, b in zip(cell, spot_m(part), strict=True))
    return (x, y, z)


def _board(spec: mujoco.MjSpec, cell: mujoco.MjsBody, card: StationCard) -> mujoco.MjsBody:
    board = cell.add_body(name="board")
    mid, half, edge = -BOARD_THICK_M / 2, BOARD_THICK_M / 2, BOARD_HALF_M

    def slab(name: str, x: tuple[float, float], y: tuple[float, float]) -> None:
        board.add_geom(
            name=f"board_{name}",
            type=_BOX,
            pos=((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, mid),
            size=((x[1] - x[0]) / 2, (y[1] - y[0]) / 2, half),
            rgba=_ANODISED,
            **_STAND,
        )

    slab("near", (-edge, ROW_X_M - _GAP_M), (-edge, edge))
    slab("far", (ROW_X_M + _GAP_M, edge), (-edge, edge))
    row = (ROW_X_M - _GAP_M, ROW_X_M + _GAP_M)
    borders = [edge, *(y + side * _GAP_M for y in HOLE_Y_M for side in (1.0, -1.0)), -edge]
    for i in range(0, len(borders), 2):
        slab(f"row_{i // 2}", row, (borders[i + 1], borders[i]))
    for i, name in enumerate(HOLES):
        hole = board.add_body(name=name, pos=(ROW_X_M, HOLE_Y_M[i], 0.0))
        add_hole(hole, float(hole_radii_m(card)[i]), HOLE_DEPTH_M, 0.0005, HOLE_OUTER_M, material="steel")
    for name, y in zip(SHAFTS, SHAFT_Y_M, strict=True):
        _shaft(board.add_body(name=name, pos=(ROW_X_M, y, 0.0)))
    _pinion(spec, board, card)
    return board


def _shaft(shaft: mujoco.MjsBody) -> None:
    """A pin with a round end; a capsule, whose contacts with a bore's flat faces are exact and quick."""
    shaft.add_geom(
        name=f"{shaft.name}_pin",
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=(0.0, 0.0, 0.0, 0.0, 0.0, SHAFT_HEIGHT_M - SHAFT_RADIUS_M),
        size=(SHAFT_RADIUS_M, 0.0, 0.0),
        material="steel",
        **ring(SHAFT),
    )


def _pinion(spec: mujoco.MjSpec, board: mujoco.MjsBody, card: StationCard) -> None:
    """Pinion of the test spindle, always in place; its motor has so much torque that it turns slowly when free."""
    pinion = board.add_body(name="pinion", pos=(ROW_X_M, PINION_Y_M, 0.0))
    pinion.add_joint(
        name="pinion",
        type=mujoco.mjtJoint.mjJNT_HINGE,
        axis=(0.0, 0.0, 1.0),
        damping=(card.figure("spindle_nm") / card.figure("spindle_rad_per_s"), 0.0, 0.0),
        frictionloss=card.figure("spindle_friction_nm"),
        armature=card.figure("spindle_inertia_kgm2"),
    )
    _teeth(pinion, PINION_TEETH, _STEEL)
    pinion.add_geom(
        name="pinion_hub",
        type=_CYLINDER,
        pos=(0.0, 0.0, FACE_M / 2),
        size=(root_radius_m(PINION_TEETH), FACE_M / 2, 0.0),
        mass=0.010,
        material="steel",
        **_bits(GEAR),
    )
    motor = spec.add_actuator(name="spindle", target="pinion", trntype=mujoco.mjtTrn.mjTRN_JOINT)
    motor.set_to_motor()
    motor.gear = (card.figure("spindle_nm"), 0.0, 0.0, 0.0, 0.0, 0.0)
    motor.ctrllimited, motor.ctrlrange = True, (0.0, 1.0)


def _bits(bits: Bits) -> dict[str, int]:
    return {"contype": bits.contype, "conaffinity": bits.conaffinity}


def _teeth(body: mujoco.MjsBody, teeth: int, rgba: tuple[float, float, float, float]) -> None:
    for i in range(teeth):
        body.add_geom(
            name=f"{body.name}_tooth_{i}",
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=f"tooth_{teeth}",
            quat=turned(2 * np.pi * i / teeth),
            mass=0.0,
            rgba=rgba,
            friction=(_TEETH_MU, 0.005, 0.0001),
            solref=STIFF_SOLREF,
            solimp=STIFF_SOLIMP,
            condim=3,
            **_bits(TEETH),
        )


def _peg(spec: mujoco.MjSpec, name: str, radius: float, density: float, pos: tuple[float, float, float]) -> None:
    """A plain steel cylinder, body frame at the middle of its underside."""
    body = spec.worldbody.add_body(name=name, pos=pos)
    body.add_freejoint(name=name)
    body.add_geom(
        name=f"{name}_shank",
        type=_CYLINDER,
        pos=(0.0, 0.0, PEG_LENGTH_M / 2),
        size=(radius, PEG_LENGTH_M / 2, 0.0),
        density=density,
        material="steel",
        **_HELD,
        **_bits(PEG),
    )


def _gear(
    spec: mujoco.MjSpec, name: str, teeth: int, mass: float, bore: float, pos: tuple[float, float, float]
) -> None:
    """A gear with a hub above its rim, body frame at the middle of its underside."""
    body = spec.worldbody.add_body(name=name, pos=pos)
    body.add_freejoint(name=name)
    root = max(root_radius_m(teeth), HUB_RADIUS_M)
    lift = 0.0002
    hub = 0.3 * mass if root > HUB_RADIUS_M else 0.6 * mass

    def disc(part: str, radius: float, low: float, high: float, weight: float) -> None:
        body.add_geom(
            name=f"{name}_{part}",
            type=_CYLINDER,
            pos=(0.0, 0.0, (low + high) / 2),
            size=(radius, (high - low) / 2, 0.0),
            mass=weight,
            rgba=_POM,
            **_HELD,
            **_bits(GEAR),
        )

    disc("rim", root, lift, FACE_M, mass - hub)
    disc("hub", HUB_RADIUS_M, FACE_M, GEAR_HEIGHT_M, hub)
    # stands on three points, as anything does
    for i in range(3):
        angle = 2 * np.pi * i / 3
        body.add_geom(
            name=f"{name}_foot_{i}",
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            pos=(0.9 * root * np.cos(angle), 0.9 * root * np.sin(angle), 0.0006),
            size=(0.0006, 0.0, 0.0),
            mass=0.0,
            rgba=_POM,
            **_HELD,
            **_bits(GEAR),
        )
    common = {**ring(BORE), "mass": 0.0, "group": 3}
    thick = HUB_RADIUS_M - 0.0005 - bore
    for k, angle in angles():
        middle, half = stave(np.float64(bore), thick, np.float64(0.0), np.float64(GEAR_HEIGHT_M), angle)
        body.add_geom(name=f"{name}_bore_{k}", type=_BOX, pos=middle, size=half, quat=turned(angle), **common)
    dress_gear(body, root)
    _teeth(body, teeth, _POM)


def _trays(cell: mujoco.MjsBody, card: StationCard) -> None:
    """Pegs stand in pockets at the right, gears lie in the tray at the left."""
    for side, sign in (("right", -1.0), ("left", 1.0)):
        tray = cell.add_body(name=f"tray_{side}", pos=(TRAY_X_M, sign * (TRAY_Y_M + TRAY_HALF_M[1]), TRAY_FLOOR_M))
        tray.add_geom(
            name=f"tray_{side}_floor",
            type=_BOX,
            pos=(0.0, 0.0, -0.006),
            size=(*TRAY_HALF_M, 0.006),
            material="polymer_black",
            **_STAND,
        )
    play = card.figure("pocket_play_mm") / 1000.0
    wall, half = 0.003, POCKET_HEIGHT_M / 2
    for i, name in enumerate(PEGS):
        pocket = cell.add_body(name=f"pocket_{name}", pos=spot_m(i))
        inner = float(peg_radii_m(card)[i]) + play
        for k, (x, y) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1))):
            out = inner + wall
            pocket.add_geom(
                name=f"pocket_{name}_{k}",
                type=_BOX,
                pos=(x * out, y * out, half),
                size=(wall if x else inner + 2 * wall, wall if y else inner, half),
                material="machine_blue",
                **_STAND,
            )


def _sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    body, site = mujoco.mjtObj.mjOBJ_XBODY, mujoco.mjtObj.mjOBJ_SITE

    frame = partial(add_frame, spec)
    pos, quat = mujoco.mjtSensor.mjSENS_FRAMEPOS, mujoco.mjtSensor.mjSENS_FRAMEQUAT
    for side, hand in robot.hands.items():
        for name in PARTS:
            frame(f"{side}_in_{name}", pos, site, hand.tcp_site, name)
    frame("board_pos", pos, body, "board", None)
    frame("board_quat", quat, body, "board", None)
    for name, seat in zip(PARTS, (*HOLES, *SHAFTS), strict=True):
        frame(f"{name}_pos", pos, body, name, None)
        frame(f"{name}_in_seat", pos, body, name, seat)
        frame(f"{name}_turn", quat, body, name, "board")
        frame(f"{name}_vel", mujoco.mjtSensor.mjSENS_FRAMELINVEL, body, name, None)
        add_netforce(spec, f"{name}_any", name)
        add_netforce(spec, f"{name}_board", name, subtree="board")
        add_netforce(spec, f"{name}_robot", name, subtree=robot.root)
    add_netforce(spec, "robot_cell", "cell", subtree=robot.root)
    for name, kind in (("spindle_angle", "JOINTPOS"), ("spindle_rate", "JOINTVEL")):
        spec.add_sensor(
            name=name,
            type=getattr(mujoco.mjtSensor, f"mjSENS_{kind}"),
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
            objname="pinion",
        )
