"""Every robot at hand holds its home pose under gravity with each tier of actuators: `make robots-hold`.

The robot stands on a plain floor with the step, integrator and contact options of the stations, its servos told to stay
at home; no balance controller helps. For each group of joints: the largest share of a joint's torque limit, and of its
continuous torque on average, once the first moment is over. The margin is what is left of the limit.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from pilotline import robots
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.provenance import versions
from pilotline.robots import Robot, adapters
from pilotline.robots.actuators import attach
from pilotline.robots.card import FloatingBase

TIERS = ("ideal", "servo", "harmonic")
SECONDS = 10.0
SETTLE_S = 0.5
"""Peaks are taken from here on: at the start the weight comes onto the servos at once."""
TIMESTEP_S = 0.002
FALL_TILT_RAD = math.radians(60.0)
"""A robot has fallen when its root tilts more, or sinks below half its height."""
_ROWS_PER_S = 100


def measure(robot: Robot, tier: str, seconds: float = SECONDS) -> dict[str, Any]:
    """What holding home takes of each group of joints, and whether the robot fell."""
    model = _world(robot, tier)
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    for number in range(model.nu):
        data.ctrl[number] = robot.home.get(model.actuator(number).name, 0.0)
    joints = [joint for joint in robot.joints if any(joint in robot.groups[group] for group in _groups(robot))]
    dofs = np.array([model.joint(joint).dofadr[0] for joint in joints])
    qpos = np.array([model.joint(joint).qposadr[0] for joint in joints])
    home = np.array([robot.home[joint] for joint in joints])
    torque, error = [], []
    fell_s = None
    steps = round(1.0 / (_ROWS_PER_S * TIMESTEP_S))
    for _ in range(round(seconds * _ROWS_PER_S)):
        mujoco.mj_step(model, data, nstep=steps)
        if _fallen(robot, data):
            fell_s = round(float(data.time), 2)
            break
        if data.time > min(SETTLE_S, 0.5 * seconds):
            torque.append(np.abs(data.qfrc_actuator[dofs]))
            error.append(np.abs(data.qpos[qpos] - home))
    limit = np.array([robot.limit(joint) for joint in joints])
    rated = np.array([robot.rated(joint) for joint in joints])
    peak = np.max(torque, axis=0, initial=0.0) / limit
    mean = np.mean(torque, axis=0) / rated if torque else np.zeros(len(joints))
    rows = {}
    for group in _groups(robot):
        here = [joints.index(joint) for joint in robot.groups[group]]
        worst = max(here, key=lambda i: peak[i])
        rows[group] = {
            "joint": joints[worst],
            "peak_over_limit": _round(peak[worst]),
            "margin": _round(1.0 - peak[worst]),
            "mean_over_rated": _round(max(mean[here])),
        }
    return {
        "robot": robot.name,
        "tier": tier,
        "seconds": seconds,
        "fell_s": fell_s,
        "tilt_deg": _round(math.degrees(_tilt(robot, data))),
        "error_rad": _round(np.max(error, initial=0.0)),
        "groups": rows,
    }


def at_hand() -> tuple[str, ...]:
    """Built-in robots, and those of MuJoCo Menagerie whose files are on this machine."""
    return (*robots.names(), *adapters.names())


def _groups(robot: Robot) -> list[str]:
    return [group for group, joints in robot.groups.items() if group != "base" and joints]


def _world(robot: Robot, tier: str) -> mujoco.MjModel:
    spec = robot.spec(shells=False)
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0
    spec.worldbody.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=(0, 0, 1))
    attach(spec, robot, tier)
    return spec.compile()


def _tilt(robot: Robot, data: mujoco.MjData) -> float:
    return math.acos(float(np.clip(data.body(robot.root).xmat.reshape(3, 3)[2, 2], -1.0, 1.0)))


def _fallen(robot: Robot, data: mujoco.MjData) -> bool:
    if not isinstance(robot.base, FloatingBase):
        return False
    low = float(data.body(robot.root).xpos[2]) < 0.5 * robot.base.height_m
    return low or _tilt(robot, data) > FALL_TILT_RAD


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def main(arguments: Sequence[str]) -> int:
    """Hold home with every robot and tier and write the figures to the file named."""
    if len(arguments) != 1:
        print("usage: python -m pilotline.benchmarks.hold FILE.json", file=sys.stderr)
        return 2
    rows = []
    for name in at_hand():
        robot = robots.load(name)
        for tier in TIERS:
            rows.append({"name": name, **measure(robot, tier)})
            print(f"{name} {tier}: {_line(rows[-1])}")
    files = {name: dict(robots.load(name).files) for name in at_hand()}
    result = {"versions": versions(), "settle_s": SETTLE_S, "rows": rows, "files": files}
    write_atomically(Path(arguments[0]), (json.dumps(result, indent=1, sort_keys=True) + "\n").encode())
    return 0


def _line(row: dict[str, Any]) -> str:
    shares = ", ".join(f"{group} {part['peak_over_limit']:.0%}" for group, part in row["groups"].items())
    ended = "holds" if row["fell_s"] is None else f"FELL after {row['fell_s']} s"
    return f"{ended}, tilt {row['tilt_deg']} deg; peak torque over limit: {shares}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
