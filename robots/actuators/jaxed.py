"""Laws under JAX: the same functions, traced with `jax.numpy`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.actuators import native
from pilotline.robots.actuators.law import Law, LawError, Motion, flatten, rebind, unflatten

Ids = NDArray[np.int64]


@cache
def step_of(law: Law) -> Callable[..., Any]:
    """The law's step for JAX arrays of any shape: (state, params, motion, timestep_s) -> next state.

    State, parameters and motion are the law's NamedTuples, which JAX takes as pytrees; the result can be jitted,
    vmapped and differentiated.

    Raises:
      ImportError: JAX is not installed; it is in the extra `train`.
    """
    try:
        import jax.numpy as jnp
    except ImportError as error:
        raise ImportError("JAX is not installed; it comes with: pip install 'pilotline[train]'") from error
    return rebind(law.step, jnp, lambda f: f)


@dataclass(frozen=True)
class Driven:
    """Actuators of a model that step with one law.

    Attributes:
      law: it.
      ids: (k,) actuators.
      ctrl: (k,) where each is told its command.
      columns: (states, k) of the law's states in `act`.
      qpos, dof: (k,) of each one's joint.
      gear: (k,) joint to actuator.
      fed: (k,) 1 where gravity compensation of the joint's body passes through the actuator, else 0.
    """

    law: Law
    ids: Ids
    ctrl: Ids
    columns: Ids
    qpos: Ids
    dof: Ids
    gear: NDArray[np.float64]
    fed: NDArray[np.float64]


def driven(model: mujoco.MjModel) -> tuple[Driven, ...]:
    """Actuators of a model by their laws, none where MuJoCo's own dynamics drive all.

    Raises:
      LawError: an actuator of a tendon, as those of `twin` are: only actuators of a joint of their own have a form
        for JAX.
    """
    laws = {i: law for i in range(model.nactuator) if (law := native.law_of(model, i)) is not None}
    for i, law in laws.items():
        if model.actuator_trntype[i] != mujoco.mjtTrn.mjTRN_JOINT or model.actuator_dynprm[i, native.PARTNER]:
            name = model.actuator(i).name
            raise LawError(f"actuator {name!r} of law {law.name} works with another; allowed under JAX: one to a joint")
    return tuple(
        _driven(model, law, np.array([i for i in laws if laws[i] is law])) for law in dict.fromkeys(laws.values())
    )


def _driven(model: mujoco.MjModel, law: Law, ids: Ids) -> Driven:
    joint = model.actuator_trnid[ids, 0]
    return Driven(
        law=law,
        ids=ids,
        ctrl=model.actuator_ctrladr[ids].astype(np.int64),
        columns=model.actuator_actadr[ids] + np.arange(len(law.states))[:, None],
        qpos=model.jnt_qposadr[joint].astype(np.int64),
        dof=model.jnt_dofadr[joint].astype(np.int64),
        gear=model.actuator_gear[ids, 0].copy(),
        fed=(model.jnt_actgravcomp[joint] != 0).astype(np.float64),
    )


def drive(group: Driven, user: Any, ctrl: Any, qpos: Any, qvel: Any, gravity: Any, act: Any, h: Any) -> tuple[Any, Any]:
    """One physics step of the actuators of a group, in one simulation, as the native callbacks make it.

    Args:
      user: (actuators, ...) `actuator_user` of the model, which holds the parameters.
      ctrl, qpos, qvel, act: of the simulation.
      gravity: (nv,) `qfrc_gravcomp`.
      h: time step, s.

    Returns:
      Force (k,) to be applied at the actuators, and the next `act`.
    """
    law = group.law
    fed = group.fed * gravity[group.dof]
    nothing = 0.0 * fed
    motion = Motion(ctrl[group.ctrl], qpos[group.qpos] * group.gear, qvel[group.dof] * group.gear, fed, *[nothing] * 4)
    params = unflatten(law.params, [user[group.ids, i] for i in range(len(law.parameters))])
    state = unflatten(law.state, [act[column] for column in group.columns])
    values = [value + nothing for value in flatten(step_of(law)(state, params, motion, h))]
    for column, value in zip(group.columns, values, strict=True):
        act = act.at[column].set(value)
    # MuJoCo adds gravity compensation to the joint itself, but here the motor has provided it already
    return values[0] - fed, act
