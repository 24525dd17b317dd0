"""A robot whose feet alone touch anything, as trainers of walking have it: nothing else is ever tested for contact.

Such a robot falls through the floor and its limbs through each other; only what ends at a fall may be asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import mujoco

from pilotline.robots.naming import RobotError
from pilotline.robots.robot import Robot

NOTE = "Only its feet touch anything (contacts=feet)."


def feet_only(robot: Robot) -> Robot:
    """`robot` with the contacts of its feet, with the world and with each other where the model has these, and no more.

    Masses, inertias and what is drawn stay as they are; without shells, shapes that then touch nothing are left out.

    Raises:
      RobotError: a robot without feet.
    """
    if not robot.feet:
        raise RobotError(f"robot {robot.name}: has no feet, so no contacts=feet; allowed: contacts=all")
    bodies = tuple(foot.body for foot in robot.feet.values())
    return replace(robot, notes=(*robot.notes, NOTE), make=partial(_muted, robot.make, bodies))


def _muted(make: Callable[[bool], mujoco.MjSpec], bodies: tuple[str, ...], shells: bool) -> mujoco.MjSpec:
    spec = make(shells)
    feet = {body.name for name in bodies for body in _family(spec.body(name))}
    for pair in list(spec.pairs):
        if not {spec.geom(pair.geomname1).parent.name, spec.geom(pair.geomname2).parent.name} <= feet:
            spec.delete(pair)
    # tendons may lie on a shape, and a body may have its mass from its shapes
    spare = not shells and not list(spec.tendons)
    for geom in list(spec.geoms):
        if geom.parent.name in feet:
            continue
        geom.contype = geom.conaffinity = 0
        if spare and geom.parent.explicitinertial:
            spec.delete(geom)
    if spare and not list(spec.skins):
        used = {geom.meshname for geom in spec.geoms}
        for mesh in list(spec.meshes):
            if mesh.name not in used:
                spec.delete(mesh)
    return spec


def _family(body: mujoco.MjsBody) -> Iterator[mujoco.MjsBody]:
    """A body and all that hang on it, as toes on a foot."""
    yield body
    for child in body.bodies:
        yield from _family(child)
