"""Everything that the report says of a robot, computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np

from pilotline.benchmarks.robot_report.drives import drives
from pilotline.benchmarks.robot_report.facts import Camera, File, Freedom, Hand, Masses, RobotFacts
from pilotline.benchmarks.robot_report.lifting import chart, payloads
from pilotline.benchmarks.robot_report.reach import reach
from pilotline.benchmarks.robot_report.scene import Scene, scene_of
from pilotline.benchmarks.robot_report.standing import stances
from pilotline.benchmarks.robot_report.workspace import HEIGHTS_M, Map, map_at
from pilotline.robots.cardrules import DRIVEN_GROUPS, GROUPS
from pilotline.robots.robot import Robot

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Findings:
    """What the report shows: the figures, and the maps that they sum up."""

    facts: RobotFacts
    maps: tuple[Map, ...]
    scene: Scene


def gather(robot: Robot, text: str, progress: Progress = lambda what: None) -> Findings:
    """Compute the report of a robot that `text` names; the same figures every time."""
    scene = scene_of(robot)
    progress("reach")
    reaches = {side: reach(arm) for side, arm in scene.arms().items()}
    maps = []
    for height in HEIGHTS_M if reaches else ():
        progress(f"workspace at {height:.2f} m")
        maps.append(map_at(scene, height, {side: found.farthest_m for side, found in reaches.items()}))
    progress("payload")
    held = payloads(scene, reaches)
    progress("load chart")
    loads = chart(robot)
    progress("standing")
    facts = RobotFacts(
        text=text,
        name=robot.name,
        title=robot.title,
        entry_class=robot.entry_class,
        height_m=_height(scene),
        masses=_masses(scene),
        freedom=_freedom(robot),
        reach=tuple(reaches.values()),
        workspace=tuple(area for found in maps for area in found.areas()),
        payload=held,
        load_chart=loads,
        hands=tuple(
            Hand(
                side=side,
                kind=hand.kind,
                actuators=len(hand.actuators),
                opening_m=round(2.0 * hand.opening_max_m, 4),
                force_n=round(hand.force_max_n, 2),
            )
            for side, hand in robot.hands.items()
        ),
        stances=stances(scene),
        drives=drives(robot, scene.model),
        sensors=tuple(scene.model.sensor(number).name for number in range(scene.model.nsensor)),
        cameras=_cameras(scene.model),
        notes=robot.notes,
        sources=robot.sources,
        files=tuple(File(name=name, sha256=sha256) for name, sha256 in robot.files),
    )
    return Findings(facts, tuple(maps), scene)


def _masses(scene: Scene) -> Masses:
    model, robot = scene.model, scene.robot
    owner = {robot.root: "base"}
    for group in GROUPS[1:]:
        for joint in robot.groups[group]:
            owner[model.body(int(model.jnt_bodyid[model.joint(joint).id])).name] = group
    groups = dict.fromkeys(GROUPS, 0.0)
    of: dict[int, str] = {}
    for body in range(1, model.nbody):
        above = of.get(int(model.body_parentid[body]), "base")
        of[body] = owner.get(model.body(body).name, above)
        for side, hand in robot.hands.items():
            if hand.kind != "own" and model.body(body).name == hand.palm:
                of[body] = f"{side}_hand"
        groups[of[body]] += float(model.body_mass[body])
    x, y, z = np.round(scene.data.body(robot.root).subtree_com, 4).tolist()
    return Masses(
        total_kg=round(float(model.body_mass.sum()), 3),
        groups_kg={group: round(mass, 3) for group, mass in groups.items() if mass > 0.0},
        centre_m=(x, y, z),
    )


def _freedom(robot: Robot) -> Freedom:
    driven = {"base": len(robot.base.joints)} | {group: len(robot.groups[group]) for group in DRIVEN_GROUPS}
    driven |= {f"{side}_hand": len(hand.actuators) for side, hand in robot.hands.items()}
    fingers = sum(len(robot.groups[f"{side}_hand"]) for side in robot.hands) - len(robot.fingers)
    return Freedom(
        driven={group: count for group, count in driven.items() if count},
        followers=fingers,
        passive=len(robot.home) - len(robot.joints),
    )


def _height(scene: Scene) -> float:
    """Top of the robot's geoms at home, m above the floor."""
    model, data = scene.model, scene.data
    if not model.ngeom:
        return round(float(data.xpos[:, 2].max()), 3)
    frames = data.geom_xmat.reshape(-1, 3, 3)
    middle = data.geom_xpos + np.einsum("nij,nj->ni", frames, model.geom_aabb[:, :3])
    half = np.einsum("nj,nj->n", np.abs(frames[:, 2]), model.geom_aabb[:, 3:])
    return round(float((middle[:, 2] + half).max()), 3)


def _cameras(model: mujoco.MjModel) -> tuple[Camera, ...]:
    return tuple(
        Camera(
            name=model.camera(number).name,
            link=model.body(int(model.cam_bodyid[number])).name,
            fovy_deg=round(float(model.cam_fovy[number]), 2),
        )
        for number in range(model.ncam)
    )
