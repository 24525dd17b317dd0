"""Wrapping for Brax's trainers that begins another cycle of the bank after each episode.

`brax.envs.training.wrap` puts every simulation back to the cycle that it had first, again and again; with this wrapper
each episode of each simulation is a cycle drawn anew. Give it as `wrap_env_fn` to a trainer of Brax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from brax.envs.base import Wrapper
from brax.envs.wrappers.training import EpisodeWrapper, VmapWrapper

from pilotline.envs.mjx.refuse import MjxError
from pilotline.envs.mjx.state import State

_KEY, _COUNT = "cycle_key", "cycles_ended"


def wrap(
    env: Any,
    episode_length: int,
    action_repeat: int = 1,
    randomization_fn: Callable[[Any], Any] | None = None,
) -> Wrapper:
    """An environment of many simulations for a trainer of Brax.

    Args:
      env: `MjxStation`.
      episode_length: control steps, `env.episode_length` for whole cycles; running out of it cuts an episode off.
      action_repeat: control steps for each action.
      randomization_fn: must be None: what varies is the station's, drawn with the cycle.

    Raises:
      MjxError: a randomisation of the model.
    """
    if randomization_fn is not None:
        raise MjxError("randomization_fn: stations draw what varies themselves; choose another pack instead")
    return Redraw(EpisodeWrapper(VmapWrapper(env), episode_length, action_repeat))


class Redraw(Wrapper):
    """Begins another cycle wherever one has ended; what ended it stays in `done`, `reward` and `info`."""

    def reset(self, rng: Any) -> State:
        """Begin a cycle in each simulation, rng (n, ...) keys."""
        keys = jax.vmap(jax.random.split)(rng)
        state: State = self.env.reset(keys[:, 0])
        state.info[_KEY] = keys[:, 1]
        state.info[_COUNT] = jnp.zeros(state.done.shape, jnp.int32)
        return state

    def step(self, state: State, action: Any) -> State:
        """One control step of each simulation."""
        keys = jax.vmap(jax.random.split)(state.info[_KEY])
        count = state.info[_COUNT]
        info = {**state.info, "steps": jnp.where(state.done, 0.0, state.info["steps"])}
        state = self.env.step(state.replace(info=info, done=jnp.zeros_like(state.done)), action)
        fresh = jax.vmap(self.env.unwrapped.reset)(keys[:, 0])
        ended = state.done > 0.5
        info = {**state.info, _KEY: keys[:, 1], _COUNT: count + ended}
        data, obs = jax.tree.map(
            lambda new, old: jnp.where(ended.reshape(ended.shape + (1,) * (new.ndim - 1)), new, old),
            (fresh.data, fresh.obs),
            (state.data, state.obs),
        )
        return state.replace(data=data, obs=obs, info=info)
