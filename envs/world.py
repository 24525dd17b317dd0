"""The world of one station: floor, cell, robot, fixtures and parts, compiled once."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco

from pilotline.envs.scenery import add_cell
from pilotline.envs.station import Station
from pilotline.robots import Robot
from pilotline.robots.actuators import attach

TIMESTEP_S = 0.002
"""Physics step. Natural frequencies of the ideal servos stay below 15 Hz, far from implicitfast's limit."""

SUBSTEPS = 10
"""Physics steps in one control step: policies run at 50 Hz, as learned humanoid controllers do."""

CONTROL_PERIOD_S = TIMESTEP_S * SUBSTEPS


@dataclass(frozen=True)
class World:
    """A compiled world and what it was made of."""

    model: mujoco.MjModel
    station: Station
    robot: Robot
    actuators: str


def build_world(station: Station, robot: Robot, actuators: str) -> World:
    """Compile the world of `station` with `robot` driven by the `actuators` tier.

    Friction cones are elliptic with impratio 10, so that a held part does not creep out of the grasp.
    """
    spec = robot.spec()
    spec.modelname = f"{station.card.name}-{robot.card.name}"
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0
    attach(spec, robot, actuators)
    add_cell(spec)
    sensor, body = mujoco.mjtSensor, mujoco.mjtObj.mjOBJ_XBODY
    for part, kind in (("pos", sensor.mjSENS_FRAMEPOS), ("quat", sensor.mjSENS_FRAMEQUAT)):
        spec.add_sensor(name=f"base_{part}", type=kind, objtype=body, objname="base")
    station.build(spec, robot)
    return World(spec.compile(), station, robot, actuators)
