"""What the code of a law may hold: arithmetic, `xp`, and functions of the same kind; read off its bytecode.

NumPy, Numba and JAX each accept something that another does not. A law that breaks a rule is refused when it is
made, wherever it is going to run, instead of failing in one of the three later.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

VOCABULARY = (
    *("where", "minimum", "maximum", "abs", "sign", "floor"),
    *("exp", "log", "sin", "cos", "tanh", "sqrt", "cbrt", "power", "pi"),
)
"""What `xp` has: what NumPy, JAX and `scalar` all have."""

_BRANCH = "`if`, `and`, `or`, `not`, `assert`, `while` or a chained comparison"
_FORBIDDEN = {
    "UNARY_NOT": _BRANCH,
    "MAKE_FUNCTION": "a function, lambda or comprehension inside a function",
    "STORE_GLOBAL": "`global`",
    "IMPORT_NAME": "`import` inside a function",
    "RAISE_VARARGS": "`raise`",
    "YIELD_VALUE": "`yield`",
}


def complaint(step: FunctionType, reached: Iterable[FunctionType]) -> str | None:
    """What is wrong with a law's code, in one line; None where nothing is.

    Args:
      step: the law's function.
      reached: it and the helpers that it reaches, without those that have a native form of their own.
    """
    reached = list(reached)
    for f in reached:
        for code, what in _wrong(f, step):
            where = f"{f.__name__} ({Path(code.co_filename).name}:{code.co_firstlineno})"
            return f"{where} uses {what}"
    return _recursion(step, set(reached))


@cache
def named(f: FunctionType) -> tuple[str, ...]:
    """Names that a function takes from its module, sorted."""
    found = {i.argval for i in dis.get_instructions(f.__code__) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return tuple(sorted(found))


def constants(f: FunctionType) -> Iterator[str]:
    """What a function takes from its module: numbers with their values, NamedTuples with fields and defaults."""
    for name in named(f):
        value = f.__globals__.get(name)
        if isinstance(value, int | float):
            yield f"{name}={value!r}"
        elif isinstance(value, type) and hasattr(value, "_fields"):
            yield f"{name}={value._fields!r} {value._field_defaults!r}"  # type: ignore[attr-defined]


def _wrong(f: FunctionType, step: FunctionType) -> Iterator[tuple[CodeType, str]]:
    """Broken rules of one function."""
    code = f.__code__
    if code.co_freevars or f.__closure__:
        yield code, f"{code.co_freevars[0]!r} of a function around it; allowed: functions at module level"
    if code.co_exceptiontable:
        yield code, "`try` or `with`; allowed: arithmetic, comparison and xp.where"
    after_xp = False
    for instruction in dis.get_instructions(code):
        name, argument = instruction.opname, instruction.argval
        line = instruction.positions.lineno if instruction.positions else None
        at = f" in line {line}" if line else ""
        if after_xp and (name not in ("LOAD_ATTR", "LOAD_METHOD") or argument not in VOCABULARY):
            yield code, f"xp.{argument}{at}; allowed: {', '.join(VOCABULARY)}"
        if "_IF_" in name:
            yield code, f"{_BRANCH}{at}; allowed: xp.where, & and |"
        if name in _FORBIDDEN:
            yield code, f"{_FORBIDDEN[name]}{at}; allowed: arithmetic, xp.where, & and |"
        if name in ("LOAD_GLOBAL", "LOAD_NAME") and argument != "xp" and not _allowed(f, argument):
            yield code, f"{argument!r}{at}; allowed: xp, functions at module level, NamedTuples and numbers"
        after_xp = name == "LOAD_GLOBAL" and argument == "xp"


def _allowed(f: FunctionType, name: str) -> bool:
    """Whether a function of a law may use this global."""
    if name not in f.__globals__:
        return name == "range"
    value: Any = f.__globals__[name]
    return isinstance(value, FunctionType | int | float) or (isinstance(value, type) and hasattr(value, "_fields"))


def _recursion(step: FunctionType, members: set[FunctionType]) -> str | None:
    """Complaint about a function that calls itself, by whatever way round."""
    open_, done = [], set()

    def visit(f: FunctionType) -> str | None:
        if f in open_:
            return f"{f.__name__} calls itself; allowed: functions that do not"
        if f in done or f not in members:
            return None
        open_.append(f)
        for name in named(f):
            value = f.__globals__.get(name)
            if isinstance(value, FunctionType) and (found := visit(value)):
                return found
        done.add(open_.pop())
        return None

    return visit(step)
