"""Data sheets: what is shipped says what the catalogues say; a sheet with a wrong figure is refused in one line."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.catalogue import CatalogueError
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.library import SHEETS, shipped
from pilotline.robots.actuators.sheet import KINDS

GEAR: dict[str, Any] = {
    "schema": "pilotline/gear/1",
    "name": "mine-25-100",
    "title": "A gear",
    "notes": ["measured on two units"],
    "sources": {"page": "the maker's page", "rig": "our rig"},
    "kind": "harmonic",
    "ratio": 100,
    "size": 25,
    "ratings": {
        "rated_nm": 87.0,
        "average_nm": 140.0,
        "repeated_peak_nm": 204.0,
        "momentary_nm": 369.0,
        "rated_input_rad_s": 209.44,
        "source": "page",
        "mark": "V",
    },
    "speed": {"max_input_rad_s": 586.4, "average_input_rad_s": 366.5, "source": "page", "mark": "V"},
    "inertia": {"input_kgm2": 4.13e-5, "source": "page", "mark": "V"},
    "stiffness": {
        "knee_1_nm": 14.0,
        "knee_2_nm": 48.0,
        "k1_nm_per_rad": 31_000.0,
        "k2_nm_per_rad": 50_000.0,
        "k3_nm_per_rad": 57_000.0,
        "source": "page",
        "mark": "V",
    },
    "hysteresis": {"hysteresis_rad": 2.9e-4, "source": "rig", "mark": "M"},
    "accuracy": {"error_pp_rad": 2.9e-4, "source": "rig", "mark": "M"},
    "idle": {
        "starting_input_nm": 0.09,
        "backdriving_nm": 10.0,
        "running_input_nm": 0.24,
        "running_input_rad_s": 209.44,
        "source": "rig",
        "mark": "M",
    },
    "efficiency": [{"efficiency": 0.7, "torque_nm": 87.0, "input_rad_s": 209.44, "source": "page", "mark": "V"}],
    "damping": {"damping_ratio": 0.05, "source": "rig", "mark": "E"},
    "overload": {"ratcheting_nm": 650.0, "source": "page", "mark": "V"},
    "life": {"l10_h": 10_000.0, "source": "page", "mark": "V"},
    "mass": {"mass_kg": 0.42, "source": "page", "mark": "V"},
}
MOTOR: dict[str, Any] = {
    "schema": "pilotline/motor/1",
    "name": "mine",
    "sources": {"page": "the maker's page"},
    "torque_constant": {"kt_nm_per_a": 0.072, "source": "page", "mark": "V"},
    "resistance": {"resistance_ohm": 0.7, "source": "page", "mark": "V"},
    "torque": {"continuous_nm": 0.41, "peak_nm": 1.37, "source": "page", "mark": "V"},
    "current": {"continuous_a": 5.7, "peak_a": 19.0, "source": "page", "mark": "V"},
    "rotor": {"inertia_kgm2": 1.41e-5, "source": "page", "mark": "V"},
    "thermal": {
        "winding_to_housing_k_per_w": 1.2,
        "housing_to_ambient_k_per_w": 2.5,
        "winding_j_per_k": 20.0,
        "housing_j_per_k": 220.0,
        "winding_max_c": 155.0,
        "source": "page",
        "mark": "V",
    },
    "mass": {"mass_kg": 0.213, "source": "page", "mark": "V"},
}
DRIVE: dict[str, Any] = {
    "schema": "pilotline/drive/1",
    "name": "mine",
    "sources": {"page": "the maker's page"},
    "supply": {"bus_v": 48.0, "current_limit_a": 40.0, "source": "page", "mark": "V"},
    "control": {
        "controller": "cascade-pi 1",
        "current_bandwidth_hz": 1500.0,
        "loop_hz": 4000.0,
        "delay_s": 1e-3,
        "source": "page",
        "mark": "V",
    },
    "losses": {"standby_w": 3.0, "loss_share": 0.03, "source": "page", "mark": "V"},
    "protection": {"derate_from_c": 120.0, "trip_c": 160.0, "source": "page", "mark": "V"},
}
JOINT: dict[str, Any] = {
    "schema": "pilotline/joint/1",
    "name": "mine",
    "sources": {"page": "the maker's page"},
    "parts": {"gear": "csg-25-100", "motor": "tbm-6025", "drive": "can-48v", "encoder": "link-17bit"},
    "overrides": {"gear": {"accuracy": {"error_pp_rad": 2.4e-4, "source": "page", "mark": "V"}}},
    "limits": {"rated_nm": 50.0, "peak_nm": 150.0, "speed_rad_s": 3.0, "source": "page", "mark": "V"},
}


def changed(sheet: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one entry replaced; `...` takes it out."""
    tree = copy.deepcopy(sheet)
    *way, last = path.split(".")
    node: Any = tree
    for key in way:
        node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return tree


