"""A station under MJX whose observation is the vector that a network takes, for Brax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from pilotline.envs.interface import Interface
from pilotline.envs.mjx.state import State
from pilotline.policies.file.inputs import Vector
from pilotline.policies.file.words import Read, segments


class BraxEnv:
    """One simulation, `reset` and `step` pure, observed as one vector (width,): see `pilotline.policies.file.Inputs`.

    Args:
      env: `MjxStation`, or what has its `named`, `reset`, `step`, `action_size` and `episode_length`.
      interface: of the station.
      reads: entries, as for `Contract.of`.

    Raises:
      ReadsError: an entry that the station does not have.
    """

    def __init__(self, env: Any, interface: Interface, reads: Sequence[Read] | None) -> None:
        self._env = env
        self._vector = Vector(jnp, segments(interface, reads), interface.observation, interface.period_s)
        self.observation_size: int = self._vector.width
        self.action_size: int = env.action_size
        self.episode_length: int = env.episode_length

    @property
    def unwrapped(self) -> BraxEnv:
        """Itself: cycles that begin within a run are observed alike."""
        return self

    def reset(self, rng: Any) -> State:
        """Begin a cycle."""
        state = self._env.reset(rng)
        return self._seen(state, jnp.zeros(self.action_size))

    def step(self, state: State, action: Any) -> State:
        """Advance one control step, action (action_size,)."""
        return self._seen(self._env.step(state, action), jnp.clip(action, -1.0, 1.0))

    def _seen(self, state: State, previous: Any) -> State:
        named = {name: values[None] for name, values in self._env.named(state.obs).items()}
        return state.replace(obs=self._vector(named, previous[None], state.data.steps[None])[0])
