"""Torsion of the gear: stiffness, hysteresis with memory, teeth that skip and stay damaged; kinematic error."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.robots.actuators.closed_forms import windup_rad
from pilotline.robots.actuators.laws import twin
from pilotline.robots.actuators.laws.torsion import (
    ErrorParams,
    hysteresis,
    slip,
    spring,
    toothed,
    transmission_error,
)
from pilotline.robots.actuators.pack import error_params, torsion_params

from .conftest import ERROR_RAD, LOSSLESS, SIZE_25, build_bench, varied

GEAR = SIZE_25.gear
TORSION = torsion_params(GEAR)


def torques(twists: Iterable[float]) -> np.ndarray:
    """Torque of spring and slip elements along a path of twists from rest."""
    slip_1 = slip_2 = at = 0.0
    found = []
    for twist in twists:
        slip_1 = slip(slip_1, TORSION.slip_1_rad, twist - at)
        slip_2 = slip(slip_2, TORSION.slip_2_rad, twist - at)
        at = twist
        found.append(float(spring(TORSION, twist) + hysteresis(TORSION, slip_1, slip_2, twist)))
    return np.array(found)


def path(*corners: float, points: int = 2000) -> np.ndarray:
    """Straight runs between corners, from zero."""
    ends = (0.0, *corners)
    return np.concatenate([np.linspace(a, b, points)[1:] for a, b in itertools.pairwise(ends)])


# Stiffness


@given(st.floats(-650.0, 650.0))
def test_spring_and_windup_are_each_other_s_inverse(torque):
    assert float(spring(TORSION, windup_rad(GEAR, torque))) == pytest.approx(torque, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("low", "high", "stiffness"), [(0.0, 14.0, 3.1e4), (14.0, 48.0, 5.0e4), (48.0, 87.0, 5.7e4), (87.0, 369.0, 5.7e4)]
)
def test_stiffness_between_the_knees_is_the_catalogue_s(low, high, stiffness):
    twist = windup_rad(GEAR, np.array([low, high]))
    assert np.diff(spring(TORSION, twist))[0] / np.diff(twist)[0] == pytest.approx(stiffness, rel=1e-12)


def test_a_first_rise_from_rest_follows_the_catalogue():
    top = float(windup_rad(GEAR, 204.0))
    rise = path(top)
    assert torques(rise) == pytest.approx(spring(TORSION, rise), abs=1e-9)


# Hysteresis


def test_the_loop_at_zero_torque_is_as_wide_as_the_figure():
    """Width in angle at zero torque after a cycle to plus and minus the rated torque."""
    top = float(windup_rad(GEAR, GEAR.rated_nm))
    twists = path(top, -top, top)
    torque = torques(twists)
    falling, rising = slice(2000, 3998), slice(3998, None)
    width = np.interp(0.0, -torque[falling], twists[falling]) - np.interp(0.0, torque[rising], twists[rising])
    assert width == pytest.approx(GEAR.hysteresis_rad, rel=0.02)


def test_a_full_loop_closes_and_takes_energy():
    top = float(windup_rad(GEAR, GEAR.rated_nm))
    twists = path(top, -top, top)
    torque = torques(twists)
    assert torque[-1] == pytest.approx(torque[1998], rel=1e-9)
    loss = np.trapezoid(torque[1998:], twists[1998:])
    # 4 (F_i x_i - ...) summed: each element slips 2 (A - x_i) each way under k_i x_i
    elements = ((TORSION.slip_1_nm_per_rad, TORSION.slip_1_rad), (TORSION.slip_2_nm_per_rad, TORSION.slip_2_rad))
    assert loss == pytest.approx(sum(4 * k * x * (top - x) for k, x in elements), rel=1e-3)


@given(st.floats(0.1, 0.9), st.floats(0.05, 0.6))
def test_minor_loops_close_and_the_major_one_goes_on_as_if_nothing_had_happened(start, depth):
    """Return-point memory of Maxwell-slip elements."""
    top = float(windup_rad(GEAR, GEAR.rated_nm))
    turn, back = start * top, (start - depth) * top
    plain = torques(path(top, -top, turn, top, points=400))
    detour = torques(path(top, -top, turn, back, turn, top, points=400))
    assert detour[-1] == pytest.approx(plain[-1], rel=1e-9)
    assert detour[5 * 399 - 1] == pytest.approx(detour[3 * 399 - 1], rel=1e-9, abs=1e-9)


def test_lost_motion_is_wind_up_of_the_small_torque_and_part_of_the_loop():
    """Spread of the loop's middle between plus and minus 4 % of the rated torque."""
    top = float(windup_rad(GEAR, GEAR.rated_nm))
    twists = path(top, -top, top)
    torque = torques(twists)
    small = 0.04 * GEAR.rated_nm
    falling, rising = slice(2000, 3998), slice(3998, None)
    lower, upper = (
        np.interp(-level, -torque[falling], twists[falling]) + np.interp(level, torque[rising], twists[rising])
        for level in (-small, small)
    )
    elastic = 2 * small / GEAR.k1_nm_per_rad
    assert elastic < 0.5 * (upper - lower) < elastic + GEAR.hysteresis_rad


