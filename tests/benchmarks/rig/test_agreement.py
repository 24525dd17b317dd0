"""What the bench measures is what the catalogue says, within what is allowed; every set in `make rig-catalogue`."""

import pytest

from pilotline.benchmarks.rig import agreement, suite

SETS = ("csg-14-50", "csg-25-100", "csf-17-100", "hfuc-20-80", "hfuc-32-30", "rt1-h-20-100", "shg-40-160")
"""Smallest and largest, every ratio class, and the sets with published torques and efficiencies."""

TESTS = ("torque_torsion", "transmission_error", "no_load", "starting", "efficiency")

ALLOWED = {
    "stiffness K": 0.02,
    "wind-up": 0.03,
    "hysteresis width": 0.10,
    "transmission error, peak to peak": 0.03,
    "running torque": 0.15,
    "starting torque": 0.15,
    "back-driving torque": 0.15,
    "efficiency,": 3.0,  # points
    "dominant line": 0.0,
}


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("drive", SETS)
def test_every_graded_figure_of_a_set_is_within_tolerance(measured, drive, name):
    graded = [row for row in measured(drive, name).rows if row.ok is not None]
    assert graded
    assert [f"{row.figure}: {row.value:.4g} against {row.expected:.4g}" for row in graded if not row.ok] == []


@pytest.mark.parametrize("name", TESTS)
def test_tier_harmonic_agrees_as_well(measured, name):
    wrong = [row.figure for row in measured("csg-25-100", name, "harmonic").rows if row.ok is False]
    assert wrong == []


def test_tolerances_are_those_that_were_promised(measured):
    rows = [row for name in TESTS for row in measured("rt1-h-20-100", name).rows]
    for words, tolerance in ALLOWED.items():
        found = [row for row in rows if row.figure.startswith(words)]
        assert found
        assert {row.tolerance for row in found} == {tolerance}


@pytest.mark.parametrize(
    ("drive", "name", "words", "published"),
    [
        ("rt1-h-20-100", "no_load", "running torque, 2000 rpm, 20 °C", 105.0),
        ("rt1-h-20-100", "starting", "starting torque", 37.0),
        ("rt1-h-20-100", "starting", "back-driving torque", 3.89),
        ("rt1-h-20-100", "efficiency", "efficiency, 2000 rpm, 52 Nm", 77.0),
        ("hfuc-20-80", "efficiency", "efficiency, 1000 rpm, 19.6 Nm", 73.0),
        ("csf-17-100", "starting", "back-driving torque", 3.3),
        ("csg-25-100", "torque_torsion", "stiffness K3", 57_000.0),
    ],
)
def test_a_published_figure_stands_in_the_table_with_its_mark(measured, drive, name, words, published):
    row = next(row for row in measured(drive, name).rows if row.figure.startswith(words))
    assert row.expected == pytest.approx(published, rel=1e-3)
    assert row.origin == "V"
    assert row.ok


def test_a_figure_that_no_sheet_gives_is_named_a_rule(measured):
    row = next(row for row in measured("csg-25-100", "starting").rows if row.figure == "starting torque")
    assert row.origin.startswith("rule (")
    on = suite.specimen("csg-25-100", "twin", 20.0)
    assert "gear.starting_input_nm" in {fallback.figure for fallback in on.figures.fallbacks}


def test_all_means_every_shipped_gear_with_a_wave_generator():
    sets = agreement.harmonic_sets()
    assert {"csg-14-50", "csg-40-160", "shg-25-100", "hfuc-32-30", "rt1-h-14-100"} <= set(sets)
    assert not [name for name in sets if name.startswith(("g1", "h1", "ak"))]
