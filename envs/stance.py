"""The pose that a robot begins in, held by its drives."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.engine import Engine
from pilotline.robots import Robot

Ids = NDArray[np.int64]


class Stance:
    """Puts robots of a batch into their home pose."""

    def __init__(self, model: mujoco.MjModel, robot: Robot) -> None:
        def place(joint: str) -> int:
            return int(model.joint(joint).qposadr[0])

        self._home_q = np.array([place(joint) for joint in robot.home])
        self._home = np.array(list(robot.home.values()))
        held = (*robot.driven, *robot.fingers)
        self._held_q = np.array([place(joint) for joint in held])
        self._held_ctrl = np.array([model.actuator(joint).id for joint in held])
        self._base_q = np.array([place(joint) for joint in robot.base.joints], np.int64)
        moved = (*robot.home, *robot.fingers, *robot.base.joints)
        self._dofs = np.unique([int(model.joint(joint).dofadr[0]) for joint in moved])

    def take(self, engine: Engine, ids: Ids) -> None:
        """Joints of the robots `ids` to home."""
        engine.qpos[np.ix_(ids, self._home_q)] = self._home

    def hold(self, engine: Engine, ids: Ids) -> None:
        """Their drives hold the pose that they are in."""
        engine.ctrl[np.ix_(ids, self._held_ctrl)] = engine.qpos[np.ix_(ids, self._held_q)]

    def put_up(self, engine: Engine, ids: Ids, place_m: tuple[float, float]) -> None:
        """Stand robots on planar bases at a place (x, y), looking at +x, at rest, with cold drives."""
        self.take(engine, ids)
        engine.qpos[np.ix_(ids, self._base_q)] = (*place_m, 0.0)
        engine.qvel[np.ix_(ids, self._dofs)] = 0.0
        engine.act[ids] = 0.0
        engine.ctrl[ids] = 0.0
        self.hold(engine, ids)
        engine.refresh(ids, constants=False)
