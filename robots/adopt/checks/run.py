"""All checks of a robot, in the order in which a person would look."""

from __future__ import annotations

from pilotline.robots.adopt.checks import contact, guesses, mass, ranges, strength
from pilotline.robots.adopt.checks.stage import stage_of
from pilotline.robots.adopt.findings import Finding
from pilotline.robots.robot import Robot

CHECKS = (
    mass.stature,
    mass.inertias,
    ranges.ranges,
    contact.feet,
    contact.self_collision,
    guesses.hands,
    guesses.shells,
    strength.strength,
)


def check(robot: Robot) -> list[Finding]:
    """Findings of every check; a robot with an error cannot be used."""
    stage = stage_of(robot)
    return [finding for one in CHECKS for finding in one(stage)]
