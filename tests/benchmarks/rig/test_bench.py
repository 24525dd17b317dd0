"""The bench itself: machines that hold what they should, instruments that show it, measurements that are converged."""

from dataclasses import replace

import numpy as np
import pytest

from pilotline.benchmarks.rig import suite
from pilotline.benchmarks.rig.bench import FINE_S, Shafts, build, rig_motor
from pilotline.benchmarks.rig.measurements import response, stall, torque_torsion
from pilotline.benchmarks.rig.running import input_torque
from pilotline.benchmarks.rig.sweep import ramps, turning
from pilotline.robots.actuators.closed_forms import friction_input_nm

ON = suite.specimen("csg-20-100+tbm-6013", "twin", 20.0)
GEAR = ON.gear


def bench(shafts, temperatures=(20.0,)):
    return build(rig_motor(ON.figures), "twin", shafts, temperatures)


def test_a_prescribed_input_turns_as_it_is_told_whatever_the_load():
    speed = np.full(4000, 100.0)
    load = GEAR.rated_nm * np.sin(np.linspace(0, 20, 4000))
    signals = {"input_rad": turning(speed, FINE_S), "input_rad_s": speed, "load": load}
    log = bench(Shafts(input="prescribed")).run(signals, speed_rad_s=100.0)
    assert log.input_rad_s[0, 100:] == pytest.approx(100.0, rel=1e-3)
    assert log.output_rad_s[0, 100:].mean() == pytest.approx(1.0, rel=1e-2)


def test_a_locked_input_does_not_turn_and_the_brake_twists_the_gear():
    log = bench(Shafts(input="locked")).run({"load": np.full(4000, GEAR.rated_nm)})
    assert np.abs(log.input_rad).max() < 1e-3
    assert log.output_rad[0, -1] == pytest.approx(-log["gear.twist_rad"][0, -1], rel=1e-3)
    assert log["gear.torque_nm"][0, -1] == pytest.approx(-GEAR.rated_nm, rel=1e-3)


def test_the_transducer_shows_load_over_ratio_plus_friction():
    for load in (0.0, 0.5 * GEAR.rated_nm, GEAR.rated_nm):
        shown = float(input_torque(ON, 100.0, load, 20.0))
        assert shown == pytest.approx(load / GEAR.ratio + float(friction_input_nm(GEAR, 100.0, load)), rel=5e-3)


def test_a_run_per_temperature_and_speed_is_the_same_as_each_alone():
    together = input_torque(ON, np.array([50.0, 200.0]), 10.0, np.array([[0.0], [30.0]]))
    assert together.shape == (2, 2)
    assert float(input_torque(ON, 200.0, 10.0, 0.0)) == together[0, 1]


def test_two_runs_are_the_same_bits():
    one, two = (bench(Shafts(input="locked")).run({"load": np.linspace(0, 20, 500)}) for _ in range(2))
    assert np.array_equal(one.output_rad, two.output_rad)


def test_a_slower_triangle_moves_no_figure_of_the_loop(monkeypatch, measured):
    usual = measured("csg-25-100", "torque_torsion").rows
    monkeypatch.setattr(torque_torsion, "_RISE_S", {"twin": 4.0})
    slower = torque_torsion.run(suite.specimen("csg-25-100", "twin", 20.0)).rows
    for one, other in zip(usual, slower, strict=True):
        assert one.value == pytest.approx(other.value, rel=0.005, abs=1e-9), one.figure


def test_the_position_loop_on_a_joint_without_gear_is_its_closed_form():
    rigid = response.run(replace(suite.specimen("csg-25-100", "twin", 20.0), tier="servo"))  # type: ignore[arg-type]
    curves = rigid.curves
    ideal = np.interp(curves.frequency_hz, curves.smooth_hz, np.abs(curves.ideal_gain))
    slow = curves.frequency_hz < 20
    assert np.abs(curves.gain)[slow] == pytest.approx(ideal[slow], rel=0.03)
    rise = next(row for row in rigid.rows if row.figure.startswith("rise time"))
    assert rise.value == pytest.approx(rise.expected, rel=0.05)


def test_heat_at_a_constant_current_follows_the_two_nodes(measured):
    rows = {row.figure: row for row in measured("csg-25-100", "stall").rows}
    assert rows["largest gap to the closed form"].value < 0.2
    assert rows["winding as current begins to fall"].ok
    assert all(row.ok is not False for row in rows.values())


def test_the_two_nodes_end_at_the_winding_s_class_for_a_current_that_was_found_so():
    figures = suite.specimen("csg-25-100", "twin", 20.0).figures
    end = stall.two_nodes(figures, figures.motor.continuous_a, np.array([0.0, 1e7]), stall.RATED_AMBIENT_C)
    assert end[:, 0] == pytest.approx(stall.RATED_AMBIENT_C)
    assert end[0, 1] == pytest.approx(figures.motor.winding_max_c, abs=1.0)


def test_life_at_rated_torque_and_speed_is_the_catalogue_s_and_falls_with_the_cube_of_torque(measured, figure):
    from pilotline.benchmarks.rig.measurements import life

    on = suite.specimen("csg-25-100", "twin", 20.0)
    assert figure("csg-25-100", "life", "life L10 at rated") == pytest.approx(on.gear.l10_h, rel=0.01)
    assert life.l10_h(on, 2 * on.gear.rated_nm, on.gear.rated_input_rad_s) == pytest.approx(on.gear.l10_h / 8)
    assert life.allowed_peaks(0.05, 2 * np.pi * 2000 / 60) == pytest.approx(1e4 / (2 * 2000 / 60 * 0.05))
    assert life.allowed_peaks(1e-6, 200.0) == 1e4
    torque, speed = np.array([10.0, 20.0]), np.array([100.0, -100.0])
    assert life.equivalent_nm(torque, speed) == pytest.approx(((10**3 + 20**3) / 2) ** (1 / 3))


def test_ramps_pass_their_corners_at_one_rate():
    signal, at = ramps([2.0, -1.0], 10.0, 0.01)
    assert [signal[i] for i in at] == pytest.approx([2.0, -1.0])
    assert np.abs(np.diff(signal)) == pytest.approx(0.1)
