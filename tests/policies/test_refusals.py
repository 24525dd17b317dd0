"""A scripted controller says why a robot cannot do its job, before anything moves."""

from __future__ import annotations

import pytest

from pilotline import policies, robots
from pilotline.policies import PolicyError


@pytest.mark.parametrize(
    ("station", "robot", "said"),
    [
        ("tote_destack", "fixed", "its base is fixed"),
        ("tote_destack", "biped", "it would have to walk"),
        (
            "tote_destack",
            "wheeled hands=five_finger",
            "its right hand is 'five_finger', this controller needs 'gripper'",
        ),
        ("device_test", "wheeled left_hand=five_finger", "its left hand is 'five_finger'"),
    ],
)
def test_a_robot_that_cannot_do_the_job_is_refused_with_the_reason(station: str, robot: str, said: str) -> None:
    with pytest.raises(PolicyError, match=f"policy 'reference' cannot do {station} with .*: .*{said}"):
        policies.load("reference", station, robots.load(robot), 1)


@pytest.mark.parametrize(("station", "robot"), [("tote_destack", "wheeled"), ("device_test", "fixed")])
def test_a_robot_that_can_is_served(station: str, robot: str) -> None:
    assert policies.load("reference", station, robots.load(robot), 1).control in ("ee", "joint")
