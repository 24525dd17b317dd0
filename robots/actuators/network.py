"""Small networks from ONNX files: an actuator learned from its logs, from position error and speed to torque.

The file is a chain of dense layers: `Gemm`, or `MatMul` with `Add`, and `Relu`, `Tanh`, `Elu` or `Softsign`. Its input
is (batch, 2 k): position error at k instants, then velocity at the same, each over its scale; its output is (batch, 1):
torque over its scale. Metadata of the file says the rest:

    pilotline              learned 1
    taps                   0 1 2            instants, in control steps before the present one, rising from 0
    period_s               0.005            of the control step
    error_scale_rad, velocity_scale_rad_s, torque_scale_nm
    torque_limit_nm        of the real drive
    armature_kgm2          rotor inertia at the output; the joint keeps its own where this is left out
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pilotline.robots.actuators.law import LawError
from pilotline.robots.files import write_atomically

SCHEMA = "learned 1"
ACTIVATIONS = ("Relu", "Tanh", "Elu", "Softsign")
MAX_BYTES, MAX_HIDDEN, MAX_WIDTH, MAX_TAP = 1_000_000, 3, 64, 50


class NetworkError(LawError):
    """A file that is not such a network; the message names the file, what is wrong and what is allowed."""


@dataclass(frozen=True)
class Layer:
    """A dense layer: activation(inputs @ weights + bias).

    Attributes:
      weights: (inputs, outputs), finite.
      bias: (outputs,).
      activation: one of `ACTIVATIONS`, or None.
      alpha: of `Elu`.
    """

    weights: np.ndarray
    bias: np.ndarray
    activation: str | None = None
    alpha: float = 1.0


@dataclass(frozen=True)
class Figures:
    """What the metadata say, see the module; all positive."""

    taps: tuple[int, ...]
    period_s: float
    error_scale_rad: float
    velocity_scale_rad_s: float
    torque_scale_nm: float
    torque_limit_nm: float
    armature_kgm2: float | None = None


@dataclass(frozen=True)
class Network:
    """A network and where it came from; two of the same `sha256` are the same."""

    name: str
    sha256: str
    layers: tuple[Layer, ...]
    figures: Figures


def read(path: Path | str) -> Network:
    """Read a network.

    Raises:
      NetworkError: no such file, or one that is not as the module says.
      ImportError: the package `onnx` is not installed; it is in the extra `learned`.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if not path.is_file() or size > MAX_BYTES:
            raise NetworkError(f"{path}: {size} bytes; allowed: a file of up to {MAX_BYTES}")
        data = path.read_bytes()
    except OSError as error:
        raise NetworkError(f"{path}: {error.strerror}; allowed: an ONNX file") from None
    try:
        layers, figures = _parse(data)
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from None
    return Network(path.stem, hashlib.sha256(data).hexdigest(), layers, figures)


def write(path: Path | str, layers: tuple[Layer, ...], figures: Figures) -> None:
    """Write a network as `read` takes it, each layer a `Gemm` in single precision."""
    onnx = _onnx()
    nodes, tensors, flow = [], [], "history"
    for i, layer in enumerate(layers):
        for label, values in (("weights", layer.weights), ("bias", layer.bias)):
            tensors.append(onnx.numpy_helper.from_array(np.asarray(values, np.float32), f"{label}_{i}"))
        nodes.append(onnx.helper.make_node("Gemm", [flow, f"weights_{i}", f"bias_{i}"], [f"sum_{i}"]))
        flow = f"sum_{i}"
        if layer.activation:
            extra = {"alpha": layer.alpha} if layer.activation == "Elu" else {}
            nodes.append(onnx.helper.make_node(layer.activation, [flow], [f"layer_{i}"], **extra))
            flow = f"layer_{i}"
    nodes[-1].output[0] = "torque"
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        "actuator",
        [onnx.helper.make_tensor_value_info("history", kind, ["batch", len(layers[0].weights)])],
        [onnx.helper.make_tensor_value_info("torque", kind, ["batch", layers[-1].weights.shape[1]])],
        tensors,
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.helper.set_model_props(model, metadata(figures))
    write_atomically(Path(path), model.SerializeToString())


