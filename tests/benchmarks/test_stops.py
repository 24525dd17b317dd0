"""Drives stop as closed forms say: by torque under control, by friction without power."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline import robots
from pilotline.benchmarks.stops import JointStops, stops_of
from pilotline.envs.safety.stopping import braked, coasted, coasting_nm
from pilotline.robots.actuators import drives_of
from pilotline.robots.actuators.closed_forms import backdriving_nm

JOINTS = ("torso_3", "right_arm_0", "right_arm_4")


@pytest.fixture(scope="module")
def stops() -> list[JointStops]:
    robot = robots.load("wheeled")
    drives = drives_of(robot, "harmonic")
    return stops_of(robot, {joint: drives[joint] for joint in JOINTS})


@given(st.floats(0.1, 10.0), st.floats(0.01, 50.0), st.floats(1.0, 300.0))
def test_under_a_constant_torque_energy_is_torque_times_angle(speed: float, inertia: float, torque: float) -> None:
    stop = braked(speed, inertia, torque)
    assert torque * stop.way_rad == pytest.approx(0.5 * inertia * speed**2)
    assert torque * stop.time_s == pytest.approx(inertia * speed)


def test_nothing_stops_what_nothing_brakes() -> None:
    assert math.isinf(braked(1.0, 1.0, 0.0).time_s)
    assert braked(0.0, 1.0, 0.0).time_s == 0.0


def test_a_controlled_stop_takes_inertia_times_speed_over_torque_and_the_lag_of_the_servo(
    stops: list[JointStops],
) -> None:
    for stop in stops:
        late = stop.controlled_simulated.time_s - stop.controlled.time_s
        assert stop.lag_s < late < 3.0 * stop.lag_s, stop.joint
        way = stop.controlled.way_rad + stop.speed_rad_s * stop.lag_s
        assert stop.controlled_simulated.way_rad == pytest.approx(way, rel=0.1), stop.joint


def test_without_power_friction_alone_brakes_and_takes_longer(stops: list[JointStops]) -> None:
    for stop in stops:
        assert stop.cut_simulated.time_s == pytest.approx(stop.cut.time_s, rel=0.03), stop.joint
        assert stop.cut_simulated.way_rad == pytest.approx(stop.cut.way_rad, rel=0.03), stop.joint
        assert stop.cut.time_s > stop.controlled.time_s, stop.joint


def test_a_brake_shortens_it_and_slow_friction_is_that_of_back_driving() -> None:
    gear = drives_of(robots.load("wheeled"), "harmonic")["right_arm_0"].figures.gear
    assert gear is not None
    free, held = (coasted(gear, 3.0, 1.0, brake_nm) for brake_nm in (0.0, 50.0))
    assert held.time_s < free.time_s
    assert held.way_rad < free.way_rad
    assert coasting_nm(gear, 0.0) == pytest.approx(backdriving_nm(gear))