def refusal(folder: Path, content: dict[str, Any] | str | bytes) -> str:
    """What is said of a file with this content; it must be refused in one line."""
    file = folder / "mine.yaml"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        catalogue.joint(str(file))
    said = str(caught.value)
    assert "\n" not in said
    return said


# What is shipped


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_sheet_states_where_each_figure_is_from(kind: str) -> None:
    for name, found in shipped(kind).items():
        assert all(len(text) > 20 for text in found.sheet.sources.values()), name
        assert found.path.is_relative_to(SHEETS)


def test_the_catalogue_holds_what_the_issue_asks_for() -> None:
    gears = set(catalogue.names("gear"))
    for family in ("csg", "shg"):
        for size, ratios in (("14", (50, 80, 100)), ("17", (50, 80, 100, 120))):
            assert {f"{family}-{size}-{ratio}" for ratio in ratios} <= gears
        for size in ("20", "25", "32", "40"):
            assert {f"{family}-{size}-{ratio}" for ratio in (50, 80, 100, 120, 160)} <= gears
    assert {"csf-17-100", "csf-25-50", "csd-25-100", "hfuc-32-100", "hfuc-25-30", "rt1-h-14-100"} <= gears
    joints = set(catalogue.names("joint"))
    assert {f"fha-{frame}c-{ratio}" for frame in (17, 25, 32, 40) for ratio in (50, 100, 160)} <= joints
    assert {f"rby1-{part}" for part in ("torso", "hip", "shoulder", "elbow", "wrist")} <= joints
    assert {"g1-5020", "g1-7520-14", "g1-7520-22", "g1-4010", "h1-hip", "h1-knee"} <= joints
    assert {"ak80-64", "ak70-10", "ak80-9", "wheeled-head"} <= joints
    assert {f"erob80-100-m{i}" for i in range(1, 7)} <= joints
    assert {f"{servo}-m{i}" for servo in ("mx-64", "mx-106") for i in (1, 4, 6)} <= joints
    assert {"tbm-6013", "tbm-6025", "tbm-6051", "ec-i-40", "re-40", "ri80"} <= set(catalogue.names("motor"))
    assert {"ethercat-48v", "can-48v", "fha-200v", "dynamixel-12v"} <= set(catalogue.names("drive"))
    encoders = {f"{side}-{bits}bit" for side in ("motor", "link") for bits in (14, 17, 19, 20)}
    assert encoders <= set(catalogue.names("encoder"))


