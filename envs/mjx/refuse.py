"""What MJX cannot do, refused by name before anything is put on a device.

MJX rejects part of it itself, with a text of its own; the rest it leaves out in silence, and trajectories would differ
from the CPU's without a word. Checked against MJX 3.17 with MuJoCo 4.0.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import mujoco
import numpy as np
from mujoco.mjx._src import collision_driver, types

from pilotline.envs.mjx.netforce import is_netforce
from pilotline.envs.world import World


class MjxError(ValueError):
    """What cannot run under MJX; one line that says what, and what to use instead."""


CPU = "use the CPU engine (pilotline.envs.StationVectorEnv)"

IGNORED = {
    "geom_surfacevel": f"moving surfaces (geom_surfacevel): {CPU}",
    "geom_adhesion": f"adhesion of geoms: {CPU}",
    "jnt_springyield": "springyield of joints: use linear springs, or the CPU engine",
    "tendon_springyield": "springyield of tendons: use linear springs, or the CPU engine",
    "jnt_stiffnesspoly": "polynomial stiffness of joints: use linear springs, or the CPU engine",
    "tendon_stiffnesspoly": "polynomial stiffness of tendons: use linear springs, or the CPU engine",
    "dof_dampingpoly": "polynomial damping of joints: use linear damping, or the CPU engine",
    "tendon_dampingpoly": "polynomial damping of tendons: use linear damping, or the CPU engine",
    "actuator_damping": "damping of actuators: give it to the joint, or use the CPU engine",
    "actuator_dampingpoly": "damping of actuators: give it to the joint, or use the CPU engine",
    "actuator_armature": "armature of actuators: give it to the joint, or use the CPU engine",
    "actuator_delay": "delay of actuators: use the delay of actuators=servo or harmonic, or the CPU engine",
    "sensor_delay": f"delay of sensors: {CPU}",
    "sensor_interval": f"intervals of sensors: {CPU}",
    "sensor_cutoff": f"cut-off of sensors: {CPU}",
}
"""Fields of `MjModel` that MJX leaves out in silence, and what to use instead where they are not zero."""

_ABSENT = {
    "nplugin": f"engine plugins: {CPU}",
    "nflex": f"flexible bodies: {CPU}",
    "nplastic": f"plastic joints and tendons: {CPU}",
}


def check(world: World, model: mujoco.MjModel, control: str) -> None:
    """Refuse what MJX cannot step as the CPU does.

    Args:
      world: of the station.
      model: as it would be put on the device: actuators with laws, and height fields out of reach, already apart.
      control: action layout by name.

    Raises:
      MjxError: the first thing found; one line with what to use instead.
    """
    for complaint in complaints(world, model, control):
        raise MjxError(unfit(world, complaint))


def unfit(world: World, complaint: str) -> str:
    """The line that says which world cannot run, and why."""
    return f"station {world.station.card.name} with {world.robot.name} under MJX: {complaint}"


def complaints(world: World, model: mujoco.MjModel, control: str) -> Iterator[str]:
    """Everything that stands against a world, one line each."""
    twins = [joint for joint, drive in world.drives.items() if drive.tier == "twin"]
    if twins:
        yield f"actuators=twin ({twins[0]}) need the integrator discrete: use actuators=harmonic, or the CPU engine"
    if control == "ee":
        yield f"control=ee is compiled for the CPU: use control=joint, or {CPU.removeprefix('use ')}"
    yield from _options(model)
    for field, text in _ABSENT.items():
        if getattr(model, field, 0):
            yield text
    for field, text in IGNORED.items():
        if np.any(getattr(model, field, 0)):
            yield text
    yield from _elements(model)


def _options(model: mujoco.MjModel) -> Iterator[str]:
    opt = model.opt
    integrators = {mujoco.mjtIntegrator.mjINT_IMPLICITFAST, mujoco.mjtIntegrator.mjINT_EULER}
    if opt.integrator not in integrators:
        yield f"integrator {_named(mujoco.mjtIntegrator, opt.integrator)}: use implicitfast, or the CPU engine"
    if opt.solver not in {mujoco.mjtSolver.mjSOL_NEWTON, mujoco.mjtSolver.mjSOL_CG}:
        yield f"solver {_named(mujoco.mjtSolver, opt.solver)}: use Newton, or the CPU engine"
    if opt.noslip_iterations:
        yield f"noslip_iterations={opt.noslip_iterations}: use 0 and impratio, or the CPU engine"
    if opt.enableflags:
        yield f"enable flags {opt.enableflags}: use none, or the CPU engine"
    if opt.density or opt.viscosity or opt.wind.any():
        yield f"drag of air: {CPU}"


def _elements(model: mujoco.MjModel) -> Iterator[str]:
    contact = mujoco.mjtSensor.mjSENS_CONTACT
    known = {int(kind) for kind in types.SensorType} - {int(types.SensorType.TACTILE), int(contact)}
    for number, kind in enumerate(model.sensor_type.tolist()):
        if kind == contact and is_netforce(model, number):
            continue
        if kind not in known:
            name = _named(mujoco.mjtSensor, kind)
            yield f"sensor {model.sensor(number).name} ({name}): use a net force or a sensor of MJX, or the CPU engine"
    for kinds, allowed, what, enum in (
        (model.actuator_dyntype, types.DynType, "dynamics", mujoco.mjtDyn),
        (model.actuator_gaintype, types.GainType, "gain", mujoco.mjtGain),
        (model.actuator_biastype, types.BiasType, "bias", mujoco.mjtBias),
    ):
        for i in np.flatnonzero(~np.isin(kinds, [int(kind) for kind in allowed])):
            yield f"actuator {model.actuator(i).name} ({_named(enum, kinds[i])} {what}): {CPU}"
    if (model.actuator_ctrlnum != 1).any():
        yield f"actuators with several controls: {CPU}"
    states = model.actuator_actnum > 0
    if states.any():
        yield f"activation of actuator {model.actuator(int(np.argmax(states))).name}, which is no law: {CPU}"
    for one, other, _ in collision_driver.geom_pairs(model):
        pair = int(model.geom_type[one]), int(model.geom_type[other])
        a, b = (_named(mujoco.mjtGeom, kind) for kind in pair)
        where = f"{_body(model, one)} and {_body(model, other)}"
        if pair[0] == mujoco.mjtGeom.mjGEOM_HFIELD:
            yield f"contacts of height fields ({where}), which MJX finds otherwise: use pack=D0, or the CPU engine"
            return
        if not collision_driver.has_collision_fn(*pair):
            yield f"contacts {a}-{b} ({where}): use other shapes, robots with contacts=feet, or the CPU engine"
            return
        if model.geom_condim[[one, other]].max() == 1 and model.opt.cone == mujoco.mjtCone.mjCONE_ELLIPTIC:
            yield f"frictionless contacts ({where}) with elliptic cones: use condim 3, or the CPU engine"
            return


def check_warp(world: World) -> None:
    """Refuse MJX-Warp where it is not to be had.

    Raises:
      MjxError: no package `warp`, no CUDA GPU, or actuators that have laws of their own.
    """
    if importlib.util.find_spec("warp") is None:
        raise MjxError("impl=warp: the package warp is not installed (pip install warp-lang); use impl=jax")
    import jax

    if not any(device.platform in ("gpu", "cuda") for device in jax.devices()):
        raise MjxError(f"impl=warp: JAX sees no CUDA GPU, only {jax.devices()[0].platform}; use impl=jax")
    if world.drives:
        joint, drive = next(iter(world.drives.items()))
        raise MjxError(
            f"impl=warp: actuators={drive.tier} ({joint}) step inside the physics, which Warp runs as one piece; "
            "use actuators=ideal, or impl=jax"
        )


def _body(model: mujoco.MjModel, geom: int) -> str:
    return str(model.geom(geom).name or model.body(int(model.geom_bodyid[geom])).name)


def _named(enum: Any, value: int) -> str:
    return str(enum(int(value)).name).split("_", 1)[1].lower()
