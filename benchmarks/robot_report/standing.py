"""A legged robot at rest: where its weight falls, and what its joints must hold, at home and in a half squat."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from pilotline.benchmarks.robot_report.facts import Stance
from pilotline.benchmarks.robot_report.scene import Scene
from pilotline.robots.cardrules import SIDES
from pilotline.robots.robot import Robot
from pilotline.robots.support import centre_of_mass, holding_torque, margin_m, support_polygon

Float = NDArray[np.float64]

SQUAT = 0.25
"""By what share of the straight leg, hip to ankle, the root is lowered in a half squat: knees at 83 deg where thigh and
shank are alike."""
MISS_M = 0.005
STARTS = 4
SEED = 20260401


def stances(scene: Scene) -> tuple[Stance, ...]:
    """Home and, where the legs allow it, a half squat; nothing for a robot without legs."""
    if not scene.robot.feet:
        return ()
    scene.pose()
    found = [_stance(scene, "home")]
    if _squat(scene):
        found.append(_stance(scene, "half squat"))
    scene.pose()
    return tuple(found)


def _stance(scene: Scene, pose: str) -> Stance:
    robot = scene.robot
    torque = holding_torque(robot, scene.model, scene.data)
    names = [name for group in ("right_leg", "left_leg", "torso") for name in robot.groups[group]]
    x, y, _ = np.round(centre_of_mass(robot, scene.data), 4).tolist()
    corners = [(round(float(a), 4), round(float(b), 4)) for a, b in support_polygon(robot, scene.data)]
    return Stance(
        pose=pose,
        root_m=round(float(scene.data.body(robot.root).xpos[2]), 4),
        margin_m=round(margin_m(robot, scene.data), 4),
        centre_m=(x, y),
        polygon_m=tuple(corners),
        torque=_shares(torque, names, {name: robot.limit(name) for name in names}),
        rated=_shares(torque, names, {name: robot.rated(name) for name in names}),
    )


def _shares(torque: Mapping[str, float], names: list[str], limits: Mapping[str, float]) -> dict[str, float]:
    return {name: round(abs(torque[name]) / limits[name], 4) for name in names}


def _squat(scene: Scene) -> bool:
    """Lower the root with the soles where they are and the centre of mass over the same place; whether it works."""
    robot, model, data = scene.robot, scene.model, scene.data
    names = [name for side in SIDES for name in robot.groups[f"{side}_leg"]]
    qadr = [int(model.joint(name).qposadr[0]) for name in names]
    soles = [data.site(robot.feet[side].sole_site) for side in robot.feet]
    places = [(site.xpos.copy(), site.xmat.reshape(3, 3).copy()) for site in soles]
    over = centre_of_mass(robot, data)[:2]
    root = int(model.joint(model.body(robot.root).jntadr[0]).qposadr[0])
    start = data.qpos.copy()
    height = start[root + 2] - SQUAT * straight_leg(robot, model, data)
    low, high = np.array([(robot.joints[name].low, robot.joints[name].high) for name in names]).T
    rest = data.qpos[qadr].copy()

    def miss(x: Float) -> Float:
        data.qpos[:] = start
        data.qpos[root : root + 3] = start[root] + x[0], start[root + 1], height
        data.qpos[qadr] = x[1:]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        parts = [10.0 * (centre_of_mass(robot, data)[:2] - over), 0.01 * (x[1:] - rest)]
        for site, (place, frame) in zip(soles, places, strict=True):
            turned = site.xmat.reshape(3, 3)
            parts += [
                10.0 * (site.xpos - place),
                3.0 * (turned[:, 2] - frame[:, 2]),
                3.0 * (turned[:2, 0] - frame[:2, 0]),
            ]
        return np.concatenate(parts)

    inner = np.minimum(1e-4, (high - low) / 10.0)
    rng = np.random.default_rng(SEED)
    guesses = [2.0 * rest, *(rest + rng.uniform(-0.8, 0.8, len(rest)) for _ in range(STARTS))]
    bounds = (np.r_[-1.0, low], np.r_[1.0, high])
    starts = [np.concatenate([[0.0], np.clip(guess, low + inner, high - inner)]) for guess in guesses]
    best = min((least_squares(miss, start, bounds=bounds) for start in starts), key=lambda found: found.cost)
    miss(best.x)
    mujoco.mj_forward(model, data)
    off = max(float(np.linalg.norm(site.xpos - place)) for site, (place, _) in zip(soles, places, strict=True))
    return off < MISS_M


def straight_leg(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData) -> float:
    """Hip to ankle along the anchors of a leg's joints, from the last of the hip's three (or first) on, m."""
    side = next(iter(robot.feet))
    anchors = np.array([data.xanchor[model.joint(name).id] for name in robot.groups[f"{side}_leg"]])
    steps = np.linalg.norm(np.diff(anchors, axis=0), axis=1)
    return float(steps[min(2, len(steps) - 1) :].sum())
