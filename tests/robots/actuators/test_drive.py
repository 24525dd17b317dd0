"""Motor and drive: loops, limits, heat and energy, each against its closed form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import signal
from scipy.linalg import expm

from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.laws import servo
from pilotline.robots.actuators.laws.drive import DriveParams, DriveState
from pilotline.robots.actuators.pack import INTEGRAL_SHARE, Setup, drive_params

from .conftest import FINE, SIZE_25, Bench, build_bench, evaluate, moving, varied

POSITION, VELOCITY, TORQUE = 0.0, 1.0, 2.0

SWIFT = varied(
    SIZE_25,
    encoder=FINE,
    drive={"loop_hz": 1e6, "current_bandwidth_hz": 1e12},
    motor={"copper_per_k": 0.0, "magnet_per_k": 0.0},
)
"""A drive that does at once what it is told, and whose motor does not change as it warms."""


def params(figures: JointFigures = SWIFT, **changes: float) -> servo.Params:
    """Of the servo law, some of the drive's replaced."""
    made: DriveParams = drive_params(figures, Setup(inertia_kgm2=2.0, frequency_hz=4.0), lossy=False)
    return servo.Params(made._replace(**changes))


def warm(winding_k: Any = 0.0, housing_k: Any = 0.0, **more: Any) -> servo.State:
    """A started servo at some temperatures."""
    return servo.State(drive=DriveState(message_age_s=1.0, winding_k=winding_k, housing_k=housing_k, **more))


# Loops


@pytest.mark.parametrize(("frequency_hz", "damping"), [(2.0, 1.0), (5.0, 1.0), (5.0, 0.7)])
def test_a_small_step_is_answered_like_the_cascade_on_paper(frequency_hz, damping):
    """I s^2 q = (k_v + k_i / s) (k_p (c - q) - s q): k_v = 2 zeta w I, k_p = w / (2 zeta), k_i = 0.1 w k_v."""
    bench = build_bench("servo", SWIFT, frequency_hz=frequency_hz, damping_ratio=damping, timestep_s=1e-4)
    angle = bench.history(1.0, lambda: bench.angle, lambda time: 0.01)
    inertia, omega = 1.0 + SWIFT.armature_kgm2, 2 * math.pi * frequency_hz
    k_v, k_p = 2 * damping * omega * inertia, omega / (2 * damping)
    k_i = INTEGRAL_SHARE * omega * k_v
    closed = np.polyadd([inertia, 0, 0, 0], np.polymul([k_v, k_i], [1, k_p]))
    _, expected = signal.step(([k_v * k_p, k_i * k_p], closed), T=np.arange(angle.size + 1) * 1e-4)
    assert np.abs(angle / 0.01 - expected[1:]).max() < 0.003


def test_without_its_integrator_the_loop_is_the_second_order_servo_it_is_named_after():
    """q / c = w^2 / (s^2 + 2 zeta w s + w^2)."""
    omega, inertia, step = 2 * math.pi * 4.0, 2.0, 1e-4
    given, angle, speed, answer = params(integral_gain=0.0), 0.0, 0.0, []
    state = warm()
    for _ in range(5000):
        state = servo.step(state, given, moving(0.01, angle, speed), step)
        speed += step * state.torque_nm / inertia
        angle += step * speed
        answer.append(angle)
    _, expected = signal.step(([omega**2], [1, 2 * omega, omega**2]), T=np.arange(5001) * step)
    assert np.abs(np.array(answer) / 0.01 - expected[1:]).max() < 0.003


def velocity_overshoot(figures: JointFigures, frequency_hz: float) -> float:
    """Of the velocity loop: I s^2 w = (k_v s + k_i) (c - w), damped at 2.2 but with a zero."""
    omega = 2 * math.pi * frequency_hz
    loop = np.array([2 * omega, 2 * omega * INTEGRAL_SHARE * omega])
    _, answer = signal.step((loop, [1.0, *loop]), T=np.linspace(0, 100 / omega, 5000))
    return float(answer.max()) - 1.0


