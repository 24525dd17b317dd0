"""Brax: PPO on JAX, on stations that run on MJX, on a GPU, a TPU or one core of a CPU."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import serialization
from pydantic import ValidationError

from pilotline import robots
from pilotline.envs import mjx
from pilotline.envs.interface import Interface
from pilotline.envs.mjx.training import wrap
from pilotline.policies.file import Layer, Normalisation
from pilotline.policies.file.flax_export import dense_layers
from pilotline.policies.file.present import present
from pilotline.policies.file.reading import problem
from pilotline.policies.train.board import Board
from pilotline.policies.train.brax_env import BraxEnv
from pilotline.policies.train.brax_loop import BraxParams, make_loop, strong
from pilotline.policies.train.learner import Learned, TrainError
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.reads import without_memory

_FILE = "training_state.msgpack"
_LAST = 100
"""Cycles of which the mean return is told."""


class BraxLearner:
    """A `Learner` by Brax's PPO.

    Cycles are drawn from a bank that is begun once for the run; a leg draws them by keys of its own. Its actions are
    those of JAX's default device.

    Args:
      plan: what is trained.
      env: the station under JAX, as `station_of` gives it.
      interface: of the station.
      board: folder for TensorBoard; None for none.

    Raises:
      TrainError: a hyper-parameter that there isn't, a value that it does not take, or a memory that is read.
      ReadsError: an entry that the station does not have.
    """

    def __init__(self, plan: Plan, env: Any, interface: Interface, board: Path | None = None) -> None:
        without_memory(plan, interface)
        self._plan, self.interface, self._params = plan, interface, params_of(plan)
        seen = BraxEnv(env, interface, plan.reads)
        wrapped = wrap(seen, seen.episode_length)
        self._loop = make_loop(wrapped, self._params, plan.nsim)
        self._begin_cycles = jax.jit(lambda keys: strong(wrapped.reset(keys)))
        self._kept = self._loop.begin(*jax.random.split(jax.random.PRNGKey(plan.seed)))
        self._board = Board(board)

    def learn(self, leg: int) -> Learned:
        """See `Learner`."""
        key, key_cycles = jax.random.split(jax.random.fold_in(jax.random.PRNGKey(self._plan.seed), leg))
        sims = self._begin_cycles(jax.random.split(key_cycles, self._plan.nsim))
        rounds = -(-self._plan.leg_steps // self._params.round_steps)
        returns: deque[float] = deque(maxlen=_LAST)
        episodes = 0
        for _ in range(rounds):
            self._kept, sims, key, metrics, (ended, sums) = self._loop.round(self._kept, sims, key)
            found = np.asarray(sums)[np.asarray(ended) > 0.5]
            episodes += len(found)
            returns.extend(found.tolist())
            mean_return = {"mean_return": np.mean(returns)} if returns else {}
            self._board.add(self._kept.env_steps, {**metrics, **mean_return})
        return Learned(
            steps=rounds * self._params.round_steps,
            episodes=episodes,
            mean_return=float(np.mean(returns)) if returns else None,
        )

    def save(self, folder: Path) -> None:
        """See `Learner`."""
        (folder / _FILE).write_bytes(serialization.to_bytes(self._kept))

    def restore(self, folder: Path) -> None:
        """See `Learner`."""
        kept = serialization.from_bytes(self._kept, (folder / _FILE).read_bytes())
        self._kept = jax.tree.map(jnp.asarray, kept)

    def network(self) -> tuple[tuple[Layer, ...], Normalisation]:
        """See `Learner`."""
        moments = jax.device_get(self._kept.normalizer_params)
        layers = dense_layers(
            self._kept.params.policy["params"],
            self._params.activation.capitalize(),
            outputs=len(self.interface.action),
            squash=True,
        )
        return layers, Normalisation(mean=tuple(moments.mean.tolist()), scale=tuple(moments.std.tolist()))

    def act(self, seen: Any) -> np.ndarray:
        """The network's own mean actions (n, k) for vectors (n, width)."""
        return np.asarray(self._loop.act(self._kept, jnp.asarray(seen)))


def station_of(plan: Plan) -> tuple[Any, Interface]:
    """The station of a plan under JAX, and its interface.

    Raises:
      TrainError: a hyper-parameter that there isn't, or a value that it does not take.
      MjxError: something that MJX cannot do; says what to use instead.
    """
    params = params_of(plan)
    env = mjx.make(
        plan.station,
        plan.robot,
        plan.actuators,
        plan.control,
        plan.pack,
        seed=plan.training_seed(0),
        cycles=params.bank,
        contacts=params.contacts,
        impl=params.impl,
    )
    return env, present(plan.station, robots.load(plan.robot), plan.actuators, plan.control)


def params_of(plan: Plan) -> BraxParams:
    """The hyper-parameters of a plan.

    Raises:
      TrainError: one that there isn't, or a value that it does not take.
    """
    try:
        params = BraxParams.model_validate(dict(plan.params))
    except ValidationError as error:
        there = ", ".join(BraxParams.model_fields)
        raise TrainError(f"params of {plan.trainer}: {problem(error)}; there are: {there}") from None
    if params.batch_size * params.num_minibatches % plan.nsim:
        raise TrainError(
            f"params of {plan.trainer}: batch_size={params.batch_size} with num_minibatches={params.num_minibatches} "
            f"and nsim={plan.nsim}; allowed: their product a multiple of nsim"
        )
    return params
