"""A campaign with drives from data sheets: energy and heat in rows and card, the same bits everywhere, and sheets by
path that must not change."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pilotline.benchmarks import campaign, provenance
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.scorecard import build, write
from pilotline.benchmarks.verify import VerifyResult, verify

GROUPS = {"torso", "right_arm", "left_arm", "head"}

TINY = """
schema: pilotline/joint/1
name: tiny
sources: {test: a joint whose winding holds next to no heat}
parts:
  gear: shg-17-100
  motor:
    torque_constant: {kt_nm_per_a: 0.1, source: test, mark: E}
    resistance: {resistance_ohm: 2.0, source: test, mark: E}
    rotor: {inertia_kgm2: 2.52e-5, source: test, mark: E}
    thermal: {winding_to_housing_k_per_w: 20, housing_to_ambient_k_per_w: 20, winding_j_per_k: 0.2,
      housing_j_per_k: 5, winding_max_c: 155, source: test, mark: E}
  drive:
    supply: {bus_v: 48, current_limit_a: 60, source: test, mark: E}
    control: {controller: cascade-pi 1, current_bandwidth_hz: 1500, loop_hz: 4000, delay_s: 0.001,
      source: test, mark: E}
    protection: {derate_from_c: 32, trip_c: 35, source: test, mark: E}
