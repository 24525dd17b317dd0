"""One round of Brax's PPO: simulations are unrolled, then the networks learn from what came.

`brax.training.agents.ppo.train.train` does the same and returns networks without the state of their optimiser, so a run
that was cut off could not go on as it would have. Here its parts are put together in its order, with its keys: from the
same keys both give the same networks (a test compares them).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from brax.training import acting, gradients
from brax.training.acme import running_statistics, specs
from brax.training.agents.ppo import losses, networks
from brax.training.agents.ppo.train import TrainingState
from brax.training.types import UInt64
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from pilotline.policies.train.learner import Widths

ACTIVATIONS = {"tanh": nn.tanh, "relu": nn.relu, "elu": nn.elu, "swish": nn.swish}
_FIELDS = ("truncation", "episode_metrics", "episode_done")


class BraxParams(BaseModel):
    """Hyper-parameters by the names that `ppo.train` of Brax has for them, and those of the networks and of MJX.

    Attributes:
      net, value_net: widths of the hidden layers of the policy, and of the value where they differ.
      bank: cycles that are begun for the run, of which every reset draws one.
      contacts, impl: of `pilotline.envs.mjx.make`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    learning_rate: float = Field(3e-4, gt=0.0)
    entropy_cost: float = Field(1e-2, ge=0.0)
    discounting: float = Field(0.97, gt=0.0, le=1.0)
    unroll_length: PositiveInt = 20
    batch_size: PositiveInt = 1024
    num_minibatches: PositiveInt = 4
    num_updates_per_batch: PositiveInt = 4
    reward_scaling: float = Field(1.0, gt=0.0)
    clipping_epsilon: float = Field(0.2, gt=0.0)
    gae_lambda: float = Field(0.95, ge=0.0, le=1.0)
    max_grad_norm: float | None = Field(1.0, gt=0.0)
    normalize_observations_std_eps: float = Field(1e-6, ge=0.0)
    net: Widths = (128, 128)
    value_net: Widths | None = None
    activation: str = Field("elu", pattern=f"^({'|'.join(ACTIVATIONS)})$")
    bank: int = Field(1024, ge=1, le=2**16)
    contacts: int = Field(32, ge=1)
    impl: str = Field("jax", pattern="^(jax|warp)$")

    @property
    def round_steps(self) -> int:
        """Control steps of all simulations together in one round."""
        return self.batch_size * self.num_minibatches * self.unroll_length


@dataclass(frozen=True)
class Loop:
    """PPO on an environment, every function pure.

    Attributes:
      begin: two keys, of policy and value, to networks, optimiser and moments of the observation.
      round: those, the simulations and a key to the same after one round, the losses, and of each step of the round
        (...) whether a cycle ended there and its return until then.
      act: networks and observations (n, width) to mean actions (n, k).
    """

    begin: Callable[[Any, Any], TrainingState]
    round: Callable[[TrainingState, Any, Any], tuple[TrainingState, Any, Any, dict[str, Any], Any]]
    act: Callable[[TrainingState, Any], Any]


