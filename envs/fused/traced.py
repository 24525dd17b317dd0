"""Arrays of one simulation that remember how each of their numbers came about."""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.fused.graph import BOOL, FLOAT, INT, NUMERIC, Constants, Node, apply, cast, highest, select

_LETTERS = {"b": BOOL, "i": INT, "u": INT, "f": FLOAT}
"""Kinds by NumPy's letters."""
_LONG = 8
"""A table with more entries than this is looked up in memory instead of by comparisons."""


class TracingError(TypeError):
    """Code that cannot be traced: it asks for a value, writes into an array, or uses what the tracer does not have."""


class Traced:
    """An array whose leading axis, of length 1, stands for the simulations.

    Attributes:
      a: numbers, or an object array of nodes and numbers.
    """

    __slots__ = ("a",)
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, a: Any) -> None:
        self.a: NDArray[Any] = np.asarray(a)

    @property
    def shape(self) -> tuple[int, ...]:
        """As NumPy's."""
        return self.a.shape

    @property
    def ndim(self) -> int:
        """As NumPy's."""
        return self.a.ndim

    def __len__(self) -> int:
        return len(self.a)

    def __bool__(self) -> bool:
        raise TracingError("a traced value was asked whether it is true; use xp.where, & and | instead of if, and, or")

    def __iter__(self) -> Any:
        raise TracingError("a traced array was iterated over; index its last axes instead")

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TracingError("a traced array was written to; build a new one with xp.where, xp.stack or xp.concatenate")

    def __getattr__(self, name: str) -> Any:
        raise TracingError(f"arrays that are traced have no {name!r}; allowed: what envs/fused/traced.py lists")

    def __getitem__(self, key: Any) -> Traced:
        parts = key if isinstance(key, tuple) else (key,)
        at = [i for i, part in enumerate(parts) if isinstance(part, Traced) and part.a.dtype == object]
        plain = [part.a if isinstance(part, Traced) and i not in at else part for i, part in enumerate(parts)]
        if not at:
            return Traced(self.a[tuple(plain)])
        shifted = any(part is None or part is ... for part in parts[: at[0]])
        if len(at) > 1 or shifted or parts[at[0]].shape != (1,):
            raise TracingError("one index that depends on the simulation is allowed, of shape (n,)")
        return self._looked_up(plain, at[0], cast(parts[at[0]].a[0], INT))

    def _looked_up(self, key: list[Any], position: int, index: Any) -> Traced:
        """Entries at an index that is known only when the code runs; beyond the ends the last one at that end."""
        entries = []
        for value in range(self.a.shape[position]):
            key[position] = np.array([value])
            entries.append(self.a[tuple(key)])
        if not isinstance(index, Node):
            return Traced(entries[int(np.clip(index, 0, len(entries) - 1))])
        if self.a.dtype != object and len(entries) > _LONG:
            table = np.ascontiguousarray([entry.ravel() for entry in entries], np.float64)
            found = [index.graph.node("entry", FLOAT, Constants(table), index, j) for j in range(table.shape[1])]
            out = np.empty(len(found), object)
            out[:] = found
            read = Traced(out.reshape(entries[0].shape))
            return read if self.a.dtype.kind == "f" else read.astype(int)
        chosen = entries[-1]
        for value in reversed(range(len(entries) - 1)):
            chosen = _each(select)(apply("less_equal", index, value), entries[value], chosen)
        return Traced(chosen)

    def astype(self, dtype: Any) -> Traced:
        """As another kind."""
        kind = _LETTERS[np.dtype(dtype).kind]
        if self.a.dtype != object:
            return Traced(self.a.astype(dtype))
        return Traced(_each(lambda value: cast(value, kind))(self.a))

    @property
    def dtype(self) -> np.dtype[Any]:
        """As NumPy's."""
        return np.dtype({BOOL: bool, INT: np.int64, FLOAT: np.float64}[self._kind()])

    def copy(self) -> Traced:
        """The array itself: nobody can write to it."""
        return self

    def reshape(self, *shape: Any) -> Traced:
        """As NumPy's."""
        return Traced(self.a.reshape(*shape))

    def sum(self, axis: int) -> Traced:
        """Sum over one axis, from its first entry to its last."""
        counted = self.astype(int) if self._kind() == BOOL else self
        return counted._reduced("add", axis, 0)

    def max(self, axis: int) -> Traced:
        """Largest over one axis."""
        return self._reduced("maximum", axis)

    def min(self, axis: int) -> Traced:
        """Smallest over one axis."""
        return self._reduced("minimum", axis)

    def any(self, axis: int) -> Traced:
        """Whether one over the axis is true."""
        return self._reduced("logical_or", axis, False)

    def all(self, axis: int) -> Traced:
        """Whether all over the axis are true."""
        return self._reduced("logical_and", axis, True)

    def _reduced(self, op: str, axis: int, start: Any = None) -> Traced:
        parts = list(np.moveaxis(self.a, axis, 0))
        if not parts and start is not None:
            return Traced(np.full(np.delete(self.a.shape, axis), start))
        return reduce(partial(call, op), map(Traced, parts))

    def _kind(self) -> str:
        if self.a.dtype != object:
            return _LETTERS[self.a.dtype.kind]
        return highest(*self.a.ravel()) if self.a.size else FLOAT


def call(op: str, *args: Any) -> Traced:
    """An elementwise operation of `graph.NUMERIC` on traced and plain arrays."""
    arrays = [arg.a if isinstance(arg, Traced) else np.asarray(arg) for arg in args]
    if all(array.dtype != object for array in arrays):
        with np.errstate(all="ignore"):
            return Traced(NUMERIC[op](*arrays))
    return Traced(_each(partial(apply, op), len(arrays))(*arrays))


def _each(function: Any, count: int | None = None) -> Any:
    """A function of numbers over object arrays; always an array, also of none or one."""

    def over(*arrays: Any) -> NDArray[Any]:
        return np.asarray(np.frompyfunc(function, count or len(arrays), 1)(*arrays), object)

    return over


def choose(condition: Any, one: Any, other: Any) -> Traced:
    """NumPy's `where`."""
    arrays = [part.a if isinstance(part, Traced) else np.asarray(part) for part in (condition, one, other)]
    if all(array.dtype != object for array in arrays):
        return Traced(np.where(*arrays))
    return Traced(_each(select)(*arrays))


def _install() -> None:
    """Give `Traced` Python's operators."""
    binary = {
        "add": "add",
        "sub": "subtract",
        "mul": "multiply",
        "truediv": "divide",
        "floordiv": "floor_divide",
        "mod": "remainder",
        "pow": "power",
        "and": "logical_and",
        "or": "logical_or",
        "xor": "logical_xor",
    }
    for name, op in binary.items():
        setattr(Traced, f"__{name}__", lambda self, other, op=op: call(op, self, other))
        setattr(Traced, f"__r{name}__", lambda self, other, op=op: call(op, other, self))
    compared = {
        "lt": "less",
        "le": "less_equal",
        "gt": "greater",
        "ge": "greater_equal",
        "eq": "equal",
        "ne": "not_equal",
    }
    for name, op in compared.items():
        setattr(Traced, f"__{name}__", lambda self, other, op=op: call(op, self, other))
    for name, op in {"neg": "negative", "abs": "abs", "invert": "logical_not"}.items():
        setattr(Traced, f"__{name}__", lambda self, op=op: call(op, self))


_install()
