"""The `learned` law: a small network gives the torque from the history of position error and velocity.

There is one law per network, made by `law_of`: the weights are constants of its native code, and its name holds the
file's hash, so that a model never steps with another network than its own. The network runs once in its own control
step, as it was trained; in between its torque is held. Position error is command - angle. Gravity torque is added
where the joint is compensated through its actuator, and the limits of the real drive bound the sum.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy as xp

from pilotline.robots.actuators.law import Law, natively
from pilotline.robots.actuators.network import Layer, Network

VERSION = 1


class Params(NamedTuple):
    """Scales of the network's inputs and output, and limits of the drive.

    Attributes:
      period_s: of the control step.
      error_rad, velocity_rad_s, torque_nm: what 1 means at the network's inputs and output.
      torque_limit_nm: largest torque at the output.
      speed_limit_rad_s: speed beyond which no torque drives the joint further.
    """

    period_s: float
    error_rad: float
    velocity_rad_s: float
    torque_nm: float
    torque_limit_nm: float
    speed_limit_rad_s: float


def tick(fresh, clock, period, h):
    """Whether the control step is due, and the time since it was: (due, clock)."""
    passed = clock + h
    due = fresh | (passed + 1e-9 >= period)
    left = xp.minimum(xp.maximum(passed - period, -h), h)
    return due, xp.where(fresh | (due & (h >= period)), 0.0, xp.where(due, left, passed))


def limited(torque, p: Params, v):
    """Torque within the limits of the drive."""
    held = xp.minimum(xp.maximum(torque, -p.torque_limit_nm), p.torque_limit_nm)
    return xp.where((xp.abs(v) > p.speed_limit_rad_s) & (held * v > 0.0), 0.0, held)


def law_of(network: Network) -> Law:
    """The law of a network; the same one for the same file."""
    key = network.sha256[:12]
    if key not in _made:
        source = compile(_source(network.figures.taps), f"<learned law {key}>", "exec", dont_inherit=True)
        scope: dict[str, Any] = {"NamedTuple": NamedTuple, "xp": xp, "tick": tick, "limited": limited}
        scope |= {"torque_of": _evaluator(network.layers), "__name__": f"{__name__}.{key}"}
        exec(source, scope)
        _made[key] = Law(f"learned {key}", VERSION, scope["State"], Params, scope["step"])
    return _made[key]


_made: dict[str, Law] = {}


def _source(taps: tuple[int, ...]) -> str:
    """Text of state and step for a history of these taps.

    `s.error_3` is the position error at the third control step before the next one.
    """
    past = [(what, i) for what in ("error", "velocity") for i in range(1, taps[-1] + 1)]
    fields = ["force", "torque_nm", "started", "clock_s", "asked_nm", *(f"{what}_{i}" for what, i in past)]
    inputs = [f"error_{i} / p.error_rad" for i in taps] + [f"velocity_{i} / p.velocity_rad_s" for i in taps]
    lines = [
        "class State(NamedTuple):",
        *(f"    {name}: float = 0.0" for name in fields),
        "def step(s, p, x, h):",
        "    fresh = s.started < 0.5",
        "    due, clock = tick(fresh, s.clock_s, p.period_s, h)",
        "    error_0, velocity_0 = x.command - x.q, x.v",
        *(f"    {what}_{i} = xp.where(fresh, {what}_0, s.{what}_{i})" for what, i in past),
        f"    out = torque_of(({', '.join(inputs)},), due)",
        "    asked_nm = xp.where(due, p.torque_nm * out, s.asked_nm)",
        "    torque_nm = limited(asked_nm + x.feedforward, p, x.v)",
        "    force, clock_s, started = torque_nm, clock, 1.0 + 0.0 * s.started",
        *(f"    next_{what}_{i} = xp.where(due, {what}_{i - 1}, {what}_{i})" for what, i in past),
        f"    return State({', '.join([*fields[:5], *(f'next_{name}' for name in fields[5:])])})",
    ]
    return "\n".join(lines)


def _evaluator(layers: tuple[Layer, ...]) -> Any:
    """The network as a helper of a law: (inputs, due) -> output; what it gives while not due is not used."""

    @natively(_native_evaluator(layers))
    def torque_of(inputs, due):
        values = xp.stack(xp.broadcast_arrays(*inputs), -1)
        for layer in layers:
            values = _activated(values @ layer.weights + layer.bias, layer)
        return values[..., 0]

    return torque_of


def _activated(values, layer: Layer):
    """Activation of a layer, for arrays."""
    if layer.activation == "Relu":
        return xp.maximum(values, 0.0)
    if layer.activation == "Tanh":
        return xp.tanh(values)
    if layer.activation == "Elu":
        return xp.where(values > 0.0, values, layer.alpha * xp.expm1(xp.minimum(values, 0.0)))
    if layer.activation == "Softsign":
        return values / (1.0 + xp.abs(values))
    return values


def _native_evaluator(layers: tuple[Layer, ...]) -> Any:
    """`_evaluator` as Numba code with the weights as constants; does nothing while not due."""
    scope: dict[str, Any] = {"np": np, "_dense": _dense}
    lines = [
        "def torque_of(inputs, due):",
        "    if not due:",
        "        return 0.0",
        f"    values = np.empty({len(layers[0].weights)})",
        f"    for i in range({len(layers[0].weights)}):",
        "        values[i] = inputs[i]",
    ]
    for i, layer in enumerate(layers):
        scope |= {f"weights_{i}": layer.weights, f"bias_{i}": layer.bias, f"activate_{i}": _ACTIVATE[layer.activation]}
        lines.append(f"    values = activate_{i}(_dense(values, weights_{i}, bias_{i}), {layer.alpha!r})")
    exec("\n".join([*lines, "    return values[0]"]), scope)
    return numba.njit(error_model="numpy")(scope["torque_of"])


@numba.njit(error_model="numpy")
def _dense(values, weights, bias):
    out = bias.copy()
    for j in range(weights.shape[0]):
        for i in range(weights.shape[1]):
            out[i] += values[j] * weights[j, i]
    return out


@numba.njit(error_model="numpy")
def _linear(values, alpha):
    return values


@numba.njit(error_model="numpy")
def _relu(values, alpha):
    for i in range(len(values)):
        values[i] = max(values[i], 0.0)
    return values


@numba.njit(error_model="numpy")
def _tanh(values, alpha):
    for i in range(len(values)):
        values[i] = math.tanh(values[i])
    return values


@numba.njit(error_model="numpy")
def _elu(values, alpha):
    for i in range(len(values)):
        if values[i] <= 0.0:
            values[i] = alpha * math.expm1(values[i])
    return values


@numba.njit(error_model="numpy")
def _softsign(values, alpha):
    for i in range(len(values)):
        values[i] = values[i] / (1.0 + math.fabs(values[i]))
    return values


_ACTIVATE = {None: _linear, "Relu": _relu, "Tanh": _tanh, "Elu": _elu, "Softsign": _softsign}
