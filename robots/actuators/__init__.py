"""Joint actuators. `attach` gives a robot in a spec one actuator per joint, in the chosen tier."""

from __future__ import annotations

import mujoco

from pilotline.robots.actuators import ideal
from pilotline.robots.robot import Robot

TIERS = ("ideal",)

__all__ = ["TIERS", "ActuatorError", "attach"]


class ActuatorError(ValueError):
    """An unknown actuator tier; the message lists the choices."""


def attach(spec: mujoco.MjSpec, robot: Robot, tier: str = "ideal") -> None:
    """Add the actuators of `tier` to `spec`, which must already hold `robot` under its own names.

    Order: base_x base_y base_yaw, torso, right arm, left arm, head, right_gripper, left_gripper; each named
    as its joint, a gripper's as its group. Raises ActuatorError for an unknown tier.
    """
    if tier not in TIERS:
        raise ActuatorError(f"unknown actuators {tier!r}; choose from {', '.join(TIERS)}")
    ideal.attach(spec, robot)
