"""`pilotline rig`: what it writes, what it skips and says so, and what it refuses."""

import json

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.rig import suite


def test_it_writes_a_chart_per_measurement_and_every_figure(tmp_path, capsys):
    assert main(["rig", "csg-20-100+tbm-6013", "tests=torque_torsion,starting", f"out={tmp_path}"]) == 0
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["files"] == ["torque_torsion.png", "starting.png"]
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in result["files"])
    figures = result["figures"]
    assert figures["parts"]["motor"] == "tbm-6013"
    assert set(figures["sheets"]) >= {"csg-20-100", "tbm-6013"}
    assert figures["graded"] == figures["within_tolerance"]
    row = figures["tests"]["torque_torsion"]["rows"][0]
    assert row["figure"] == "stiffness K1"
    assert row["unit"] == "Nm/rad"
    assert row["catalogue"] == pytest.approx(16_000)
    assert row["origin"] == "V"
    assert row["ok"] is True
    assert "gear.starting_input_nm" in {fallback["figure"] for fallback in figures["fallbacks"]}
    shown = capsys.readouterr().out
    assert "stiffness K1" in shown
    assert "gear.starting_input_nm" in shown


def test_measurements_without_meaning_are_skipped_by_name():
    planetary = suite.run(suite.specimen("ak80-9", "twin", 20.0), ["transmission_error", "run_up", "life"])
    assert not planetary.outcomes
    assert set(planetary.skipped) == {"transmission_error", "run_up", "life"}
    assert "planetary" in planetary.skipped["run_up"]
    single = suite.run(suite.specimen("csg-14-50", "harmonic", 20.0), ["run_up"])
    assert "tier: harmonic" in single.skipped["run_up"]


@pytest.mark.parametrize("tier", ["twin", "harmonic"])
def test_a_joint_with_identified_friction_still_has_a_response(tier):
    report = suite.run(suite.specimen("mx-64-m4", tier, 20.0), ["torque_torsion", "response"])
    assert set(report.outcomes) == {"response"}
    assert "identified" in report.skipped["torque_torsion"]


def test_a_figure_out_of_tolerance_is_status_1(monkeypatch, tmp_path):
    from dataclasses import replace

    from pilotline.benchmarks.rig.outcome import Measurement, Outcome, Row
    from pilotline.benchmarks.rig.style import page

    wrong = Outcome(
        (Row("stiffness K1", 1.0, "Nm/rad", 2.0, "V", 0.02), Row("odd", float("nan"), "s", 1.0, "V", 0.1)), None
    )
    fake = Measurement("fake", "fake", lambda on: wrong, lambda on, curves: page("fake")[0])
    monkeypatch.setattr(suite, "MEASUREMENTS", {"fake": replace(fake)})
    assert main(["rig", "csg-14-50", f"out={tmp_path}"]) == 1
    rows = json.loads((tmp_path / "result.json").read_text())["figures"]["tests"]["fake"]["rows"]
    assert [row["ok"] for row in rows] == [False, False]
    assert rows[1]["value"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["drive=csg-25-1000"], "csg-25-1000"),
        (["drive=tbm-6013"], "no gear"),
        (["drive=csg-20-100+csg-14-50"], "two of a kind"),
        (["drive=nowhere/gear.yaml"], "drive=nowhere/gear.yaml: gear.yaml: cannot be read"),
        (["drive="], "drive= is empty"),
        (["tests=torque_torsions"], "torque_torsion"),
        (["tests=life,life"], "twice"),
        (["tests="], "tests= is empty"),
        (["tier=ideal"], "tier=ideal"),
        (["temperature_c=400"], "temperature_c=400"),
        (["temperature_c=nan"], "temperature_c=nan"),
        (["load=3"], "load"),
        (["drive=ak80-9", "tests=run_up,life"], "nothing to measure"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_that_cannot_run_is_one_line_and_status_2(words, said, tmp_path, capsys):
    assert main(["rig", *words, f"out={tmp_path}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("pilotline: ")
    assert error.count("\n") == 1
    assert said in error


def test_a_gear_that_skips_teeth_before_its_last_stiffness_has_none_measured(tmp_path, capsys):
    sheet = tmp_path / "brittle.yaml"
    sheet.write_text("""
schema: pilotline/gear/1
name: brittle
sources: {test: made up}
kind: harmonic
ratio: 100
ratings: {rated_nm: 50, source: test, mark: E}
overload: {ratcheting_nm: 200, source: test, mark: E}
stiffness: {knee_1_nm: 100, knee_2_nm: 190, k1_nm_per_rad: 2.0e+4, k2_nm_per_rad: 3.0e+4, k3_nm_per_rad: 4.0e+4,
  source: test, mark: E}
""")
    assert main(["rig", f"{sheet}+tbm-6051", "tests=torque_torsion", f"out={tmp_path}"]) == 1
    rows = json.loads((tmp_path / "result.json").read_text())["figures"]["tests"]["torque_torsion"]["rows"]
    found = {row["figure"]: row for row in rows}
    assert found["stiffness K2"]["ok"] is True
    assert found["stiffness K3"]["value"] is None
    assert found["stiffness K3"]["ok"] is False
