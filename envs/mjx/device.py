"""The model of a world as MJX takes it, and the data that a step starts from."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco import mjx

from pilotline.envs.mjx import refuse
from pilotline.envs.mjx.netforce import NetForces
from pilotline.envs.world import World
from pilotline.robots.actuators import jaxed
from pilotline.robots.actuators.law import LawError


@dataclass(frozen=True)
class Device:
    """A world on the device.

    Attributes:
      model: of MJX.
      blank: data of MJX, all zero but for shapes; a step fills in the state.
      laws: actuators that step with a law of their own.
      user: (actuators, ...) their parameters, `actuator_user`.
      forces: net contact forces, which MJX has no sensor for.
      warp: stepped by MuJoCo Warp.
    """

    model: Any
    blank: Any
    laws: tuple[jaxed.Driven, ...]
    user: Any
    forces: NetForces
    warp: bool


def put(world: World, control: str, sunk: tuple[int, ...], contacts: int, impl: str) -> Device:
    """Bring a world to the device.

    Args:
      world: the compiled world.
      control: action layout by name, which is checked too.
      sunk: geoms that nothing can reach, left out of the contacts.
      contacts: the deepest so many contacts of a simulation count, >= 1.
      impl: `jax`, or `warp` for MuJoCo Warp.

    Raises:
      MjxError: something that MJX cannot do as the CPU does.
    """
    if impl not in ("jax", "warp"):
        raise refuse.MjxError(f"impl={impl!r} does not exist; there are: jax, warp")
    if contacts < 1:
        raise refuse.MjxError(f"contacts={contacts}: at least 1 is needed")
    warp = impl == "warp"
    model = _plain(world.model, sunk)
    refuse.check(world, model, control)
    if warp:
        refuse.check_warp(world)
        on_device = mjx.put_model(world.model, impl="warp")
        blank = mjx.make_data(world.model, impl="warp", naconmax=contacts)
        return Device(on_device, blank, (), None, NetForces.of(world.model), warp=True)
    try:
        laws = jaxed.driven(world.model)
    except LawError as error:
        raise refuse.MjxError(f"{error}; use actuators=harmonic, or the CPU engine") from error
    forces = NetForces.of(world.model)
    contact = model.sensor_type == mujoco.mjtSensor.mjSENS_CONTACT
    # a sensor of no stage is filled in by nobody; its kind must be one that MJX knows
    model.sensor_type[contact] = mujoco.mjtSensor.mjSENS_CLOCK
    model.sensor_needstage[contact] = mujoco.mjtStage.mjSTAGE_NONE.value
    on_device = _limited(mjx.put_model(model, impl="jax"), contacts).replace(na=0)
    blank = mjx.make_data(on_device, impl="jax")
    return Device(on_device, blank, laws, jnp.asarray(world.model.actuator_user), forces, warp=False)


def _plain(model: mujoco.MjModel, sunk: tuple[int, ...]) -> mujoco.MjModel:
    """A copy in which laws are motors that are told their force, and geoms out of reach touch nothing."""
    model = copy.copy(model)
    laws = model.actuator_dyntype == mujoco.mjtDyn.mjDYN_USER
    model.actuator_dyntype[laws] = mujoco.mjtDyn.mjDYN_NONE
    model.actuator_biastype[laws] = mujoco.mjtBias.mjBIAS_NONE
    model.actuator_gaintype[laws] = mujoco.mjtGain.mjGAIN_FIXED
    model.actuator_gainprm[laws, 0] = 1.0
    model.actuator_ctrllimited[laws] = False
    model.actuator_actadr[laws] = -1
    model.actuator_actnum[laws] = 0
    model.geom_contype[list(sunk)] = 0
    model.geom_conaffinity[list(sunk)] = 0
    return model


def _limited(model: Any, contacts: int) -> Any:
    """An MJX model that keeps the deepest contacts only.

    MJX reads the number from a custom field of the model; a compiled `MjModel` takes none, its copy in MJX does.
    """
    names = model.names + b"max_contact_points\0"
    return model.replace(
        names=names,
        nnumeric=1,
        name_numericadr=np.array([len(model.names)]),
        numeric_data=np.array([float(contacts)]),
    )


def to_jax(tree: Any) -> Any:
    """Arrays of NumPy as arrays of JAX, floats in the precision that JAX runs in."""
    floating = jnp.zeros(0).dtype

    def put_leaf(leaf: Any) -> Any:
        array = np.asarray(leaf)
        return jnp.asarray(array, floating) if array.dtype.kind == "f" else jnp.asarray(array)

    return jax.tree.map(put_leaf, tree)
