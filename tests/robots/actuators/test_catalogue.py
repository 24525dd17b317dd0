"""Joint actuators by name: parts in any order, defaults, a motor for a lone gear, a user's own files."""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path

import pytest

from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.catalogue import CatalogueError
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.library import SHEETS

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "data-sheets.md"

GEARS = catalogue.names("gear")
JOINTS = catalogue.names("joint")


def listed(joint: JointFigures) -> dict[str, str]:
    """Rule of each figure that no sheet gave."""
    return {fallback.figure: fallback.rule for fallback in joint.fallbacks}


@pytest.mark.parametrize("name", [*GEARS, *JOINTS, *(f"csg-17-80+{motor}" for motor in catalogue.names("motor"))])
def test_every_shipped_name_makes_a_joint_in_order(name: str) -> None:
    joint = catalogue.joint(name)
    gear, motor = joint.gear, joint.motor
    assert 0 < gear.rated_nm <= gear.repeated_peak_nm <= gear.momentary_nm <= gear.ratcheting_nm
    assert 0 < gear.k1_nm_per_rad <= gear.k2_nm_per_rad <= gear.k3_nm_per_rad
    assert 0 < gear.knee_1_nm <= gear.knee_2_nm
    assert 0 <= gear.coulomb_input_nm <= gear.starting_input_nm
    assert 0 < gear.rated_input_rad_s <= gear.max_input_rad_s
    assert 0 < joint.rated_nm <= joint.peak_nm <= gear.momentary_nm
    assert 0 < motor.continuous_a <= motor.peak_a
    assert 25 < joint.drive.derate_from_c < motor.winding_max_c
    assert joint.drive.derate_from_c < joint.drive.trip_c
    assert joint.speed_rad_s > 0
    assert joint.encoder.counts_per_rad > 0


@pytest.mark.parametrize("name", JOINTS)
def test_the_drive_s_bus_can_push_the_peak_current_at_rest(name: str) -> None:
    joint = catalogue.joint(name)
    assert joint.motor.resistance_ohm * joint.motor.peak_a <= joint.drive.bus_v * 1.25


@pytest.mark.parametrize("name", [*GEARS, *JOINTS])
def test_every_gap_is_listed_once_with_the_value_taken_and_a_mark(name: str) -> None:
    joint = catalogue.joint(name)
    figures = [fallback.figure for fallback in joint.fallbacks]
    assert len(figures) == len(set(figures))
    for fallback in joint.fallbacks:
        assert math.isfinite(fallback.value)
        part, figure = fallback.figure.split(".")
        taken = getattr(getattr(joint, part), figure, fallback.value)
        assert taken == fallback.value
        assert re.search(r"\b[DKE]\b|^no (motor|drive|encoder) named: ", fallback.rule)


def test_what_a_sheet_gives_is_not_listed() -> None:
    rules = listed(catalogue.joint("csg-25-100+tbm-6025+can-48v+link-17bit"))
    for figure in ("gear.rated_nm", "gear.k1_nm_per_rad", "gear.ratcheting_nm", "motor.continuous_a", "drive.bus_v"):
        assert figure not in rules
    assert {"gear.hysteresis_rad", "gear.load_loss", "motor.kt_nm_per_a", "drive.trip_c"} <= set(rules)


def test_parts_come_in_any_order_and_defaults_fill_in() -> None:
    first = catalogue.joint("csg-20-100+tbm-6025")
    second = catalogue.joint("tbm-6025 + csg-20-100")
    assert first.name == "csg-20-100+tbm-6025"
    assert (first.gear, first.motor, first.drive, first.encoder) == (
        second.gear,
        second.motor,
        second.drive,
        second.encoder,
    )
    assert (first.drive.name, first.encoder.name) == (catalogue.DEFAULT_DRIVE, catalogue.DEFAULT_ENCODER)
    assert listed(first)["drive.bus_v"] == f"no drive named: {catalogue.DEFAULT_DRIVE}"
    assert listed(first)["encoder.bits"] == f"no encoder named: {catalogue.DEFAULT_ENCODER}"


def test_figures_of_a_composed_joint() -> None:
    joint = catalogue.joint("csg-20-100+tbm-6025+can-48v+motor-17bit")
    assert joint.drive.controller == "cascade-pi 1"
    assert joint.encoder.counts_per_rad == pytest.approx(100 * 2**17 / (2 * math.pi))
    assert joint.armature_kgm2 == pytest.approx(100**2 * (0.193e-4 + 2.52e-5))
    assert joint.motor.kt_nm_per_a == pytest.approx(0.706 / 5.7)
    assert joint.peak_nm == 107.0
    assert joint.speed_rad_s == pytest.approx(48 / (0.706 / 5.7) / 100)


def test_a_weaker_drive_lowers_the_peak() -> None:
    assert catalogue.joint("rby1-torso+dynamixel-12v").peak_nm < catalogue.joint("rby1-torso").peak_nm / 2
    assert catalogue.joint("rby1-torso+dynamixel-12v").speed_rad_s < 1.0


