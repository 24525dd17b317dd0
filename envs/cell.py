"""A station's place in a world: alone in its own, or one of several in the hall of a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots import Robot

Float = NDArray[np.float64]

ORIGIN = "origin"
"""Name of the frame in which a station of a hall is told where things are."""

SCOPES = {
    "body": mujoco.mjtObj.mjOBJ_BODY,
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "site": mujoco.mjtObj.mjOBJ_SITE,
    "jnt": mujoco.mjtObj.mjOBJ_JOINT,
    "actuator": mujoco.mjtObj.mjOBJ_ACTUATOR,
    "tendon": mujoco.mjtObj.mjOBJ_TENDON,
}
"""Kinds of things that stations name, as prefixes of `MjModel` fields."""


@dataclass(frozen=True)
class Cell:
    """Where a station stands, and what its things are called there.

    A hall shifts its stations and never turns them, so that forces, directions and velocities are the same in all.

    Attributes:
      prefix: before the names of the station's own things in the model.
      at_m: x, y of its origin in the world.
      own: names of its own things without prefix, by kind of `SCOPES`.
    """

    prefix: str = ""
    at_m: tuple[float, float] = (0.0, 0.0)
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def shared(self) -> bool:
        """Whether there are other stations in the world."""
        return bool(self.prefix)

    def name(self, kind: str, name: str) -> str:
        """What a thing of a kind of `SCOPES` is called in the model; things of robot and hall keep their names."""
        return f"{self.prefix}{name}" if name in self.own.get(kind, ()) else name

    @property
    def shift_m(self) -> Float:
        """From the world's coordinates to the station's: to be taken off, (3,)."""
        return np.array([*self.at_m, 0.0])

    def columns(self, everything: Mapping[str, slice]) -> dict[str, slice]:
        """Columns of sensors by the names that the station gave them; its own first, then those of the robot."""
        own = {name.removeprefix(self.prefix): at for name, at in everything.items() if name.startswith(self.prefix)}
        return {**everything, **own}

    def qpos_shift(self, model: mujoco.MjModel, robot: Robot) -> Float:
        """What is to be taken off qpos, (nq,), so that the robot's place is one in the station's coordinates."""
        shift = np.zeros(model.nq)
        moving = robot.base.joints[:2] if robot.base.joints else ()
        for joint, value in zip(moving, self.at_m, strict=False):
            shift[int(model.joint(joint).qposadr[0])] = value
        return shift


ALONE = Cell()
"""A station in a world of its own."""
