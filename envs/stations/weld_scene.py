"""Racks, fixture, door line and panels of the weld cell, as bodies, geoms and sensors."""

from __future__ import annotations

from functools import partial

import mujoco
import numpy as np

from pilotline.envs.card import StationCard
from pilotline.envs.contacts import add_netforce
from pilotline.envs.frame_sensor import add_frame
from pilotline.envs.stations.weld_layout import (
    ACROSS_M,
    NET_HALF_M,
    NET_HEIGHT_M,
    PANELS,
    PIN_LENGTH_M,
    RACK_FOOT_M,
    RISER_M,
    THICK_M,
    PanelSize,
    panel_size,
)
from pilotline.envs.stations.weld_look import dress_beams, dress_fixture, dress_floor, dress_panel, dress_rack
from pilotline.envs.stations.weld_panel import panel_boxes
from pilotline.robots import Robot

NET_HALF_HEIGHT_M = 0.012
PILLAR_BEHIND_M = 0.10
"""A rack's pillars stand this far behind the far edge of its panels."""
FORK_HALF_M = (0.02, 0.008)
"""Half width and half height of a rack's forks."""
LEVELS_SHOWN = 4
BODIES = {name: f"panel_{name}" for name in PANELS}

_BOX, _CAPSULE = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CAPSULE
_STIFF = {"solref": (0.008, 1.0), "solimp": (0.95, 0.995, 0.0005, 0.5, 2.0)}
"""Sheet that gives a little, on steel: four physics steps to come to rest."""


def sizes(card: StationCard) -> dict[str, PanelSize]:
    """Sizes of the panels by name."""
    found = {}
    for name in PANELS:
        value = card.figures[f"{name}_mm"].value
        assert isinstance(value, tuple)
        found[name] = panel_size(value)
    return found


