"""Arm postures for tool poses: taught ones are kept, others found, clear of the robot and with room to move."""

from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from pilotline.policies.reference import device_poses
from pilotline.policies.reference.device_poses import plan_of
from pilotline.policies.reference.taught import ArmPostures, ToolPose
from pilotline.robots import Robot, load
from pilotline.robots.bench import bench_ahead_m, bench_stance
from pilotline.robots.card import BenchStance


def placed(robot: Robot, side: str, angles: np.ndarray) -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    for name, value in {**robot.home, **bench_stance(robot)}.items():
        data.joint(name).qpos[0] = value
    for name, value in zip(robot.groups[f"{side}_arm"], angles, strict=True):
        data.joint(name).qpos[0] = value
    mujoco.mj_forward(model, data)
    return model, data


def test_arms_that_were_taught_keep_their_postures() -> None:
    for name in ("wheeled", "fixed"):
        plan = plan_of(load(name))
        assert not any(plan.misses.values())
        np.testing.assert_array_equal(plan.poses["right"]["nest"], device_poses._TAUGHT["nest"])
        np.testing.assert_array_equal(
            plan.poses["left"]["lid"], np.array(device_poses._TAUGHT["lid"]) * device_poses._MIRROR
        )


@pytest.mark.parametrize("side", ["right", "left"])
def test_postures_of_another_arm_put_the_tool_there_and_meet_nothing(side: str) -> None:
    robot = load("biped")
    plan = plan_of(robot)
    assert plan.misses == {"right": None, "left": None}
    sign = -1.0 if side == "left" else 1.0
    for name in ("nest", "belt", "above lid"):
        _, data = placed(robot, side, plan.poses[side][name])
        x, y, z = device_poses._TOOL[name].position
        wanted = np.array([bench_ahead_m(robot) + x, sign * y, 0.9 + z])
        np.testing.assert_allclose(data.site(f"{side}_tcp").xpos, wanted, atol=5e-3)
        ahead = data.site(f"{side}_tcp").xmat.reshape(3, 3)[:, 0]
        pitch = device_poses._TOOL[name].pitch_rad
        np.testing.assert_allclose(ahead, [np.cos(pitch), 0.0, -np.sin(pitch)], atol=0.06)
        assert data.ncon == 0


def test_the_same_robot_gets_the_same_postures() -> None:
    robot = load("biped")
    pose = ToolPose((0.45, -0.2, 1.0))
    first, second = (ArmPostures(robot, "right", False).find(pose) for _ in range(2))
    np.testing.assert_array_equal(first.angles, second.angles)


def test_what_is_out_of_reach_is_told_in_words() -> None:
    robot = load("biped")
    far = replace(robot, bench=BenchStance(ahead_m=1.2, source="estimate", mark="E"))
    said = plan_of(far).misses["right"]
    assert said is not None
    assert "nest by " in said
    assert " mm and " in said
