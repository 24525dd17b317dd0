"""A robot alone in the world, as stations meet it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
import pytest

from pilotline import robots
from pilotline.robots import Robot, RobotCard, builtin, hands
from pilotline.robots.actuators import attach
from pilotline.robots.handcard import HandCard


@dataclass(frozen=True)
class Stage:
    """A compiled robot with its servos, and its state."""

    robot: Robot
    model: mujoco.MjModel
    data: mujoco.MjData

    def pose(self, joints: Mapping[str, float]) -> None:
        """Home with some joints changed, at rest, servos told to stay there, everything computed."""
        mujoco.mj_resetData(self.model, self.data)
        for name, value in {**self.robot.home, **joints}.items():
            self.data.joint(name).qpos[0] = value
        for number in range(self.model.nu):
            actuator = self.model.actuator(number)
            joint = self.model.joint(actuator.trnid[0]).name
            servo = joint in self.robot.home
            self.data.ctrl[number] = self.data.joint(joint).qpos[0] if servo else 0.0
        mujoco.mj_forward(self.model, self.data)

    def run(self, seconds: float) -> None:
        """Step on."""
        mujoco.mj_step(self.model, self.data, nstep=round(seconds / self.model.opt.timestep))

    def touching(self) -> set[frozenset[str]]:
        """Pairs of links in contact."""
        bodies = self.model.geom_bodyid
        return {frozenset(self.model.body(bodies[geom]).name for geom in pair) for pair in self.data.contact.geom}


@pytest.fixture(scope="session")
def robot() -> Robot:
    return robots.load("wheeled")


@pytest.fixture(scope="session")
def card() -> RobotCard:
    """What the robot is built from, hands apart."""
    return builtin.card("wheeled")


@pytest.fixture(scope="session")
def gripper() -> HandCard:
    """What both its hands are built from."""
    return hands.load("gripper")


@pytest.fixture(scope="session")
def bare(robot: Robot) -> mujoco.MjModel:
    """The robot's own spec compiled, no actuators."""
    return robot.spec(shells=False).compile()


def new_spec() -> mujoco.MjSpec:
    """An empty world with the step and the integrator that stations use."""
    spec = mujoco.MjSpec()
    spec.option.timestep = 0.002
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    return spec


@pytest.fixture
def stage(robot: Robot) -> Callable[..., Stage]:
    """Builds a Stage; `change(spec)` may add to the world before it is compiled."""

    def make(change: Callable[[mujoco.MjSpec], object] | None = None, shells: bool = False) -> Stage:
        spec = robot.spec(shells=shells)
        spec.option = new_spec().option
        attach(spec, robot)
        if change is not None:
            change(spec)
        model = spec.compile()
        return Stage(robot, model, mujoco.MjData(model))

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260401)
