"""Where a bench stands in front of a robot, so that its hands work where they are strong and free."""

from __future__ import annotations

import numpy as np

from pilotline.robots.actuators.inertia import home_state
from pilotline.robots.robot import Robot

STRETCH = 0.75
"""Share of the arm's length between shoulder and work, seen from above (estimate: elbows stay bent)."""
HANDLESS_M = 0.5
"""Ahead of a robot without hands, for which it does not matter."""


def bench_ahead_m(robot: Robot) -> float:
    """How far ahead of its base the work of a robot is: its card's figure, else from its arms' length at home."""
    if robot.bench is not None:
        return robot.bench.ahead_m
    if not robot.hands:
        return HANDLESS_M
    hand = next(iter(robot.hands.values()))
    model = robot.spec(shells=False).compile()
    data = home_state(robot, model)
    arm = [data.joint(joint).xanchor for joint in robot.groups[hand.arm_group]]
    points = np.array([*arm, data.site(hand.tcp_site).xpos])
    return float(points[0, 0] + STRETCH * np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def bench_stance(robot: Robot) -> dict[str, float]:
    """Angles (rad) of the torso's joints at a bench."""
    own = {} if robot.bench is None else robot.bench.torso
    return {joint: own.get(joint, robot.home[joint]) for joint in robot.groups["torso"]}