def test_a_velocity_command_is_kept_and_weight_integrated_away():
    bench = build_bench("servo", SWIFT, gravity_nm=30.0, mode="velocity")
    speed = bench.history(3.0, lambda: bench.speed, lambda time: 0.0)
    assert speed.max() == pytest.approx(30.0 / (2 * 2 * math.pi * 4.0 * (1.0 + SWIFT.armature_kgm2)), rel=0.2)
    assert abs(speed[-1]) < 1e-3
    speed = bench.history(2.0, lambda: bench.speed, lambda time: 0.2)
    assert speed.max() < 0.2 * (1.05 + velocity_overshoot(SWIFT, 4.0))
    # the weight's torque changes as it turns around with the link, and the integrator follows
    k_i = 2 * INTEGRAL_SHARE * (2 * math.pi * 4.0) ** 2 * (1.0 + SWIFT.armature_kgm2)
    changing = 30.0 * 0.2 * math.sin(bench.angle)
    assert speed[-1] == pytest.approx(0.2 - changing / k_i, rel=0.02)


def test_a_torque_command_is_the_torque_at_the_joint_gravity_compensation_left_to_the_commander():
    bench = build_bench("servo", SWIFT, gravity_nm=30.0, gravcomp=1.0, mode="torque")
    bench.order(-30.0)
    bench.run(0.2)
    assert bench["torque_nm"] == pytest.approx(-30.0)
    assert abs(bench.speed) < 1e-4  # holds the weight exactly


def test_gravity_is_fed_forward_through_the_motor():
    bench = build_bench("servo", SWIFT, gravity_nm=40.0, gravcomp=1.0)
    angle = bench.history(1.0, lambda: bench.angle, lambda time: 0.0)
    assert np.abs(angle).max() < 1e-6
    assert bench["torque_nm"] == pytest.approx(-40.0, rel=1e-4)
    assert bench["drive.current_a"] == pytest.approx(-40.0 / (100 * 0.124), rel=1e-3)


def test_an_encoder_sees_steps():
    """Torque against angle is a staircase of one count, the target counted alike."""
    counts = 1000.0
    angles = np.linspace(-0.002, 0.002, 401)
    given = params(counts_per_rad=counts, integral_gain=0.0)
    torque = servo.step(warm(), given, moving(np.zeros(401), angles), 1e-3).torque_nm
    gain = given.drive.velocity_gain * given.drive.position_gain_per_s
    assert torque == pytest.approx(-gain * np.floor(angles * counts + 0.5) / counts, rel=1e-9, abs=1e-9)


def test_speed_is_counted_too_and_right_on_average():
    given = params(rotor_counts_per_rad=1000.0, mode=VELOCITY, integral_gain=0.0)
    step, speed = 1e-3, 0.2937  # 0.2937 counts a step
    motions = [moving(0.0, k * step * speed, speed) for k in range(1000)]
    torque = np.array([s.torque_nm for s in evaluate(servo.LAW, given, motions, step)])
    one_count = given.drive.velocity_gain * 1.0
    assert set(np.round(torque / -one_count, 9)) == {0.0, 1.0}
    assert torque.mean() == pytest.approx(-given.drive.velocity_gain * speed, rel=0.01)


@pytest.mark.parametrize(
    ("loop_hz", "step_s", "steps"), [(1000, 0.25e-3, {4}), (400, 1e-3, {2, 3}), (1000, 1e-3, {1}), (4000, 2e-3, {1})]
)
def test_the_loops_run_at_their_own_rate_and_hold_in_between(loop_hz, step_s, steps):
    given = params(varied(SWIFT, drive={"loop_hz": float(loop_hz)}))
    motions = [moving(1e-4 * k) for k in range(1000)]
    asked = np.array([s.drive.reference_a for s in evaluate(servo.LAW, given, motions, step_s)])
    new = np.flatnonzero(np.diff(asked)) + 1
    assert set(np.diff(new)) == steps
    assert np.diff(new).mean() == pytest.approx(max(1.0, 1 / (loop_hz * step_s)), rel=0.01)


