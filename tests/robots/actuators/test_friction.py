"""Friction of the gear: the law on paper, sticking without creep, pre-sliding, and efficiency both ways."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.robots.actuators import closed_forms
from pilotline.robots.actuators.laws.friction import friction, friction_limit
from pilotline.robots.actuators.pack import friction_params

from .conftest import FINE, LOSSLESS, SIZE_25, build_bench, varied

GEAR = SIZE_25.gear
FRICTION = friction_params(SIZE_25)

IDLE = varied(SIZE_25, gear={"error_sin_rad": (0.0, 0.0, 0.0), "error_pp_rad": 0.0})
"""The gear without kinematic error, which would make friction torques ripple."""

TIERS = ("harmonic", "twin")


# The law


@given(st.floats(-600.0, 600.0), st.floats(-10.0, 80.0), st.floats(-369.0, 369.0))
def test_the_limit_is_stribeck_and_churning_and_load(speed, grease_c, load_nm):
    """F_c + (F_s - F_c) / (1 + (w/w_s)^2) + D |w/w_r|^(2/3) exp(-c (T - 20)) + mu |T| / N."""
    expected = 0.045 + 0.015 / (1 + (speed / 10.0) ** 2)
    expected += 0.1 * abs(speed / 209.4) ** (2 / 3) * math.exp(-0.0233 * (grease_c - 20.0))
    expected += 0.12 * abs(load_nm) / 100.0
    assert float(friction_limit(FRICTION, speed, grease_c, load_nm)) == pytest.approx(expected, rel=5e-4)
    assert float(closed_forms.friction_input_nm(GEAR, speed, load_nm, grease_c)) == pytest.approx(expected, rel=1e-9)


def test_drag_about_halves_in_thirty_kelvin():
    cold, warm = (friction_limit(FRICTION, 200.0, c, 0.0) for c in (20.0, 50.0))
    assert 0.45 < (warm - GEAR.coulomb_input_nm) / (cold - GEAR.coulomb_input_nm) < 0.55


# At rest


def test_friction_builds_up_over_the_presliding_angle_after_a_reversal():
    """From full sliding one way, twice the angle to full sliding the other way, on a straight line."""
    step, speed = 1e-3, -1e-3
    stick, torque = 1.0, []
    for _ in range(round(3 * 0.02 / 1e-6)):
        stick, now = friction(stick, FRICTION, speed, 0.06, step)
        torque.append(now)
    angle = -1e-6 * np.arange(1, len(torque) + 1)
    expected = np.maximum(0.06 + 0.06 * angle / 0.02, -0.06)
    assert np.array(torque) == pytest.approx(expected, abs=2e-5)  # damping of the contact at this crawl


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("share", [0.3, 2 / 3, 0.9])
def test_a_load_below_breakaway_is_held_without_creep(tier, share):
    """The motor off, the load a share of the back-driving torque."""
    load = share * closed_forms.backdriving_nm(GEAR)
    bench = build_bench(tier, IDLE, gravity_nm=load, mode="torque")
    bench.run(4.0)
    early = bench.history(0.4, lambda: bench.angle)
    bench.run(20.0)
    late = bench.history(0.4, lambda: bench.angle)
    assert abs(late.mean() - early.mean()) / 20.0 < 1e-9
    assert np.ptp(late) < 1e-7  # a fiftieth of an arc second
    assert abs(early.mean()) < 2e-3  # put on at once, it slips once before it is held


@pytest.mark.parametrize("tier", TIERS)
def test_a_load_above_breakaway_drives_the_gear_back(tier):
    load = 1.1 * closed_forms.backdriving_nm(GEAR)
    bench = build_bench(tier, IDLE, gravity_nm=load, mode="torque")
    bench.run(3.0)
    assert bench.angle > 0.1


@pytest.mark.parametrize("tier", TIERS)
def test_the_motor_starts_the_gear_at_its_starting_torque(tier):
    """Slowly rising motor torque, no load: breakaway at N times the starting torque."""
    bench = build_bench(tier, varied(IDLE, gear={"load_loss": 0.0}), mode="torque")
    ramp = 0.5  # N m/s at the output
    speed = bench.history(16.0, lambda: bench.speed, lambda time: ramp * time)
    started = ramp * 0.002 * np.argmax(speed > 0.01)
    assert started == pytest.approx(GEAR.ratio * GEAR.starting_input_nm, rel=0.05)


# In motion


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("loss", [0.1, 0.25, 0.4])
def test_efficiency_is_one_over_one_plus_mu_forward_and_one_minus_mu_back(tier, loss):
    """Only load-dependent friction; a weight lifted and lowered slowly, its torque against the motor's."""
    figures = varied(SIZE_25, gear=LOSSLESS | {"load_loss": loss}, encoder=FINE, motor={"magnet_per_k": 0.0})
    bench = build_bench(tier, figures, gravity_nm=40.0, mode="velocity", frequency_hz=8.0)
    ratios = []
    for speed in (-0.05, 0.05):
        bench.order(speed)
        bench.run(2.0)
        weight = 40.0 * math.cos(bench.angle)
        motor = GEAR.ratio * figures.motor.kt_nm_per_a * -bench["drive.current_a"]
        ratios.append(weight / motor)
    assert ratios[0] == pytest.approx(1 / (1 + loss), rel=2e-3)
    assert 1 / ratios[1] == pytest.approx(1 - loss, rel=2e-3)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("input_rpm", [200.0, 1000.0])
def test_no_load_running_torque_is_that_of_the_formula(tier, input_rpm):
    speed = input_rpm * 2 * math.pi / 60
    bench = build_bench(tier, IDLE, mode="velocity", ambient_c=20.0)
    bench.order(speed / GEAR.ratio)
    bench.run(4.0)
    torque = bench["drive.current_a"] * SIZE_25.motor.kt_nm_per_a * (1 - 0.001 * bench["drive.housing_k"])
    expected = closed_forms.no_load_input_nm(GEAR, speed, 20.0 + bench["drive.housing_k"])
    assert torque == pytest.approx(float(expected), rel=0.01)


def test_friction_heats_the_housing():
    bench = build_bench("harmonic", IDLE, mode="velocity", ambient_c=20.0)
    bench.order(2.0)
    bench.run(10.0)
    lost = float(closed_forms.no_load_input_nm(GEAR, 200.0)) * 200.0
    assert bench["drive.housing_k"] * SIZE_25.motor.housing_j_per_k == pytest.approx(10.0 * lost, rel=0.05)
