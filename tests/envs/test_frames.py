"""Quaternions and planar frames agree with SciPy's rotations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pilotline.envs import frames

number = st.floats(-10.0, 10.0)
vector = st.tuples(number, number, number).map(np.array)
angle = st.floats(-3.1, 3.1)
quaternion = (
    st.tuples(*[st.floats(-1.0, 1.0)] * 4)
    .map(np.array)
    .filter(lambda q: np.linalg.norm(q) > 0.1)
    .map(lambda q: q / np.linalg.norm(q))
)


def scipy(q):
    return Rotation.from_quat(q, scalar_first=True)


def same_turn(q, rotation):
    return (scipy(q) * rotation.inv()).magnitude() < 1e-7


@given(quaternion, quaternion)
def test_the_product_is_one_rotation_after_the_other(a, b):
    assert same_turn(frames.quat_mul(np, a[None], b[None])[0], scipy(a) * scipy(b))


@given(quaternion)
def test_the_conjugate_turns_back(q):
    assert same_turn(frames.quat_conj(np, q[None])[0], scipy(q).inv())


@given(quaternion, vector)
def test_rotating_a_vector(q, v):
    np.testing.assert_allclose(frames.rotate(np, q[None], v[None])[0], scipy(q).apply(v), atol=1e-12)


@given(quaternion)
def test_the_rotation_vector_takes_the_shorter_way_round(q):
    found = frames.rotation_vector(np, q[None])[0]
    assert np.linalg.norm(found) <= np.pi + 1e-9
    assert (Rotation.from_rotvec(found) * scipy(q).inv()).magnitude() < 1e-7


@given(quaternion)
def test_heading_and_tilt_are_those_of_the_turned_axes(q):
    matrix = scipy(q).as_matrix()
    tilt = np.arctan2(np.hypot(matrix[0, 2], matrix[1, 2]), matrix[2, 2])
    assert frames.tilt_of(np, q[None])[0] == pytest.approx(tilt, abs=1e-6)
    if np.hypot(matrix[0, 0], matrix[1, 0]) > 1e-3:
        heading = np.arctan2(matrix[1, 0], matrix[0, 0])
        assert frames.wrap(np, frames.yaw_of(np, q[None])[0] - heading) == pytest.approx(0.0, abs=1e-6)


@given(angle)
def test_a_turn_about_the_vertical_has_that_heading(yaw):
    q = frames.quat_from_axis_angle(np, (0.0, 0.0, 1.0), np.array([yaw]))
    assert frames.yaw_of(np, q)[0] == pytest.approx(yaw, abs=1e-9)


@given(st.floats(-100.0, 100.0))
def test_wrapping_keeps_the_direction_and_stays_in_one_turn(x):
    wrapped = float(frames.wrap(np, np.array(x)))
    assert -np.pi - 1e-9 <= wrapped < np.pi + 1e-9
    assert np.cos(wrapped) == pytest.approx(np.cos(x), abs=1e-9)
    assert np.sin(wrapped) == pytest.approx(np.sin(x), abs=1e-9)


@given(number, number, angle, vector)
def test_a_point_in_a_planar_frame_turns_and_moves_back(x, y, yaw, point):
    base = np.array([[x, y, yaw]])
    inside = frames.into_planar(np, base, point[None])
    back = frames.turn_planar(np, base[:, 2], inside) + np.array([x, y, 0.0])
    np.testing.assert_allclose(back[0], point, atol=1e-9)


@given(quaternion, quaternion, vector)
def test_a_row_does_not_depend_on_its_neighbours(a, b, v):
    together = frames.rotate(np, np.stack([a, b, a]), np.stack([v, v, v]))
    assert together[0].tobytes() == frames.rotate(np, a[None], v[None])[0].tobytes() == together[2].tobytes()
