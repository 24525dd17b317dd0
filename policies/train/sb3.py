"""Stable-Baselines3: PPO and SAC on PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from stable_baselines3 import SAC

from pilotline.policies.file import Layer
from pilotline.policies.file.torch_export import dense_layers, sb3_modules
from pilotline.policies.train.inputs_env import make_env
from pilotline.policies.train.paced import PacedPPO
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.vec_learner import Library, make_model

_ALGORITHMS = {"sb3_ppo": partial(PacedPPO, device="cpu"), "sb3_sac": partial(SAC, device="cpu")}
_ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "elu": torch.nn.ELU, "swish": torch.nn.SiLU}
_FILE = "parameters.pt"


def make(plan: Plan, env: Any, kind: Any = "MlpPolicy", policy: Mapping[str, Any] | None = None) -> Any:
    """The model of a plan, see `make_model`; `policy` are further keyword arguments of a policy of its own `kind`."""
    # networks this small lose time to threads, and results would depend on their number
    torch.set_num_threads(1)
    return make_model(plan, env, _ALGORITHMS, _ACTIVATIONS, policy or {}, kind)


def reseed(model: Any, seed: int) -> None:
    """Seed PyTorch, NumPy, the action space and the simulations."""
    # PyTorch's and NumPy's global generators take 32 bits
    model.set_random_seed(seed % 2**32)
    model.env.seed(seed)


def save(model: Any, folder: Path) -> None:
    """Write networks, optimisers, free variables and the learning rate that `desired_kl` has come to."""
    _, names = model._get_torch_save_params()
    free = {name: getattr(model, name).detach() for name in names if getattr(model, name, None) is not None}
    kept = {"parameters": model.get_parameters(), "free": free, "rate": getattr(model, "rate", None)}
    torch.save(kept, folder / _FILE)


def load(model: Any, folder: Path) -> None:
    """Read them; numbers only, nothing that is unpickled to objects."""
    kept = torch.load(folder / _FILE, weights_only=True)
    model.set_parameters(kept["parameters"], exact_match=True, device="cpu")
    for name, value in kept["free"].items():
        getattr(model, name).data.copy_(value)
    if kept["rate"] is not None:
        model.rate = kept["rate"]


def layers(model: Any) -> tuple[Layer, ...]:
    """From normalised observation to mean action."""
    return dense_layers(*sb3_modules(model.policy))


def put(model: Any, layers: Sequence[Layer]) -> None:
    """Give PPO's actor the weights of layers of its own shape."""
    linear = [part for module in sb3_modules(model.policy) for part in module.modules() if hasattr(part, "weight")]
    with torch.no_grad():
        for part, layer in zip(linear, layers, strict=True):
            part.weight.copy_(torch.from_numpy(layer.weights.T))
            part.bias.copy_(torch.from_numpy(layer.bias))


@contextmanager
def critic_alone(model: Any) -> Iterator[None]:
    """Only PPO's critic learns: parameters without a gradient are passed over by clipping and by Adam."""
    actor = [*(each for module in sb3_modules(model.policy) for each in module.parameters()), model.policy.log_std]
    for each in actor:
        each.requires_grad_(False)
    try:
        yield
    finally:
        for each in actor:
            each.requires_grad_(True)


def to_rest(model: Any, weight: float) -> None:
    """See `Library`."""
    model.policy.action_net.register_forward_hook(lambda module, given, mean: _Resting.apply(mean, weight))


class _Resting(torch.autograd.Function):
    """The mean action (batch, k) as it is, with the gradient of a loss that has its square in it."""

    @staticmethod
    def forward(ctx: Any, mean: torch.Tensor, weight: float) -> torch.Tensor:
        ctx.save_for_backward(mean)
        ctx.weight = weight
        return mean.view_as(mean)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        (mean,) = ctx.saved_tensors
        return gradient + 2.0 * ctx.weight / len(mean) * mean, None


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
