"""One function, three ways: every law gives the same on NumPy, compiled by Numba, and under JAX.

10,000 inputs per law and range, drawn from seeds that hypothesis chooses. Outputs agree within 1e-6 of their size. In
the extreme range a law also subtracts what is equal in nearly every digit, and an encoder's count may hang on the last
one. How much an input magnifies rounding shows in what one rounding of the inputs does to NumPy's own output; there a
hundred times that is allowed too.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mujoco
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotline.robots.actuators import catalogue, native
from pilotline.robots.actuators.law import Law, Motion, flatten, unflatten
from pilotline.robots.actuators.laws import shipped
from pilotline.robots.actuators.laws.learned import law_of
from pilotline.robots.actuators.learned import params_of
from pilotline.robots.actuators.mount import LAW_TIERS, mount
from pilotline.robots.actuators.network import Figures, Layer, read, write
from pilotline.robots.actuators.pack import Setup

ROWS, EXAMPLES = 500, 20
TOLERANCE = 1e-6
EPSILON = float(np.finfo(np.float64).eps)
FLUSHED = 1e-300
"""Size below which JAX may take a number for zero."""

JAX_LIMIT_S = 120.0

JOINTS = ("csg-25-100+tbm-6025", "csd-14-100+tbm-6013", "rby1-torso", "g1-7520-14", "mx-64-m6", "erob80-100-m4")
NAMES = (*(law.name for law in shipped()), "learned")

FLAGS = {
    "started": 2,
    "drive.tripped": 2,
    "drive.mode": 3,
    "motor_side": 2,
    "control.kind": 3,
}
"""Fields that hold a whole number below this."""

SENSIBLE = {
    "_nm": 100.0,
    "_rad": 1e-3,
    "_a": 30.0,
    "_k": 100.0,
    "_s": 1e-3,
    "_j": 1e3,
    "stick": 1.0,
    "tooth": 3.0,
    "skipped": 4.0,
    "command": 2.0,
    "message": 2.0,
    "force": 100.0,
}
"""Largest size of a state by the end of its name; of the rest 1."""

POSITIVE = ("_k", "_s", "_j", "skipped", "peak_nm")
WHOLE = ("tooth", "skipped")
MOTION = np.array([3.0, 3.0, 5.0, 50.0, 3.0, 5.0, 100.0, 100.0])
STEPS_S = (0.0005, 0.001, 0.002, 0.004)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX file."""
    rng = np.random.default_rng(3)
    sizes, kinds = (6, 16, 16, 1), ("Softsign", "Elu", None)
    layers = tuple(
        Layer(rng.normal(size=(a, b)) / a**0.5, rng.normal(size=b), kind)
        for a, b, kind in zip(sizes, sizes[1:], kinds, strict=False)
    )
    path = tmp_path_factory.mktemp("network") / "net.onnx"
    write(path, layers, Figures((0, 1, 3), 0.004, 0.1, 4.0, 40.0, 60.0))
    return path


@pytest.fixture(scope="module")
def laws(network: Path) -> dict[str, Law]:
    return {**{law.name: law for law in shipped()}, "learned": law_of(read(network))}


@pytest.fixture(scope="module")
def sheets(network: Path) -> dict[str, np.ndarray]:
    """Parameters of every law, (k, parameters), as mounting actuators from data sheets gives them."""
    found: dict[str, list[Any]] = {}

    def note(spec: Any, joint: str, law: Law, params: Any, **more: Any) -> Any:
        found.setdefault(law.name, []).append(flatten(params))
        return SimpleNamespace()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[mount.__module__], "drive_by", note)
        for name in JOINTS:
            for tier in LAW_TIERS:
                spec = mujoco.MjSpec()
                spec.worldbody.add_body(name="link").add_joint(name="joint", type=mujoco.mjtJoint.mjJNT_HINGE)
                mount(spec, "joint", catalogue.joint(name), tier, Setup(1.0, 5.0))
    found["learned"] = [list(params_of(read(network), Setup(1.0, 5.0)))]
    return {name: np.array(rows, np.float64) for name, rows in found.items()}


def signed(rng: np.random.Generator, shape: Any, decades: tuple[float, float]) -> np.ndarray:
    return 10.0 ** rng.uniform(*decades, shape) * rng.choice([-1.0, 1.0], shape)


def draw(law: Law, sheet: np.ndarray, seed: int, extreme: bool) -> tuple[np.ndarray, ...]:
    """States, parameters, motions (rows, fields) and time steps (rows,)."""
    rng = np.random.default_rng(seed)
    params = sheet[rng.integers(len(sheet), size=ROWS)]
    params = params * (10.0 ** rng.uniform(-3, 3, params.shape) if extreme else rng.uniform(0.8, 1.25, params.shape))
    states = signed(rng, (ROWS, len(law.states)), (-9, 6)) if extreme else rng.uniform(-1, 1, (ROWS, len(law.states)))
    for i, name in enumerate(law.states):
        if not extreme:
            states[:, i] *= next((size for end, size in SENSIBLE.items() if name.endswith(end)), 1.0)
        if name.endswith(POSITIVE):
            states[:, i] = np.abs(states[:, i])
        if name.endswith(WHOLE):
            states[:, i] = np.round(states[:, i])
    for names, values in ((law.states, states), (law.parameters, params)):
        for i, name in enumerate(names):
            if name in FLAGS:
                values[:, i] = rng.integers(FLAGS[name], size=ROWS)
    motions = signed(rng, (ROWS, 8), (-9, 4)) if extreme else rng.uniform(-1, 1, (ROWS, 8)) * MOTION
    # half the commands are the ones that the drive has already
    if "drive.message" in law.states:
        same = rng.random(ROWS) < 0.5
        motions[same, 0] = states[same, law.states.index("drive.message")]
    return states, params, motions, rng.choice(STEPS_S, ROWS)