@pytest.mark.parametrize(("delay_s", "step_s", "steps"), [(0.003, 0.0005, 6), (0.001, 0.002, 0), (0.005, 0.002, 2)])
def test_a_delay_is_a_whole_number_of_steps(delay_s, step_s, steps, rng):
    """Every one of a hundred commands, in MuJoCo's own state, which rounds."""
    bench = build_bench("servo", varied(SWIFT, drive={"delay_s": delay_s}), timestep_s=step_s)
    bench.order(0.0)
    bench.run(0.1)
    waits = set()
    for command in rng.normal(size=100):
        bench.order(command)
        wait = 0
        bench.run(step_s)
        while abs(bench["drive.command"] - command) > 1e-6:
            wait += 1
            bench.run(step_s)
        waits.add(wait)
        bench.run(0.02)
    assert waits == {steps}


def test_a_command_that_never_rests_arrives_as_well():
    """The channel takes a new message when the last has arrived: between one and two delays old."""
    step, delay = 1e-3, 5e-3
    motions = [moving(step * k) for k in range(200)]
    seen = [s.drive.command for s in evaluate(servo.LAW, params(delay_s=delay), motions, step)]
    age = np.array([step * k - command for k, command in enumerate(seen)])[20:]
    assert age.min() == pytest.approx(delay, abs=step / 2)
    assert age.max() < 2 * delay


# Limits


def test_torque_speed_envelope():
    """Flat at the current limit, then the line N kt (V - kt w) / R to the no-load speed; it does not limit braking."""
    speed = np.linspace(-3.0, 4.5, 301)  # output
    given, motor, ratio = params(mode=TORQUE, torque_limit_nm=1e6), SWIFT.motor, 100.0
    motions = [moving(np.full(301, 1e6), 0.0, speed)] * 5
    torque = evaluate(servo.LAW, given, motions, 1e-3)[-1].torque_nm
    flat = ratio * motor.kt_nm_per_a * motor.peak_a
    line = ratio * motor.kt_nm_per_a * (48.0 - motor.kt_nm_per_a * ratio * speed) / motor.resistance_ohm
    assert torque == pytest.approx(np.minimum(flat, line), rel=1e-6)
    assert np.interp(0.0, -torque, speed) == pytest.approx(48.0 / (motor.kt_nm_per_a * ratio), rel=1e-6)


def test_the_limit_is_that_of_the_weakest():
    peak = 100.0 * 0.124 * 21.3
    for figures, setup, limit in (
        (varied(SWIFT, joint={"peak_nm": 1e4}), {}, peak),
        (varied(SWIFT, drive={"current_limit_a": 10.0}), {}, 124.0),
        (varied(SWIFT, joint={"peak_nm": 90.0}), {}, 90.0),
        (SWIFT, {"torque_limit_nm": 60.0}, 60.0),
    ):
        made = drive_params(figures, Setup(inertia_kgm2=2.0, frequency_hz=4.0, mode="torque", **setup), lossy=False)
        states = evaluate(servo.LAW, servo.Params(made), [moving(1e6)] * 5, 1e-3)
        assert states[-1].torque_nm == pytest.approx(limit, rel=1e-6)


def test_current_lags_by_the_bandwidth_of_its_loop():
    lag = 1 / (2 * math.pi * 100.0)
    given = params(varied(SWIFT, drive={"current_bandwidth_hz": 100.0, "loop_hz": 1e6}), mode=TORQUE)
    step = lag / 200
    current = np.array([s.drive.current_a for s in evaluate(servo.LAW, given, [moving(12.4)] * 1000, step)])
    assert current == pytest.approx(1 - np.exp(-step * np.arange(1, 1001) / lag), abs=0.003)


def test_a_speed_limit_is_kept_but_for_the_overshoot_of_the_velocity_loop():
    bench = build_bench("servo", SWIFT, speed_limit_rad_s=1.0, frequency_hz=2.0)
    angle, speed = bench.history(5.0, lambda: (bench.angle, bench.speed), lambda time: 3.0).T
    assert speed.max() == pytest.approx(1.0 + velocity_overshoot(SWIFT, 2.0), rel=0.01)
    assert speed[1000] == pytest.approx(1.0, rel=0.01)
    assert angle.max() < 3.0 + 1e-3


