"""Real robots, adopted from their files alone, against the cards that were made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilotline import robots
from pilotline.benchmarks.hold import measure
from pilotline.robots.adapters.read import read
from pilotline.robots.adopt import adopt
from pilotline.robots.adopt.checks import check

ROBOTS = {
    "unitree_g1": "unitree_g1/g1.xml",
    "unitree_g1_with_hands": "unitree_g1/g1_with_hands.xml",
    "unitree_h1": "unitree_h1/h1.xml",
    "pal_talos": "pal_talos/talos_position.xml",
}


@pytest.mark.parametrize("name", ROBOTS)
def test_groups_limits_and_soles_are_those_of_the_card_made_by_hand(maker: Any, menagerie: Path, name: str) -> None:
    model = read(menagerie / ROBOTS[name])
    found = adopt(model, name, {"file": ROBOTS[name]})
    ours, shipped = maker.robot(found, model), robots.load(f"menagerie:{name}")
    for group, joints in shipped.groups.items():
        if not group.endswith("hand") or (group[:-5] in shipped.hands and shipped.hands[group[:-5]].kind == "own"):
            assert set(ours.groups[group]) == set(joints), group
        if not group.endswith("hand"):
            assert ours.groups[group] == joints, group
    for joint in shipped.driven:
        for figure in ("low", "high", "effort"):
            assert getattr(ours.joints[joint], figure) == pytest.approx(getattr(shipped.joints[joint], figure)), joint
    assert {side: foot.body for side, foot in ours.feet.items()} == {
        side: foot.body for side, foot in shipped.feet.items()
    }
    for side, hand in shipped.hands.items():
        if hand.kind == "own":
            assert ours.hands[side].palm == hand.palm
            assert set(ours.hands[side].actuators) == set(hand.actuators)
            for name_, theirs in zip(hand.actuators, hand.closed, strict=True):
                mine = ours.hands[side].closed[ours.hands[side].actuators.index(name_)]
                assert mine * theirs >= 0.0
    assert [finding for finding in check(ours) if finding.severity == "error"] == []


def test_a_robot_without_a_card_here_is_adopted_by_name(
    menagerie: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files of one robot under the name of another that has no card."""
    pytest.importorskip("mujoco_menagerie")
    folder = tmp_path / "booster_t1"
    folder.mkdir()
    for path in (menagerie / "unitree_h1").iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "t1.xml").symlink_to(menagerie / "unitree_h1" / "h1.xml")
    monkeypatch.setenv("MENAGERIE_ROOT", str(tmp_path))
    robot = robots.load("menagerie:booster_t1 hands=gripper")
    assert robot.groups["left_leg"] == ("left_hip_yaw", "left_hip_roll", "left_hip_pitch", "left_knee", "left_ankle")
    assert set(robot.hands) == {"right", "left"}


@pytest.mark.parametrize("name", ROBOTS)
def test_an_adopted_robot_holds_home_with_ideal_servos(maker: Any, menagerie: Path, name: str) -> None:
    model = read(menagerie / ROBOTS[name])
    row = measure(maker.robot(adopt(model, name, {"file": ROBOTS[name]}), model), "ideal", seconds=2.0)
    assert row["fell_s"] is None
    assert row["tilt_deg"] < 10.0
    assert all(group["margin"] > 0.0 for group in row["groups"].values())