@pytest.mark.parametrize(
    ("name", "figure", "value"),
    [
        ("csg-14-50", "rated_nm", 7.0),
        ("csg-17-100", "momentary_nm", 109.0),
        ("shg-17-100", "momentary_nm", 143.0),
        ("csg-20-160", "repeated_peak_nm", 120.0),
        ("csg-25-80", "rated_nm", 82.0),
        ("csg-32-120", "repeated_peak_nm", 459.0),
        ("shg-40-160", "momentary_nm", 1530.0),
        ("csg-25-100", "inertia_input_kgm2", 0.413e-4),
        ("shg-32-80", "inertia_input_kgm2", 2.85e-4),
        ("csg-40-50", "max_input_rad_s", 418.88),
        ("csg-14-50", "k1_nm_per_rad", 3.4e3),
        ("csg-14-100", "k3_nm_per_rad", 7.1e3),
        ("shg-25-120", "k2_nm_per_rad", 5.0e4),
        ("hfuc-20-30", "k1_nm_per_rad", 5.7e3),
        ("csg-32-50", "knee_2_nm", 108.0),
        ("csg-25-100", "ratcheting_nm", 650.0),
        ("csg-17-50", "error_pp_rad", 4.36e-4),
        ("hfuc-14-30", "error_pp_rad", 5.82e-4),
        ("csg-20-50", "hysteresis_rad", 5.82e-4),
        ("csg-20-80", "hysteresis_rad", 2.91e-4),
        ("csg-20-100", "l10_h", 10_000.0),
        ("csf-25-50", "rated_nm", 39.0),
        ("csd-25-100", "rated_nm", 47.0),
        ("rt1-h-20-100", "k1_nm_per_rad", 1.6e4),
        ("rt1-h-20-100", "k2_nm_per_rad", 2.25e4),
    ],
)
def test_published_figures_of_gears(name: str, figure: str, value: float) -> None:
    assert getattr(catalogue.gear(name), figure) == pytest.approx(value, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "armature"),
    [
        ("g1-5020", 0.00361),
        ("g1-7520-14", 0.01018),
        ("g1-7520-22", 0.02510),
        ("g1-4010", 0.00425),
        ("g1-5020-pair", 0.00722),
        ("h1-knee", 0.1),
        ("fha-25c-50", 0.8),
        ("fha-25c-100", 3.4),
        ("fha-40c-160", 50.7),
        ("mx-64-m4", 0.01096),
        ("erob80-100-m6", 1.135),
        ("wheeled-head", 0.02),
        ("rby1-torso", 4.05),
    ],
)
def test_inertia_at_the_output_comes_out_as_published(name: str, armature: float) -> None:
    assert catalogue.joint(name).armature_kgm2 == pytest.approx(armature, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "stiffness", "limits", "kt"),
    [
        ("rby1-torso", 1.1e5, (250.0, 433.0, 2.0944), 0.15),
        ("rby1-hip", 5.0e4, (125.0, 204.0, 3.1416), 0.10),
        ("rby1-shoulder", 1.4e4, (65.0, 70.0, 3.1416), 0.10),
        ("rby1-elbow", 6.1e3, (35.0, 36.0, 3.1416), 0.10),
        ("rby1-wrist", 6.1e3, (14.0, 36.0, 6.2832), 0.05),
    ],
)
def test_published_figures_of_rby1_joints(
    name: str, stiffness: float, limits: tuple[float, float, float], kt: float
) -> None:
    joint = catalogue.joint(name)
    assert joint.gear.k2_nm_per_rad == stiffness
    assert (joint.rated_nm, joint.peak_nm, joint.speed_rad_s) == limits
    assert joint.motor.kt_nm_per_a == kt
    assert joint.gear.error_pp_rad == pytest.approx(2.42e-4)
    assert joint.encoder.side == "link"


def test_identified_friction_is_as_published() -> None:
    m4 = catalogue.joint("mx-64-m4").identified
    assert m4 is not None
    assert (m4.model, m4.coulomb_nm, m4.viscous_nms_per_rad, m4.stribeck_nm) == ("m4", 0.0615, 0.0148, 0.0239)
    assert (m4.load, m4.load_stribeck, m4.stribeck_rad_s, m4.stribeck_exponent) == (0.0, 0.234, 1.52, 1.33)
    m6 = catalogue.joint("erob80-100-m6").identified
    assert m6 is not None
    assert (m6.load_motor, m6.load_stribeck_external) == (0.0489, 0.0512)
    assert (m6.quadratic_motor_per_nm, m6.quadratic_external_per_nm) == (0.0027, 0.00256)
    assert catalogue.joint("erob80-100-m6").gear.load_loss == 0.0


