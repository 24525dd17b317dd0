"""Dense layers of PyTorch modules, and of the policies of Stable-Baselines3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pilotline.policies.file.layers import Layer, LayerError, apply

_TOLERANCE = 1e-5
_PROBES = 64


def dense_layers(*modules: Any) -> tuple[Layer, ...]:
    """Layers of modules that run one after the other, each float32 (batch, k) to (batch, m).

    Taken apart are Linear, Tanh, ReLU, ELU and SiLU in the order of the modules' children; what is found is compared
    with what the modules themselves compute, so that a module that does anything else is refused.

    Raises:
      LayerError: a part that is no dense layer, or a module that computes something else than its parts in order.
    """
    layers: list[Layer] = []
    for part in (part for module in modules for part in _parts(module)):
        layers = _with(layers, part)
    if not layers:
        raise LayerError("no Linear among the modules; allowed: one or more")
    _compare(layers, modules)
    return tuple(layers)


def sb3_modules(policy: Any) -> tuple[Any, ...]:
    """Modules of a Stable-Baselines3 policy, PPO's or SAC's, that lead from the flat observation to its mean action.

    Raises:
      LayerError: another kind of policy.
    """
    import torch

    if (actor := getattr(policy, "actor", None)) is not None and hasattr(actor, "latent_pi"):
        return actor.latent_pi, actor.mu, torch.nn.Tanh()
    if hasattr(policy, "mlp_extractor") and hasattr(policy, "action_net"):
        last = (torch.nn.Tanh(),) if policy.squash_output else ()
        return policy.mlp_extractor.policy_net, policy.action_net, *last
    raise LayerError(f"policy {type(policy).__name__}; allowed: those of Stable-Baselines3's PPO and SAC")


def _parts(module: Any) -> Iterator[Any]:
    """The modules without children, in order."""
    children = list(module.children())
    if not children:
        yield module
    for child in children:
        yield from _parts(child)


def _with(layers: list[Layer], part: Any) -> list[Layer]:
    """The layers and what one more part does."""
    kind = type(part).__name__
    if kind == "Linear":
        weights = part.weight.detach().cpu().numpy().T
        bias = np.zeros(weights.shape[1]) if part.bias is None else part.bias.detach().cpu().numpy()
        return [*layers, Layer(weights, bias)]
    if kind in ("Identity", "Flatten", "Dropout"):
        return layers
    if kind == "ELU" and part.alpha != 1.0:
        raise LayerError(f"ELU with alpha {part.alpha}; allowed: 1")
    names = {"Tanh": "Tanh", "ReLU": "Relu", "ELU": "Elu", "SiLU": "Swish"}
    if kind not in names:
        raise LayerError(f"module {kind}; allowed: Linear, {', '.join(names)}")
    if not layers or layers[-1].activation:
        raise LayerError(f"{kind} does not follow a Linear; allowed: one activation after each")
    return [*layers[:-1], Layer(layers[-1].weights, layers[-1].bias, names[kind])]


def _compare(layers: list[Layer], modules: tuple[Any, ...]) -> None:
    import torch

    probes = np.random.default_rng(0).standard_normal((_PROBES, len(layers[0].weights))).astype(np.float32)
    training = [module.training for module in modules]
    with torch.no_grad():
        flow = torch.as_tensor(probes, device=next(_parameters(modules)).device)
        for module in modules:
            flow = module.eval()(flow)
    for module, was in zip(modules, training, strict=True):
        module.train(was)
    theirs, ours = flow.cpu().numpy(), apply(layers, probes)
    off = float(np.abs(theirs - ours).max()) if theirs.shape == ours.shape else float("inf")
    if not off <= _TOLERANCE * max(1.0, float(np.abs(ours).max())):
        raise LayerError(
            f"{type(modules[0]).__name__} computes something else than its layers in order: {off:.3g} apart"
        )


def _parameters(modules: tuple[Any, ...]) -> Iterator[Any]:
    for module in modules:
        yield from module.parameters()