def test_a_slew_at_the_voltage_limit_does_not_wind_up_the_integrator():
    """The speed asked for is one that the bus cannot give against the gear's drag."""
    starved = varied(SIZE_25, drive={"bus_v": 24.0}, joint={"speed_rad_s": 3.0})
    bench = build_bench("harmonic", starved, frequency_hz=5.0)
    angle, integral = bench.history(6.0, lambda: (bench.angle, bench["drive.integral_nm"]), lambda time: 4.0).T
    assert np.abs(integral).max() < starved.rated_nm
    assert angle.max() < 4.0 + 1e-3
    assert angle[-1] == pytest.approx(4.0, abs=2e-3)


# Heat


def test_winding_and_housing_warm_as_two_nodes():
    """C_w T_w' = P - (T_w - T_h) / R_wh; C_h T_h' = (T_w - T_h) / R_wh - T_h / R_ha, by the matrix exponential."""
    motor, current, step = SWIFT.motor, 4.0, 0.5
    torque = 100.0 * motor.kt_nm_per_a * current
    states = evaluate(servo.LAW, params(mode=TORQUE), [moving(torque)] * 6_000, step)
    power = motor.resistance_ohm * current**2
    g_1, g_2 = 1 / motor.winding_to_housing_k_per_w, 1 / motor.housing_to_ambient_k_per_w
    c_w, c_h = motor.winding_j_per_k, motor.housing_j_per_k
    matrix = np.array([[-g_1 / c_w, g_1 / c_w], [g_1 / c_h, -(g_1 + g_2) / c_h]])
    steady = np.linalg.solve(-matrix, [power / c_w, 0.0])
    assert steady == pytest.approx([power * (1 / g_1 + 1 / g_2), power / g_2])
    for time in (10.0, 100.0, 1000.0, 3000.0):
        expected = steady - expm(matrix * time) @ steady
        state = states[round(time / step) - 1].drive
        assert [state.winding_k, state.housing_k] == pytest.approx(expected, rel=0.005, abs=0.02)


def test_a_warm_winding_has_more_resistance_and_warm_magnets_less_torque():
    motor = SIZE_25.motor
    given = params(SIZE_25, mode=TORQUE, current_lag_s=0.0, bus_v=1e6, torque_limit_nm=1e6)
    hot = warm(winding_k=75.0, housing_k=55.0)  # 100 and 80 C
    state = servo.step(hot, given, moving(100.0), 1.0)
    kt = motor.kt_nm_per_a * (1 - 0.001 * 60.0)
    assert state.torque_nm == pytest.approx(100.0)  # the drive knows its torque constant ...
    assert state.drive.current_a == pytest.approx(1.0 / kt)  # ... and pays in current
    copper = motor.resistance_ohm * (1 + 0.0039 * 80.0) / kt**2
    flow = (75.0 - 55.0) / motor.winding_to_housing_k_per_w
    assert (state.drive.winding_k - 75.0) * motor.winding_j_per_k == pytest.approx(copper - flow)


def test_the_continuous_current_ends_near_the_winding_limit():
    """What a motor's sheet promises: I_c heats the winding to its maximum, resistance grown, at 25 C ambient."""
    motor = SIZE_25.motor
    rise = 155.0 - 25.0
    resistance = motor.resistance_ohm * (1 + motor.copper_per_k * (155.0 - 20.0))
    amps = math.sqrt(rise / (resistance * 3.0))
    given = params(varied(SIZE_25, motor={"continuous_a": amps}), mode=TORQUE, magnet_per_k=0.0)
    state = evaluate(servo.LAW, given, [moving(100 * motor.kt_nm_per_a * amps)] * 6_000, 4.0)[-1].drive
    assert state.winding_k == pytest.approx(rise, rel=0.01)


def test_current_is_derated_on_a_line_to_the_continuous_one():
    winding_c = np.array([25.0, 109.0, 110.0, 121.25, 132.5, 155.0, 164.0])
    given = params(SIZE_25, mode=TORQUE, current_lag_s=0.0, magnet_per_k=0.0, torque_limit_nm=1e6)
    state = servo.step(warm(winding_c - 25.0), given, moving(np.full(7, 1e6)), 1e-3)
    share = np.clip((155.0 - winding_c) / 45.0, 0.0, 1.0)
    assert state.drive.current_a == pytest.approx(5.7 + (21.3 - 5.7) * share)
    assert not np.any(state.drive.tripped)


