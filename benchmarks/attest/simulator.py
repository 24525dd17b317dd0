"""Solver and contact settings of the worlds that a job runs in, as they were compiled."""

from __future__ import annotations

import hashlib
from typing import Any

import mujoco
import numpy as np

from pilotline import robots
from pilotline.benchmarks import cards
from pilotline.benchmarks.job import Job
from pilotline.configs import lines
from pilotline.envs import stations
from pilotline.envs.line.world import build_line_world
from pilotline.envs.safety.setup import Precautions
from pilotline.envs.world import CONTROL_PERIOD_S, World, build_world

_NUMBERS = (
    "timestep",
    "impratio",
    "tolerance",
    "ls_tolerance",
    "noslip_tolerance",
    "ccd_tolerance",
    "iterations",
    "ls_iterations",
    "noslip_iterations",
    "ccd_iterations",
    "density",
    "viscosity",
    "o_margin",
    "disableflags",
    "enableflags",
)
_NAMED = {
    "integrator": mujoco.mjtIntegrator,
    "solver": mujoco.mjtSolver,
    "cone": mujoco.mjtCone,
    "jacobian": mujoco.mjtJacobian,
}
_CONTACT = ("contype", "conaffinity", "condim", "priority", "friction", "solref", "solimp", "solmix", "margin", "gap")
"""Arrays of the geometries that say who touches whom, and how."""


def settings_of(job: Job) -> dict[str, dict[str, Any]]:
    """Every option of the physics, and a hash of the contact settings of all geometries that can touch.

    By station; of a line that runs from end to end, whose stations stand in one world, by its name.
    """
    robot = robots.load(job.robot)
    if job.end_to_end:
        assert job.line is not None
        hall = build_line_world(lines.load(job.line), robot, job.actuators, shells=False)
        return {job.line: _of(hall.model)}
    precautions = Precautions(job.people, job.supervisor)
    names = [facts.name for facts in cards.line_of(job).stations]
    return {name: _of(_world(name, robot, job, precautions).model) for name in names}


def _world(station: str, robot: robots.Robot, job: Job, precautions: Precautions) -> World:
    return build_world(stations.load(station), robot, job.actuators, shells=False, precautions=precautions)


def _of(model: mujoco.MjModel) -> dict[str, Any]:
    option = model.opt
    return (
        {name: getattr(option, name) for name in _NUMBERS}
        | {name: kind(getattr(option, name)).name for name, kind in _NAMED.items()}
        | {"gravity": option.gravity.tolist(), "control_period_s": CONTROL_PERIOD_S}
        | {"contacts_sha256": _contacts(model)}
    )


def _contacts(model: mujoco.MjModel) -> str:
    touching = (model.geom_contype | model.geom_conaffinity) != 0  # a robot's shells are for the eye alone
    total = hashlib.sha256()
    for name in _CONTACT:
        values = np.ascontiguousarray(getattr(model, f"geom_{name}")[touching], np.float64)
        total.update(f"{name} {values.shape}\n".encode() + values.astype("<f8").tobytes())
    return total.hexdigest()