def metadata(figures: Figures) -> dict[str, str]:
    """Figures as the file's metadata."""
    values = {field.name: getattr(figures, field.name) for field in fields(Figures)}
    text = {name: repr(float(value)) for name, value in values.items() if name != "taps" and value is not None}
    return {"pilotline": SCHEMA, "taps": " ".join(map(str, figures.taps)), **text}


def _onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ImportError("onnx is not installed; it comes with: pip install 'pilotline[learned]'") from error
    return onnx


def _parse(data: bytes) -> tuple[tuple[Layer, ...], Figures]:
    """Layers and figures of a file's bytes; complaints without the file's name."""
    onnx = _onnx()
    try:
        model = onnx.load_model_from_string(data)
    except Exception:  # whatever the decoder raises, these bytes are not ONNX
        raise NetworkError("not ONNX; allowed: an ONNX file") from None
    figures = _figures({item.key: item.value for item in model.metadata_props})
    graph = model.graph
    tensors = {tensor.name: _array(onnx, tensor) for tensor in graph.initializer}
    names = [value.name for value in graph.input if value.name not in tensors]
    if len(names) != 1 or len(graph.output) != 1:
        raise NetworkError(f"{len(names)} inputs and {len(graph.output)} outputs; allowed: 1 and 1")
    layers = _layers(onnx, list(graph.node), names[0], graph.output[0].name, tensors)
    _check_shapes(layers, 2 * len(figures.taps))
    return layers, figures


def _figures(text: dict[str, str]) -> Figures:
    if (schema := text.get("pilotline")) != SCHEMA:
        raise NetworkError(f"metadata pilotline is {schema!r}; allowed: {SCHEMA!r}")
    numbers = {}
    for name in [field.name for field in fields(Figures) if field.name != "taps"]:
        given = text.get(name)
        if given is None and name == "armature_kgm2":
            continue
        try:
            numbers[name] = float(given or "")
        except ValueError:
            numbers[name] = math.nan
        if not (math.isfinite(numbers[name]) and numbers[name] > 0.0):
            raise NetworkError(f"metadata {name} is {given!r}; allowed: a positive number")
    given = text.get("taps", "")
    taps = tuple(int(word) for word in given.split() if word.isascii() and word.isdigit() and len(word) < 4)
    rising = all(a < b for a, b in pairwise(taps))
    if len(taps) != len(given.split()) or not taps or taps[0] != 0 or not rising or taps[-1] > MAX_TAP:
        raise NetworkError(f"metadata taps is {given!r}; allowed: rising whole numbers from 0 to at most {MAX_TAP}")
    return Figures(taps, **numbers)


def _array(onnx: Any, tensor: Any) -> np.ndarray:
    """A weight tensor, checked."""
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise NetworkError(f"tensor {tensor.name} lies in another file; allowed: one file")
    if tensor.data_type not in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE):
        kind = onnx.TensorProto.DataType.Name(tensor.data_type)
        raise NetworkError(f"tensor {tensor.name} is of type {kind}; allowed: FLOAT, DOUBLE")
    try:
        values = np.asarray(onnx.numpy_helper.to_array(tensor), np.float64)
    except Exception:  # too few or too many bytes for the shape, in the decoder's words
        raise NetworkError(f"tensor {tensor.name} does not hold what its shape {list(tensor.dims)} needs") from None
    if not np.isfinite(values).all():
        raise NetworkError(f"tensor {tensor.name} holds {values[~np.isfinite(values)][0]}; allowed: finite numbers")
    return values


