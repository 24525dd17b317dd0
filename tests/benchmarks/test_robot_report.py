"""The robot report: its kinematics against MuJoCo, its figures against the card, the page and the JSON it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import mujoco
import numpy as np
import pytest

from pilotline import robots
from pilotline.benchmarks.cli import display, main
from pilotline.benchmarks.robot_report import facts, gather, lifting, page, workspace
from pilotline.benchmarks.robot_report.lifting import payloads
from pilotline.benchmarks.robot_report.reach import reach
from pilotline.benchmarks.robot_report.scene import Scene, scene_of
from pilotline.benchmarks.robot_report.solve import Aim, solve
from pilotline.benchmarks.robot_report.standing import stances
from pilotline.robots.payload import payload_per_hand_kg
from pilotline.robots.support import holding_torque


@pytest.fixture(scope="module")
def wheeled() -> Scene:
    return scene_of(robots.load("wheeled"))


@pytest.fixture(scope="module")
def biped() -> Scene:
    return scene_of(robots.load("biped"))


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map of few cells at one height, and few postures for a load."""
    monkeypatch.setattr(lifting, "STARTS", 8)
    monkeypatch.setattr(workspace, "STARTS", 2)
    monkeypatch.setattr(workspace, "CELL_M", 0.25)
    monkeypatch.setattr(gather, "HEIGHTS_M", (0.9,))


@pytest.mark.parametrize("name", ["wheeled", "biped"])
def test_the_arm_moves_as_in_mujoco(name: str, request: pytest.FixtureRequest) -> None:
    scene = request.getfixturevalue(name)
    rng = np.random.default_rng(7)
    for side, arm in scene.arms().items():
        q = arm.low + (arm.high - arm.low) * rng.random((4, len(arm.joints)))
        at = arm.poses(q)
        for k in range(len(q)):
            scene.pose(dict(zip(arm.joints, q[k], strict=True)))
            site = scene.data.site(scene.robot.hands[side].tcp_site)
            np.testing.assert_allclose(at.place[k], site.xpos, atol=1e-9)
            np.testing.assert_allclose(at.turn[k], site.xmat.reshape(3, 3), atol=1e-9)
        scene.pose()


def test_what_is_solved_is_there_within_limits_and_cone(wheeled: Scene) -> None:
    arm = wheeled.arms()["right"]
    aim = Aim((1.0, 0.0, 0.0), np.radians(20.0))
    goals = arm.shoulder + np.array([(0.45, 0.0, -0.3), (0.5, -0.1, -0.2), (3.0, 0.0, 0.0)])
    rng = np.random.default_rng(3)
    starts = arm.low + (arm.high - arm.low) * rng.random((60, len(arm.joints)))
    q, there = solve(arm, np.repeat(goals, 20, axis=0), starts, aim)
    assert there[:20].any()
    assert there[20:40].any()
    assert not there[40:].any()
    at = arm.poses(q[there])
    assert np.linalg.norm(at.place - np.repeat(goals, 20, axis=0)[there], axis=1).max() < 0.005
    assert at.turn[:, 0, 0].min() >= np.cos(np.radians(20.0)) - 1e-9
    assert np.abs(at.turn[:, 2, 1]).max() <= np.sin(np.radians(20.0)) + 1e-9
    assert (q >= arm.low).all()
    assert (q <= arm.high).all()


@pytest.mark.parametrize("name", ["wheeled", "biped"])
def test_reach_is_at_most_the_links_in_a_row(name: str, request: pytest.FixtureRequest) -> None:
    for arm in request.getfixturevalue(name).arms().values():
        found = reach(arm)
        assert 0.95 * found.links_m <= found.farthest_m <= found.links_m + 1e-4


def test_the_map_is_within_reach_and_nearly_alike_on_both_sides(wheeled: Scene, coarse: None) -> None:
    reaches = {side: reach(arm).farthest_m for side, arm in wheeled.arms().items()}
    found = workspace.map_at(wheeled, 0.9, reaches)
    areas = {area.side: area for area in found.areas()}
    for side in ("right", "left"):
        assert 0.0 < areas[side].either_m2 < np.pi * reaches[side] ** 2
        assert areas[side].either_m2 >= max(areas[side].ahead_m2, areas[side].down_m2)
    mirrored = found.either("left")[:, ::-1]
    assert np.mean(mirrored != found.either("right")) < 0.05
    assert areas["both"].either_m2 <= min(areas["right"].either_m2, areas["left"].either_m2)


def test_one_hand_holds_less_the_farther_it_reaches_and_names_a_joint_on_the_way(wheeled: Scene) -> None:
    found = payloads(wheeled, {side: reach(arm) for side, arm in wheeled.arms().items()})
    ahead = [one for one in found if one.side == "right" and one.at == "shoulder height"]
    held = [one.peak_kg or 0.0 for one in ahead]
    assert held == sorted(held, reverse=True)
    for one in found:
        if one.peak_kg is None or one.rated_kg is None:
            continue
        assert one.rated_kg <= one.peak_kg + 1e-9
        assert one.peak_joint in (*wheeled.robot.groups["torso"], *wheeled.robot.groups[f"{one.side}_arm"])


