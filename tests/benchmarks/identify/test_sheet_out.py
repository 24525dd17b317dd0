"""What was identified is a data sheet: it loads, gives the identified figures, and says where they came from."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from pilotline.benchmarks.identify import IdentifyError, sheet_out
from pilotline.benchmarks.identify.parameters import applied, available, choose, in_form
from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.laws.identified import DUTY_P


def found(figures, form, free):
    """An actuator whose free figures are all changed by a tenth, and which they were."""
    start = in_form(figures, form)
    parameters = choose(free, available(start, form, {"kp": 5.0}))
    values = {p.name: min(1.1 * p.start + 0.01 * p.scale, p.high) for p in parameters}
    return applied(start, values), parameters


@pytest.fixture(scope="module")
def log(servo, logs):
    return replace(logs(servo("m1"), 0)[0].log, sha256="ab" * 32)


@pytest.mark.parametrize("form", ["m1", "m2", "m3", "m4", "m5", "m6"])
def test_a_servo_with_identified_friction_loads_with_the_figures_that_were_found(tmp_path, servo, log, form):
    after, free = found(servo("m4"), form, "friction,motor")
    path = tmp_path / "mine.yaml"
    back = sheet_out.write(path, "mx-64-m4", servo("m4"), after, free, [log], DUTY_P)
    assert back.identified == after.identified
    assert back.motor.kt_nm_per_a == after.motor.kt_nm_per_a
    assert back.armature_kgm2 == pytest.approx(after.armature_kgm2)
    assert back.drive.controller == DUTY_P
    assert catalogue.joint(str(path)) == back


def test_a_joint_of_parts_keeps_them_and_carries_the_gear_that_was_found(tmp_path, log):
    name = "csg-25-100+tbm-6025"
    before = catalogue.joint(name)
    after, free = found(before, "harmonic", "friction,motor,torsion")
    back = sheet_out.write(tmp_path / "mine.yaml", name, before, after, free, [log], None)
    for figure in (
        "coulomb_input_nm",
        "starting_input_nm",
        "stribeck_input_rad_s",
        "presliding_input_rad",
        "drag_input_nm",
        "load_loss",
        "k1_nm_per_rad",
        "k2_nm_per_rad",
        "k3_nm_per_rad",
        "knee_1_nm",
        "hysteresis_rad",
        "ratio",
        "rated_nm",
    ):
        assert getattr(back.gear, figure) == pytest.approx(getattr(after.gear, figure)), figure
    assert back.motor.resistance_ohm == after.motor.resistance_ohm
    assert (back.drive, back.encoder) == (before.drive, before.encoder)


def test_identified_figures_are_marked_and_name_their_logs(tmp_path, servo, log):
    path = tmp_path / "mine.yaml"
    after, free = found(servo("m4"), "m4", "friction,kt_nm_per_a")
    sheet_out.write(path, "mx-64-m4", servo("m4"), after, free, [log], None)
    content = yaml.safe_load(path.read_text())
    assert content["identified"]["mark"] == "M"
    assert content["overrides"]["motor"]["torque_constant"]["mark"] == "M"
    assert set(content["overrides"]["motor"]) == {"torque_constant"}
    assert f"{log.name} sha256 {'ab' * 32}" in content["sources"][content["identified"]["source"]]
    assert content["parts"]["motor"]["resistance"]["mark"] == "V"


def test_a_sheet_of_ones_own_is_written_out_so_that_the_result_stands_alone(tmp_path, log):
    own = tmp_path / "gear.yaml"
    own.write_text("""
schema: pilotline/gear/1
name: my-gear
sources: {mine: our bench}
kind: harmonic
ratio: 100
size: 25
ratings: {rated_nm: 80, repeated_peak_nm: 180, momentary_nm: 330, source: mine, mark: M}
""")
    name = f"{own}+tbm-6025"
    after, free = found(catalogue.joint(name), "harmonic", "friction")
    path = tmp_path / "result" / "mine.yaml"
    path.parent.mkdir()
    sheet_out.write(path, name, catalogue.joint(name), after, free, [log], None)
    own.unlink()
    assert catalogue.joint(str(path)).gear.rated_nm == 80


def test_figures_that_no_sheet_allows_are_refused_in_one_line(tmp_path, servo, log):
    after, free = found(servo("m4"), "m4", "friction")
    after = applied(after, {"identified.load": 1.5})
    with pytest.raises(IdentifyError, match=r"mine\.yaml: what was identified is no valid data sheet.*load = 1\.5"):
        sheet_out.write(tmp_path / "mine.yaml", "mx-64-m4", servo("m4"), after, free, [log], None)


def test_parameters_apply_to_the_figures_they_name(servo):
    figures = catalogue.joint("csg-25-100+tbm-6025")
    changed = applied(
        figures, {"gear.stiffness_factor": 1.2, "gear.coulomb_input_nm": 0.05, "gear.stribeck_input_nm": 0.02}
    )
    assert changed.gear.k2_nm_per_rad == pytest.approx(1.2 * figures.gear.k2_nm_per_rad)
    assert changed.gear.starting_input_nm == pytest.approx(0.07)
    assert applied(figures, {"control.kp": 3.0, "rig.delay_s": 0.1}) == figures
    assert np.isfinite(changed.armature_kgm2)


@pytest.mark.parametrize("word", ["friktion", "gear.load_loss", "m4"])
def test_a_figure_that_the_form_does_not_have_is_refused_with_the_choices(servo, word):
    with pytest.raises(IdentifyError, match=rf"fit={word}: unknown '{word}'; allowed: all, friction, motor"):
        choose(word, available(servo("m4"), "m4", {}))
