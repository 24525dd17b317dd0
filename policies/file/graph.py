"""The ONNX graph of a policy, and a hash of what it computes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from pilotline.policies.file.contract import Contract
from pilotline.policies.file.layers import Layer, LayerError

INPUT, OUTPUT = "obs", "action"
_OPSET, _IR_VERSION = 17, 8
_AFTER_SUM = {"Tanh": "Tanh", "Relu": "Relu", "Elu": "Elu", "Mul": "Swish", "Clip": None}
"""Activation of a layer by the last node that takes its sum."""


def onnx_library() -> Any:
    """The package `onnx`.

    Raises:
      ImportError: it is not installed; the message names the extra.
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError("onnx is not installed; it comes with: pip install 'pilotline[learned]'") from error
    return onnx


def build(layers: Sequence[Layer], contract: Contract) -> Any:
    """ModelProto: normalisation, dense layers, and the action within -1 to 1."""
    onnx = onnx_library()
    nodes: list[Any] = []
    tensors: list[Any] = []
    flow = INPUT

    def tensor(name: str, values: Any) -> str:
        tensors.append(onnx.numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def node(kind: str, inputs: Sequence[str], output: str) -> str:
        nodes.append(onnx.helper.make_node(kind, list(inputs), [output]))
        return output

    if (norm := contract.normalisation) is not None:
        flow = node("Sub", [flow, tensor("mean", norm.mean)], "centred")
        flow = node("Mul", [flow, tensor("inverse_scale", 1.0 / np.array(norm.scale))], "scaled")
        if norm.clip is not None:
            bounds = [tensor("clip_low", -norm.clip), tensor("clip_high", norm.clip)]
            flow = node("Clip", [flow, *bounds], "normalised")
    for i, layer in enumerate(layers):
        weights = [tensor(f"weights_{i}", layer.weights), tensor(f"bias_{i}", layer.bias)]
        flow = node("Gemm", [flow, *weights], f"sum_{i}")
        if layer.activation == "Swish":
            flow = node("Mul", [flow, node("Sigmoid", [flow], f"gate_{i}")], f"layer_{i}")
        elif layer.activation:
            flow = node(layer.activation, [flow], f"layer_{i}")
    node("Clip", [flow, tensor("action_low", -1.0), tensor("action_high", 1.0)], OUTPUT)
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        "policy",
        [onnx.helper.make_tensor_value_info(INPUT, kind, ["batch", contract.inputs])],
        [onnx.helper.make_tensor_value_info(OUTPUT, kind, ["batch", contract.outputs])],
        tensors,
    )
    return onnx.helper.make_model(
        graph, producer_name="pilotline", opset_imports=[onnx.helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )


def layers_of(model: Any, contract: Contract) -> tuple[Layer, ...]:
    """The layers that a graph was built of, see `build`.

    Raises:
      LayerError: a graph that `build` does not make with this contract.
    """
    onnx = onnx_library()
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    after = {node.input[0]: node.op_type for node in model.graph.node if node.input}
    layers: list[Layer] = []
    while (name := f"weights_{len(layers)}") in tensors:
        i = len(layers)
        layers.append(Layer(tensors[name], tensors.get(f"bias_{i}", ()), _AFTER_SUM.get(after.get(f"sum_{i}", ""))))
    # whatever was not understood above is not in a graph that is built anew
    if digest(build(layers, contract), b"") != digest(model, b""):
        raise LayerError("its graph is not one of dense layers alone; allowed: as write_policy makes it")
    return tuple(layers)


def digest(model: Any, text: bytes) -> str:
    """SHA-256 over a contract's text and everything that the graph computes with: tensors, nodes, their attributes.

    Of the content and not of the file's bytes, which a library may write in another order.
    """
    onnx = onnx_library()
    found = hashlib.sha256()

    def add(*parts: object) -> None:
        for part in parts:
            data = part if isinstance(part, bytes) else str(part).encode()
            found.update(len(data).to_bytes(8, "little") + data)

    add(text)
    graph = model.graph
    for opset in model.opset_import:
        add("opset", opset.domain, opset.version)
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        add("tensor", tensor.name, tensor.data_type, list(values.shape))
        add(np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes())
    for node in graph.node:
        add("node", node.domain, node.op_type, list(node.input), list(node.output))
        for item in sorted(node.attribute, key=lambda each: each.name):
            add("attribute", item.SerializeToString(deterministic=True))
    for value in (*graph.input, *graph.output):
        add("value", value.SerializeToString(deterministic=True))
    return found.hexdigest()
