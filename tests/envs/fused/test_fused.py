"""A function that is traced and compiled gives, row by row, what it gives under NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pilotline.envs.fused import Kernel, Store, TracingError, namespace, trace
from pilotline.envs.fused.tracing import TracedNoise
from pilotline.envs.noise import StepNoise

N = 6
NUMBERS = st.one_of(
    st.floats(-1e3, 1e3), st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 0.5, -1.0, 1e-300, 1e300])
)
UNARY = [
    "abs",
    "sign",
    "floor",
    "sqrt",
    "cbrt",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "exp",
    "log",
    "tanh",
]
BINARY = ["add", "subtract", "multiply", "divide", "minimum", "maximum", "arctan2", "power"]


def compiled(function: Callable[..., Any], **inputs: np.ndarray) -> np.ndarray:
    """What the compiled function gives, in the type that NumPy gives."""
    with np.errstate(all="ignore"):
        wanted = np.asarray(function(np, **inputs))
    target = np.zeros((len(next(iter(inputs.values()))), *wanted.shape[1:]), wanted.dtype)
    value = trace(lambda found: function(namespace, **found), inputs)
    Kernel([Store(target, 0, value)], inputs)(np.arange(len(target)))
    return target


def check(function: Callable[..., Any], rtol: float = 0.0, **inputs: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        wanted = function(np, **inputs)
    np.testing.assert_allclose(compiled(function, **inputs), wanted, rtol=rtol, atol=0.0)


@pytest.mark.parametrize("name", UNARY)
@given(x=arrays(np.float64, (N, 2), elements=NUMBERS))
def test_functions_of_one_number(name: str, x: np.ndarray) -> None:
    # NumPy's own sine and the like may differ from the C library's in the last bits
    check(lambda xp, x: getattr(xp, name)(x), rtol=1e-12, x=np.clip(x, -30.0, 30.0) if name == "exp" else x)


@pytest.mark.parametrize("name", BINARY)
@given(x=arrays(np.float64, (N, 2), elements=NUMBERS), y=arrays(np.float64, (N, 2), elements=NUMBERS))
def test_functions_of_two_numbers(name: str, x: np.ndarray, y: np.ndarray) -> None:
    check(lambda xp, x, y: getattr(xp, name)(x, y), rtol=1e-12, x=x, y=y)


@given(i=arrays(np.int64, (N,), elements=st.integers(-50, 50)), k=st.sampled_from([-7, -2, 2, 3, 40]))
def test_whole_numbers_divide_as_in_python(i: np.ndarray, k: int) -> None:
    check(lambda xp, i: xp.stack([i // k, i % k, i * 2 - k, -i, abs(i)], axis=-1), i=i)


@given(x=arrays(np.float64, (N, 3), elements=NUMBERS), m=arrays(np.bool_, (N, 3)))
def test_comparisons_logic_and_sums(x: np.ndarray, m: np.ndarray) -> None:
    def function(xp: Any, x: Any, m: Any) -> Any:
        flags = [x < 1.0, x >= 0.0, ~m & (x != x), m | xp.isnan(x), xp.isfinite(x) ^ m]
        return xp.stack([flag.any(axis=-1) * 2.0 + flag.all(axis=-1) + flag.sum(axis=-1) for flag in flags], axis=-1)

    check(function, x=x, m=m)
    check(lambda xp, x, m: xp.where(m, x, 7.0).max(axis=-1), x=x, m=m)
    check(lambda xp, x, m: x.min(axis=-1), x=x, m=m)


def test_arrays_are_cut_joined_and_spread_as_in_numpy() -> None:
    rng = np.random.default_rng(0)

    def function(xp: Any, x: Any, y: Any) -> Any:
        parts = [
            x[:, 1:],
            y[:, None] * np.arange(3.0),
            x[:, [2, 0]],
            xp.ones_like(y)[:, None],
            xp.full((len(y), 1), 2.0),
        ]
        return xp.concatenate([*parts, xp.zeros((len(y), 1)), x[..., 0:1] - np.eye(4)[0]], axis=-1)

    check(function, x=rng.normal(size=(N, 4)), y=rng.normal(size=N))


@given(kind=arrays(np.int64, (N,), elements=st.integers(0, 19)))
def test_tables_are_looked_up_by_numbers_known_only_later(kind: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    long, short, own = rng.normal(size=(20, 3)), rng.normal(size=(4, 2)), rng.normal(size=(N, 20))
    inputs: dict[str, Any] = {"kind": kind, "own": own}
    check(lambda xp, kind, own: xp.asarray(long)[kind], **inputs)
    check(lambda xp, kind, own: xp.asarray(long)[kind, 1], **inputs)
    check(lambda xp, kind, own: xp.asarray(short)[kind % 4, 0], **inputs)
    check(lambda xp, kind, own: own[xp.arange(len(kind)), kind], **inputs)


def test_noise_has_the_same_bits() -> None:
    keys = np.array([0, 1, 2**63 + 5, 2**64 - 1], np.uint64)
    steps = np.array([0, 3, 700, 10**6])
    target = np.zeros((4, 5))
    inputs = {"keys": keys, "steps": steps}
    value = trace(lambda found: TracedNoise(found["keys"], found["steps"])("pose", 5), inputs)
    Kernel([Store(target, 0, value)], inputs)(np.arange(4))
    np.testing.assert_array_equal(target, StepNoise(keys, steps)("pose", 5))


def test_only_the_rows_asked_for_are_touched_and_an_input_may_be_the_target() -> None:
    x = np.arange(8.0).reshape(4, 2)
    value = trace(lambda found: found["x"][:, ::-1] * 10.0, {"x": x})
    Kernel([Store(x, 0, value)], {"x": x})(np.array([1, 3]))
    np.testing.assert_array_equal(x, [[0, 1], [30, 20], [4, 5], [70, 60]])


def test_rows_may_lie_apart_in_memory() -> None:
    block = np.arange(12.0).reshape(3, 4)
    x, out = block[:, 1:3], np.zeros((3, 5))
    value = trace(lambda found: found["x"].sum(axis=-1), {"x": x})
    Kernel([Store(out, 4, value)], {"x": x})(np.arange(3))
    np.testing.assert_array_equal(out[:, 4], x.sum(axis=-1))
    assert not out[:, :4].any()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: 1.0 if x[:, 0] > 0.0 else 2.0, "asked whether it is true"),
        (lambda x: x.__setitem__(0, 1.0), "written to"),
        (lambda x: namespace.linspace(0.0, 1.0), "xp.linspace cannot be traced"),
        (lambda x: x.argmax(axis=-1), "'argmax'"),
        (lambda x: list(x), "iterated over"),
    ],
)
def test_code_that_cannot_be_traced_is_refused_with_the_reason(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(TracingError, match=message):
        trace(lambda found: function(found["x"]), {"x": np.zeros((2, 3))})


def test_arrays_that_have_no_place_in_a_graph_are_refused() -> None:
    with pytest.raises(TracingError, match="input 'x' is float32"):
        trace(lambda found: found["x"], {"x": np.zeros((2, 3), np.float32)})
    apart = np.zeros((3, 4))[:, ::2]
    value = trace(lambda found: found["x"], {"x": apart})
    with pytest.raises(ValueError, match="contiguous rows"):
        Kernel([Store(np.zeros((3, 2)), 0, value)], {"x": apart})
    with pytest.raises(ValueError, match="do not fit a row of 1"):
        Kernel([Store(np.zeros((3, 1)), 0, value)], {"x": np.zeros((3, 2))})
