"""A robot alone in a pose, as the parts of the report look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np

from pilotline.benchmarks.robot_report.arm import Arm
from pilotline.robots.cardrules import SIDES
from pilotline.robots.posture import WorkingPosture, reaching_joints
from pilotline.robots.robot import Robot


@dataclass(frozen=True)
class Scene:
    """A robot compiled without shells.

    Attributes:
      robot: whose.
      model, data: MuJoCo's; `pose` changes the data.
    """

    robot: Robot
    model: mujoco.MjModel
    data: mujoco.MjData

    def pose(self, joints: Mapping[str, float] | None = None) -> None:
        """Home with some joints changed, everything computed."""
        self.data.qpos[:] = self.model.qpos0
        for name, value in {**self.robot.home, **(joints or {})}.items():
            self.data.joint(name).qpos[0] = value
        mujoco.mj_forward(self.model, self.data)

    def at_work(self, height_m: float) -> None:
        """The torso as the card's posture table has it for hands at a height, everything else at home."""
        names = reaching_joints(self.robot)
        angles = WorkingPosture(self.robot)(np.array([height_m]))[0]
        torso = set(self.robot.groups["torso"])
        self.pose({name: float(angle) for name, angle in zip(names, angles, strict=True) if name in torso})

    def arms(self) -> dict[str, Arm]:
        """Arms by side, in the pose that the robot is in."""
        sides = [side for side in SIDES if self.robot.groups[f"{side}_arm"]]
        return {side: Arm(self.robot, self.model, self.data, side) for side in sides}


def scene_of(robot: Robot) -> Scene:
    """A robot at home."""
    model = robot.spec(shells=False).compile()
    scene = Scene(robot, model, mujoco.MjData(model))
    scene.pose()
    return scene
