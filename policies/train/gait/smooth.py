"""A first-order filter between what a walking network gives and what the joints are told.

Noise of the actor, which is new in each control step, would shake stiff joints at 25 Hz, feet would slide, and what is
learned under that is no reason to keep still. Filtered, an output of 1 arrives within some control steps.

The filter is a part of the policy file: what it has come to is the network's memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from pilotline.policies.file import Layer
from pilotline.policies.train.gait.aim import Aim

HELD = 8.0
"""Largest magnitude of a filtered output; a memory holds 1 at most, so it holds outputs in this unit."""


def share(smooth_s: float, period_s: float) -> float:
    """Of the way to a new output that is gone in a control step: 1 - exp(-period / time constant)."""
    return 1.0 if smooth_s == 0.0 else float(-np.expm1(-period_s / smooth_s))


def step(held: NDArray[np.float64], output: NDArray[np.floating], share: float) -> NDArray[np.float64]:
    """Filtered outputs (n, k) after a control step in which the network gave `output` (n, k)."""
    return np.clip((1.0 - share) * held + share * output, -HELD, HELD)


def with_filter(layers: Sequence[Layer], memory: slice, share: float, aim: Aim) -> tuple[Layer, ...]:
    """Dense layers that filter: action first, then memory.

    What is held goes through the hidden layers in units of its own, raised by `HELD` so that it is never negative:
    activations leave what is positive as it is.

    Args:
      layers: from the normalised input to the output; hidden ones with such an activation.
      memory: columns of the input that hold the filtered output, not normalised.
      share, aim: of the filter, and from filtered output to action.
    """
    first, *rest, last = layers
    count = memory.stop - memory.start
    taken = np.zeros((len(first.weights), count))
    taken[memory] = np.eye(count)
    raised = np.full(count, HELD)
    wide = [Layer(np.hstack([first.weights, taken]), np.concatenate([first.bias, raised]), first.activation)]
    for layer in rest:
        weights = block_diag(layer.weights, np.eye(count))
        wide.append(Layer(weights, np.concatenate([layer.bias, np.zeros(count)]), layer.activation))
    held = np.vstack([share * last.weights, (1.0 - share) * np.eye(count)])
    bias = share * last.bias - (1.0 - share) * raised
    told = aim.layer(Layer(held, bias, last.activation))
    return (
        *wide,
        Layer(np.hstack([told.weights, held / HELD]), np.concatenate([told.bias, bias / HELD]), last.activation),
    )