def _layers(onnx: Any, nodes: list[Any], flow: str, end: str, tensors: dict[str, np.ndarray]) -> tuple[Layer, ...]:
    """The chain of nodes from `flow` to `end` as layers."""
    layers: list[Layer] = []
    for node in nodes:
        attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
        at = f"node {node.op_type} {node.name or node.output[0]}"
        if node.domain not in ("", "ai.onnx") or node.op_type not in ("Gemm", "MatMul", "Add", *ACTIVATIONS):
            raise NetworkError(f"{at}: unknown; allowed: Gemm, MatMul, Add, {', '.join(ACTIVATIONS)}")
        given = [name for name in node.input if name]
        others = [name for name in given if name != flow]
        if flow not in given or any(name not in tensors for name in others):
            raise NetworkError(f"{at}: its inputs are {', '.join(given)}; allowed: {flow} and weights, in one chain")
        values = [tensors[name] for name in others]
        if node.op_type in ("Gemm", "MatMul"):
            if given[0] != flow:
                raise NetworkError(f"{at}: weights come first; allowed: {flow} first")
            layers.append(_dense(at, values, attributes))
        elif not layers:
            raise NetworkError(f"{at}: comes first; allowed: Gemm or MatMul first")
        elif node.op_type == "Add":
            layers[-1] = _with_bias(at, layers[-1], values)
        else:
            if layers[-1].activation:
                raise NetworkError(f"{at}: follows {layers[-1].activation}; allowed: one activation per layer")
            alpha = float(attributes.get("alpha", 1.0))
            if not math.isfinite(alpha):
                raise NetworkError(f"{at}: alpha is {alpha}; allowed: a finite number")
            layers[-1] = Layer(layers[-1].weights, layers[-1].bias, node.op_type, alpha)
        flow = node.output[0]
    if flow != end:
        raise NetworkError(f"the chain ends in {flow}; allowed: the output {end}")
    return tuple(layers)


def _dense(at: str, values: list[np.ndarray], attributes: dict[str, Any]) -> Layer:
    """A Gemm or MatMul."""
    if not 1 <= len(values) <= 2 or values[0].ndim != 2:
        raise NetworkError(f"{at}: weights have shapes {[v.shape for v in values]}; allowed: a matrix, a bias vector")
    factors = {name: attributes.get(name, 1.0) for name in ("alpha", "beta")}
    if attributes.get("transA", 0) or any(value != 1.0 for value in factors.values()):
        raise NetworkError(f"{at}: alpha, beta or transA are set; allowed: 1, 1 and 0")
    weights = values[0].T if attributes.get("transB", 0) else values[0]
    layer = Layer(np.ascontiguousarray(weights), np.zeros(weights.shape[1]))
    return _with_bias(at, layer, values[1:]) if len(values) == 2 else layer


def _with_bias(at: str, layer: Layer, values: list[np.ndarray]) -> Layer:
    """The layer with a bias added."""
    width = layer.weights.shape[1]
    if layer.activation or len(values) != 1 or values[0].size not in (1, width):
        raise NetworkError(f"{at}: adds {[v.shape for v in values]}; allowed: {width} numbers after Gemm or MatMul")
    return Layer(layer.weights, layer.bias + values[0].ravel())


def _check_shapes(layers: tuple[Layer, ...], inputs: int) -> None:
    """Refuse layers that do not fit each other or are too many or too wide."""
    if not 1 <= len(layers) <= MAX_HIDDEN + 1:
        raise NetworkError(f"{max(len(layers) - 1, 0)} hidden layers; allowed: 0 to {MAX_HIDDEN}, and an output layer")
    given = inputs
    for i, layer in enumerate(layers):
        rows, columns = layer.weights.shape
        if rows != given:
            what = "error and velocity at every tap" if i == 0 else f"outputs of layer {i}"
            raise NetworkError(f"layer {i + 1} takes {rows} inputs; allowed: {given}, {what}")
        if not 1 <= columns <= MAX_WIDTH:
            raise NetworkError(f"layer {i + 1} is {columns} wide; allowed: 1 to {MAX_WIDTH}")
        given = columns
    if given != 1:
        raise NetworkError(f"{given} outputs; allowed: 1, the torque")
