"""Mirror images of joints, vectors, networks."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline import robots
from pilotline.policies.file import Layer
from pilotline.policies.file.layers import apply
from pilotline.policies.file.segments import EntrySegment
from pilotline.policies.train.gait.mirror import Mirror, join, of_joints, of_reads
from pilotline.policies.train.gait.moments import MirrorMoments
from pilotline.policies.train.gait.network import both_sides
from pilotline.policies.train.learner import TrainError
from pilotline.robots import Robot


@pytest.fixture(scope="module")
def biped() -> Robot:
    return robots.load("biped")


@pytest.fixture(scope="module")
def model(biped: Robot) -> mujoco.MjModel:
    return biped.spec().compile()


def posture_and_image(biped: Robot, model: mujoco.MjModel, seed: int) -> list[mujoco.MjData]:
    """A posture drawn at random and its mirror image, both with their kinematics."""
    joints = biped.driven
    angles = np.random.default_rng(seed).uniform(-0.3, 0.3, (1, len(joints)))
    found = []
    for values in (angles, of_joints(model, joints)(angles)):
        data = mujoco.MjData(model)
        for joint, value in zip(joints, values[0], strict=True):
            data.qpos[model.joint(joint).qposadr[0]] = value
        mujoco.mj_kinematics(model, data)
        found.append(data)
    return found


@given(st.lists(st.sampled_from((-1.0, 1.0)), min_size=4, max_size=4))
def test_twice_mirrored_is_as_before(signs: list[float]) -> None:
    mirror = join([Mirror.signs(*signs), Mirror.swap(3)])
    values = np.random.default_rng(0).normal(size=(5, 10))
    np.testing.assert_array_equal(mirror(mirror(values)), values)


def test_hips_that_part_have_opposite_angles_and_knees_that_bend_have_the_same(model: mujoco.MjModel) -> None:
    joints = ("right_hip_roll", "right_knee", "left_hip_roll", "left_knee", "waist_yaw", "waist_pitch")
    image = of_joints(model, joints)(np.array([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]))
    np.testing.assert_allclose(image, [[-0.3, 0.4, -0.1, 0.2, -0.5, 0.6]])


def test_a_posture_s_image_has_its_hands_and_feet_mirrored(biped: Robot, model: mujoco.MjModel) -> None:
    places = []
    for data in posture_and_image(biped, model, 1):
        soles = [data.site(biped.feet[side].sole_site).xpos.copy() for side in ("right", "left")]
        tools = [data.site(biped.hands[side].tcp_site).xpos.copy() for side in ("right", "left")]
        places.append(np.array([*soles, *tools]))
    own, image = places
    np.testing.assert_allclose(image, own[[1, 0, 3, 2]] * [1.0, -1.0, 1.0], atol=1e-9)


def test_a_joint_without_its_counterpart_is_refused(model: mujoco.MjModel) -> None:
    with pytest.raises(TrainError, match="joint right_knee has no counterpart left_knee"):
        of_joints(model, ("right_knee",))


def test_layers_of_both_sides_are_the_mean_of_a_network_and_its_image() -> None:
    rng = np.random.default_rng(2)

    def layer(k: int, m: int, activation: str | None) -> Layer:
        return Layer(rng.normal(size=(k, m)), rng.normal(size=m), activation)

    own = (layer(6, 5, "Elu"), layer(5, 4, "Tanh"), layer(4, 4, None))
    seen, out = join([Mirror.signs(1.0, -1.0), Mirror.swap(2)]), join([Mirror.swap(), Mirror.signs(-1.0, 1.0)])
    both, values = both_sides(own, seen, out), rng.normal(size=(20, 6))
    wanted = 0.5 * (apply(own, values) + out(apply(own, seen(values))))
    np.testing.assert_allclose(apply(both, values), wanted, atol=1e-5)
    np.testing.assert_allclose(apply(both, seen(values)), out(apply(both, values)), atol=1e-5)


def test_moments_are_those_of_vectors_and_their_images() -> None:
    mirror = join([Mirror.signs(1.0, -1.0), Mirror.swap()])
    moments, rng = MirrorMoments(mirror, np.array([0])), np.random.default_rng(3)
    for _ in range(200):
        moments.update(rng.normal([5.0, 2.0, 1.0, 3.0], 1.0, (50, 4)))
    np.testing.assert_allclose(moments.mean, [0.0, 0.0, 2.0, 2.0], atol=0.05)
    np.testing.assert_allclose(moments.var, [1.0, 5.0, 2.0, 2.0], rtol=0.05)


def test_force_torque_sensors_of_both_sides_have_frames_that_are_mirror_images(
    biped: Robot, model: mujoco.MjModel
) -> None:
    frames = []
    for data in posture_and_image(biped, model, 3):
        sensors = [f"{side}_{place}_force" for place in ("wrist", "ankle") for side in ("right", "left")]
        frames.append([data.site_xmat[model.sensor(name).objid[0]].reshape(3, 3).copy() for name in sensors])
    flip = np.diag([1.0, -1.0, 1.0])
    for k, other in enumerate((1, 0, 3, 2)):
        np.testing.assert_allclose(frames[1][k], flip @ frames[0][other] @ flip, atol=1e-9)


def test_a_wrench_s_image_is_the_other_side_s_with_its_push_to_the_side_and_its_twists_turned(
    model: mujoco.MjModel,
) -> None:
    parts = tuple(
        f"{side}_{kind}_{axis}" for side in ("right", "left") for kind in ("force", "torque") for axis in "xyz"
    )
    mirror = of_reads(model, (EntrySegment(entry="wrist_wrench", parts=parts),), Mirror.swap())
    image = mirror(np.arange(1.0, 13.0)[None])
    np.testing.assert_array_equal(image, [[7.0, -8.0, 9.0, -10.0, 11.0, -12.0, 1.0, -2.0, 3.0, -4.0, 5.0, -6.0]])
