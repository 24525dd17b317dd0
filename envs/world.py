"""The world of one station: floor, cell, robot, fixtures and parts, compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco

from pilotline.envs.safety.setup import Precautions, Safety, add_safety
from pilotline.envs.scenery import add_cells
from pilotline.envs.station import Station
from pilotline.robots import Robot
from pilotline.robots.actuators import Drive, attach

CONTROL_PERIOD_S = 0.02
"""Policies run at 50 Hz, as learned humanoid controllers do."""

TIMESTEP_S = 0.002
"""Physics step where a station's card asks for no finer one (`substeps`). Natural frequencies of the ideal servos stay
below 15 Hz, far from implicitfast's limit."""

SUBSTEPS = round(CONTROL_PERIOD_S / TIMESTEP_S)
"""Physics steps in a control step, likewise."""

_ELLIPTIC_IMPRATIO = 10.0


@dataclass(frozen=True)
class World:
    """A compiled world and what it was made of; `drives` has the joints with a data sheet, `safety` what watches it."""

    model: mujoco.MjModel
    station: Station
    robot: Robot
    actuators: str
    drives: Mapping[str, Drive]
    safety: Safety | None = None


def substeps_of(model: mujoco.MjModel) -> int:
    """Physics steps of a world in one control step."""
    return round(CONTROL_PERIOD_S / model.opt.timestep)


def build_world(
    station: Station, robot: Robot, actuators: str, shells: bool = True, precautions: Precautions | None = None
) -> World:
    """Compile the world of `station` with `robot` driven by `actuators`, a selection as text.

    Without `shells` the robot's visual shapes are left out, which saves memory where nobody looks; physics is the same,
    bit for bit. Friction cones are those of the station's card. The stiff gears of a `twin` need the integrator that is
    implicit in position too; it damps fast motion by omega h / 2. `precautions` puts people beside the robot, a
    supervisor before its drives, and sensors for near-falls; those alone change no physics.
    """
    fitted = getattr(station, "fitted", None)
    if callable(fitted):
        station = fitted(robot)
    card = station.card
    name, elliptic = f"{card.name}-{robot.name}", card.cone == "elliptic"
    spec, drives = begin_world(robot, actuators, name, card.substeps, elliptic, shells)
    add_cells(spec)
    station.build(spec, robot)
    safety = None if precautions is None else add_safety(spec, robot, card.name, precautions)
    return World(spec.compile(), station, robot, actuators, drives, safety)


def begin_world(
    robot: Robot, actuators: str, name: str, substeps: int, elliptic: bool, shells: bool
) -> tuple[mujoco.MjSpec, Mapping[str, Drive]]:
    """The robot with its drives and the sensors of its base, and how physics is to be stepped."""
    spec = robot.spec(shells)
    spec.modelname = name
    spec.option.timestep = CONTROL_PERIOD_S / substeps
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC if elliptic else mujoco.mjtCone.mjCONE_PYRAMIDAL
    spec.option.impratio = _ELLIPTIC_IMPRATIO if elliptic else 1.0
    drives = attach(spec, robot, actuators)
    twin = any(drive.tier == "twin" for drive in drives.values())
    implicitfast, discrete = mujoco.mjtIntegrator.mjINT_IMPLICITFAST, mujoco.mjtIntegrator.mjINT_DISCRETE
    spec.option.integrator = discrete if twin else implicitfast
    sensor, body = mujoco.mjtSensor, mujoco.mjtObj.mjOBJ_XBODY
    for part, kind in (("pos", sensor.mjSENS_FRAMEPOS), ("quat", sensor.mjSENS_FRAMEQUAT)):
        spec.add_sensor(name=f"base_{part}", type=kind, objtype=body, objname=robot.root)
    return spec, drives
