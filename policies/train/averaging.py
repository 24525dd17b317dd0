"""Weights averaged over the updates of an optimiser."""

from __future__ import annotations

from torch import nn, optim
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


def averaged(module: nn.Module, optimizer: optim.Optimizer, updates: int) -> AveragedModel:
    """A module's weights, averaged exponentially after each step of an optimiser, with a time constant of so many."""
    average = get_ema_multi_avg_fn(1.0 - 1.0 / updates)
    found = AveragedModel(module, multi_avg_fn=average).requires_grad_(False)
    optimizer.register_step_post_hook(lambda *_: found.update_parameters(module))
    return found