def on_numpy(law: Law, inputs: tuple[np.ndarray, ...], kind: Any = np.float64) -> np.ndarray:
    states, params, motions, h = (value.astype(kind) for value in inputs)
    with np.errstate(all="ignore"):
        after = law.step(unflatten(law.state, states.T), unflatten(law.params, params.T), Motion(*motions.T), h)
    return np.stack([np.broadcast_to(value, len(h)) for value in flatten(after)], axis=1)


@cache
def numba_rows(law: Law) -> Callable[..., None]:
    """The law compiled, over rows."""
    scope: dict[str, Any] = {"inner": native.numba_step(law), "Motion": Motion}
    lines = [
        "def rows(states, params, motions, steps, after):",
        "    for row in range(len(steps)):",
        "        a, q, m = states[row], params[row], motions[row]",
        f"        s = {native._construct('State', law.state, 'a', scope)}",
        f"        p = {native._construct('Params', law.params, 'q', scope)}",
        f"        x = Motion({', '.join(f'm[{i}]' for i in range(len(Motion._fields)))})",
        "        n = inner(s, p, x, steps[row])",
        *(f"        after[row, {i}] = n.{name}" for i, name in enumerate(law.states)),
    ]
    exec("\n".join(lines), scope)
    return numba.njit(error_model="numpy")(scope["rows"])


def on_numba(law: Law, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
    after = np.empty_like(inputs[0])
    numba_rows(law)(*inputs, after)
    return after


@pytest.fixture(scope="module")
def on_jax() -> Iterator[Callable[..., np.ndarray]]:
    """Evaluates a law in a process with JAX; ends it where it does not answer in time."""
    pytest.importorskip("jax")
    worker = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("jax_worker.py"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    requests, answers = worker.stdin, worker.stdout
    assert requests is not None
    assert answers is not None

    def evaluate(name: str, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        timer = threading.Timer(JAX_LIMIT_S, worker.kill)
        timer.start()
        try:
            pickle.dump((name, *inputs), requests)
            requests.flush()
            return pickle.load(answers)
        except (EOFError, BrokenPipeError):
            pytest.fail(f"JAX ended or did not answer within {JAX_LIMIT_S:.0f} s")
        finally:
            timer.cancel()

    yield evaluate
    requests.close()
    worker.kill()
    worker.wait()


def rounding(law: Law, inputs: tuple[np.ndarray, ...], here: np.ndarray) -> np.ndarray:
    """How far an output moves with extended precision, and with inputs that are rounded otherwise."""
    rng = np.random.default_rng(1)
    apart = np.abs(here - on_numpy(law, inputs, np.longdouble)).astype(np.float64)
    *values, h = inputs
    for _ in range(4):
        others = [value * (1.0 + EPSILON * rng.integers(-1, 2, value.shape)) for value in values]
        apart = np.maximum(apart, np.abs(here - on_numpy(law, (*others, h))))
    return apart


def disagreements(law: Law, inputs: tuple[np.ndarray, ...], other: np.ndarray, extreme: bool) -> list[str]:
    """Outputs that differ from NumPy's by more than rounding explains, in words."""
    here = on_numpy(law, inputs)
    allowed = TOLERANCE * np.abs(here)
    if extreme:
        allowed += 100.0 * rounding(law, inputs, here) + FLUSHED
    assert np.isfinite(here).all()
    apart = ~(np.abs(here - other) <= allowed)
    return [
        f"row {row} {law.states[column]}: {here[row, column]!r} and {other[row, column]!r}"
        for row, column in np.argwhere(apart)
    ]


SEEDS = st.integers(0, 2**32 - 1)
RANGES = pytest.mark.parametrize("extreme", [False, True], ids=["sensible", "extreme"])


def test_every_law_is_checked(sheets):
    assert set(sheets) == set(NAMES)


@RANGES
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=EXAMPLES)
@given(seed=SEEDS)
def test_numba_agrees_with_numpy(name, extreme, seed, laws, sheets):
    inputs = draw(laws[name], sheets[name], seed, extreme)
    assert disagreements(laws[name], inputs, on_numba(laws[name], inputs), extreme) == []


@RANGES
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=EXAMPLES)
@given(seed=SEEDS)
def test_jax_agrees_with_numpy(name, extreme, seed, laws, sheets, network, on_jax):
    inputs = draw(laws[name], sheets[name], seed, extreme)
    label = str(network) if name == "learned" else name
    assert disagreements(laws[name], inputs, on_jax(label, inputs), extreme) == []
