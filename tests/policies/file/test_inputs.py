"""The vector of a network, piece by piece, with values known by hand."""

import numpy as np
import pytest

from pilotline.envs.frames import quat_from_axis_angle
from pilotline.envs.interface import Entry
from pilotline.policies.file import Contract, Inputs
from pilotline.policies.file.contract import segments
from pilotline.policies.file.inputs import Vector, gravity
from pilotline.policies.file.segments import (
    Clock,
    ClockSegment,
    ConstantSegment,
    EntrySegment,
    GravitySegment,
    MemorySegment,
    PreviousSegment,
)

from .conftest import interface

ENTRIES = (Entry("joint_pos", ("a", "b"), "rad"), Entry("imu_quat", ("qw", "qx", "qy", "qz"), "quaternion"))
OBS = {"joint_pos": np.array([[1.0, 2.0], [3.0, 4.0]]), "imu_quat": np.array([[1.0, 0.0, 0.0, 0.0]] * 2)}


def vector(*reads):
    return Inputs(reads, ENTRIES, 2, 2, 0.02)(OBS)


def test_parts_are_found_by_name_scaled_and_shifted():
    read = EntrySegment(entry="joint_pos", parts=("b", "a"), scale=(10.0, 2.0), offset=(0.5, -1.0))
    np.testing.assert_array_equal(vector(read), [[20.5, 1.0], [40.5, 5.0]])
    assert vector(read).dtype == np.float32


def test_gravity_points_down_in_the_frame_of_the_sensor():
    axes = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
    turn = {name: quat_from_axis_angle(np, axis, np.array([np.pi / 2])) for name, axis in axes.items()}
    np.testing.assert_allclose(vector(GravitySegment(gravity="imu_quat")), [[0.0, 0.0, -1.0]] * 2)
    np.testing.assert_allclose(gravity(turn["x"]), [[0.0, -1.0, 0.0]], atol=1e-15)
    np.testing.assert_allclose(gravity(turn["y"]), [[1.0, 0.0, 0.0]], atol=1e-15)
    np.testing.assert_allclose(gravity(turn["z"]), [[0.0, 0.0, -1.0]], atol=1e-15)


def test_clock_and_previous_output_are_kept_per_simulation_and_cleared_by_begin():
    reads = (
        PreviousSegment(previous_action=2, scale=0.5),
        ClockSegment(clock=Clock(period_s=0.08, phases=(0.0, 0.5))),
        ConstantSegment(constant=(7.0,)),
    )
    inputs = Inputs(reads, ENTRIES, 2, 2, 0.02)
    np.testing.assert_allclose(inputs(OBS), [[0, 0, 0, 0, 1, -1, 7]] * 2, atol=1e-7)
    inputs.took(np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_allclose(inputs(OBS), [[0.5, 1.0, 1, -1, 0, 0, 7], [1.5, 2.0, 1, -1, 0, 0, 7]], atol=1e-7)
    np.testing.assert_array_equal(inputs(OBS), inputs(OBS))
    inputs.begin(np.array([1]))
    np.testing.assert_allclose(inputs(OBS), [[0.5, 1.0, 1, -1, 0, 0, 7], [0.0, 0.0, 0, 0, 1, -1, 7]], atol=1e-7)


@pytest.mark.parametrize(
    ("adds", "second", "third"), [(False, [0.5, -0.25], [0.75, -2.0]), (True, [0.5, -0.25], [1.0, -1.0])]
)
def test_a_memory_is_what_was_given_for_it_last_or_all_of_it_together(adds, second, third):
    reads = (MemorySegment(memory=2, adds=adds), PreviousSegment(previous_action=2))
    inputs = Inputs(reads, ENTRIES, 2, 2, 0.02)
    np.testing.assert_array_equal(inputs(OBS), np.zeros((2, 4)))
    inputs.took(np.array([[7.0, 8.0, 0.5, -0.25]] * 2))
    np.testing.assert_array_equal(inputs(OBS), [[*second, 7.0, 8.0]] * 2)
    inputs.took(np.array([[5.0, 6.0, 0.75, -2.0]] * 2))
    np.testing.assert_array_equal(inputs(OBS), [[*third, 5.0, 6.0]] * 2)
    inputs.begin(np.array([1]))
    np.testing.assert_array_equal(inputs(OBS), [[*third, 5.0, 6.0], [0.0] * 4])


def test_whole_numbers_of_a_memory_stay_whatever_small_is_added_to_them():
    inputs = Inputs((MemorySegment(memory=3, adds=True, whole=2),), ENTRIES, 2, 2, 0.02)
    inputs.took(np.array([[0.0, 0.0, 0.9, -0.3, 0.25]] * 2))
    for _ in range(3):
        inputs.took(np.array([[0.0, 0.0, -0.4, 0.4, 0.25]] * 2))
    np.testing.assert_array_equal(inputs(OBS), [[1.0, 0.0, 1.0]] * 2)
    with pytest.raises(ValueError, match="whole is 2; allowed: at most memory, and 0 unless it adds"):
        MemorySegment(memory=3, whole=2)


def test_jax_makes_the_same_vectors():
    jnp = pytest.importorskip("jax.numpy")
    reads = (
        EntrySegment(entry="joint_pos", parts=("b", "a"), scale=(10.0, 2.0), offset=(0.5, -1.0)),
        GravitySegment(gravity="imu_quat", scale=3.0),
        PreviousSegment(previous_action=2),
        ClockSegment(clock=Clock(period_s=0.07, phases=(0.0, 0.5))),
        ConstantSegment(constant=(7.0, 8.0)),
        MemorySegment(memory=3, scale=2.0),
    )
    rng = np.random.default_rng(0)
    obs = {**OBS, "imu_quat": rng.normal(size=(2, 4))}
    previous, steps = rng.uniform(-1.0, 1.0, (2, 2)), np.array([3, 400])
    one, other = (Vector(xp, reads, ENTRIES, 0.02) for xp in (np, jnp))
    kept = rng.uniform(-1.0, 1.0, (2, 3))
    wanted = one(obs, previous, steps, kept)
    found = other({name: jnp.asarray(value) for name, value in obs.items()}, *map(jnp.asarray, (previous, steps, kept)))
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


def test_a_contract_reads_everything_unless_told():
    here = interface()
    assert segments(here) == tuple(EntrySegment(entry=e.name, parts=e.parts) for e in here.observation)
    previous = PreviousSegment(previous_action=3)
    given = Contract.of(here, ["told", ("imu", ("rate_y",)), previous], title="x")
    assert (given.inputs, given.outputs) == (2 + 1 + 3, 3)
    given = Contract.of(here, ["told", "memory:4"])
    assert (given.inputs, given.outputs) == (2 + 4, 3 + 4)
    given = Contract.of(here, ["told", ("imu", ("rate_y",)), previous], title="x")
    assert given.reads[2] == previous
    with pytest.raises(ValueError, match="reads 'nest'; allowed: joint_pos, imu, told"):
        Contract.of(here, ["nest"])
    with pytest.raises(ValueError, match="scale has 3 numbers; allowed: one, or 2"):
        EntrySegment(entry="told", parts=("0", "1"), scale=(1.0, 2.0, 3.0))
