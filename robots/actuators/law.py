"""What a law is: a pure step function from command and motion to torque, with its own named state.

A law is written once, against an array namespace called `xp`:

    import numpy as xp
    from typing import NamedTuple
    from pilotline.robots.actuators.law import Law, Motion

    class State(NamedTuple):
        force: float = 0.0
        torque_nm: float = 0.0

    class Params(NamedTuple):
        stiffness_nm_per_rad: float
        limit_nm: float

    def step(s: State, p: Params, x: Motion, h: float) -> State:
        torque = xp.minimum(xp.maximum(p.stiffness_nm_per_rad * (x.command - x.q), -p.limit_nm), p.limit_nm)
        return State(force=torque, torque_nm=torque)

    LAW = Law("my-spring", 1, State, Params, step)

As it stands it runs on NumPy arrays of any shape; `native` compiles the same function into the callback that
`mj_step` calls, and `jaxed` gives it to JAX. What it may use is what `scalar` has: `where`, `minimum`,
`maximum`, `abs`, `sign`, `exp`, `log`, `sin`, `cos`, `sqrt`, `cbrt`, `tanh`, `floor`, `power`, and arithmetic; no
`if`, no loop over data. `lawrules` holds a law to that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from types import CodeType, FunctionType
from typing import Any, NamedTuple, TypeVar, get_type_hints

from pilotline.robots.actuators import lawrules


class LawError(ValueError):
    """A law that is not one, or a model that meets the wrong law; the message says which and what to do."""


class Motion(NamedTuple):
    """What a law is told at every physics step.

    Attributes:
      command: the actuator's control, rad for the position servos here.
      q, v: position and velocity of the actuator's own joint, rad and rad/s.
      feedforward: gravity torque of the joint, N m, where its body is gravity-compensated through the actuator.
      q_far, v_far: joint of the partner actuator, on the other side of a gear (`twin`), else 0.
      far_torque_nm, far_reaction_nm: second and third state of the partner, which runs first, else 0.
    """

    command: float
    q: float
    v: float
    feedforward: float
    q_far: float
    v_far: float
    far_torque_nm: float
    far_reaction_nm: float


@dataclass(frozen=True)
class Law:
    """A law: named and versioned; its identity includes its code, so an edited law is another law.

    Attributes:
      name, version: for people and files.
      state: NamedTuple class of floats or of further such NamedTuples; the first two fields are `force` (what
        MuJoCo applies at the actuator's joint) and `torque_nm` (of the joint at its output), or `torque_nm` alone where
        both are the same: every state costs. All zero is the state at reset: temperatures are kept as rise over
        ambient, for example.
      params: NamedTuple class of the same kind.
      step: (state, params, motion, timestep_s) -> next state. A module-level function, see the module's text.
    """

    name: str
    version: int
    state: type[Any]
    params: type[Any]
    step: Callable[..., Any]

    def __post_init__(self) -> None:
        """Check the form. Raises LawError."""
        names = getattr(self.state, "_fields", ())
        if tuple(names[:2]) != ("force", "torque_nm") and tuple(names[:1]) != ("torque_nm",):
            raise LawError(
                f"law {self.name}: state begins with {names[:2]}; allowed: force, torque_nm or torque_nm alone"
            )
        if not isinstance(self.step, FunctionType) or self.step.__closure__:
            raise LawError(f"law {self.name}: step is {self.step!r}; allowed: a function at module level")
        for kind, shape in (("state", self.state), ("params", self.params)):
            if bad := [path for path, leaf in leaves(shape) if leaf is not float]:
                raise LawError(f"law {self.name}: {kind}.{bad[0]} is not a float; allowed: float or NamedTuple")
        if wrong := lawrules.complaint(self.step, [f for f in functions(self.step) if not hasattr(f, NATIVE)]):
            raise LawError(f"law {self.name}: {wrong}")

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Names of the state's floats in the order of the actuator's `act`, nested ones with a dot."""
        return tuple(path for path, _ in leaves(self.state))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters in the order of the actuator's `user` data."""
        return tuple(path for path, _ in leaves(self.params))

    @cached_property
    def identity(self) -> int:
        """48 bits that tell this law from every other: name, version, fields, and code of all its functions.

        The code is Python's bytecode with its constants: what runs, whatever has happened to the file since. It
        differs between releases of Python.
        """
        text = [self.name, str(self.version), *self.states, *self.parameters]
        for f in functions(self.step):
            code = f.__code__
            text += [code.co_code.hex(), repr((code.co_names, code.co_varnames, f.__defaults__, f.__kwdefaults__))]
            text += [repr(constant) for constant in code.co_consts if not isinstance(constant, str | CodeType)]
            text += lawrules.constants(f)
        return int.from_bytes(hashlib.sha256("\n".join(text).encode()).digest()[:6], "big")


NATIVE = "native"
"""Attribute of a helper that has a native form, see `natively`."""

Helper = TypeVar("Helper", bound=Callable[..., Any])


def natively(form: Any) -> Callable[[Helper], Helper]:
    """Decorator of a helper that native code replaces by `form`, a Numba function that gives the same numbers.

    For the rare helper that needs a loop, matrices for example. It may use all that NumPy and JAX share; what it
    depends on beyond its code must be in the law's name.
    """

    def mark(helper: Helper) -> Helper:
        setattr(helper, NATIVE, form)
        return helper

    return mark


@cache
def fields(shape: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Name and type of every field of a NamedTuple class, in order."""
    hints = get_type_hints(shape)
    return tuple((name, hints[name]) for name in shape._fields)


def leaves(shape: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and type of every leaf of a nested NamedTuple class, in order."""
    for name, kind in fields(shape):
        if hasattr(kind, "_fields"):
            yield from leaves(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", kind


def functions(step: Callable[..., Any]) -> list[FunctionType]:
    """A law's step and every plain function it reaches through its globals, each once, callers first.

    Those that a helper with a native form reaches are not among them.
    """
    found: list[FunctionType] = []

    def visit(f: FunctionType) -> None:
        if f in found:
            return
        found.append(f)
        if hasattr(f, NATIVE):
            return
        for name in lawrules.named(f):
            value = f.__globals__.get(name)
            if isinstance(value, FunctionType):
                visit(value)

    assert isinstance(step, FunctionType)
    visit(step)
    return found


def rebind(step: Callable[..., Any], xp: Any, wrap: Callable[[FunctionType], Any]) -> Any:
    """A copy of a law's function in which `xp` is another namespace and every helper is copied likewise.

    Args:
      step: the law's function.
      xp: namespace that stands for `xp` in it and in all functions it calls.
      wrap: applied to each copy, `numba.njit` for example.
    """
    made: dict[FunctionType, Any] = {}

    def copy(f: FunctionType) -> Any:
        if f not in made:
            scope = dict(f.__globals__)
            for name in lawrules.named(f):
                value = scope.get(name)
                if name == "xp":
                    scope[name] = xp
                elif isinstance(value, FunctionType) and value is not f:
                    scope[name] = copy(value)
            again = FunctionType(f.__code__, scope, f.__name__, f.__defaults__, f.__closure__)
            again.__kwdefaults__ = f.__kwdefaults__
            again.__dict__.update(f.__dict__)
            made[f] = wrap(again)
        return made[f]

    assert isinstance(step, FunctionType)
    return copy(step)


def unflatten(shape: type[Any], values: Any) -> Any:
    """Nested NamedTuple of class `shape` from its leaves in order (floats or arrays)."""
    rest = iter(values)

    def fill(kind: Any) -> Any:
        return kind(*(fill(child) if hasattr(child, "_fields") else next(rest) for _, child in fields(kind)))

    return fill(shape)


def flatten(value: Any) -> list[Any]:
    """Leaves of a nested NamedTuple in order."""
    if not hasattr(value, "_fields"):
        return [value]
    return [leaf for part in value for leaf in flatten(part)]
