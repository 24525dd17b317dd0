"""Neighbouring parts whose collision geoms overlap by construction: pairs that may not collide."""

from __future__ import annotations

import mujoco

from pilotline.robots.actuators.inertia import home_state
from pilotline.robots.adopt.shape import Shape
from pilotline.robots.robot import Robot

NEIGHBOURS = 2
"""Parts with at most so many joints' links between them, counted along the tree, are neighbours."""


def overlapping(robot: Robot, shape: Shape) -> list[list[str]]:
    """Pairs of bodies, at most `NEIGHBOURS` parts apart, that overlap when the robot is at home."""
    part = {shape.model.body(body).name: number for number, one in enumerate(shape.parts) for body in one.bodies}
    compiled = robot.spec(shells=False).compile()
    pairs = {tuple(sorted(pair)) for pair in overlaps(compiled, home_state(robot, compiled)) if set(pair) <= set(part)}
    return [list(pair) for pair in sorted(pairs) if _apart(shape, part[pair[0]], part[pair[1]]) <= NEIGHBOURS]


def overlaps(model: mujoco.MjModel, data: mujoco.MjData) -> dict[tuple[str, str], float]:
    """Pairs of bodies that overlap, and how deep, m; `data` has its contacts."""
    found: dict[tuple[str, str], float] = {}
    for contact in data.contact:
        if contact.dist >= 0.0:
            continue
        first, second = (str(model.body(int(model.geom_bodyid[geom])).name) for geom in contact.geom)
        found[first, second] = max(found.get((first, second), 0.0), -float(contact.dist))
    return found


def _apart(shape: Shape, one: int, other: int) -> int:
    """Joints between two parts."""
    first, second = shape.path(one), shape.path(other)
    shared = sum(a == b for a, b in zip(first, second, strict=False))
    return len(first) + len(second) - 2 * shared
