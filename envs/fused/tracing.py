"""Tracing: run a pure array function on one simulation whose numbers are names of places in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.fused.graph import FLOAT, KINDS, Graph, Node
from pilotline.envs.fused.traced import Traced, TracingError
from pilotline.envs.noise import channel_of


def trace(function: Callable[[dict[str, Any]], Any], inputs: Mapping[str, NDArray[Any]]) -> Any:
    """What a function gives for inputs that are read when the compiled code runs.

    Args:
      function: pure; takes the inputs by name, with a leading axis of length 1.
      inputs: (n, ...) float64, int64, uint64 or bool.

    Returns:
      Whatever the function returns; its traced arrays can be given to `Kernel`.

    Raises:
      TracingError: a type of input that has no place in a graph, or code that cannot be traced.
    """
    graph = Graph()
    return function({name: _read(graph, name, array) for name, array in inputs.items()})


def _read(graph: Graph, name: str, array: NDArray[Any]) -> Traced:
    kind = KINDS.get(array.dtype.name)
    if kind is None:
        raise TracingError(f"input {name!r} is {array.dtype}; allowed: {', '.join(KINDS)}")
    shape = (1, *array.shape[1:])
    nodes = np.empty(int(np.prod(shape)), object)
    nodes[:] = [graph.node("load", kind, name, i) for i in range(len(nodes))]
    return Traced(nodes.reshape(shape))


class TracedNoise:
    """Sensor noise of a traced function: the draws of `pilotline.envs.noise.StepNoise`, bit for bit."""

    def __init__(self, keys: Traced, steps: Traced) -> None:
        self._key, self._step = keys.a[0], steps.a[0]

    def __call__(self, key: str, k: int) -> Traced:
        """Standard normal draws (1, k) of the channel `key`."""
        assert isinstance(self._key, Node)
        draws = np.empty((1, k), object)
        for i, column in enumerate(channel_of(key, k)):
            draws[0, i] = self._key.graph.node("normal", FLOAT, self._key, self._step, int(np.int64(column)))
        return Traced(draws)