def test_a_lone_gear_gets_the_lightest_motor_that_is_strong_enough() -> None:
    joint = catalogue.joint("csg-25-100")
    assert joint.motor.name == "tbm-6025"
    assert joint.peak_nm == 204.0
    assert listed(joint)["motor.output_nm"].startswith("no motor named: tbm-6025, the lightest that lifts")
    weaker = catalogue.joint("csg-25-100+tbm-6013")
    assert weaker.peak_nm < 204.0
    assert "lifts most, but less than the repeated peak" in listed(catalogue.joint("csg-40-160"))["motor.output_nm"]


def test_the_sheets_used_are_named_with_the_hash_of_their_file() -> None:
    used = dict(catalogue.joint("csg-20-100+tbm-6025").sheets)
    assert sorted(used) == ["csg-20-100", "ethercat-48v", "link-19bit", "tbm-6025"]
    for name, file in (("csg-20-100", "gears/csg.yaml"), ("tbm-6025", "motors/tbm-6025.yaml")):
        assert used[name] == hashlib.sha256((SHEETS / file).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("csg-20-10", "unknown data sheet 'csg-20-10'; did you mean csg-20-1"),
        ("CSG-20-100", "unknown data sheet 'CSG-20-100'; did you mean csg-20-100"),
        ("zzz", "unknown data sheet 'zzz'; a joint is one of ak70-10, ak80-64"),
        ("tbm-6025", "'tbm-6025' has no gear, only motor tbm-6025; a gear is one of csd-14-100"),
        ("can-48v+tbm-6025", "has no gear, only drive can-48v, motor tbm-6025"),
        ("csg-20-100+csg-25-100", "has two of a kind, gear csg-20-100 and gear csg-25-100"),
        ("csg-20-100+tbm-6025+tbm-6013", "has two of a kind, motor tbm-6025 and motor tbm-6013"),
        ("rby1-torso+tbm-6025", "rby1-torso has a motor of its own; name its parts instead"),
        ("rby1-torso+rby1-hip", "has two of a kind, joint rby1-torso and joint rby1-hip"),
        ("csg-20-100+", "'csg-20-100+' has an empty part"),
        ("", "'' has an empty part"),
        ("csg-25-100+ec-i-40+dynamixel-12v+link-12bit+", "has an empty part"),
    ],
)
def test_names_that_do_not_make_a_joint(text: str, said: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        catalogue.joint(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_kinds_and_parts_of_another_kind() -> None:
    with pytest.raises(CatalogueError, match="unknown kind of sheet 'gears'; choose from gear, motor"):
        catalogue.names("gears")
    with pytest.raises(CatalogueError, match=r"tbm-6025 \(tbm-6025.yaml\) is a motor, not a gear"):
        catalogue.gear("tbm-6025")


def test_a_drive_whose_protection_does_not_fit_the_winding_is_refused(tmp_path: Path) -> None:
    drive = tmp_path / "hot.yaml"
    text = (SHEETS / "drives" / "dynamixel-12v.yaml").read_text(encoding="utf-8")
    drive.write_text(text.replace("derate_from_c: 70.0, trip_c: 80.0", "derate_from_c: 158.0, trip_c: 170.0"))
    with pytest.raises(
        CatalogueError, match=r"^hot.yaml: dynamixel-12v: protection.derate_from_c = 158: must be above"
    ):
        catalogue.joint(f"csg-20-100+tbm-6025+{drive}")


# A hardware engineer with a drive of their own


def examples() -> dict[str, str]:
    """YAML examples of the page on data sheets by the file name in their first line."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return {block.splitlines()[0].removeprefix("# "): block for block in blocks}


def test_a_gear_of_one_s_own_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mygear.yaml").write_text(examples()["mygear.yaml"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    joint = catalogue.joint("./mygear.yaml+tbm-6013+can-48v+link-19bit")
    assert joint.name == "./mygear.yaml+tbm-6013+can-48v+link-19bit"
    assert joint.gear.rated_nm == 67.0
    assert joint.gear.starting_input_nm == pytest.approx(0.085)
    assert "gear.starting_input_nm" not in listed(joint)
    assert "gear.hysteresis_rad" in listed(joint)
    assert dict(joint.sheets)["mygear-25-100"] == hashlib.sha256(Path("mygear.yaml").read_bytes()).hexdigest()
    changed = Path("mygear.yaml").read_text(encoding="utf-8").replace("rated_nm: 67", "rated_nm: 60")
    Path("mygear.yaml").write_text(changed, encoding="utf-8")
    assert catalogue.joint("mygear.yaml").gear.rated_nm == 60.0


def test_a_joint_of_one_s_own_names_shipped_parts_and_files_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "drives + gears"
    folder.mkdir()
    for name in ("mygear.yaml", "myjoint.yaml"):
        (folder / name).write_text(examples()[name], encoding="utf-8")
    joint = catalogue.joint(str(folder / "myjoint.yaml"))
    assert joint.gear.name == "mygear-25-100"
    assert joint.gear.error_pp_rad == pytest.approx(2.2e-4)
    assert joint.motor.inertia_kgm2 == 6.0e-5
    assert (joint.rated_nm, joint.peak_nm) == (60.0, 140.0)
    assert [name for name, _ in joint.sheets] == ["can-48v", "link-17bit", "mygear-25-100", "myjoint", "myjoint-motor"]
    (folder / "mygear.yaml").unlink()
    with pytest.raises(CatalogueError, match=r"myjoint.yaml: parts.gear: mygear.yaml: cannot be read"):
        catalogue.joint(str(folder / "myjoint.yaml"))
