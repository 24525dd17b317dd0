"""Write a policy file: graph and contract in one ONNX."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pilotline.policies.file import graph
from pilotline.policies.file.contract import Contract
from pilotline.policies.file.layers import Layer, check
from pilotline.robots.files import write_atomically

KEY = "pilotline_policy"
"""Name of the entry of the file's metadata that holds the contract, as JSON."""


def write_policy(path: Path | str, layers: Sequence[Layer], contract: Contract) -> str:
    """Write layers as a policy file; whole or not at all.

    Args:
      path: ends in `.onnx`; its folder exists.
      layers: from the normalised observation to the action, see `Contract` for their order.

    Returns:
      SHA-256 of what the file says and computes, which it carries.

    Raises:
      LayerError: layers that do not fit each other or the contract.
      ImportError: the package `onnx` is not installed.
    """
    check(layers, contract.inputs, contract.outputs)
    model = graph.build(layers, contract)
    document = contract.model_dump(mode="json", by_alias=True)
    sha256 = graph.digest(model, canonical(document))
    graph.onnx_library().helper.set_model_props(model, {KEY: canonical(document | {"sha256": sha256}).decode()})
    write_atomically(Path(path), model.SerializeToString(deterministic=True))
    return sha256


def canonical(document: Any) -> bytes:
    """The one text of a document: sorted keys, no spaces, shortest exact floats, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
