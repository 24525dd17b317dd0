"""Laws of mechanics on the compiled robot: energy, momentum, weight, symmetry, contact with itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import mujoco
import numpy as np
import pytest

from pilotline.robots import Robot
from pilotline.robots.handcard import HandCard

from .conftest import Stage

GRAVITY = 9.81
REACHING = {
    "torso_1": 0.5,
    "torso_2": -0.8,
    "torso_3": 0.9,
    "right_arm_0": -1.0,
    "left_arm_0": -0.6,
    "torso_5": 0.4,
}


def swinging_arm(robot: Robot) -> mujoco.MjModel:
    """The right arm alone free to move, no contacts, no joint limits, no losses."""
    spec = robot.spec(shells=False)
    for equality in list(spec.equalities):
        spec.delete(equality)
    for joint in list(spec.joints):
        if joint.name in robot.groups["right_arm"]:
            joint.limited = False
        else:
            spec.delete(joint)
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_RK4
    spec.option.timestep = 0.0005
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    spec.option.enableflags |= mujoco.mjtEnableBit.mjENBL_ENERGY
    return spec.compile()


def test_a_free_arm_keeps_its_energy(robot: Robot) -> None:
    model = swinging_arm(robot)
    data = mujoco.MjData(model)
    data.qpos[:] = [-1.2, -0.8, 0.3, -1.5, 0.4, 0.6, 0.2]
    totals, kinetic = [], []
    for _ in range(200):
        mujoco.mj_step(model, data, nstep=10)
        totals.append(data.energy.sum())
        kinetic.append(data.energy[1])
    assert max(kinetic) > 5.0  # it does swing
    assert np.ptp(totals) < 0.01 * max(kinetic)


@pytest.mark.parametrize(("axis", "push"), [(0, 50.0), (1, -30.0)])
def test_a_push_on_the_base_gives_its_impulse_to_the_whole_robot(robot: Robot, axis: int, push: float) -> None:
    model = robot.spec(shells=False).compile()
    model.opt.timestep = 0.0001  # the joints swing freely, and momentum errs with the step
    model.opt.gravity[:] = 0.0
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    data.xfrc_applied[model.body("base").id, axis] = push
    mujoco.mj_step(model, data, nstep=2000)
    mujoco.mj_subtreeVel(model, data)
    momentum = model.body_subtreemass[0] * data.subtree_linvel[0]
    assert momentum[axis] == pytest.approx(push * 0.2, rel=1e-3)
    assert abs(momentum[1 - axis]) < 1e-2 * abs(push * 0.2)


def test_held_rigid_the_base_moves_as_its_mass_says(stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose({})
    scene.model.actuator_gainprm[:3] = 0.0  # base servos off, joints held
    scene.model.actuator_biasprm[:3] = 0.0
    scene.data.xfrc_applied[scene.model.body("base").id, 0] = 40.0
    scene.run(1.0)
    assert scene.data.joint("base_x").qvel[0] == pytest.approx(40.0 / scene.model.body_subtreemass[0], rel=0.02)


@pytest.mark.parametrize("posture", [{}, REACHING, {"right_arm_1": -1.4, "torso_0": 0.1}])
def test_at_rest_the_ground_carries_the_weight_under_the_centre_of_mass(
    stage: Callable[..., Stage], posture: Mapping[str, float]
) -> None:
    scene = stage()
    scene.pose(posture)
    scene.run(0.5)
    force, moment = scene.data.sensor("base_force").data, scene.data.sensor("base_torque").data
    assert force[2] == pytest.approx(scene.model.body_subtreemass[0] * GRAVITY, rel=1e-4)
    np.testing.assert_allclose(force[:2], 0.0, atol=0.05)
    centre = np.array([-moment[1], moment[0]]) / force[2]
    np.testing.assert_allclose(centre, scene.data.subtree_com[0][:2], atol=1e-4)


def test_the_ground_reaction_includes_what_the_wheels_push(stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose({})
    scene.data.ctrl[0] = 1.0
    scene.run(0.05)
    push = scene.data.actuator("base_x").force[0]
    assert push > 50.0
    assert scene.data.sensor("base_force").data[0] == pytest.approx(push, rel=1e-3)


def test_the_wrist_sensor_reads_the_weight_of_the_hand(gripper: HandCard, stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose(REACHING)
    scene.run(0.5)
    weight = GRAVITY * gripper.mass_kg
    for side in ("right", "left"):
        turn = scene.data.site(f"{side}_wrist").xmat.reshape(3, 3)
        world = turn @ scene.data.sensor(f"{side}_wrist_force").data
        np.testing.assert_allclose(world, [0.0, 0.0, weight], atol=0.02)


def test_the_imu_at_rest_reads_gravity_upwards(stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose({})
    scene.run(0.5)
    np.testing.assert_allclose(scene.data.sensor("imu_acc").data, [0.0, 0.0, GRAVITY], atol=0.02)
    np.testing.assert_allclose(scene.data.sensor("imu_gyro").data, 0.0, atol=1e-3)


def test_the_left_arm_is_the_mirror_of_the_right(
    robot: Robot, stage: Callable[..., Stage], rng: np.random.Generator
) -> None:
    scene = stage()
    # mirrored in y = 0, a turn about y keeps its sign and turns about x and z change theirs
    signs = np.array([1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    arm = [robot.joints[joint] for joint in robot.groups["right_arm"]]
    lower, upper = np.array([(joint.low, joint.high) for joint in arm]).T
    for _ in range(20):
        right = rng.uniform(lower, upper)
        posture = dict(zip(robot.groups["right_arm"], right, strict=True))
        posture |= dict(zip(robot.groups["left_arm"], signs * right, strict=True))
        scene.pose(posture)
        data, mirror = scene.data, np.array([1.0, -1.0, 1.0])
        np.testing.assert_allclose(data.site("left_tcp").xpos, mirror * data.site("right_tcp").xpos, atol=1e-9)
        approach = [data.site(f"{side}_tcp").xmat.reshape(3, 3)[:, 0] for side in ("left", "right")]
        np.testing.assert_allclose(approach[0], mirror * approach[1], atol=1e-9)
        # the published left forearm is not quite the right one's mirror image in mass
        held = [data.qfrc_bias[scene.model.joint(f"{side}_arm_1").dofadr[0]] for side in ("left", "right")]
        assert held[0] == pytest.approx(-held[1], abs=0.25)


def test_nothing_touches_at_home_or_standing_straight(stage: Callable[..., Stage]) -> None:
    scene = stage()
    for posture in ({}, dict.fromkeys(scene.robot.home, 0.0)):
        scene.pose(posture)
        assert scene.touching() == set()


@pytest.mark.parametrize(
    ("posture", "pair"),
    [
        (
            {"right_arm_0": -0.4, "right_arm_1": -0.3, "right_arm_2": 1.4, "right_arm_3": -2.2},
            {"right", "torso_5"},
        ),
        (
            {"left_arm_0": -0.4, "left_arm_1": 0.3, "left_arm_2": -1.4, "left_arm_3": -2.2},
            {"left", "torso_5"},
        ),
        (
            {f"{s}_arm_{j}": v for s, k in (("right", 1), ("left", -1)) for j, v in ((2, 1.0 * k), (3, -1.57))},
            {"right", "left"},
        ),
        (
            {
                "torso_1": 1.4,
                "torso_2": -2.4,
                "torso_3": 1.0,
                "right_arm_1": 0.0,
                "right_arm_2": 0.5,
                "right_arm_3": -0.4,
            },
            {"right", "base"},
        ),
    ],
    ids=["right arm and chest", "left arm and chest", "arm and arm", "arm and base"],
)
def test_arms_collide_with_trunk_base_and_each_other(
    stage: Callable[..., Stage], posture: Mapping[str, float], pair: set[str]
) -> None:
    scene = stage()
    scene.pose(posture)
    found = [sorted(links) for links in scene.touching()]
    assert any(all(any(part in link for link in links) for part in pair) for links in found), found
