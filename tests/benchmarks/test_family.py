"""The picture of the family shows every built-in robot in a pose that it can take."""

from __future__ import annotations

from pilotline import robots
from pilotline.benchmarks.family import FIGURES


def test_every_built_in_robot_is_in_the_picture() -> None:
    shown = [figure.robot for figure in FIGURES]
    assert sorted(text.split()[0] for text in shown) == sorted(robots.names())
    assert any("five_finger" in text for text in shown)


def test_poses_are_within_the_joints_ranges() -> None:
    for figure in FIGURES:
        joints = robots.load(figure.robot).joints
        for name, value in figure.pose.items():
            assert joints[name].low <= value <= joints[name].high, name