def fork_box(size: PanelSize, sign: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Centre and half lengths of a fork under a panel, x and y in the rack's frame, its top at z = 0."""
    half_x = size.half_across + PILLAR_BEHIND_M / 2 - 0.02
    centre = (PILLAR_BEHIND_M / 2 + 0.02, sign * size.net_y, -FORK_HALF_M[1])
    return centre, (half_x, *FORK_HALF_M)


def build_scene(spec: mujoco.MjSpec, robot: Robot, card: StationCard) -> None:
    """Add everything the station consists of; what varies by cycle gets nominal values."""
    panels = sizes(card)
    ahead = card.figure("rack_distance_m") / 2
    spec.worldbody.add_body(name="weld_cell")
    racks = spec.worldbody.add_body(name="racks")
    for name, size in panels.items():
        rack = racks.add_body(name=f"rack_{name}", pos=(ahead, ACROSS_M[name], 0.0))
        _rack(rack, name, size)
    _fixture(spec, panels, -ahead, card.figure("pin_mm") / 2000.0)
    beams = spec.worldbody.add_body(name="door_beams")
    dress_beams(beams)
    dress_floor(spec.worldbody.add_body(name="weld_marks"))
    for name, size in panels.items():
        hole = (card.figure("pin_mm") + card.figure("hole_play_mm")) / 2000.0
        _panel(spec, name, size, hole, (ahead, ACROSS_M[name], RACK_FOOT_M + THICK_M / 2))
    _sensors(spec, robot)


def _rack(rack: mujoco.MjsBody, name: str, size: PanelSize) -> None:
    """Two pillars behind the panels, a pair of forks under the top one, and the panel below it."""
    behind = size.half_across + PILLAR_BEHIND_M
    for i, sign in enumerate((-1.0, 1.0)):
        centre, half = fork_box(size, sign)
        rack.add_geom(
            name=f"fork_{name}_{i}",
            type=_BOX,
            pos=(centre[0], centre[1], RACK_FOOT_M + centre[2]),
            size=half,
            material="machine_blue",
            **_STIFF,
        )
        rack.add_geom(
            name=f"pillar_{name}_{i}", type=_BOX, pos=(behind, centre[1], 0.65), size=(0.03, 0.03, 0.65), group=3
        )
    rack.add_geom(
        name=f"stock_{name}",
        type=_BOX,
        pos=(0.0, 0.0, -1.0),
        size=(size.half_across, size.half_along, THICK_M / 2),
        material="steel",
        **_STIFF,
    )
    dress_rack(rack, name, size, behind, LEVELS_SHOWN)


def _fixture(spec: mujoco.MjSpec, panels: dict[str, PanelSize], x: float, pin_radius: float) -> None:
    """Deck with two nets and two round-tipped pins to a part."""
    fixture = spec.worldbody.add_body(name="fixture", pos=(x, 0.0, NET_HEIGHT_M), quat=(0.0, 0.0, 0.0, 1.0))
    fixture.add_geom(name="deck", type=_BOX, pos=(0.08, 0.0, -RISER_M - 0.03), size=(0.24, 1.4, 0.03), group=3)
    for name, size in panels.items():
        y = -ACROSS_M[name]
        fixture.add_site(name=f"nest_{name}", pos=(0.0, y, THICK_M / 2), group=4)
        for i, sign in enumerate((-1.0, 1.0)):
            fixture.add_geom(
                name=f"net_{name}_{i}",
                type=_BOX,
                pos=(0.0, y + sign * size.net_y, -NET_HALF_HEIGHT_M),
                size=(*NET_HALF_M, NET_HALF_HEIGHT_M),
                material="steel",
                **_STIFF,
            )
            fixture.add_geom(
                name=f"pin_{name}_{i}",
                type=_CAPSULE,
                pos=(0.0, y + sign * size.pin_y, (PIN_LENGTH_M - 0.06) / 2),
                size=(pin_radius, (PIN_LENGTH_M + 0.06) / 2 - pin_radius, 0.0),
                material="steel",
                **_STIFF,
            )
    dress_fixture(fixture, panels)


def _panel(spec: mujoco.MjSpec, name: str, size: PanelSize, hole: float, pos: tuple[float, float, float]) -> None:
    body = spec.worldbody.add_body(name=BODIES[name], pos=pos)
    body.add_freejoint(name=BODIES[name])
    body.explicitinertial = True
    body.mass, body.inertia = 1.0, (0.05, 0.01, 0.05)
    for part, (centre, half) in panel_boxes(size, np.array([hole])).items():
        body.add_geom(name=f"{name}_{part}", type=_BOX, pos=centre[0], size=half[0], group=3, priority=1, **_STIFF)
    dress_panel(body, name, size, hole)


def _sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    body, site = mujoco.mjtObj.mjOBJ_XBODY, mujoco.mjtObj.mjOBJ_SITE
    pos, quat = mujoco.mjtSensor.mjSENS_FRAMEPOS, mujoco.mjtSensor.mjSENS_FRAMEQUAT

    frame = partial(add_frame, spec)
    for name, panel in BODIES.items():
        frame(f"{name}_pos", pos, body, panel, None)
        frame(f"{name}_quat", quat, body, panel, None)
        frame(f"{name}_in_fixture", pos, body, panel, "fixture")
        frame(f"{name}_turn_in_fixture", quat, body, panel, "fixture")
        frame(f"{name}_in_cell", pos, body, panel, "weld_cell")
        frame(f"nest_{name}_pos", pos, site, f"nest_{name}", None)
        frame(f"nest_{name}_quat", quat, site, f"nest_{name}", None)
        frame(f"{name}_vel", mujoco.mjtSensor.mjSENS_FRAMELINVEL, body, panel, None)
        add_netforce(spec, f"{name}_any", panel)
        add_netforce(spec, f"{name}_floor", panel, geom="floor")
        add_netforce(spec, f"{name}_fixture", panel, subtree="fixture")
        for side, hand in robot.hands.items():
            add_netforce(spec, f"{name}_{side}", panel, subtree=hand.palm)
    for side, hand in robot.hands.items():
        frame(f"{side}_in_cell", pos, site, hand.tcp_site, "weld_cell")
    frame("robot_in_cell", pos, body, robot.root, "weld_cell")
    add_netforce(spec, "fixture_any", "fixture")
    add_netforce(spec, "robot_racks", "racks", subtree=robot.root)
