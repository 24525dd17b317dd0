"""Servo targets: the torque asked for, or the place, in spite of the servo's own spring and damper."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.policies.reference.balance.servo import response, target

PERIOD_S = 0.02


def settle(inertia: float, kp: float, kv: float, told: float, load: float, x: float, v: float) -> tuple[float, float, float]:
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
    stays, drifts = (value[0] for value in response(*(np.array([x]) for x in (inertia, kp, kv)), PERIOD_S))
    assert settle(inertia, kp, kv, 0.0, 0.0, 1.0, 0.0)[0] == pytest.approx(stays, abs=2e-3)
    assert settle(inertia, kp, kv, 0.0, 0.0, 0.0, 1.0)[0] == pytest.approx(drifts, abs=1e-5)


def test_a_soft_servo_gives_the_torque_on_average() -> None:
    inertia, kp, kv = 8.0, 700.0, 20.0
    stays, drifts = (value[0] for value in response(*(np.array([x]) for x in (inertia, kp, kv)), PERIOD_S))
    q, qd, torque, qdd = 0.3, 0.8, 25.0, -2.0
    led = q + PERIOD_S * qd + 0.5 * PERIOD_S**2 * qdd
    told = target(torque, qdd, q, qd, led, kp, inertia, stays, drifts, PERIOD_S)
    _, speed, mean = settle(inertia, kp, kv, told, inertia * qdd - torque, q, qd)
    assert mean == pytest.approx(torque, abs=0.5)
    assert speed == pytest.approx(qd + qdd * PERIOD_S, abs=2e-3)


def test_a_stiff_servo_gets_to_where_it_is_led() -> None:
    inertia, kp, kv = 0.005, 500.0, 3.0
    stays, drifts = (value[0] for value in response(*(np.array([x]) for x in (inertia, kp, kv)), PERIOD_S))
    led = 0.34
    told = target(2.0, 0.0, 0.3, 0.0, led, kp, inertia, stays, drifts, PERIOD_S)
    assert settle(inertia, kp, kv, told, -2.0, 0.3, 0.0)[0] == pytest.approx(led, abs=3e-3)