def test_a_drive_that_tripped_stays_off():
    given = params(SIZE_25)
    state = servo.step(warm(141.0), given, moving(1.0), 1e-3)
    assert state.drive.tripped == 1.0
    assert state.torque_nm == 0.0
    cool = state._replace(drive=state.drive._replace(winding_k=0.0))
    assert servo.step(cool, given, moving(1.0), 1e-3).torque_nm == 0.0


def test_an_open_bridge_brakes_only_above_the_speed_at_which_back_emf_exceeds_the_bus():
    speed = np.array([0.0, 3.8, 3.95, 5.0])  # 48 V at 3.87 rad/s
    given = params(mode=TORQUE)
    state = servo.step(warm(tripped=1.0), given, moving(np.full(4, 50.0), 0.0, speed), 1e-3)
    kt, resistance = SWIFT.motor.kt_nm_per_a, SWIFT.motor.resistance_ohm
    emf = kt * 100.0 * speed
    assert state.torque_nm == pytest.approx(100.0 * kt * np.minimum(48.0 - emf, 0.0) / resistance)


# Energy


def braked(bench: Bench) -> tuple[float, float, float]:
    """Energy drawn and returned by the bus and heat, J, while a spinning link is stopped."""
    names = ("drive.drawn_j", "drive.returned_j", "drive.heat_j")
    bench.order(2.0)
    bench.run(20.0)
    assert bench.speed == pytest.approx(2.0, rel=1e-3)
    before = [bench[name] for name in names]
    bench.order(0.0)
    bench.run(20.0)
    assert abs(bench.speed) < 1e-3
    drawn, returned, heat = (bench[name] - old for name, old in zip(names, before, strict=True))
    return drawn, returned, heat


def test_braking_gives_kinetic_energy_back_less_what_is_lost():
    frugal = varied(SWIFT, drive={"standby_w": 0.0, "loss_share": 0.0})
    bench = build_bench("servo", frugal, inertia_kgm2=10.0, mode="velocity", frequency_hz=0.5)
    energy = 0.5 * (10.0 + frugal.armature_kgm2) * 2.0**2
    drawn, returned, heat = braked(bench)
    assert returned > 0.5 * energy
    assert returned - drawn == pytest.approx(energy - heat, rel=1e-3)


def test_a_lossy_drive_takes_its_share_both_ways_and_its_standby_power():
    lossy = varied(SWIFT, drive={"standby_w": 3.0, "loss_share": 0.05})
    given = params(lossy, mode=TORQUE, standby_w=3.0, loss_share=0.05)
    motions = [moving(np.array([0.0, 50.0, 50.0]), 0.0, np.array([0.0, 1.0, -1.0]))] * 1001
    first, *_, last = evaluate(servo.LAW, given, motions, 1e-3)
    current = 50.0 / (100 * SWIFT.motor.kt_nm_per_a)
    copper = SWIFT.motor.resistance_ohm * current**2
    motoring, braking = copper + 50.0, copper - 50.0
    assert last.drive.drawn_j - first.drive.drawn_j == pytest.approx([3.0, 1.05 * motoring + 3.0, 0.0], rel=1e-3)
    assert last.drive.returned_j - first.drive.returned_j == pytest.approx(
        [0.0, 0.0, -(braking + 0.05 * abs(braking) + 3.0)], rel=1e-3
    )
    assert last.drive.heat_j - first.drive.heat_j == pytest.approx(
        [3.0, copper + 0.05 * motoring + 3.0, copper + 0.05 * abs(braking) + 3.0], rel=1e-3
    )


def test_holding_a_weight_costs_copper_heat_and_standby():
    bench = build_bench("servo", SIZE_25, gravity_nm=40.0)
    bench.run(2.0)
    drawn = bench["drive.drawn_j"]
    bench.run(1.0)
    current = 40.0 / (100.0 * SIZE_25.motor.kt_nm_per_a)
    copper = SIZE_25.motor.resistance_ohm * current**2
    assert bench["drive.drawn_j"] - drawn == pytest.approx(1.03 * copper + 3.0, rel=0.05)
