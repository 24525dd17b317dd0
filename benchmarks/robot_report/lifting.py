"""What one hand holds straight ahead of its shoulder, from joint torques."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.robot_report.arm import Arm
from pilotline.benchmarks.robot_report.facts import Load, Payload, Reach
from pilotline.benchmarks.robot_report.scene import Scene
from pilotline.benchmarks.robot_report.solve import solve
from pilotline.benchmarks.robot_report.workspace import free
from pilotline.robots.load_chart import load_chart
from pilotline.robots.payload import Lifting
from pilotline.robots.posture import reaching_joints
from pilotline.robots.robot import Robot

Float = NDArray[np.float64]

SHARES = (0.5, 0.75, 0.9)
TABLE_M = 0.90
STARTS = 64
SEED = 20260401


def payloads(scene: Scene, reaches: Mapping[str, Reach]) -> tuple[Payload, ...]:
    """Largest mass in one hand at shares of the reach, at shoulder height and at the height of a table, torso at home.

    Of `STARTS` postures found for a place the one that holds most counts; another may hold more.
    """
    robot = scene.robot
    arms = scene.arms()
    points = {side: (str(scene.model.body(arm.tip.body).name), arm.tip.place) for side, arm in arms.items()}
    lifting = Lifting(robot, points)
    peak = {joint: robot.limit(joint) for joint in reaching_joints(robot)}
    rated = {joint: robot.rated(joint) for joint in reaching_joints(robot)}
    found = []
    for side, arm in arms.items():
        for at in ("shoulder height", "table height"):
            for share in SHARES:
                goal = _place(arm, share * reaches[side].farthest_m, at)
                postures = [] if goal is None else _postures(scene, arm, goal)
                most = [_most(lifting, arm, postures, efforts) for efforts in (peak, rated)]
                found.append(
                    Payload(
                        side=side,
                        at=at,
                        share=share,
                        point_m=_rounded(arm.shoulder if goal is None else goal),
                        peak_kg=most[0][0],
                        peak_joint=most[0][1],
                        rated_kg=most[1][0],
                        rated_joint=most[1][1],
                    )
                )
    return tuple(found)


def chart(robot: Robot) -> tuple[Load, ...] | None:
    """Two-hand load by grip height; None for a robot without two hands."""
    if len(robot.hands) < 2:
        return None
    found = load_chart(robot)
    return tuple(
        Load(height_m=float(height), kg=round(float(kg), 2))
        for height, kg in zip(found.height_m, found.load_kg, strict=True)
    )


def _place(arm: Arm, distance_m: float, at: str) -> Float | None:
    """The point straight ahead of the shoulder at a distance from it; None where the table is farther up or down."""
    rise = 0.0 if at == "shoulder height" else TABLE_M - float(arm.shoulder[2])
    if abs(rise) >= distance_m:
        return None
    place: Float = arm.shoulder + np.array([math.sqrt(distance_m**2 - rise**2), 0.0, rise])
    return place


def _postures(scene: Scene, arm: Arm, goal: Float) -> list[Float]:
    """Joint positions with the tool point at a place, the arm touching nothing of the robot."""
    rng = np.random.default_rng(SEED)
    starts = arm.low + (arm.high - arm.low) * rng.random((STARTS, len(arm.joints)))
    starts[0] = arm.rest
    q, there = solve(arm, np.tile(goal, (STARTS, 1)), starts)
    return [angles for angles in q[there] if free(scene, arm, angles)]


def _most(
    lifting: Lifting, arm: Arm, postures: list[Float], efforts: Mapping[str, float]
) -> tuple[float | None, str | None]:
    held = [
        lifting.limit(dict(zip(arm.joints, angles.tolist(), strict=True)), efforts, (arm.side,)) for angles in postures
    ]
    if not held:
        return None, None
    best = max(held, key=lambda one: one.kg)
    return (None, None) if math.isinf(best.kg) else (round(best.kg, 2), best.joint)


def _rounded(point: Float) -> tuple[float, float, float]:
    x, y, z = (np.round(point, 4) + 0.0).tolist()
    return (x, y, z)
