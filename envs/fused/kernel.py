"""Compiled functions over rows of arrays."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.fused.emit import NAME, Place, emit, inputs_of, tables_of
from pilotline.envs.fused.graph import KINDS
from pilotline.envs.fused.traced import Traced

_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_OPTIMISE = 2


class Store(NamedTuple):
    """Where a traced result goes.

    Attributes:
      array: (n, ...) float64, int64 or bool; each row contiguous.
      element: of the flattened row at which it begins.
      value: (1, ...) traced.
    """

    array: NDArray[Any]
    element: int
    value: Traced


class Kernel:
    """A traced function as native code, over chosen rows of the arrays that it was traced with.

    Everything is read before anything is written, so that an input may also be a target. Rows are computed one after
    the other, none from another: results do not depend on which rows go together. The GIL is released meanwhile.

    Args:
      stores: results and where they go.
      inputs: arrays by the names that `trace` was given; each row contiguous.

    Raises:
      ValueError: an array whose rows are not contiguous, or a result that does not fit its target.
    """

    def __init__(self, stores: Sequence[Store], inputs: Mapping[str, NDArray[Any]]) -> None:
        values = [value for store in stores for value in store.value.a.ravel()]
        names, tables = inputs_of(values), tables_of(values)
        arrays = [inputs[name] for name in names] + [table.values for table in tables]
        placed = []
        for store in stores:
            kind = KINDS[store.array.dtype.name]
            size = int(np.prod(store.array.shape[1:]))
            flat = store.value.a.ravel()
            if store.element + len(flat) > size:
                raise ValueError(f"{len(flat)} results at element {store.element} do not fit a row of {size}")
            for i, value in enumerate(flat):
                placed.append((Place(len(arrays), store.element + i, kind), value))
            arrays.append(store.array)
        for array in arrays:
            if len(array) and not array[0].flags.c_contiguous:
                raise ValueError(f"an array of shape {array.shape} has rows with gaps; allowed: contiguous rows")
        self._run = _compiled(emit(placed, names, tables))
        self._arrays = arrays
        self._addresses = np.array([array.ctypes.data for array in arrays], np.int64)
        self._strides = np.array([array.strides[0] if array.ndim else 0 for array in arrays], np.int64)
        self._where = self._addresses.ctypes.data, self._strides.ctypes.data

    def __call__(self, rows: NDArray[np.int64]) -> None:
        """Run over `rows`, (m,) int64."""
        self._run(len(rows), rows.ctypes.data, *self._where)


@cache
def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=_OPTIMISE
    )


_engines: dict[str, tuple[Any, Any]] = {}
"""Compiled modules of this process by the hash of their text, and their functions."""


def _compiled(text: str) -> Any:
    key = hashlib.sha256(text.encode()).hexdigest()
    if key not in _engines:
        machine = _machine()
        module = llvm.parse_assembly(text)
        options = llvm.create_pipeline_tuning_options(speed_level=_OPTIMISE)
        options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
        builder = llvm.create_pass_builder(machine, options)
        builder.getModulePassManager().run(module, builder)
        engine = llvm.create_mcjit_compiler(module, machine)
        engine.finalize_object()
        _engines[key] = engine, _FUNCTION(engine.get_function_address(NAME))
    return _engines[key][1]
