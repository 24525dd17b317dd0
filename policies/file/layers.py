"""Dense layers: the common form of small policies, whichever library trained them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ACTIVATIONS = ("Tanh", "Relu", "Elu", "Swish")


class LayerError(ValueError):
    """Layers that make no network; the message names what is wrong and what is allowed."""


@dataclass(frozen=True)
class Layer:
    """A dense layer: activation(inputs @ weights + bias), in single precision.

    Attributes:
      weights: (inputs, outputs), finite.
      bias: (outputs,), finite.
      activation: one of `ACTIVATIONS`, or None.
    """

    weights: NDArray[np.floating]
    bias: NDArray[np.floating]
    activation: str | None = None

    def __post_init__(self) -> None:
        """Take arrays of any library and check them."""
        for name in ("weights", "bias"):
            object.__setattr__(self, name, np.array(getattr(self, name), np.float32, order="C"))
        if self.weights.ndim != 2 or self.bias.shape != self.weights.shape[1:]:
            raise LayerError(
                f"weights {self.weights.shape} with bias {self.bias.shape}; allowed: (inputs, outputs) and (outputs,)"
            )
        if not (np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise LayerError("a layer holds numbers that are not finite; allowed: finite ones")
        if self.activation is not None and self.activation not in ACTIVATIONS:
            raise LayerError(f"activation {self.activation!r}; allowed: {', '.join(ACTIVATIONS)}, or none")


def check(layers: Sequence[Layer], inputs: int, outputs: int) -> None:
    """Refuse layers that do not lead from so many numbers to so many.

    Raises:
      LayerError: which layer, and what was asked.
    """
    if not layers:
        raise LayerError("no layers; allowed: one or more")
    given = inputs
    for i, layer in enumerate(layers):
        if len(layer.weights) != given:
            raise LayerError(f"layer {i + 1} takes {len(layer.weights)} numbers; allowed: {given}")
        given = layer.weights.shape[1]
    if given != outputs:
        raise LayerError(f"the last layer gives {given} numbers; allowed: {outputs}, one for each channel")


def apply(layers: Sequence[Layer], values: NDArray[np.floating]) -> NDArray[np.float32]:
    """What the layers make of (n, inputs): the plain reading of them, for checks and not for control."""
    x = np.asarray(values, np.float32)
    for layer in layers:
        x = x @ layer.weights + layer.bias
        match layer.activation:
            case "Tanh":
                x = np.tanh(x)
            case "Relu":
                x = np.maximum(x, np.float32(0.0))
            case "Elu":
                x = np.where(x > 0.0, x, np.expm1(np.minimum(x, np.float32(0.0))))
            case "Swish":
                x = np.float32(0.5) * x * (np.float32(1.0) + np.tanh(np.float32(0.5) * x))
    return x
