"""A floor, a robot on legs with its servos, and what it senses: nothing but MuJoCo around the controller."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import mujoco
import numpy as np
import pytest
from mujoco import batch
from numpy.typing import NDArray

from pilotline.policies.reference.balance.gains import servo_gains
from pilotline.policies.reference.balance.stand import BalancePolicy
from pilotline.robots import Robot, load
from pilotline.robots.actuators import attach

Float = NDArray[np.float64]


class Ground:
    """n robots on a floor under a controller, 50 Hz."""

    def __init__(self, robot: Robot, n: int) -> None:
        self.robot = robot
        spec = robot.spec(shells=False)
        spec.option.timestep = 0.002
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10.0
        floor = spec.worldbody.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.1])
        floor.friction = (0.9, 0.005, 0.0001)
        attach(spec, robot, "ideal")
        self.model = spec.compile()
        self._batch = batch.Batch(self.model, n, 1)
        self.qpos, self.qvel = self._batch.bind("qpos"), self._batch.bind("qvel")
        self._ctrl = self._batch.bind("ctrl")
        self._push = self._batch.bind("xfrc_applied")
        self._q = np.array([int(self.model.joint(name).qposadr[0]) for name in robot.driven])
        self._v = np.array([int(self.model.joint(name).dofadr[0]) for name in robot.driven])
        self._act = np.array([self.model.actuator(name).id for name in robot.driven])
        self.mass = float(self.model.body_subtreemass[self.model.body(robot.root).id])
        self._begin()
        self.policy = BalancePolicy(robot, n, *servo_gains(robot))

    def _begin(self) -> None:
        data = mujoco.MjData(self.model)
        for name, value in self.robot.home.items():
            data.joint(name).qpos[0] = value
        mujoco.mj_kinematics(self.model, data)
        data.qpos[2] -= min(data.site(foot.sole_site).xpos[2] for foot in self.robot.feet.values())
        self.qpos[:] = data.qpos
        self._batch.forward()

    def senses(self) -> dict[str, Float]:
        def read(*names: str) -> Float:
            return np.concatenate([self._batch.sensor(name).data for name in names], axis=-1)

        ankles = [f"{side}_ankle_{part}" for side in ("right", "left") for part in ("force", "torque")]
        return {
            "joint_pos": self.qpos[:, self._q],
            "joint_vel": self.qvel[:, self._v],
            "imu": read("imu_gyro", "imu_acc"),
            "imu_quat": read("imu_quat"),
            "foot_wrench": read(*ankles),
        }

    def run(self, seconds: float, push: Float | None = None) -> None:
        """Under control; `push` (n, 2) N on the pelvis all the time."""
        self._push[:, self.model.body(self.robot.root).id, :2] = 0.0 if push is None else push
        for _ in range(round(seconds / 0.02)):
            self._ctrl[:, self._act] = self.policy.act(self.senses())
            self._batch.step(nstep=10)
        self._push[:] = 0.0

    def upright(self) -> Float:
        """(n,) bool: higher than three quarters of home, leaning less than 15 degrees."""
        lean = 1.0 - 2.0 * (self.qpos[:, 4] ** 2 + self.qpos[:, 5] ** 2)
        return (self.qpos[:, 2] > 0.75 * self.policy.figures.height) & (lean > np.cos(np.deg2rad(15.0)))


@pytest.fixture(scope="session")
def biped() -> Robot:
    return load("biped")


@pytest.fixture(scope="session")
def ground(biped: Robot) -> Callable[[int], Ground]:
    """A fresh floor with n robots on it."""

    @cache
    def robots() -> Robot:
        return biped

    def make(n: int) -> Ground:
        return Ground(robots(), n)

    return make
