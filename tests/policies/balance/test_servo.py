"""Servo targets: the torque asked for, or the place, in spite of the servo's own spring and damper."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.policies.reference.balance.servo import response, target

PERIOD_S = 0.02


def answer(inertia: float, kp: float, kv: float) -> tuple[float, float]:
    stays, drifts = response(np.array([inertia]), np.array([kp]), np.array([kv]), PERIOD_S)
    return float(stays[0]), float(drifts[0])


def settle(
    inertia: float, kp: float, kv: float, told: float, load: float, x: float, v: float
) -> tuple[float, float, float]:
    """Place, speed and mean torque after a period of I x'' = kp (told - x) - kv x' + load."""
    steps, torque = 20000, 0.0
    dt = PERIOD_S / steps
    for _ in range(steps):
        servo = kp * (told - x) - kv * v
        torque += servo / steps
        v += dt * (servo + load) / inertia
        x += dt * v
    return x, v, torque


@pytest.mark.parametrize(("inertia", "kp", "kv"), [(8.0, 700.0, 20.0), (0.01, 300.0, 3.0), (0.3, 400.0, 30.0)])
def test_the_response_is_that_of_a_damped_spring(inertia: float, kp: float, kv: float) -> None:
    stays, drifts = answer(inertia, kp, kv)
    assert settle(inertia, kp, kv, 0.0, 0.0, 1.0, 0.0)[0] == pytest.approx(stays, abs=2e-3)
    assert settle(inertia, kp, kv, 0.0, 0.0, 0.0, 1.0)[0] == pytest.approx(drifts, abs=1e-5)


def test_a_soft_servo_gives_the_torque() -> None:
    inertia, kp, kv = 8.0, 700.0, 20.0
    stays, drifts = answer(inertia, kp, kv)
    q, qd, torque, qdd = 0.3, 0.8, 25.0, -2.0
    free = q + PERIOD_S * qd + 0.5 * PERIOD_S**2 * qdd
    told = target(torque, qdd, q, qd, free, kp, inertia, stays, drifts, PERIOD_S)
    place, speed, mean = settle(inertia, kp, kv, told, inertia * qdd - torque, q, qd)
    assert place == pytest.approx(free, abs=1e-6)
    assert speed == pytest.approx(qd + qdd * PERIOD_S, abs=5e-3)
    assert mean == pytest.approx(torque, rel=0.1)  # it falls as the joint turns towards its target


def test_a_stiff_servo_gets_to_where_it_is_led() -> None:
    inertia, kp, kv = 0.005, 500.0, 3.0
    stays, drifts = answer(inertia, kp, kv)
    led = 0.34
    told = target(2.0, 0.0, 0.3, 0.0, led, kp, inertia, stays, drifts, PERIOD_S)
    assert settle(inertia, kp, kv, told, -2.0, 0.3, 0.0)[0] == pytest.approx(led, abs=3e-3)