limits: {rated_nm: 65, peak_nm: 70, speed_rad_s: 3.1416, source: test, mark: E}
"""


class Waver:
    """Waves its hands and gives up after half a second."""

    control = "ee"

    def __init__(self, nsim):
        self._steps = np.zeros(nsim, int)

    def begin(self, ids):
        self._steps[ids] = 0

    def act(self, obs):
        self._steps += 1
        action = 0.5 * np.sin(0.3 * self._steps[:, None] + np.arange(17))
        return np.where((self._steps > 25)[:, None], np.nan, action)


@pytest.fixture(autouse=True, scope="module")
def waver():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign.policies, "load", lambda name, station, robot, nsim, actuators: Waver(nsim))
        yield


def job(actuators: str = "harmonic", **changes: object) -> Job:
    asked = {"robot": "wheeled", "actuators": actuators, "stations": ["tote_destack"], "policy": "reference"}
    return Job.of(asked | {"seed": 4, "cycles": 5, "nsim": 3, "nthread": 1} | changes)


@pytest.fixture(scope="module")
def rows() -> list[CycleRow]:
    return campaign.run(job())


def scored(asked: Job, path: Path) -> None:
    line, robot = campaign.facts(asked)
    write(build(asked, line, robot, campaign.run(asked), provenance.header(asked, 0.0)), path)


def checked(path: Path, **changes: object) -> VerifyResult:
    return verify(path, lambda asked: campaign.run(asked.model_copy(update=changes)), campaign.facts)


@pytest.mark.parametrize(("nsim", "nthread"), [(1, 1), (2, 2), (64, 2)])
def test_batch_size_slot_and_threads_change_no_bit(rows, nsim, nthread):
    """Neither do the cycles that a slot worked on before: each begins with cold drives."""
    again = campaign.run(job(nsim=nsim, nthread=nthread))
    assert [repr(row.to_json()) for row in again] == [repr(row.to_json()) for row in rows]


def test_every_group_with_data_sheets_tells_its_energy_and_heat(rows):
    for row in rows:
        assert set(row.drives) == GROUPS
        for found in row.drives.values():
            assert found.drawn_j > found.returned_j >= 0.0
            assert found.heat_j > 0.0
            assert found.winding_c > found.housing_c > 25.0
            assert found.endless_winding_c > found.winding_c
            assert found.endless_housing_c > found.housing_c
            assert 0.0 < found.heat_load < 1.0
            assert (found.derated, found.tripped) == (0, 0)


def test_energy_is_what_the_drives_took_net_and_the_work_of_base_and_grippers(rows):
    (one,) = campaign.run(job("ideal", cycles=1))
    for row in rows:
        net = sum(found.drawn_j - found.returned_j for found in row.drives.values())
        assert net < row.energy_j < net + one.energy_j
    assert one.drives == {}


def test_a_drive_of_ones_own_is_rated_by_its_sheet_and_the_card_rates_its_own(rows):
    weaker = campaign.run(job("harmonic arms=csg-14-100+tbm-6013", cycles=1))[0]
    assert weaker.peak_torque_ratio["torso"] == pytest.approx(rows[0].peak_torque_ratio["torso"], rel=0.1)
    assert weaker.peak_torque_ratio["right_arm"] > 1.5 * rows[0].peak_torque_ratio["right_arm"]


def test_the_card_lists_sheets_joints_and_every_figure_set_by_a_rule():
    _, robot = campaign.facts(job("ideal arms=servo:csg-20-100+tbm-6025"))
    (drive,) = robot.drives
    assert (drive.name, drive.tier) == ("csg-20-100+tbm-6025", "servo")
    assert drive.joints == tuple(f"{side}_arm_{k}" for side in ("right", "left") for k in range(7))
    assert {"csg-20-100", "tbm-6025"} < {sheet.name for sheet in drive.sheets}
    assert all(len(sheet.sha256) == 64 and sheet.sources for sheet in drive.sheets)
    assert all(fallback.figure and fallback.rule for fallback in drive.fallbacks)
    assert "drive.bus_v" in {fallback.figure for fallback in drive.fallbacks}


def test_ideal_has_no_sheets():
    assert campaign.facts(job("ideal"))[1].drives == ()


def test_a_scorecard_with_drives_holds_with_another_batch_size(tmp_path):
    asked = job("servo right_arm=harmonic", cycles=2)
    scored(asked, tmp_path / "card.json")
    result = checked(tmp_path / "card.json", nsim=1, nthread=2)
    assert result.ok, result.message
    assert "sheets" in result.passed


def test_too_hot_a_drive_trips_ends_the_cycle_and_is_counted(tmp_path):
    sheet = tmp_path / "tiny.yaml"
    sheet.write_text(TINY, encoding="utf-8")
    asked = job(f"ideal arms=servo:{sheet}", cycles=2)
    rows = campaign.run(asked)
    for row in rows:
        assert row.faults == ("drive_trip",)
        assert row.drives.keys() == {"right_arm", "left_arm"}
        assert sum(found.tripped for found in row.drives.values()) >= 1
        assert sum(found.derated for found in row.drives.values()) >= 1
    line, robot = campaign.facts(asked)
    graded = build(asked, line, robot, everything_graded(rows), provenance.header(asked, 0.0)).body.stations[0].graded
    assert [(fault.fault, fault.cycles) for fault in graded.faults] == [("drive_trip", 2)]
    assert graded.drives is not None
    assert graded.drives.tripped_cycles == 2


def test_a_sheet_by_path_that_changed_or_went_away_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sheet = tmp_path / "mine.yaml"
    sheet.write_text(TINY.replace("trip_c: 35", "trip_c: 150"), encoding="utf-8")
    scored(job("ideal head=servo:./mine.yaml", cycles=1), tmp_path / "card.json")
    assert checked(tmp_path / "card.json").ok
    sheet.write_text(sheet.read_text(encoding="utf-8") + "# another word\n", encoding="utf-8")
    result = checked(tmp_path / "card.json")
    assert (result.ok, result.check) == (False, "sheets")
    assert result.message.startswith("data sheet tiny of ./mine.yaml: was ")
    sheet.unlink()
    with pytest.raises(ValueError, match=r"mine\.yaml: cannot be read"):
        checked(tmp_path / "card.json")


def test_a_learned_actuator_is_listed_with_its_hash_and_counts_as_mechanical_work(tmp_path):
    pytest.importorskip("onnx")
    from pilotline.robots.actuators.network import Figures, Layer, write

    def spring(stiffness: float) -> None:
        weights = np.array([[stiffness], [-60.0]], np.float32)
        write(file, (Layer(weights, np.zeros(1, np.float32), None, 1.0),), Figures((0,), 0.002, 1.0, 1.0, 1.0, 36.0))

    file = tmp_path / "spring.onnx"
    spring(2000.0)
    asked = job(f"ideal head=servo right_arm_3={file} left_arm_3={file}", cycles=1)
    drives = campaign.facts(asked)[1].drives
    learned = next(drive for drive in drives if drive.tier == "learned")
    assert learned.joints == ("right_arm_3", "left_arm_3")
    assert learned.name in {sheet.name for sheet in learned.sheets}
    assert (learned.controller, learned.derate_from_c, learned.trip_c) == (None, None, None)
    (row,) = campaign.run(asked)
    assert row.drives.keys() == {"head"}
    assert row.energy_j > row.drives["head"].drawn_j
    scored(asked, tmp_path / "card.json")
    assert checked(tmp_path / "card.json").ok
    spring(2001.0)
    assert checked(tmp_path / "card.json").check == "sheets"


def everything_graded(rows: list[CycleRow]) -> list[CycleRow]:
    return [dataclasses.replace(row, within_payload=True) for row in rows]
