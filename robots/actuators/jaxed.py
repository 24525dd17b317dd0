"""Laws under JAX: the same functions, traced with `jax.numpy`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pilotline.robots.actuators.law import Law, rebind


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
