"""ONNX networks from outside: checked before they are run, and run so that rows do not depend on each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.policies.file.graph import onnx_library

MAX_BYTES = 64_000_000
_MOVES = "Concat Constant Flatten Gather Identity Reshape Shape Slice Split Squeeze Transpose Unsqueeze"
_SUMS = "Abs Add Cast Clip Div Erf Exp Gemm Log MatMul Max Min Mul Neg Pow Reciprocal ReduceMean ReduceSum Sqrt Sub"
_LAYERS = (
    "BatchNormalization Celu Dropout Elu Gelu HardSigmoid HardSwish LayerNormalization LeakyRelu Mish Relu Selu "
    "Sigmoid Softmax Softplus Softsign Tanh"
)
OPERATORS = frozenset(f"{_MOVES} {_SUMS} {_LAYERS}".split())
"""What a graph may compute with: nothing random, no loops, nothing that makes large arrays from small ones."""

_TOGETHER = 7


class OnnxError(ValueError):
    """A file that is no network we run; one line with what is wrong and what is allowed.

    Names in it may be a stranger's: what a terminal would not print as it is comes as a question mark.
    """

    def __init__(self, text: str) -> None:
        super().__init__("".join(letter if letter.isprintable() else "?" for letter in text))


@dataclass(frozen=True)
class Onnx:
    """A file of one network: (batch, inputs) to (batch, outputs).

    Attributes:
      model: its ModelProto, to look at.
      metadata: its own key-value pairs.
    """

    model: Any
    inputs: int
    outputs: int
    metadata: dict[str, str]

    def session(self) -> Session:
        """The network, ready to run.

        Raises:
          OnnxError: ONNX Runtime does not take it, or its rows depend on each other.
          ImportError: the package `onnxruntime` is not installed.
        """
        return Session(self)


def read_bytes(path: Path, what: str = "an ONNX file", largest: int = MAX_BYTES) -> bytes:
    """Bytes of a file that is not too large.

    Raises:
      OnnxError: no such file, or a file too large.
    """
    try:
        if not path.exists():
            raise OnnxError("no such file")
        if not path.is_file():
            raise OnnxError(f"not a file; allowed: {what}")
        if (size := path.stat().st_size) > largest:
            raise OnnxError(f"{size} bytes; allowed: at most {largest}")
        return path.read_bytes()
    except OSError as error:
        raise OnnxError(f"{error.strerror}; allowed: {what}") from None


def parse(data: bytes) -> Onnx:
    """A checked network from the bytes of a file.

    Raises:
      OnnxError: what is wrong.
      ImportError: the package `onnx` is not installed.
    """
    onnx = onnx_library()
    try:
        model = onnx.load_model_from_string(data)
    except Exception:  # whatever the decoder raises, these bytes are not ONNX
        raise OnnxError("not ONNX, or cut short; allowed: an ONNX file") from None
    graph = model.graph
    if not graph.node:
        raise OnnxError("not ONNX, or without a graph; allowed: an ONNX file")
    if model.functions:
        raise OnnxError(f"defines functions ({model.functions[0].name}); allowed: standard operators")
    for tensor in (*graph.initializer, *(item.t for node in graph.node for item in node.attribute)):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise OnnxError(f"tensor {tensor.name} lies in another file; allowed: one file")
    if graph.sparse_initializer:
        raise OnnxError("holds sparse tensors; allowed: dense ones")
    for node in graph.node:
        if node.domain not in ("", "ai.onnx"):
            raise OnnxError(f"operator {node.domain}::{node.op_type}; allowed: standard operators")
        if node.op_type not in OPERATORS:
            raise OnnxError(f"operator {node.op_type}; allowed: {', '.join(sorted(OPERATORS))}")
    weights = {tensor.name for tensor in graph.initializer}
    given = [value for value in graph.input if value.name not in weights]
    if len(given) != 1 or len(graph.output) != 1:
        raise OnnxError(f"{len(given)} inputs and {len(graph.output)} outputs; allowed: 1 and 1")
    inputs, outputs = (_width(onnx, value) for value in (given[0], graph.output[0]))
    return Onnx(model, inputs, outputs, {item.key: item.value for item in model.metadata_props})


def _width(onnx: Any, value: Any) -> int:
    """Numbers in a row of an input or output, which is made free in its number of rows."""
    kind = value.type.tensor_type
    sizes = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "?" for dim in kind.shape.dim]
    if kind.elem_type != onnx.TensorProto.FLOAT or len(sizes) != 2 or not isinstance(sizes[1], int) or sizes[1] < 1:
        name = onnx.TensorProto.DataType.Name(kind.elem_type)
        raise OnnxError(f"{value.name} is {name} {sizes}; allowed: FLOAT [batch, a number]")
    if sizes[0] == 1:  # exported for one robot; that the rows stay apart is tried below
        kind.shape.dim[0].dim_param = "batch"
    elif isinstance(sizes[0], int):
        raise OnnxError(f"{value.name} takes {sizes[0]} rows; allowed: any number, or 1")
    return int(sizes[1])


class Session:
    """A network in ONNX Runtime, on one thread: a row of the output depends on the same row of the input alone.

    Args:
      network: a checked one.
    """

    def __init__(self, network: Onnx) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise ImportError(
                "onnxruntime is not installed; it comes with: pip install 'pilotline[learned]'"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                network.model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors share no class
            raise OnnxError(f"ONNX Runtime does not take it ({_short(error)})") from None
        self._names = [self._session.get_outputs()[0].name], self._session.get_inputs()[0].name
        self._width = network.outputs
        self._try_rows(network.inputs)

    def __call__(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs (n, outputs) of inputs (n, inputs)."""
        outputs, name = self._names
        found: NDArray[np.float32] = self._session.run(outputs, {name: rows})[0]
        return found

    def _try_rows(self, inputs: int) -> None:
        probe = np.random.default_rng(0).standard_normal((_TOGETHER, inputs)).astype(np.float32)
        try:
            together = self(probe)
            alone = np.concatenate([self(probe[i : i + 1]) for i in range(_TOGETHER)])
        except Exception as error:  # its errors share no class
            raise OnnxError(f"ONNX Runtime cannot run it ({_short(error)})") from None
        if together.shape != (_TOGETHER, self._width):
            raise OnnxError(f"gives {together.shape} for {_TOGETHER} rows; allowed: {(_TOGETHER, self._width)}")
        if together.tobytes() != alone.tobytes():
            raise OnnxError("its rows depend on each other; allowed: a row of the output from one row of the input")


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else f"{text[:157]}..."