def test_two_hands_hold_what_the_payload_says(wheeled: Scene) -> None:
    """A weight a little above the payload overloads the named joint, one below does not."""
    robot = wheeled.robot
    most = payload_per_hand_kg(robot, {})
    for share, over in ((0.99, False), (1.01, True)):
        wheeled.pose()
        model, data = wheeled.model, wheeled.data
        for hand in robot.hands.values():
            site = model.site(hand.tcp_site)
            place, force = data.site(hand.tcp_site).xpos, np.array([0.0, 0.0, -9.81 * share * most])
            mujoco.mj_applyFT(model, data, force, np.zeros(3), place, int(site.bodyid[0]), data.qfrc_applied)
        torque = data.qfrc_bias - data.qfrc_applied
        loads = [abs(torque[model.joint(j).dofadr[0]]) / robot.limit(j) for j in robot.driven if "head" not in j]
        assert bool(max(loads) > 1.0) is over
        data.qfrc_applied[:] = 0.0


def test_a_standing_robot_carries_its_weight_evenly_and_more_in_a_squat(biped: Scene) -> None:
    home, squat = stances(biped)
    assert (home.pose, squat.pose) == ("home", "half squat")
    assert home.margin_m > 0.05
    assert squat.root_m < home.root_m - 0.1
    assert squat.torque["right_knee"] > 1.5 * home.torque["right_knee"]
    for name, share in home.torque.items():
        if name.startswith("right_"):
            assert share == pytest.approx(home.torque["left_" + name.removeprefix("right_")], abs=0.02)


def test_holding_torques_leave_nothing_to_the_root(biped: Scene) -> None:
    """With the torques of the joints and the floor's forces at the soles the robot does not begin to move."""
    biped.pose()
    torque = holding_torque(biped.robot, biped.model, biped.data)
    ankle = torque["right_ankle_pitch"] + torque["left_ankle_pitch"]
    mass = float(biped.model.body_mass.sum())
    feet = [biped.data.site(biped.robot.feet[side].ankle_site).xpos[0] for side in ("right", "left")]
    above = biped.data.body(biped.robot.root).subtree_com[0]
    feet_mass = sum(biped.model.body(biped.robot.feet[side].body).mass[0] for side in ("right", "left"))
    # about the ankles' common axis: the weight of all but the feet, whose own centre is close to it
    assert abs(ankle) == pytest.approx(9.81 * mass * abs(above - np.mean(feet)), abs=9.81 * feet_mass * 0.06)


def test_masses_and_freedom_add_up(biped: Scene, coarse: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "HEIGHTS_M", ())
    found = gather.gather(biped.robot, "biped").facts
    assert sum(found.masses.groups_kg.values()) == pytest.approx(found.masses.total_kg, abs=0.01)
    assert found.masses.groups_kg["right_leg"] == pytest.approx(found.masses.groups_kg["left_leg"], rel=1e-6)
    assert sum(found.freedom.driven.values()) == len(biped.robot.driven) + len(biped.robot.fingers)
    rows = {row.joint: row for row in found.drives}
    assert set(rows) == {*biped.robot.driven, *biped.robot.fingers}
    knee = rows["right_knee"]
    assert (knee.sheet, knee.ratio, knee.mark) == ("h1-knee", 18.0, biped.robot.joints["right_knee"].mark)


def test_the_verb_writes_the_same_twice_and_a_page_without_the_network(
    tmp_path: Path, coarse: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(display, "why_not_drawing", lambda: "no OpenGL in this test")
    texts = []
    for run in ("one", "two"):
        assert main(["robot", "fixed", f"out={tmp_path / run}"]) == 0
        texts.append((tmp_path / run / "robot.json").read_bytes())
    assert texts[0] == texts[1]
    shown = capsys.readouterr()
    assert max(map(len, shown.out.splitlines())) <= max(80, len(str(tmp_path)) + 40)
    assert "no picture: no OpenGL in this test" in shown.err
    found = facts.RobotFacts.model_validate(json.loads(texts[0]))
    assert found.text == "fixed"
    assert found.stances == ()
    html = (tmp_path / "one" / "report.html").read_text()
    assert "No picture: no OpenGL in this test." in html
    assert not re.search(r'(?:src|href)="(?!#|data:)', html)
    assert "prefers-color-scheme: dark" in html
    for drive in found.drives:
        assert drive.joint.replace("_", " ") in html
    assert "<script" not in html


def test_a_picture_is_part_of_the_page(biped: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "HEIGHTS_M", ())
    found = gather.gather(biped.robot, "biped")
    html = page.render(found, b"\x89PNG")
    assert 'src="data:image/png;base64,' in html
    assert "Centre of mass over the soles" in html


def test_the_schema_describes_every_table() -> None:
    schema = facts.json_schema()
    assert schema["properties"]["schema"]["const"] == "pilotline/robot-report/1"
    assert set(schema["required"]) >= {"masses", "reach", "payload", "drives"}
