"""`pilotline list` shows what there is, and every name shown is one that loads."""

import json

import pytest

from pilotline.benchmarks.cli import catalog, main
from pilotline.configs import lines


def test_list_shows_every_name_with_its_description(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for group in catalog.GROUPS:
        for name in catalog.names(group):
            assert name in shown
            assert catalog.option(group, name)["title"] in shown


def test_list_writes_the_same_as_figures(capsys, tmp_path):
    assert main(["list", f"out={tmp_path}"]) == 0
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["figures"]["lines"].keys() == set(catalog.names("line"))
    assert result["figures"]["robots"]["wheeled"] == catalog.option("robot", "wheeled")["title"]
    assert str(tmp_path / "result.json") in capsys.readouterr().out.replace("\n", "")


def test_list_actuators_shows_the_data_sheets_by_kind(capsys, monkeypatch, tmp_path):
    from pilotline.robots.actuators import catalogue
    from pilotline.robots.actuators.sheet import KINDS

    monkeypatch.setenv("COLUMNS", "200")
    assert main(["list", "actuators", f"out={tmp_path}"]) == 0
    shown = capsys.readouterr().out
    figures = json.loads((tmp_path / "result.json").read_text())["figures"]
    assert figures.keys() == {"actuators", "sheets"}
    for kind in KINDS:
        assert f"{kind} sheets" in shown
        assert tuple(figures["sheets"][kind]) == catalogue.names(kind)
        for name in catalogue.names(kind):
            assert name in shown
    assert "wheeled humanoid" not in shown


def test_list_policies_shows_the_trained_ones_with_robot_and_drives(capsys, monkeypatch):
    from pilotline.policies.shipped import shipped

    monkeypatch.setenv("COLUMNS", "200")
    assert main(["list", "policies"]) == 0
    shown = capsys.readouterr().out
    assert "trained policies" in shown
    assert all(path in shown for path in shipped())


def test_list_of_one_kind_shows_no_other(capsys):
    assert main(["list", "stations"]) == 0
    shown = capsys.readouterr().out
    assert "tote_destack" in shown
    assert "logistics" not in shown


def test_the_robots_listed_are_the_robots_there_are():
    robots = pytest.importorskip("pilotline.robots")
    assert set(catalog.names("robot")) == set(robots.names())


def test_the_actuators_listed_are_the_tiers_there_are():
    actuators = pytest.importorskip("pilotline.robots.actuators")
    assert set(catalog.names("actuators")) == set(actuators.TIERS)


def test_the_stations_listed_are_the_stations_there_are():
    stations = pytest.importorskip("pilotline.envs.stations")
    assert set(catalog.names("station")) == set(stations.names())


def test_the_policies_listed_are_the_policies_there_are():
    policies = pytest.importorskip("pilotline.policies")
    assert set(catalog.names("policy")) == set(policies.names())


@pytest.mark.parametrize("name", lines.names())
def test_every_line_loads_and_names_stations_that_exist(name):
    line = lines.load(name)
    assert line.name == name
    assert set(line.station_names) <= set(catalog.names("station"))


def test_list_robots_names_those_of_the_menagerie_whose_files_are_at_hand(capsys, monkeypatch, tmp_path):
    pytest.importorskip("mujoco_menagerie")
    for file in ("unitree_h1/h1.xml", "booster_t1/t1.xml"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text("<mujoco/>")
    monkeypatch.setenv("MENAGERIE_ROOT", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["list", "robots", f"out={tmp_path}"]) == 0
    shown = capsys.readouterr().out
    found = json.loads((tmp_path / "result.json").read_text())["figures"]["menagerie"]
    assert set(found) == {"menagerie:unitree_h1", "menagerie:booster_t1"}
    assert "adopted" in found["menagerie:booster_t1"]
    for name, title in found.items():
        assert name in shown
        assert title in shown
