"""Feet on the floor: sensors, and what is counted step by step: loads, steps, slip, clearance."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from pilotline.envs.contacts import add_netforce
from pilotline.envs.frames import norm, tilt_of
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays
from pilotline.envs.tolerance import tolerance
from pilotline.robots import Robot

_ON_GROUND = 0.05
"""Share of the weight above which a foot stands."""
_STEP_S = 0.1
"""A foot that was in the air for longer has made a step."""


def add_foot_sensors(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Add contact force `{side}_foot_force`, velocity and rate of the sole, `{side}_sole_vel`, `{side}_sole_rate`.

    In world axes.
    """
    sensor = mujoco.mjtSensor
    for side, foot in robot.feet.items():
        add_netforce(spec, f"{side}_foot_force", foot.body)
        for part, kind in (("vel", sensor.mjSENS_FRAMELINVEL), ("rate", sensor.mjSENS_FRAMEANGVEL)):
            spec.add_sensor(
                name=f"{side}_sole_{part}", type=kind, objtype=mujoco.mjtObj.mjOBJ_SITE, objname=foot.sole_site
            )


def start(m: int, feet: int) -> dict[str, Any]:
    """Memory of m robots that stand."""
    memory: dict[str, Any] = {name: np.zeros((m, feet)) for name in ("air_s", "swing_m")}
    memory["steps"] = np.zeros(m)
    memory["clearance_m"] = np.zeros(m)
    memory["slip_m"] = np.zeros(m)
    memory["foot_n"] = np.zeros(m)
    return memory


def advance(
    xp: Any, sense: Sense, memory: Arrays, sides: tuple[str, ...], weight_n: float, floor_m: Any, period_s: float
) -> dict[str, Any]:
    """Memory after a control step; `floor_m` (n,) is the mean height of the floor.

    `air_s` since each foot left the floor, `swing_m` its greatest height since then; `steps` and the sum `clearance_m`
    of those heights; `slip_m` slid by loaded soles; `foot_n` largest force on a foot, within steps too.
    """
    force = xp.stack([norm(xp, sense[f"{side}_foot_force"]) for side in sides], axis=-1)
    peak = xp.stack([norm(xp, sense.peak(f"{side}_foot_force")) for side in sides], axis=-1)
    height = xp.stack([sense[f"{side}_sole_pos"][:, 2] for side in sides], axis=-1) - floor_m[:, None]
    sliding = xp.stack([norm(xp, sense[f"{side}_sole_vel"][:, :2]) for side in sides], axis=-1)
    standing = force > _ON_GROUND * weight_n
    landed = standing & (memory["air_s"] > _STEP_S)
    return {
        "air_s": xp.where(standing, 0.0, memory["air_s"] + period_s),
        "swing_m": xp.where(standing, 0.0, xp.maximum(memory["swing_m"], height)),
        "steps": memory["steps"] + landed.sum(axis=-1),
        "clearance_m": memory["clearance_m"] + xp.where(landed, memory["swing_m"], 0.0).sum(axis=-1),
        "slip_m": memory["slip_m"] + period_s * xp.where(standing, sliding, 0.0).sum(axis=-1),
        "foot_n": xp.maximum(memory["foot_n"], peak.max(axis=-1)),
    }


def flat(xp: Any, sense: Sense, sides: tuple[str, ...]) -> Any:
    """How level the soles are, (n,) in [0, 1]: 1 within 5 degrees, 0.1 at 35."""
    level = [tolerance(xp, tilt_of(xp, sense[f"{s}_sole_quat"]), 0.0, np.deg2rad(5.0), np.deg2rad(30.0)) for s in sides]
    return sum(level) / len(level)