# What is refused


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("ratings.rated_nm", -87.0, "ratings.rated_nm = -87.0: Input should be greater than or equal to 0.01"),
        ("ratings.rated_nm", "87", "ratings.rated_nm = '87': must be a number; YAML takes this as text, write 87.0000"),
        ("ratings.rated_nm", "1e2", "write 100.000"),
        ("ratings.rated_nm", True, "ratings.rated_nm = True: must be a number"),
        ("ratings.rated_nm", float("nan"), "ratings.rated_nm = nan: Input should be a finite number"),
        ("ratings.rated_nm", float("inf"), "ratings.rated_nm = inf: Input should be"),
        ("ratings.rated_nm", [87.0], "ratings.rated_nm = [87.0]: must be a number"),
        ("ratings.rated_nm", 10**400, "must be a number that a float can hold"),
        ("ratings.rated_nm", 300.0, "ratings.rated_nm = 300 must not be above ratings.average_nm = 140"),
        ("ratings.repeated_peak_nm", 400.0, "repeated_peak_nm = 400 must not be above ratings.momentary_nm = 369"),
        ("overload.ratcheting_nm", 300.0, "momentary_nm = 369 must not be above overload.ratcheting_nm = 300"),
        ("ratings.source", "hearsay", "ratings.source = 'hearsay': must be one of page, rig"),
        ("ratings.mark", "X", "ratings.mark = 'X': Input should be 'V', 'D', 'M', 'K' or 'E'"),
        ("ratings.mark", ..., "ratings.mark: is missing"),
        ("ratings", ..., "ratings: is missing"),
        ("ratings.rated_torque", 87.0, "ratings.rated_torque = 87.0: Extra inputs are not permitted"),
        ("stiffness.k1_nm_per_rad", 60_000.0, "k1_nm_per_rad = 60000 must not be above stiffness.k2_nm_per_rad"),
        ("stiffness.knee_2_nm", 10.0, "stiffness.knee_1_nm = 14 must not be above stiffness.knee_2_nm = 10"),
        ("stiffness.k1_nm_per_rad", 3.1, "k1_nm_per_rad = 3.1: Input should be greater than or equal to 50"),
        ("stiffness.k1_nm_per_rad", 310.0, "k1_nm_per_rad = 310: must be 4.35e+03 .. 1.74e+06 for a rated torque"),
        ("idle.starting_input_nm", 90.0, "idle.starting_input_nm = 90.0: Input should be less than or equal to 10"),
        ("idle.starting_input_nm", 0.9, "idle.starting_input_nm = 0.9: must be 0 .. 0.87 for 87 N m at ratio 100"),
        ("idle.backdriving_nm", 50.0, "idle.backdriving_nm = 50: must be 4.5 .. 27 for 0.09 N m to start the input"),
        ("idle.running_input_rad_s", ..., "running_input_nm and running_input_rad_s belong together"),
        ("efficiency.0.efficiency", 70.0, "efficiency.0.efficiency = 70.0: Input should be less than or equal to"),
        ("efficiency.0.efficiency", 1.0, "efficiency.0.efficiency = 1.0: Input should be less than or equal to"),
        ("speed.max_input_rad_s", 5600.0, "speed.max_input_rad_s = 5600.0: Input should be less than or equal to"),
        ("ratings.rated_input_rad_s", 2000.0, "rated_input_rad_s = 2000.0: Input should be less than or equal to"),
        ("speed.average_input_rad_s", 600.0, "average_input_rad_s = 600 must not be above speed.max_input_rad_s"),
        ("accuracy.error_pp_rad", 1.0, "accuracy.error_pp_rad = 1.0: Input should be less than or equal to 0.01"),
        ("accuracy.error_pp_rad", 5e-3, "accuracy.error_pp_rad = 0.005: must be 0 .. 0.003 for a harmonic gear"),
        ("inertia.input_kgm2", 0.413, "inertia.input_kgm2 = 0.413: Input should be less than or equal to 0.02"),
        ("inertia.input_kgm2", 4.13e-3, "inertia.input_kgm2 = 0.00413: must be 2.93e-06 .. 0.00195 for size 25"),
        ("ratio", 0.01, "ratio = 0.01: Input should be greater than or equal to 1"),
        ("ratio", 10, "ratio = 10: must be 25 or more for a harmonic gear"),
        ("kind", "direct", "ratio = 100: must be 1 without a gear"),
        ("kind", "cycloid", "kind = 'cycloid': Input should be 'harmonic', 'planetary' or 'direct'"),
        ("size", 250, "size = 250: Input should be less than or equal to 200"),
        ("size", 80, "ratings.rated_nm = 87: must be 154"),
        ("damping.damping_ratio", -1.0, "damping.damping_ratio = -1.0: Input should be greater than or equal to 0"),
        ("schema", "pilotline/gear/2", "schema = 'pilotline/gear/2': must be one of pilotline/gear/1"),
        ("schema", ..., "schema = None: must be one of"),
        ("name", "My Gear", "name = 'My Gear': String should match pattern"),
        ("name", "", "name = '': String should match pattern"),
        ("sources", {}, "must be one of"),
        ("efficiency.0.efficiency", 0.2, "need a load loss of"),
    ],
)
def test_a_gear_with_a_wrong_figure_is_refused(tmp_path: Path, path: str, value: Any, said: str) -> None:
    told = refusal(tmp_path, changed(GEAR, path, value))
    assert told.startswith("mine.yaml: ")
    assert said in told


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("torque_constant.kt_nm_per_a", 72.0, "kt_nm_per_a = 72.0: Input should be less than or equal to 20"),
        ("torque_constant.kt_nm_per_a", 0.72, "kt_nm_per_a = 0.72: must be 0.036 .. 0.144 for 0.41 N m at 5.7 A"),
        ("resistance.resistance_ohm", 700.0, "resistance_ohm = 700.0: Input should be less than or equal to 200"),
        ("resistance.resistance_ohm", 0.0007, "it warms the winding by 0.118 K; must be 10 .. 600"),
        ("torque.continuous_nm", 410.0, "torque.continuous_nm = 410 must not be above torque.peak_nm = 1.37"),
        ("current.continuous_a", 20.0, "current.continuous_a = 20 must not be above current.peak_a = 19"),
        ("rotor.inertia_kgm2", 0.141, "rotor.inertia_kgm2 = 0.141: must be 1.23e-07 .. 0.00205 for 0.41 N m"),
        ("mass.mass_kg", 213.0, "torque.continuous_nm = 0.41: must be 4.26 .. 8.52e+03 for 213 kg"),
        ("thermal.winding_max_c", 1550.0, "winding_max_c = 1550.0: Input should be less than or equal to 250"),
        ("rotor", ..., "rotor: is missing"),
    ],
)
def test_a_motor_with_a_wrong_figure_is_refused(tmp_path: Path, path: str, value: Any, said: str) -> None:
    assert said in refusal(tmp_path, changed(MOTOR, path, value))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("protection.derate_from_c", 170.0, "derate_from_c = 170 must be below protection.trip_c = 160"),
        ("control.controller", "My controller!", "control.controller = 'My controller!': String should match"),
        ("control.delay_s", 1.0, "control.delay_s = 1.0: Input should be less than or equal to 0.1"),
        ("control.loop_hz", 4.0, "control.loop_hz = 4.0: Input should be greater than or equal to 10"),
        ("losses.loss_share", 3.0, "losses.loss_share = 3.0: Input should be less than or equal to 0.5"),
        ("supply.bus_v", 0.048, "supply.bus_v = 0.048: Input should be greater than or equal to 3"),
    ],
)
def test_a_drive_with_a_wrong_figure_is_refused(tmp_path: Path, path: str, value: Any, said: str) -> None:
    assert said in refusal(tmp_path, changed(DRIVE, path, value))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("parts.gear", "csg-25-10", "mine.yaml: parts.gear: unknown data sheet 'csg-25-10'; did you mean csg-25-1"),
        ("parts.gear", "tbm-6025", "mine.yaml: parts.gear = 'tbm-6025': is a motor, not a gear"),
        ("parts.gear", None, "parts.gear: must be the name or path of a sheet, or its figures"),
        ("parts.gear", 5, "parts.gear = 5: must be the name or path of a sheet, or its figures"),
        ("parts.motor", {"rotor": {"inertia_kgm2": 1e-5}}, "parts.motor: rotor.source: is missing"),
        ("overrides.gear.ratings", {"rated_nm": "x"}, "overrides.gear: ratings.source: is missing (and 2 more)"),
        ("overrides.gear.name", "other", "overrides.gear.name: cannot be replaced"),
        ("overrides.gear.accuracy.source", "nowhere", "accuracy.source = 'nowhere': must be one of"),
        ("limits.rated_nm", 200.0, "limits.rated_nm = 200 must not be above limits.peak_nm = 150"),
        ("limits.speed_rad_s", 1e4, "limits.speed_rad_s = 10000.0: Input should be less than or equal to 400"),
        ("identified", {"model": "m1", "load": 0.1, "source": "page", "mark": "V"}, "model m1 has coulomb_nm"),
        ("identified", {"model": "m4", "source": "page", "mark": "V"}, "stribeck_exponent are missing"),
    ],
)
def test_a_joint_with_a_wrong_part_or_figure_is_refused(tmp_path: Path, path: str, value: Any, said: str) -> None:
    assert said in refusal(tmp_path, changed(JOINT, path, value))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "schema = None: must be one of"),
        ("just words", "schema = None: must be one of"),
        ("[1, 2]", "schema = None: must be one of"),
        ("name: a\nname: b\n", "key 'name' is given twice (line 2)"),
        ("a: &x [1]\nb: *x\n", "alias *x (line 2); write the values out"),
        ("a: &a [*a]\n", "alias *a (line 1)"),
        ("[" * 50 + "]" * 50, "nests more than 20 deep"),
        ("? [1, 2]\n: 3\n", "a key is [1, 2] (line 1)"),
        ("a: 2001-13-45\n", "holds a value that cannot be read"),
        ("a: !!python/object/apply:os.getcwd []\n", "is not YAML: could not determine a constructor"),
        ("a: b: c\n", "is not YAML: mapping values are not allowed"),
        ("a: 1\n---\nb: 2\n", "is not YAML: expected a single document in the stream in line 1, column 1"),
        (b"\x00\x01\xff\xfe", "is not UTF-8 text"),
        (b"a: \x00\n", "is not YAML"),
        ("#" + "x" * 1_100_000, "is 1100001 bytes long; at most 1000000"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert said in refusal(tmp_path, content)


def test_a_file_that_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"^no\.yaml: cannot be read: No such file or directory$"):
        catalogue.joint(str(tmp_path / "no.yaml"))
    with pytest.raises(CatalogueError, match="cannot be read: Is a directory"):
        catalogue.joint(f"{tmp_path}/")
    with pytest.raises(CatalogueError, match=r"cannot be read: File name too long$"):
        catalogue.joint(f"./{'a' * 5000}.yaml")
    with pytest.raises(CatalogueError, match="is not a file"):
        catalogue.joint("/dev/null")


