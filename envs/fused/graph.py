"""Expression graphs of numbers: every operation that a traced function does for one simulation, each once."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

BOOL, INT, FLOAT = "bool", "int", "float"
"""Kinds of numbers: one bit, 64-bit integers, doubles."""
KINDS = {"float64": FLOAT, "int64": INT, "uint64": INT, "bool": BOOL}
"""Of the arrays that a graph reads and writes, by the name of their type."""
_ORDER = (BOOL, INT, FLOAT)

ARITHMETIC: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "negative": np.negative,
    "abs": np.abs,
}
"""Results are of the highest kind among the arguments, integers at least."""
WHOLE: dict[str, Callable[..., Any]] = {"floor_divide": np.floor_divide, "remainder": np.remainder}
"""Integers only."""
REAL: dict[str, Callable[..., Any]] = {
    "divide": np.divide,
    "power": np.power,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arccos": np.arccos,
    "arcsin": np.arcsin,
    "arctan": np.arctan,
    "arctan2": np.arctan2,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "floor": np.floor,
    "sign": np.sign,
}
"""Doubles only; whole numbers are converted."""
COMPARISONS: dict[str, Callable[..., Any]] = {
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
}
LOGIC: dict[str, Callable[..., Any]] = {
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "logical_not": np.logical_not,
}
TESTS: dict[str, Callable[..., Any]] = {"isnan": np.isnan, "isfinite": np.isfinite}
NUMERIC = {**ARITHMETIC, **WHOLE, **REAL, **COMPARISONS, **LOGIC, **TESTS}


class Node:
    """One number of a graph: an operation on others, or on constants."""

    __slots__ = ("args", "graph", "index", "kind", "op")

    def __init__(self, graph: Graph, index: int, op: str, kind: str, args: tuple[Any, ...]) -> None:
        self.graph, self.index, self.op, self.kind, self.args = graph, index, op, kind, args


class Constants:
    """A table of doubles that a graph refers to; tables of the same contents are the same."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.values = values
        self.key = ("table", values.shape, values.tobytes())


class Graph:
    """Nodes in an order in which each comes after its arguments; the same operation on the same numbers is one node."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._seen: dict[tuple[Any, ...], Node] = {}

    def node(self, op: str, kind: str, *args: Any) -> Node:
        """The node of an operation; arguments are nodes or plain numbers."""
        key = (op, kind, *map(_key, args))
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = Node(self, len(self.nodes), op, kind, args)
            self.nodes.append(found)
        return found


def kind_of(value: Any) -> str:
    """Kind of a node or a plain number."""
    if isinstance(value, Node):
        return value.kind
    if isinstance(value, bool | np.bool_):
        return BOOL
    return INT if isinstance(value, int | np.integer) else FLOAT


def cast(value: Any, kind: str) -> Any:
    """A node or number as another kind; doubles lose their fraction, towards zero."""
    if kind_of(value) == kind:
        return value
    if isinstance(value, Node):
        return value.graph.node("cast", kind, value)
    return {BOOL: bool, INT: int, FLOAT: float}[kind](value)


def apply(op: str, *args: Any) -> Any:
    """An operation of `NUMERIC` on nodes and numbers; numbers alone give a number."""
    graph = next((arg.graph for arg in args if isinstance(arg, Node)), None)
    if op in REAL:
        kind = wanted = FLOAT
    elif op in ARITHMETIC or op in WHOLE:
        kind = wanted = highest(*args, INT)
    elif op in LOGIC:
        kind = wanted = BOOL
    else:
        kind, wanted = BOOL, FLOAT if op in TESTS else highest(*args)
    same = [cast(arg, wanted) for arg in args]
    if graph is None:
        with np.errstate(all="ignore"):
            return NUMERIC[op](*same)
    return graph.node(op, kind, *same)


def select(condition: Any, one: Any, other: Any) -> Any:
    """`one` where the condition holds, else `other`."""
    if not isinstance(condition, Node):
        return one if condition else other
    kind = highest(one, other)
    return condition.graph.node("where", kind, condition, cast(one, kind), cast(other, kind))


def highest(*values: Any) -> str:
    """Highest kind among nodes, numbers and names of kinds."""
    kinds = [value if isinstance(value, str) else kind_of(value) for value in values]
    return max(kinds, key=_ORDER.index)


def _key(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Node):
        return ("node", value.index)
    if isinstance(value, Constants):
        return value.key
    if isinstance(value, str):
        return (value,)
    kind = kind_of(value)
    # by bits: zeros of either sign differ, and no two that are not numbers are equal
    return (kind, struct.pack("d", value)) if kind == FLOAT else (kind, int(value))
