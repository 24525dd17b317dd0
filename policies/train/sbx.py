"""SBX: PPO and SAC of Stable-Baselines3's interface on JAX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax import serialization
from sbx import PPO, SAC

from pilotline.policies.file import Layer
from pilotline.policies.file.flax_export import dense_layers
from pilotline.policies.train.inputs_env import make_env
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.vec_learner import Library, make_model

_ALGORITHMS = {"sbx_ppo": PPO, "sbx_sac": SAC}
_ACTIVATIONS = {"tanh": nn.tanh, "relu": nn.relu, "elu": nn.elu, "swish": nn.swish}
_STATES = ("actor_state", "vf_state", "qf_state")
_ENTROPY = "ent_coef_state"
_RATE = "learning_rate.txt"


def make(plan: Plan, env: Any) -> Any:
    """The model of a plan, see `make_model`."""
    # as Stable-Baselines3's PPO begins: close to doing nothing
    policy = {"ortho_init": True} if _ALGORITHMS[plan.trainer] is PPO else {}
    return make_model(plan, env, _ALGORITHMS, _ACTIVATIONS, policy)


def reseed(model: Any, seed: int) -> None:
    """Seed the keys of model and policy, NumPy, the action space and the simulations."""
    model.set_random_seed(seed % 2**32)
    model.key, model.policy.key, model.policy.noise_key = jax.random.split(jax.random.PRNGKey(seed % 2**32), 3)
    model.env.seed(seed)


def save(model: Any, folder: Path) -> None:
    """Write networks with their optimisers, as MessagePack, and the learning rate that `target_kl` has come to."""
    for name, state in _states(model).items():
        (folder / f"{name}.msgpack").write_bytes(serialization.to_bytes(state))
    if (adaptive := getattr(model, "adaptive_lr", None)) is not None:
        (folder / _RATE).write_text(repr(float(adaptive.current_adaptive_lr)), encoding="ascii")


def load(model: Any, folder: Path) -> None:
    """Read them."""
    for name, state in _states(model).items():
        value = serialization.from_bytes(state, (folder / f"{name}.msgpack").read_bytes())
        setattr(model if name == _ENTROPY else model.policy, name, value)
    if (adaptive := getattr(model, "adaptive_lr", None)) is not None:
        adaptive.current_adaptive_lr = float((folder / _RATE).read_text(encoding="ascii"))


def layers(model: Any) -> tuple[Layer, ...]:
    """From normalised observation to mean action."""
    squash = isinstance(model, SAC)
    activation = {fn: name for name, fn in _ACTIVATIONS.items()}[model.policy.activation_fn].capitalize()
    # SAC's actor has one more layer, for the deviation
    names = [f"Dense_{i}" for i in range(len(_hidden(model)) + 1)]
    return dense_layers(model.policy.actor_state.params["params"], activation, names=names, squash=squash)


def _hidden(model: Any) -> list[int]:
    """Widths of the actor's hidden layers."""
    return list(getattr(model.policy, "net_arch_pi", model.policy.actor.net_arch))


def _states(model: Any) -> dict[str, Any]:
    """States of networks by name, and that of the entropy's weight where it is learned."""
    found = {name: getattr(model.policy, name) for name in _STATES if hasattr(model.policy, name)}
    if hasattr(model, _ENTROPY) and not isinstance(getattr(model, _ENTROPY), dict):
        found[_ENTROPY] = getattr(model, _ENTROPY)
    return found


def put(model: Any, layers: Sequence[Layer]) -> None:
    """Give PPO's actor the weights of layers of its own shape."""
    state = model.policy.actor_state
    dense = {
        f"Dense_{i}": {"kernel": jnp.asarray(layer.weights), "bias": jnp.asarray(layer.bias)}
        for i, layer in enumerate(layers)
    }
    params = {**state.params, "params": {**state.params["params"], **dense}}
    model.policy.actor_state = state.replace(params=params)


@contextmanager
def critic_alone(model: Any) -> Iterator[None]:
    """Only PPO's critic learns: the actor and its optimiser, which share nothing with it, are put back as they were."""
    kept = model.policy.actor_state
    try:
        yield
    finally:
        model.policy.actor_state = kept


def to_rest(model: Any, weight: float) -> None:
    """See `Library`."""
    state = model.policy.actor_state

    @jax.jit
    def apply(params: Any, observations: jax.Array) -> Any:
        drawn = state.apply_fn(params, observations)
        return type(drawn)(_resting(drawn.mean(), weight), drawn.stddev())

    model.policy.actor_state = state.replace(apply_fn=apply)


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def _resting(mean: jax.Array, weight: float) -> jax.Array:
    """The mean action (batch, k) as it is, with the gradient of a loss that has its square in it."""
    return mean


def _forward(mean: jax.Array, weight: float) -> tuple[jax.Array, jax.Array]:
    return mean, mean


def _backward(weight: float, mean: jax.Array, gradient: jax.Array) -> tuple[jax.Array]:
    return (gradient + 2.0 * weight / len(mean) * mean,)


_resting.defvjp(_forward, _backward)


LIBRARY = Library(
    make_env=make_env,
    make=make,
    reseed=reseed,
    save=save,
    load=load,
    layers=layers,
    put=put,
    critic_alone=critic_alone,
    to_rest=to_rest,
)
