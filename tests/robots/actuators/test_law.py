"""What a law is: its form, the rules its code keeps, and its identity."""

import re
import warnings
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
import numpy as xp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.robots.actuators import lawrules, scalar
from pilotline.robots.actuators.law import Law, LawError, Motion, flatten, functions, unflatten
from pilotline.robots.actuators.laws import shipped


class Inner(NamedTuple):
    a: float = 0.0
    b: float = 0.0


class State(NamedTuple):
    force: float = 0.0
    torque_nm: float = 0.0
    inner: Inner = Inner()


class Params(NamedTuple):
    gain: float


LIMIT_NM = 5.0


def held(torque):
    return xp.minimum(xp.maximum(torque, -LIMIT_NM), LIMIT_NM)


def spring(s, p, x, h):
    torque = held(p.gain * (x.command - x.q))
    return State(torque, torque, s.inner)


AT_REST = Motion(*[0.0] * len(Motion._fields))


def test_states_and_parameters_are_named_in_order():
    law = Law("spring", 1, State, Params, spring)
    assert law.states == ("force", "torque_nm", "inner.a", "inner.b")
    assert law.parameters == ("gain",)


def test_flat_values_and_nested_ones_are_the_same():
    state = unflatten(State, [1.0, 2.0, 3.0, 4.0])
    assert state == State(1.0, 2.0, Inner(3.0, 4.0))
    assert flatten(state) == [1.0, 2.0, 3.0, 4.0]


class Headless(NamedTuple):
    force: float = 0.0
    peak_nm: float = 0.0


class Worded(NamedTuple):
    force: float
    torque_nm: float
    name: str


def test_a_state_begins_with_force_and_torque_or_with_the_torque_alone():
    with pytest.raises(LawError, match=r"state begins with .*allowed: force, torque_nm"):
        Law("spring", 1, Headless, Params, spring)


def test_a_state_holds_floats_only():
    with pytest.raises(LawError, match=r"state\.name is not a float"):
        Law("spring", 1, Worded, Params, spring)


def branching(s, p, x, h):
    if x.q > 0.0:
        return s
    return State(1.0, 1.0, s.inner)


def choosing(s, p, x, h):
    return State(1.0 if x.q > 0.0 else 0.0, 0.0, s.inner)


def chained(s, p, x, h):
    inside: Any = xp.where(0.0 < x.q < 1.0, 1.0, 0.0)
    return State(inside, 0.0, s.inner)


def negating(s, p, x, h):
    still: Any = xp.where(not x.q, 1.0, 0.0)
    return State(still, 0.0, s.inner)


def looping(s, p, x, h):
    torque = x.q
    while torque > 1.0:
        torque = torque - 1.0
    return State(torque, torque, s.inner)


def trying(s, p, x, h):
    try:
        return State(1.0 / x.q, 0.0, s.inner)
    except ZeroDivisionError:
        return s


def nesting(s, p, x, h):
    def inner(value):
        return value

    return State(inner(x.q), 0.0, s.inner)


def clipping(s, p, x, h):
    return State(xp.clip(x.q, -1.0, 1.0), 0.0, s.inner)


def directly(s, p, x, h):
    return State(np.exp(x.q), 0.0, s.inner)


def builtin(s, p, x, h):
    return State(max(x.q, 0.0), 0.0, s.inner)


def printing(s, p, x, h):
    print(x.q)
    return s


def unknown(s, p, x, h):
    return State(friction_of(x.q), 0.0, s.inner)  # type: ignore[name-defined]  # noqa: F821


def recursive(s, p, x, h):
    return recursive(s, p, x, h)


def helper_branches(s, p, x, h):
    return branching(s, p, x, h)


def importing(s, p, x, h):
    import math

    return State(math.exp(x.q), 0.0, s.inner)


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (branching, "uses `if`.*allowed: xp.where"),
        (choosing, "uses `if`.*allowed: xp.where"),
        (chained, "a chained comparison.*allowed: xp.where"),
        (negating, "`not`.*allowed"),
        (looping, "`while`.*allowed"),
        (trying, "`try`"),
        (nesting, "a function, lambda or comprehension inside a function"),
        (clipping, "uses xp.clip.*allowed: where, minimum"),
        (directly, "uses 'np'.*allowed: xp"),
        (builtin, "uses 'max'"),
        (printing, "uses 'print'"),
        (unknown, "uses 'friction_of'"),
        (recursive, "recursive calls itself"),
        (helper_branches, r"branching \(test_law.py:\d+\) uses `if`"),
        (importing, "`import` inside"),
    ],
)
def test_a_law_that_breaks_a_rule_is_refused_in_one_line(step, what):
    with pytest.raises(LawError, match=f"law wrong: .*{what}") as error:
        Law("wrong", 1, State, Params, step)
    assert "\n" not in str(error.value)


def test_a_closure_is_refused():
    limit = 3.0

    def step(s, p, x, h):
        return State(xp.minimum(x.q, limit), 0.0, s.inner)

    with pytest.raises(LawError, match="allowed: a function at module level"):
        Law("closure", 1, State, Params, step)


