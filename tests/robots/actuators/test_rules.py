"""Rules that fill gaps: they meet the published figures they are made from, and the friction figures meet theirs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pilotline.robots.actuators import catalogue, closed_forms, rules
from pilotline.robots.actuators.library import checked
from pilotline.robots.actuators.sheet import Gear

ARCMIN = rules.ARCMIN


def sheets_of_gears() -> list[tuple[str, Gear]]:
    """Sheets of all shipped gears, those written out in joint sheets included."""
    found = [(name, catalogue.load(name).sheet) for name in catalogue.names("gear")]
    for name in catalogue.names("joint"):
        joint = catalogue.load(name).sheet
        part = joint.parts.gear
        if isinstance(part, dict) and joint.identified is None:
            data = {"schema": "pilotline/gear/1", "name": name, "sources": joint.sources, **part}
            found.append((name, checked(name, data, "gear")))
    return found


GEARS = sheets_of_gears()


@pytest.mark.parametrize(("name", "sheet"), [(n, s) for n, s in GEARS if s.efficiency], ids=lambda x: str(x)[:20])
def test_efficiency_is_within_three_points_of_each_published_one(name: str, sheet: Gear) -> None:
    gear = catalogue.joint(name).gear
    for point in sheet.efficiency:
        model = closed_forms.efficiency(gear, point.input_rad_s, point.torque_nm, point.grease_c)
        assert float(model) == pytest.approx(point.efficiency, abs=0.03)


@pytest.mark.parametrize(("name", "sheet"), [(n, s) for n, s in GEARS if s.idle], ids=lambda x: str(x)[:20])
def test_torques_without_load_are_within_15_percent_of_each_published_one(name: str, sheet: Gear) -> None:
    gear, idle = catalogue.joint(name).gear, sheet.idle
    assert idle is not None
    if idle.starting_input_nm is not None:
        assert gear.starting_input_nm == pytest.approx(idle.starting_input_nm, rel=0.15)
    if idle.backdriving_nm is not None:
        assert closed_forms.backdriving_nm(gear) == pytest.approx(idle.backdriving_nm, rel=0.15)
    if idle.running_input_nm is not None and idle.running_input_rad_s is not None:
        model = closed_forms.no_load_input_nm(gear, idle.running_input_rad_s, idle.grease_c)
        assert float(model) == pytest.approx(idle.running_input_nm, rel=0.15)


def test_figures_about_losses_exist_for_six_gears_and_all_fha() -> None:
    with_figures = {name for name, sheet in GEARS if sheet.idle or sheet.efficiency}
    assert {"csf-17-100", "csf-25-50", "hfuc-20-80", "rt1-h-14-100", "rt1-h-20-100"} <= with_figures
    assert sum(name.startswith("fha-") for name in with_figures) == 12


def test_the_worked_example_of_wind_up_in_the_maker_s_catalogue() -> None:
    wind_up = closed_forms.windup_rad(catalogue.gear("hfuc-32-100"), 60.0)
    assert float(wind_up) / ARCMIN == pytest.approx(2.5, abs=0.05)


def test_wind_up_is_odd_continuous_and_steepens_at_the_knees() -> None:
    gear = catalogue.gear("csg-25-100")
    torque = np.linspace(-gear.momentary_nm, gear.momentary_nm, 2001)
    angle = closed_forms.windup_rad(gear, torque)
    np.testing.assert_allclose(angle, -angle[::-1], atol=1e-18)
    slope = np.diff(torque) / np.diff(angle)
    assert slope.min() == pytest.approx(gear.k1_nm_per_rad)
    assert slope.max() == pytest.approx(gear.k3_nm_per_rad)
    at_knee_2 = gear.knee_1_nm / gear.k1_nm_per_rad + (gear.knee_2_nm - gear.knee_1_nm) / gear.k2_nm_per_rad
    assert float(closed_forms.windup_rad(gear, gear.knee_2_nm)) == pytest.approx(at_knee_2)


@pytest.mark.parametrize("name", ["csg-25-100", "shg-14-50", "csf-32-100"])
def test_typical_efficiency_at_rated_torque_falls_with_speed_as_charted(name: str) -> None:
    gear = catalogue.gear(name)
    speeds = np.array([500, 1000, 2000, 3500]) * math.pi / 30
    found = 100 * closed_forms.efficiency(gear, speeds, gear.rated_nm)
    for value, (low, high) in zip(found, [(76, 80), (72, 76), (67, 72), (60, 66)], strict=True):
        assert low <= value <= high


def test_cold_grease_costs_efficiency_and_thirty_kelvin_halve_the_drag() -> None:
    gear = catalogue.gear("csg-25-100")
    warm, cold = (float(closed_forms.efficiency(gear, 209.44, gear.rated_nm, grease)) for grease in (20.0, 0.0))
    assert cold < warm - 0.05
    halved = math.exp(-gear.grease_per_k * 30)
    assert halved == pytest.approx(0.5, abs=0.01)


def test_the_starting_rule_is_the_least_squares_line_through_the_sets_with_a_figure() -> None:
    for size, ratio, torque in rules.STARTING_FIGURES:
        name = {14: "rt1-h-14-100", 20: "rt1-h-20-100", 17: "csf-17-100", 25: "csf-25-50"}[size]
        assert catalogue.gear(name).starting_input_nm == pytest.approx(torque, rel=0.01)
        assert rules.starting_input_nm(size, ratio, 1.0, "harmonic").value == pytest.approx(torque, rel=0.4)
    smaller, larger = (rules.starting_input_nm(size, 100, 1.0, "harmonic").value for size in (14, 40))
    assert larger / smaller == pytest.approx((40 / 14) ** 2.79, rel=0.02)


@pytest.mark.parametrize("name", ["csg-14-100", "csg-20-80", "csg-25-100", "csg-32-120", "csg-40-160"])
def test_rules_come_near_the_tables_they_were_read_from(name: str) -> None:
    gear = catalogue.gear(name)
    sheet = catalogue.load(name).sheet
    size = float(sheet.size)
    assert rules.size_of(gear.rated_nm).value == pytest.approx(size, rel=0.15)
    assert rules.input_inertia_kgm2(size, "harmonic").value == pytest.approx(gear.inertia_input_kgm2, rel=0.3)
    assert rules.max_input_rad_s(size, 209.44).value == pytest.approx(gear.max_input_rad_s, rel=0.05)
    first, second = rules.knees_nm(size)
    assert first.value == pytest.approx(gear.knee_1_nm, rel=0.2)
    assert second.value == pytest.approx(gear.knee_2_nm, rel=0.25)
    assert rules.stiffness_nm_per_rad(size, gear.ratio).value == pytest.approx(gear.k2_nm_per_rad, rel=0.4)
    assert rules.first_stiffness(gear.k2_nm_per_rad).value == pytest.approx(gear.k1_nm_per_rad, rel=0.2)
    assert rules.last_stiffness(gear.k2_nm_per_rad).value == pytest.approx(gear.k3_nm_per_rad, rel=0.06)


@pytest.mark.parametrize("kind", ["harmonic", "planetary", "direct"])
def test_the_lines_of_the_transmission_error_add_up_to_its_peak_to_peak_value(kind: str) -> None:
    sine, cosine = rules.error_lines(kind, 2.9e-4)
    angle = np.linspace(0, 2 * math.pi, 100_003)
    wave = sum(s * np.sin(k * angle) + c * np.cos(k * angle) for k, s, c in zip((1, 2, 4), sine, cosine, strict=True))
    assert np.ptp(wave) == pytest.approx(0.0 if kind == "direct" else 2.9e-4, rel=1e-6)
    if kind == "harmonic":
        assert sine[1] == pytest.approx(0.7 * sum(sine))


def test_losses_are_fitted_exactly_where_they_determine_both_parameters() -> None:
    truth = {"loss": 0.12, "drag": 0.2}
    points = [
        rules.efficiency_point(
            1 / (1 + truth["loss"] + (0.02 + truth["drag"]) * 100 / torque), torque, 100, 209.44, 20.0
        )
        for torque in (20.0, 87.0)
    ]
    loss, drag = rules.fit_losses(
        points,
        ratio=100,
        coulomb_nm=0.02,
        rated_input_rad_s=209.44,
        grease_per_k=0.0233,
        load_loss=rules.LOAD_LOSS,
        drag_nm=0.22,
    )
    assert loss == pytest.approx(truth["loss"], abs=0.003)
    assert drag == pytest.approx(truth["drag"], rel=0.02)


def test_contradicting_losses_are_refused() -> None:
    point = rules.running_point(0.01, 209.44, 20.0)
    options = {"ratio": 100.0, "rated_input_rad_s": 209.44, "grease_per_k": 0.02, "load_loss": 0.15, "drag_nm": 0.2}
    with pytest.raises(ValueError, match=r"need a drag of -0\.0"):
        rules.fit_losses([point], coulomb_nm=0.05, **options)


def test_back_driving_and_lifting_meet_the_friction_they_come_from() -> None:
    gear = catalogue.gear("csg-25-100")
    held = closed_forms.backdriving_nm(gear)
    friction = gear.starting_input_nm + gear.load_loss * held / gear.ratio
    assert held == pytest.approx(gear.ratio * friction)
    assert closed_forms.output_nm(gear, closed_forms.motor_nm(gear, 87.0)) == pytest.approx(87.0)
    assert closed_forms.output_nm(gear, 0.0) == 0.0


@pytest.mark.parametrize("name", ["tbm-6013", "tbm-6025", "tbm-6051", "ec-i-40"])
def test_the_continuous_current_heats_the_winding_to_its_maximum(name: str) -> None:
    motor = catalogue.motor(name)
    hot = motor.resistance_ohm * (1 + motor.copper_per_k * (motor.winding_max_c - rules.REFERENCE_C))
    path = motor.winding_to_housing_k_per_w + motor.housing_to_ambient_k_per_w
    assert rules.AMBIENT_C + hot * motor.continuous_a**2 * path == pytest.approx(motor.winding_max_c)


def test_thermal_time_constants_of_frameless_motors_are_in_the_usual_range() -> None:
    for name in ("tbm-6013", "tbm-6025", "tbm-6051", "ilm-e85x26"):
        motor = catalogue.motor(name)
        assert 20 <= motor.winding_to_housing_k_per_w * motor.winding_j_per_k <= 70
        assert 180 <= motor.housing_to_ambient_k_per_w * motor.housing_j_per_k <= 1500


@pytest.mark.parametrize(
    ("ratio", "arcmin"), [(30, 3.0), (50, 2.0), (80, 1.0), (160, 1.0)], ids=["30", "50", "80", "160"]
)
def test_hysteresis_by_ratio(ratio: float, arcmin: float) -> None:
    assert rules.hysteresis_rad(ratio, "harmonic", 1.0).value == pytest.approx(arcmin * ARCMIN)
    assert rules.hysteresis_rad(ratio, "harmonic", 1e-4).value == 1e-4
