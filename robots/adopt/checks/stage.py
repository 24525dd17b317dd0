"""What the checks look at."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco

from pilotline.robots.actuators.inertia import home_state
from pilotline.robots.robot import Robot


@dataclass(frozen=True)
class Stage:
    """A robot compiled alone, at home, everything computed."""

    robot: Robot
    model: mujoco.MjModel
    data: mujoco.MjData


def stage_of(robot: Robot) -> Stage:
    """A robot with its shells, whose volume tells whether its masses can be."""
    model = robot.spec().compile()
    return Stage(robot, model, home_state(robot, model))
