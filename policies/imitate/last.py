"""Outputs that are learned as changes from what they were.

Where a network reads what it did last, that is most of what it is to do now. A network that has to find this out by
itself copies, which makes its error small, and learns hardly anything else (the copycat problem: Wen et al., "Fighting
Copycat Agents in Behavioral Cloning from Observation Histories", 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from pilotline.policies.file import Layer, Normalisation
from pilotline.policies.file.segments import PreviousSegment, Segment

_PASSES = ("relu", "swish")
"""Activations f with f(x) - f(-x) = x."""


@dataclass(frozen=True)
class Last:
    """Outputs whose last value is among the inputs.

    Attributes:
      outputs, columns: (k,) which, and where it is.
      mean, scale: (k,) by which it was normalised.
    """

    outputs: NDArray[np.int64]
    columns: NDArray[np.int64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, reads: Sequence[Segment], by: Normalisation, activation: str) -> Self:
        """Those of what is read; none with an activation through which a number doesn't pass as it is."""
        outputs: list[int] = []
        columns: list[int] = []
        start = 0
        for read in reads:
            plain = (read.within, read.scale, read.offset) == (0.0, 1.0, 0.0)
            if isinstance(read, PreviousSegment) and plain and activation in _PASSES:
                outputs += read.only or range(read.previous_action)
                columns += range(start, start + read.width)
            start += read.width
        at = np.array(columns, np.int64)
        return cls(np.array(outputs, np.int64), at, np.array(by.mean)[at], np.array(by.scale)[at])

    def __call__(self, inputs: NDArray[np.float32], count: int) -> NDArray[np.float64]:
        """The last values (n, count) of all outputs, from normalised inputs (n, width); 0 where they aren't read."""
        found = np.zeros((len(inputs), count))
        found[:, self.outputs] = inputs[:, self.columns] * self.scale + self.mean
        return found


def with_last(layers: Sequence[Layer], last: Last) -> tuple[Layer, ...]:
    """Dense layers that give what `layers` give and the last values added to it.

    Each value goes through the hidden layers as x and -x, whose activations differ by x.
    """
    count = len(last.outputs)
    if not count:
        return tuple(layers)
    (first, *middle), final = layers[:-1], layers[-1]
    reads = np.zeros((len(first.weights), count))
    reads[last.columns, np.arange(count)] = 1.0
    begin = Layer(np.hstack([first.weights, reads, -reads]), _longer(first.bias, count), first.activation)
    through = np.kron([[1.0, -1.0], [-1.0, 1.0]], np.eye(count))
    wide = [Layer(block_diag(layer.weights, through), _longer(layer.bias, count), layer.activation) for layer in middle]
    gives = np.zeros((count, len(final.bias)))
    gives[np.arange(count), last.outputs] = last.scale
    bias = final.bias.copy()
    bias[last.outputs] += last.mean
    return (begin, *wide, Layer(np.vstack([final.weights, gives, -gives]), bias, final.activation))


def _longer(bias: NDArray[np.floating], count: int) -> NDArray[np.floating]:
    return np.concatenate([bias, np.zeros(2 * count)])