def test_a_callable_that_is_no_function_is_refused():
    with pytest.raises(LawError, match="allowed: a function at module level"):
        Law("object", 1, State, Params, np.vectorize(lambda s: s))


TEXT = '''
"""Whatever."""
LIMIT = 5.0

def held(torque):
    return xp.minimum(xp.maximum(torque, -LIMIT), LIMIT)

def step(s, p, x, h):
    torque = held(p.gain * (x.command - x.q))
    return State(torque, torque, s.inner)
'''


def made(text: str, name: str = "spring", version: int = 1, params: Any = Params) -> Law:
    scope = {"State": State, "xp": np}
    exec(text, scope)
    step = scope["step"]
    assert isinstance(step, FunctionType)
    return Law(name, version, State, params, step)


class Renamed(NamedTuple):
    stiffness: float


def test_the_same_law_made_twice_is_the_same():
    assert made(TEXT).identity == made(TEXT).identity


def test_a_comment_makes_no_other_law():
    assert made(TEXT).identity == made(TEXT.replace("    torque = held", "    # held\n    torque = held")).identity


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 5.0", "LIMIT = 6.0"),
        ("p.gain *", "2.0 * p.gain *"),
        ("x.command - x.q", "x.command - x.v"),
        ("xp.minimum(xp.maximum(torque, -LIMIT), LIMIT)", "xp.minimum(torque, LIMIT)"),
        ("def held(torque)", "def held(torque, bias=0.0)"),
    ],
)
def test_an_edited_law_is_another_law(old, new):
    assert old in TEXT
    assert made(TEXT).identity != made(TEXT.replace(old, new)).identity


def test_name_version_and_fields_tell_laws_apart():
    laws = [made(TEXT), made(TEXT, name="other"), made(TEXT, version=2), made(TEXT, params=Renamed)]
    assert len({law.identity for law in laws}) == 4


def test_an_identity_survives_a_double():
    assert all(int(float(law.identity)) == law.identity for law in (made(TEXT), *shipped()))


def test_the_vocabulary_of_laws_is_what_each_namespace_has():
    own = {name for name, value in vars(scalar).items() if hasattr(value, "py_func")} | {"pi"}
    assert own == set(lawrules.VOCABULARY)
    assert all(hasattr(np, name) for name in lawrules.VOCABULARY)


NUMBERS = st.floats(width=64)


@pytest.mark.parametrize("name", ["abs", "sign", "floor", "exp", "log", "sin", "cos", "tanh", "sqrt"])
@given(a=NUMBERS)
def test_functions_of_one_number_agree_with_numpy(name, a):
    if name == "sign" and np.isnan(a):
        return  # nothing asks for the sign of what is not a number
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(a)
    np.testing.assert_allclose(getattr(scalar, name)(a), expected, rtol=1e-15, atol=0.0)


@given(size=st.floats(1e-200, 1e200), sign=st.sampled_from([-1.0, 1.0]))
def test_the_cube_root_agrees_with_numpy(size, sign):
    np.testing.assert_allclose(scalar.cbrt(sign * size), np.cbrt(sign * size), rtol=1e-12)
    assert scalar.cbrt(0.0) == 0.0


@pytest.mark.parametrize("name", ["minimum", "maximum", "power"])
@given(a=NUMBERS, b=NUMBERS)
def test_functions_of_two_numbers_agree_with_numpy(name, a, b):
    if name != "power" and np.isnan(b):
        return  # a bound is a number
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(a, b)
    np.testing.assert_allclose(getattr(scalar, name)(a, b), expected, rtol=1e-14, atol=0.0)


@pytest.mark.parametrize("law", shipped(), ids=lambda law: law.name)
def test_a_shipped_law_takes_arrays_of_any_shape(law):
    rng = np.random.default_rng(1)
    shape = (2, 3)
    state = unflatten(law.state, [rng.uniform(0.1, 1.0, shape) for _ in law.states])
    params = unflatten(law.params, rng.uniform(0.1, 1.0, len(law.parameters)))
    motion = Motion(*rng.uniform(-1.0, 1.0, (len(Motion._fields), *shape)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        after = law.step(state, params, motion, 0.002)
    assert {np.shape(value) for value in flatten(after)} == {shape}


def test_shipped_laws_have_names_of_their_own():
    names = [law.name for law in shipped()]
    assert {"servo", "harmonic", "twin-gear", "twin-motor", "identified"} <= set(names)
    assert len(set(names)) == len(names)


def test_functions_of_a_law_include_its_helpers():
    assert functions(spring) == [spring, held]


PAGE = Path(__file__).resolve().parents[3] / "docs" / "actuators.md"


@pytest.mark.parametrize("law", shipped(), ids=lambda law: law.name)
def test_the_overview_names_every_state(law):
    named = set(re.findall(r"`([a-z0-9_.]+)`", PAGE.read_text(encoding="utf-8")))
    assert set(law.states) <= named