SERIES = """
schema: pilotline/series/1
of: gear
name: mine-{size}-{ratio}
sources: {page: the maker's page}
keys: {size: size, ratio: ratio}
common: {kind: harmonic}
tables:
  - {group: ratings, source: page, mark: V, columns: [size, ratio, rated_nm], rows: [[14, 100, 10], [20, 100, 52]]}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "mine.yaml: holds 2 sheets; a path must be of a file with one"),
        ("[20, 100, 52]", "[20, 100]", "tables.0: rows.1 = [20, 100]: must have 3 values, size, ratio, rated_nm"),
        ("[20, 100, 52]", "[14, 100, 52]", "tables.0: mine-14-100 is listed twice"),
        ("[20, 100, 52]", "[20, 100, x]", "mine-20-100: ratings.rated_nm = 'x': must be a number"),
        ("{size}-{ratio}", "{size}-{speed}", "may hold {size}, {ratio}"),
        ("{size}-{ratio}", "{size", "name = 'mine-{size'"),
        ("[size, ratio, rated_nm]", "[size, frame, rated_nm]", "tables.0: must list members by size, ratio"),
        ("source: page,", "source: other,", "tables.0.source = 'other': must be one of page"),
        ("ratio: ratio}", "ratio: ratings}", "keys.ratio: mine-14-100 already has ratings"),
    ],
)
def test_a_series_with_a_fault_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    told = refusal(tmp_path, SERIES.replace(old, new))
    assert said in told or said in told.replace("mine.yaml: ", "", 1)


# Fuzz


def leaves(node: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of every entry, groups included."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*way, str(key))
        yield from leaves(value, (*way, str(key)))


def numbers(node: Any) -> list[tuple[str, ...]]:
    """Paths of every number."""
    return [way for way in leaves(node) if isinstance(at(node, way), int | float)]


def at(node: Any, way: tuple[str, ...]) -> Any:
    for key in way:
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


NONSENSE = st.one_of(
    st.sampled_from([..., None, True, "", "x", "1e-4", "nan", [], [1.0], {}, {"a": 1}, float("nan"), float("inf")]),
    st.sampled_from([-float("inf"), 0, -1, 1e308, 5e-324, 10**400, "\x00", "a\nb", "é" * 200]),
    st.floats(),
    st.text(max_size=20),
    st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=5),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_sheet_changed_in_any_way_is_used_or_refused_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    sheet = data.draw(st.sampled_from([GEAR, MOTOR, DRIVE, JOINT]))
    tree = copy.deepcopy(sheet)
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from(list(leaves(tree)) or [("name",)]))
        node = at(tree, way[:-1])
        key: Any = int(way[-1]) if isinstance(node, list) else way[-1]
        value = copy.deepcopy(data.draw(NONSENSE))
        if value is ...:
            del node[key]
        elif isinstance(node, dict) and data.draw(st.booleans()) and isinstance(value, str):
            node[value] = node.pop(key)
        else:
            node[key] = value
    _used_or_refused(tmp_path, tree)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_figures_scaled_negated_or_swapped_are_used_or_refused_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    tree = copy.deepcopy(data.draw(st.sampled_from([GEAR, MOTOR, DRIVE, JOINT])))
    ways = numbers(tree)
    for _ in range(data.draw(st.integers(1, 3))):
        way, other = data.draw(st.sampled_from(ways)), data.draw(st.sampled_from(ways))
        first, second = at(tree, way[:-1]), at(tree, other[:-1])
        a, b = (key if isinstance(node, dict) else int(key) for node, key in ((first, way[-1]), (second, other[-1])))
        factor = data.draw(st.sampled_from([-1.0, 1e3, 1e-3, 1e6, 1e-6, 1e4, 60.0, 0.1047, None]))
        if factor is None:
            first[a], second[b] = second[b], first[a]
        else:
            first[a] = first[a] * factor
    _used_or_refused(tmp_path, tree)


def _used_or_refused(folder: Path, tree: Any) -> None:
    """A sheet gives figures whose order holds, or one line that names the file."""
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    is_gear = isinstance(tree, dict) and tree.get("schema") == "pilotline/gear/1"
    is_joint = isinstance(tree, dict) and tree.get("schema") == "pilotline/joint/1"
    text = str(file) if is_gear or is_joint else f"csg-25-100+{file}"
    joint, said = _composed(text)
    if joint is None:
        assert "\n" not in said
        assert "mine" in said
        assert len(said) < 2000
        return
    gear = joint.gear
    assert gear.k1_nm_per_rad <= gear.k2_nm_per_rad <= gear.k3_nm_per_rad
    assert 0 < gear.rated_nm <= gear.repeated_peak_nm <= gear.momentary_nm <= gear.ratcheting_nm
    assert gear.knee_1_nm <= gear.knee_2_nm
    assert 0 <= gear.coulomb_input_nm <= gear.starting_input_nm
    assert 0 < joint.motor.continuous_a <= joint.motor.peak_a
    assert joint.drive.derate_from_c < joint.motor.winding_max_c
    assert 0 <= joint.rated_nm <= joint.peak_nm


def _composed(text: str) -> tuple[JointFigures | None, str]:
    """Figures, or what is said against them; any other exception is a fault."""
    try:
        return catalogue.joint(text), ""
    except CatalogueError as error:
        return None, str(error)
