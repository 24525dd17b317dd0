"""Where the centre of mass is over each foot and how it moves, as a robot reckons it.

All of it follows from encoders, attitude and rates of turning, since it is relative to the robot's own soles, and from
the robot's own masses; what the hands carry is weighed by the wrists. The simulator's sensors give the same with less
work, but for the loads, which they know: those are taken out and replaced by what was weighed.
"""

from __future__ import annotations

from typing import Any

import mujoco

from pilotline.envs.frames import rotate, turn_planar, yaw_of
from pilotline.envs.sense import Sense
from pilotline.robots import Robot
from pilotline.robots.cardrules import SIDES

GRAVITY = 9.81
_PLACE, _VELOCITY = "robot_com", "robot_com_vel"
_WEIGHED_S = 0.3
"""Time constant by which vertical forces at the wrists are averaged: what speeds a hand up brakes it again."""


def add_balance_sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Add the centre of mass of the robot, its velocity and that of the tool points, and the wrists' attitude."""
    sensor, kind = mujoco.mjtSensor, mujoco.mjtObj
    for name, what in ((_PLACE, sensor.mjSENS_SUBTREECOM), (_VELOCITY, sensor.mjSENS_SUBTREELINVEL)):
        spec.add_sensor(name=name, type=what, objtype=kind.mjOBJ_BODY, objname=robot.root)
    for side, hand in robot.hands.items():
        for name, what, site in (
            ("tcp_vel", sensor.mjSENS_FRAMELINVEL, hand.tcp_site),
            ("wrist_quat", sensor.mjSENS_FRAMEQUAT, hand.wrist_site),
        ):
            spec.add_sensor(name=f"{side}_{name}", type=what, objtype=kind.mjOBJ_SITE, objname=site)


def weigh(xp: Any, sense: Sense, weighed: Any, step: Any, hands_kg: Any, period_s: float) -> Any:
    """What the wrists say that each hand carries, (n, 2) kg, after control step `step` (n,) from 1.

    Args:
      weighed: (n, 2) kg, before it.
      hands_kg: (2,) masses that the sensors bear without a load.
    """
    up = [rotate(xp, sense[f"{side}_wrist_quat"], sense[f"{side}_wrist_force"])[:, 2] for side in SIDES]
    gain = xp.maximum(period_s / (_WEIGHED_S + period_s), 1.0 / step)[:, None]
    return weighed + gain * (xp.stack(up, axis=-1) / GRAVITY - hands_kg - weighed)


def balance(xp: Any, sense: Sense, weighed: Any, load: Any, mass_kg: float, feet: tuple[str, ...]) -> Any:
    """Place (m) and velocity (m/s) of the centre of mass from each sole, ahead, left, up: (n, 6) a foot.

    Args:
      weighed, load: (n, 2) kg, as the robot reckons and as it is.
      mass_kg: of the robot without loads.
    """
    yaw = yaw_of(xp, sense["base_quat"])
    place, velocity = (
        _replaced(xp, sense, name, part, weighed, load, mass_kg) for name, part in ((_PLACE, "pos"), (_VELOCITY, "vel"))
    )
    parts = []
    for side in feet:
        for value, part in ((place, "pos"), (velocity, "vel")):
            parts.append(turn_planar(xp, -yaw, value - sense[f"{side}_sole_{part}"]))
    return xp.concatenate(parts, axis=-1)


def _replaced(xp: Any, sense: Sense, name: str, part: str, weighed: Any, load: Any, mass_kg: float) -> Any:
    """A mean over all masses (n, 3), with the weighed loads in place of the true ones."""
    total = sense[name] * (mass_kg + load.sum(axis=-1))[:, None]
    for hand, side in enumerate(SIDES):
        total = total + (weighed[:, hand] - load[:, hand])[:, None] * sense[f"{side}_tcp_{part}"]
    return total / (mass_kg + weighed.sum(axis=-1))[:, None]
