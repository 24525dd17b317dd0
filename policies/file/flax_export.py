"""Dense layers of networks in Flax: a nested dict of kernels and biases, as sbx and Brax keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pilotline.policies.file.layers import Layer, LayerError


def dense_layers(
    params: Mapping[str, Any],
    activation: str,
    *,
    outputs: int | None = None,
    squash: bool = False,
    names: Sequence[str] | None = None,
) -> tuple[Layer, ...]:
    """Layers of a multi-layer perceptron from its parameters.

    Args:
      params: dicts of dicts; those with a `kernel` are layers, in the order of their numbers: `Dense_0`, `Dense_1` of
        sbx, `hidden_0`, `hidden_1` of Brax.
      activation: between them, one of `ACTIVATIONS`.
      outputs: of the last layer only so many are taken, from the first: Brax's last layer gives mean and deviation.
      squash: tanh of the last layer, as SAC and Brax's PPO have it.
      names: layers to take, in order, by the last part of their name; all by default. sbx's SAC has its deviation in
        a layer of its own, which is to be left out.

    Raises:
      LayerError: no layers, one that is not there, or parameters that are no dense layers.
    """
    found = _dense(params)
    chosen = sorted(found, key=_number) if names is None else list(names)
    if missing := [name for name in chosen if name not in found]:
        raise LayerError(f"no layer {missing[0]!r} (there are: {', '.join(found) or 'none'})")
    if not chosen:
        raise LayerError("no dict with a kernel among the parameters; allowed: one or more")
    layers = []
    for i, name in enumerate(chosen):
        kernel = np.asarray(found[name]["kernel"])
        bias = np.asarray(found[name].get("bias", np.zeros(kernel.shape[-1:])))
        last = i == len(chosen) - 1
        kept = slice(outputs if last else None)
        layers.append(Layer(kernel[..., kept], bias[..., kept], ("Tanh" if squash else None) if last else activation))
    return tuple(layers)


def _dense(params: Mapping[str, Any], name: str = "") -> dict[str, Mapping[str, Any]]:
    """Dicts that hold a kernel, by the name that they are under."""
    if "kernel" in params:
        return {name: params}
    found: dict[str, Mapping[str, Any]] = {}
    for key, value in params.items():
        if isinstance(value, Mapping):
            for each, layer in _dense(value, str(key)).items():
                if each in found:
                    raise LayerError(f"two layers {each!r}; allowed: the parameters of one network")
                found[each] = layer
    return found


def _number(name: str) -> tuple[str, int]:
    """Order of a layer: its number, after the word before it."""
    match = re.fullmatch(r"(.*?)_?(\d*)", name)
    assert match is not None
    return match[1], int(match[2] or -1)