# Teeth


@given(st.floats(-0.2, 0.2))
def test_a_tooth_s_torque_repeats_at_the_next_tooth(twist):
    here, tooth = toothed(TORSION, twist)
    there, next_tooth = toothed(TORSION, twist + TORSION.pitch_rad)
    assert float(there) == pytest.approx(float(here), abs=1e-6)
    assert next_tooth - tooth == 1.0


def test_no_torque_is_above_the_ratcheting_torque_and_half_a_tooth_away_there_is_none():
    inside = np.linspace(-0.5, 0.5, 20_001)[:-1] * TORSION.pitch_rad
    torque, _ = toothed(TORSION, inside)
    assert torque.max() == pytest.approx(GEAR.ratcheting_nm, rel=1e-3)
    assert abs(torque[[0, -1]]).max() < 0.01 * GEAR.ratcheting_nm


def test_rigid_teeth_do_not_skip():
    rigid = torsion_params(varied(SIZE_25, gear={"ratcheting_nm": math.inf}).gear)
    torque, tooth = toothed(rigid, np.array([-1.0, 1.0]))
    assert list(tooth) == [0.0, 0.0]
    assert (abs(torque) > 1e4).all()


def overload(torque_nm: float) -> tuple[float, float]:
    """Teeth skipped, and kinematic error afterwards over the error before, after a push on a held link."""
    bench = build_bench("twin", varied(SIZE_25, gear=LOSSLESS | {"hysteresis_rad": 0.0}), timestep_s=0.001)
    bench.order(0.0)
    for push in np.concatenate([np.linspace(0.0, torque_nm, 400), np.zeros(400)]):
        bench.data.qfrc_applied[bench.model.joint("joint").dofadr[0]] = push
        bench.run(0.001)
    gear = twin.GearParams(
        torsion=TORSION,
        error=error_params(GEAR),
        ratio=100.0,
        carrier_nm_per_rad=5.7e4,
        damping_nms_per_rad=0.0,
        worn_error_rad=0.25 * ERROR_RAD,
    )
    angles = np.linspace(0.0, 2 * math.pi, 1000)
    after, _ = transmission_error(twin.worn(gear, bench["gear.skipped"]), angles)
    before, _ = transmission_error(error_params(GEAR), angles)
    return bench["gear.skipped"], float(np.ptp(after) / np.ptp(before))


def test_teeth_hold_below_the_ratcheting_torque():
    assert overload(0.9 * GEAR.ratcheting_nm) == (0.0, 1.0)


def test_teeth_skip_above_the_ratcheting_torque_and_the_damage_stays():
    skipped, error = overload(1.3 * GEAR.ratcheting_nm)
    assert skipped >= 1.0
    assert error > 1.3


# Kinematic error


def test_the_error_s_lines_are_at_one_two_and_four_per_input_turn():
    angle = np.linspace(0.0, 2 * math.pi, 256, endpoint=False)
    given_error = ErrorParams(1e-4, 2e-5, 3e-4, -1e-4, 5e-5, 4e-5)
    value, _ = transmission_error(given_error, angle + 200 * math.pi)
    lines = np.fft.rfft(value) / 128
    assert np.flatnonzero(abs(lines) > 1e-9).tolist() == [1, 2, 4]
    found = [part for line in (1, 2, 4) for part in (-lines[line].imag, lines[line].real)]
    assert found == pytest.approx(list(given_error), abs=1e-9)


@given(st.integers(-1000, 1000), st.floats(-3.14, 3.14))
def test_the_error_s_slope_is_its_derivative(turns, within):
    given_error, small = ErrorParams(1e-4, 2e-5, 3e-4, -1e-4, 5e-5, 4e-5), 1e-3
    angle = 2.0 * math.pi * turns + within
    ahead, behind = (transmission_error(given_error, angle + d)[0] for d in (small, -small))
    assert float(transmission_error(given_error, angle)[1]) == pytest.approx((ahead - behind) / (2 * small), abs=2e-8)


@given(st.integers(-1000, 1000))
def test_the_error_s_jump_between_turns_is_below_what_any_encoder_resolves(turns):
    given_error, small = ErrorParams(1e-4, 2e-5, 3e-4, -1e-4, 5e-5, 4e-5), 1e-9
    angle = 2.0 * math.pi * (turns + 0.5)
    ahead, behind = (transmission_error(given_error, angle + d)[0] for d in (small, -small))
    assert abs(ahead - behind) < 1e-8
