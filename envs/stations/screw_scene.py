"""Bench, part, feeder, screws, arm and sensors of the screwing station, put together."""

from __future__ import annotations

from functools import partial

import mujoco

from pilotline.envs.card import StationCard
from pilotline.envs.contacts import add_netforce
from pilotline.envs.frame_sensor import add_frame
from pilotline.envs.stations.screw_layout import BOSS_DEEP_M, FEEDER_M, PARK_M, WORK_HEIGHT_M, part_at
from pilotline.envs.stations.screw_look import BOOM_M, dress_bench, dress_part
from pilotline.envs.stations.screw_parts import HOLES, SCREWS, THREADS, add_feeder, add_hole, add_screw
from pilotline.envs.stations.screw_tool import RAILS, add_tool
from pilotline.robots import Robot

TABLE_TOP_M = 0.76
_BOX = mujoco.mjtGeom.mjGEOM_BOX


def build_scene(spec: mujoco.MjSpec, robot: Robot, card: StationCard) -> None:
    """Add everything the station consists of; poses that vary by cycle get nominal values."""
    at = part_at(robot)
    top = TABLE_TOP_M - WORK_HEIGHT_M
    bench = spec.worldbody.add_body(name="bench", pos=at)
    bench.add_geom(name="table", type=_BOX, pos=(0.13, 0.08, top - 0.018), size=(0.30, 0.55, 0.018), group=3)
    low = -BOSS_DEEP_M
    bench.add_geom(
        name="nest", type=_BOX, pos=(0, 0, 0.5 * (top + low)), size=(0.075, 0.095, 0.5 * (low - top)), group=3
    )
    part = bench.add_body(name="part")
    part.add_geom(name="cover", type=_BOX, pos=(0.0, 0.0, low + 0.012), size=(0.020, 0.066, 0.012), group=3)
    dress_part(part)
    x, y, _ = FEEDER_M
    bench.add_geom(
        name="stand", type=_BOX, pos=(x, y, 0.5 * (top - 0.04)), size=(0.05, 0.02, 0.5 * (-0.04 - top)), group=3
    )
    dress_bench(bench, top, (PARK_M[0] + 0.30, PARK_M[1], PARK_M[2] + BOOM_M))
    for i in range(len(HOLES)):
        add_hole(spec, part, i, card)
    add_feeder(bench)
    for i in range(len(SCREWS)):
        add_screw(spec, i, at, card)
    add_tool(spec, at, card)
    _sensors(spec, robot)


def _sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    body, kinds = mujoco.mjtObj.mjOBJ_XBODY, mujoco.mjtSensor
    pos, quat = kinds.mjSENS_FRAMEPOS, kinds.mjSENS_FRAMEQUAT

    frame = partial(add_frame, spec)

    def scalar(name: str, kind: int, what: int, which: str) -> None:
        spec.add_sensor(name=name, type=kind, objtype=what, objname=which)

    frame("bench_pos", pos, body, "bench")
    frame("bench_quat", quat, body, "bench")
    for name in ("part", "feeder"):
        frame(f"{name}_in_bench", pos, body, name, "bench")
        frame(f"{name}_turn_in_bench", quat, body, name, "bench")
    frame("bit_in_bench", pos, body, "bit", "bench")
    for name in SCREWS:
        frame(f"{name}_in_bench", pos, body, name, "bench")
        frame(f"{name}_turn_in_bench", quat, body, name, "bench")
    joint, actuator = mujoco.mjtObj.mjOBJ_JOINT, mujoco.mjtObj.mjOBJ_ACTUATOR
    for name in THREADS:
        scalar(f"{name}_angle", kinds.mjSENS_JOINTPOS, joint, name)
    for name in (*RAILS, "stroke", "bit"):
        scalar(f"{name}_at", kinds.mjSENS_JOINTPOS, joint, name)
    scalar("bit_rate", kinds.mjSENS_JOINTVEL, joint, "bit")
    scalar("joint_torque", kinds.mjSENS_ACTUATORFRC, actuator, "joint")
    add_netforce(spec, "robot_bench", "bench", subtree=robot.root)
    add_netforce(spec, "tool_bench", "bench", subtree="arm")
    add_netforce(spec, "press", "bit")
    add_netforce(spec, "tool_robot", "arm", subtree=robot.root)
