"""From a graph to native code: LLVM's intermediate language for one function that runs over rows of arrays."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir

from pilotline.envs.fused.graph import BOOL, FLOAT, INT, Constants, Node, cast, kind_of
from pilotline.envs.noise import SPLITMIX

NAME = "rows"
"""Of the function: void rows(i64 count, i64* ids, i64* addresses, i64* strides)."""

_DOUBLE, _LONG, _BYTE, _BIT = ir.DoubleType(), ir.IntType(64), ir.IntType(8), ir.IntType(1)
_TYPES = {FLOAT: _DOUBLE, INT: _LONG, BOOL: _BIT}
_STORED = {FLOAT: _DOUBLE, INT: _LONG, BOOL: _BYTE}
_LIBM = {"arccos": "acos", "arcsin": "asin", "arctan": "atan", "arctan2": "atan2", "power": "pow"}
_LIBM |= {name: name for name in ("sin", "cos", "tan", "exp", "log", "tanh", "cbrt")}
_INTRINSIC = {"sqrt": "llvm.sqrt.f64", "floor": "llvm.floor.f64"}
_COMPARED = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
_GOLDEN, _MIX1, _MIX2 = SPLITMIX
_IRWIN_HALL = (3.0**0.5) / 65536.0


class Place(NamedTuple):
    """An element of the row of an array: number of the array, element, and how it is stored."""

    array: int
    element: int
    kind: str


def emit(stores: Sequence[tuple[Place, Any]], inputs: Sequence[str], tables: Sequence[Constants]) -> str:
    """The module's text.

    Args:
      stores: what is written where, after everything has been read and computed; nodes or numbers.
      inputs: names of the arrays that `load` nodes read, numbers 0... of the arrays.
      tables: of `entry` nodes, numbered after the inputs; the arrays of `stores` are counted by their places.
    """
    return str(_Module(stores, inputs, tables).module)


class _Module:
    """The function under construction."""

    def __init__(self, stores: Sequence[tuple[Place, Any]], inputs: Sequence[str], tables: Sequence[Constants]) -> None:
        self.module = ir.Module(name="fused")
        self._input = {name: i for i, name in enumerate(inputs)}
        self._table = {table.key: len(inputs) + i for i, table in enumerate(tables)}
        pointer = _LONG.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [_LONG, pointer, pointer, pointer])
        function = ir.Function(self.module, kind, NAME)
        self._count, self._ids, self._addresses, self._strides = function.args
        entry, head = function.append_basic_block("entry"), function.append_basic_block("head")
        body, done = function.append_basic_block("body"), function.append_basic_block("done")
        ir.IRBuilder(entry).branch(head)
        b = self._b = ir.IRBuilder(head)
        turn = b.phi(_LONG)
        turn.add_incoming(ir.Constant(_LONG, 0), entry)
        b.cbranch(b.icmp_signed("<", turn, self._count), body, done)
        b.position_at_end(body)
        self._row = b.load(b.gep(self._ids, [turn]))
        self._rows: dict[int, Any] = {}
        self._values: dict[int, Any] = {}
        for node in _reached(value for _, value in stores):
            self._values[node.index] = getattr(self, f"_{node.op}", self._numeric)(node)
        for place, value in stores:
            self._store(place, value)
        turn.add_incoming(b.add(turn, ir.Constant(_LONG, 1)), b.block)
        b.branch(head)
        b.position_at_end(done)
        b.ret_void()

    def _value(self, value: Any) -> Any:
        """LLVM's value of a node or number."""
        if isinstance(value, Node):
            return self._values[value.index]
        kind = kind_of(value)
        return ir.Constant(_TYPES[kind], float(value) if kind == FLOAT else int(value))

    def _address(self, array: int, element: int, kind: str) -> Any:
        """Pointer to an element of the present row of an array."""
        b = self._b
        if array not in self._rows:
            at = ir.Constant(_LONG, array)
            start, stride = b.load(b.gep(self._addresses, [at])), b.load(b.gep(self._strides, [at]))
            self._rows[array] = b.add(start, b.mul(self._row, stride))
        size = 1 if kind == BOOL else 8
        at = b.add(self._rows[array], ir.Constant(_LONG, element * size))
        return b.inttoptr(at, _STORED[kind].as_pointer())

    def _store(self, place: Place, value: Any) -> None:
        found = cast(value, place.kind) if not isinstance(value, Node) else value
        bits = self._value(found)
        if kind_of(found) != place.kind:
            bits = self._converted(bits, kind_of(found), place.kind)
        if place.kind == BOOL:
            bits = self._b.zext(bits, _BYTE)
        self._b.store(bits, self._address(place.array, place.element, place.kind))

    def _load(self, node: Node) -> Any:
        name, element = node.args
        found = self._b.load(self._address(self._input[name], element, node.kind))
        return self._b.icmp_unsigned("!=", found, ir.Constant(_BYTE, 0)) if node.kind == BOOL else found

    def _cast(self, node: Node) -> Any:
        return self._converted(self._value(node.args[0]), node.args[0].kind, node.kind)

    def _converted(self, value: Any, source: str, wanted: str) -> Any:
        b = self._b
        if wanted == BOOL:
            zero = ir.Constant(_TYPES[source], 0)
            return b.fcmp_unordered("!=", value, zero) if source == FLOAT else b.icmp_signed("!=", value, zero)
        if source == BOOL:
            return b.uitofp(value, _DOUBLE) if wanted == FLOAT else b.zext(value, _LONG)
        return b.sitofp(value, _DOUBLE) if wanted == FLOAT else b.fptosi(value, _LONG)

    def _where(self, node: Node) -> Any:
        return self._b.select(*map(self._value, node.args))

    def _entry(self, node: Node) -> Any:
        table, index, column = node.args
        b = self._b
        rows, width = table.values.shape
        zero, last = ir.Constant(_LONG, 0), ir.Constant(_LONG, rows - 1)
        row = self._value(index)
        row = b.select(b.icmp_signed("<", row, zero), zero, row)
        row = b.select(b.icmp_signed(">", row, last), last, row)
        start = b.load(b.gep(self._addresses, [ir.Constant(_LONG, self._table[table.key])]))
        entry = b.add(b.mul(row, ir.Constant(_LONG, width)), ir.Constant(_LONG, column))
        at = b.add(start, b.mul(entry, ir.Constant(_LONG, 8)))
        return b.load(b.inttoptr(at, _DOUBLE.as_pointer()))

    def _normal(self, node: Node) -> Any:
        key, step, column = node.args
        b = self._b
        base = self._mixed(b.xor(self._value(key), self._mixed(self._value(step))))
        bits = self._mixed(b.xor(base, ir.Constant(_LONG, column)))
        low = ir.Constant(_LONG, 0xFFFF)
        parts = [b.and_(b.lshr(bits, ir.Constant(_LONG, shift)), low) for shift in (0, 16, 32, 48)]
        total = b.sitofp(b.add(b.add(b.add(parts[0], parts[1]), parts[2]), parts[3]), _DOUBLE)
        return b.fmul(b.fsub(total, ir.Constant(_DOUBLE, 131070.0)), ir.Constant(_DOUBLE, _IRWIN_HALL))

    def _mixed(self, x: Any) -> Any:
        """SplitMix's output function, see `pilotline.envs.noise.splitmix64`."""
        b = self._b
        x = b.add(x, _whole(_GOLDEN))
        x = b.mul(b.xor(x, b.lshr(x, _whole(30))), _whole(_MIX1))
        x = b.mul(b.xor(x, b.lshr(x, _whole(27))), _whole(_MIX2))
        return b.xor(x, b.lshr(x, _whole(31)))

    def _numeric(self, node: Node) -> Any:
        b, op = self._b, node.op
        args = [self._value(arg) for arg in node.args]
        if op in _COMPARED:
            if kind_of(node.args[0]) != FLOAT:
                return b.icmp_signed(_COMPARED[op], *args)
            compare = b.fcmp_unordered if op == "not_equal" else b.fcmp_ordered
            return compare(_COMPARED[op], *args)
        if op in _LIBM:
            return b.call(self._declared(_LIBM[op], len(args)), args)
        if op in _INTRINSIC:
            return b.call(self._declared(_INTRINSIC[op], 1), args)
        if node.kind == INT:
            return self._whole_number(op, args)
        return self._real(op, args)

    def _real(self, op: str, args: list[Any]) -> Any:
        b = self._b
        simple = {"add": b.fadd, "subtract": b.fsub, "multiply": b.fmul, "divide": b.fdiv, "negative": b.fneg}
        logic = {"logical_and": b.and_, "logical_or": b.or_, "logical_xor": b.xor}
        if op in simple or op in logic:
            return {**simple, **logic}[op](*args)
        if op == "logical_not":
            return b.xor(args[0], ir.Constant(_BIT, 1))
        if op == "abs":
            return b.call(self._declared("llvm.fabs.f64", 1), args)
        x = args[0]
        if op == "isnan":
            return b.fcmp_unordered("uno", x, x)
        if op == "isfinite":
            size = b.call(self._declared("llvm.fabs.f64", 1), [x])
            return b.fcmp_ordered("<", size, ir.Constant(_DOUBLE, float("inf")))
        if op == "sign":
            zero = ir.Constant(_DOUBLE, 0.0)
            up = b.select(b.fcmp_ordered(">", x, zero), ir.Constant(_DOUBLE, 1.0), x)
            return b.select(b.fcmp_ordered("<", x, zero), ir.Constant(_DOUBLE, -1.0), up)
        # as NumPy: the first where it is not a number, and the second where that is not
        compared = b.fcmp_ordered(">=" if op == "maximum" else "<=", x, args[1])
        return b.select(b.or_(compared, b.fcmp_unordered("uno", x, x)), x, args[1])

    def _whole_number(self, op: str, args: list[Any]) -> Any:
        b, zero = self._b, ir.Constant(_LONG, 0)
        simple = {"add": b.add, "subtract": b.sub, "multiply": b.mul}
        if op in simple:
            return simple[op](*args)
        if op in ("negative", "abs"):
            less = b.sub(zero, args[0])
            return less if op == "negative" else b.select(b.icmp_signed("<", args[0], zero), less, args[0])
        if op in ("minimum", "maximum"):
            return b.select(b.icmp_signed("<" if op == "minimum" else ">", *args), *args)
        # as Python: the remainder has the divisor's sign
        rest = b.srem(*args)
        off = b.and_(b.icmp_signed("!=", rest, zero), b.icmp_signed("<", b.xor(rest, args[1]), zero))
        if op == "remainder":
            return b.select(off, b.add(rest, args[1]), rest)
        return b.sub(b.sdiv(*args), b.zext(off, _LONG))

    def _declared(self, name: str, count: int) -> Any:
        known = self.module.globals.get(name)
        if known is not None:
            return known
        function = ir.Function(self.module, ir.FunctionType(_DOUBLE, [_DOUBLE] * count), name)
        return function


def tables_of(values: Iterable[Any]) -> list[Constants]:
    """Every table that nodes refer to, each once."""
    found = {node.args[0].key: node.args[0] for node in _reached(values) if node.op == "entry"}
    return list(found.values())


def inputs_of(values: Iterable[Any]) -> list[str]:
    """Names of the inputs that nodes read, in the order of first use."""
    return list(dict.fromkeys(node.args[0] for node in _reached(values) if node.op == "load"))


def _reached(values: Iterable[Any]) -> list[Node]:
    """Every node that values depend on, arguments first."""
    waiting = [value for value in values if isinstance(value, Node)]
    found: dict[int, Node] = {}
    while waiting:
        node = waiting.pop()
        if node.index not in found:
            found[node.index] = node
            waiting += [arg for arg in node.args if isinstance(arg, Node)]
    return [found[i] for i in sorted(found)]


def _whole(value: int) -> Any:
    return ir.Constant(_LONG, struct.unpack("q", struct.pack("Q", value))[0])