def make_loop(env: Any, params: BraxParams, nsim: int) -> Loop:
    """The loop on a wrapped environment of `nsim` simulations; batch_size * num_minibatches is a multiple of nsim."""
    network = networks.make_ppo_networks(
        env.observation_size,
        env.action_size,
        preprocess_observations_fn=running_statistics.normalize,
        policy_hidden_layer_sizes=params.net,
        value_hidden_layer_sizes=params.value_net or params.net,
        activation=ACTIVATIONS[params.activation],
    )
    make_policy = networks.make_inference_fn(network)
    adam = optax.adam(params.learning_rate)
    norm = params.max_grad_norm
    optimizer = adam if norm is None else optax.chain(optax.clip_by_global_norm(norm), adam)
    update = gradients.gradient_update_fn(
        partial(
            losses.compute_ppo_loss,
            ppo_network=network,
            entropy_cost=params.entropy_cost,
            discounting=params.discounting,
            reward_scaling=params.reward_scaling,
            gae_lambda=params.gae_lambda,
            clipping_epsilon=params.clipping_epsilon,
        ),
        optimizer,
        pmap_axis_name=None,
        has_aux=True,
    )

    def begin(key_policy: Any, key_value: Any) -> TrainingState:
        weights = losses.PPONetworkParams(
            policy=network.policy_network.init(key_policy), value=network.value_network.init(key_value)
        )
        moments = running_statistics.init_state(
            specs.Array((env.observation_size,), jnp.dtype("float32")), std_eps=params.normalize_observations_std_eps
        )
        zero = UInt64(hi=0, lo=0)
        return strong(TrainingState(optimizer.init(weights), weights, moments, zero))

    def minibatch(carry: Any, data: Any, moments: Any) -> tuple[Any, Any]:
        state, weights, key = carry
        key, key_loss = jax.random.split(key)
        (_, metrics), weights, state = update(weights, moments, data, key_loss, optimizer_state=state)
        return (state, weights, key), metrics

    def epoch(carry: Any, _: None, data: Any, moments: Any) -> tuple[Any, Any]:
        state, weights, key = carry
        key, key_shuffle, key_update = jax.random.split(key, 3)

        def parted(values: Any) -> Any:
            values = jax.random.permutation(key_shuffle, values)
            return jnp.reshape(values, (params.num_minibatches, -1, *values.shape[1:]))

        (state, weights, _), metrics = jax.lax.scan(
            partial(minibatch, moments=moments), (state, weights, key_update), jax.tree.map(parted, data)
        )
        return (state, weights, key), metrics

    def unrolled(policy: Any, sims: Any, key: Any) -> tuple[Any, Any]:
        """The simulations after a round, and what came: (batch_size * num_minibatches, unroll_length, ...)."""

        def unroll(carry: Any, _: None) -> tuple[Any, Any]:
            sims, key = carry
            key, following = jax.random.split(key)
            sims, data = acting.generate_unroll(env, sims, policy, key, params.unroll_length, extra_fields=_FIELDS)
            return (sims, following), data

        unrolls = params.batch_size * params.num_minibatches // nsim
        (sims, _), data = jax.lax.scan(unroll, (sims, key), None, length=unrolls)
        data = jax.tree.map(lambda values: jnp.swapaxes(values, 1, 2), data)
        return sims, jax.tree.map(lambda values: jnp.reshape(values, (-1, *values.shape[2:])), data)

    def one_round(kept: TrainingState, sims: Any, key: Any) -> tuple[TrainingState, Any, Any, dict[str, Any], Any]:
        key_sgd, key_unroll, key = jax.random.split(key, 3)
        policy = make_policy((kept.normalizer_params, kept.params.policy, kept.params.value))
        sims, data = unrolled(policy, sims, key_unroll)
        moments = running_statistics.update(kept.normalizer_params, data.observation)
        (state, weights, _), metrics = jax.lax.scan(
            partial(epoch, data=data, moments=moments),
            (kept.optimizer_state, kept.params, key_sgd),
            None,
            length=params.num_updates_per_batch,
        )
        kept = TrainingState(state, weights, moments, kept.env_steps + params.round_steps)
        told = data.extras["state_extras"]
        ended = told["episode_done"], told["episode_metrics"]["sum_reward"]
        return *strong((kept, sims)), key, jax.tree.map(jnp.mean, metrics), ended

    def act(kept: TrainingState, obs: Any) -> Any:
        policy = make_policy((kept.normalizer_params, kept.params.policy), deterministic=True)
        return policy(obs, jax.random.PRNGKey(0))[0]

    return Loop(jax.jit(begin), jax.jit(one_round, donate_argnums=(0, 1)), jax.jit(act))


def strong(tree: Any) -> Any:
    """Arrays of definite types: what a round takes has the types of what it gives, so that it is compiled once."""

    def typed(leaf: Any) -> Any:
        array = jnp.asarray(leaf)
        return array.astype(array.dtype)

    return jax.tree.map(typed, tree)
