"""The vector of a network, piece by piece, with values known by hand."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.envs.frames import quat_from_axis_angle
from pilotline.envs.interface import Entry
from pilotline.policies.file import Contract, Inputs
from pilotline.policies.file.inputs import Vector, gravity
from pilotline.policies.file.segments import (
    Clock,
    ClockSegment,
    ConstantSegment,
    EntrySegment,
    GravitySegment,
    HeadingSegment,
    MemorySegment,
    PlaceSegment,
    PreviousSegment,
)
from pilotline.policies.file.words import ReadsError, segments

from .conftest import interface

ENTRIES = (Entry("joint_pos", ("a", "b"), "rad"), Entry("imu_quat", ("qw", "qx", "qy", "qz"), "quaternion"))
OBS = {"joint_pos": np.array([[1.0, 2.0], [3.0, 4.0]]), "imu_quat": np.array([[1.0, 0.0, 0.0, 0.0]] * 2)}


def vector(*reads):
    return Inputs(reads, ENTRIES, 2, 2, 0.02)(OBS)


def test_parts_are_found_by_name_scaled_and_shifted():
    read = EntrySegment(entry="joint_pos", parts=("b", "a"), scale=(10.0, 2.0), offset=(0.5, -1.0))
    np.testing.assert_array_equal(vector(read), [[20.5, 1.0], [40.5, 5.0]])
    assert vector(read).dtype == np.float32


def test_what_is_beyond_a_bound_is_read_as_the_bound_and_then_scaled():
    read = EntrySegment(entry="joint_pos", parts=("a", "b"), within=2.5, scale=2.0, offset=1.0)
    np.testing.assert_array_equal(vector(read), [[3.0, 5.0], [6.0, 6.0]])


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
    for _ in range(2):
        inputs.took(np.array([[0.0, 0.0, -0.8, 0.7, -0.9]] * 2))
    np.testing.assert_allclose(inputs(OBS), [[0.0, 1.0, -0.8]] * 2)
    with pytest.raises(ValueError, match="whole is 2; allowed: at most memory, and 0 unless it adds"):
        MemorySegment(memory=3, whole=2)


TURNED = (
    Entry("hand", ("x", "y", "z", "qw", "qx", "qy", "qz"), "m, quaternion"),
    Entry("tote", tuple("0123"), ""),
    Entry("mass", ("0",), ""),
)


@given(
    heading=st.floats(-np.pi, np.pi),
    place=st.tuples(*[st.floats(-2.0, 2.0)] * 3),
    foot=st.tuples(*[st.floats(-2.0, 2.0)] * 3),
    turns=st.integers(-3, 3),
)
def test_a_place_is_seen_from_a_pose_the_same_wherever_both_are_moved_to(heading, place, foot, turns):
    """A point given in the frame of a pose is found again from the base, also after whole (or, folded, half) turns."""
    c, s = np.cos(heading), np.sin(heading)
    hand = np.add(foot, [c * place[0] - s * place[1], s * place[0] + c * place[1], place[2]])
    for fold in (1, 2):
        told = {"hand": np.concatenate([hand, [1.0, 0.0, 0.0, 0.0]])[None]}
        told["tote"] = np.array([[*foot, heading + 2.0 * np.pi * turns]])
        read = PlaceSegment(place="hand", seen_from="tote", fold=fold)
        found = Inputs((read,), TURNED, 2, 1, 0.02)(told)[0]
        half = -1.0 if fold == 2 and abs(heading) > np.pi / 2 else 1.0
        if abs(abs(heading) - np.pi / 2) > 1e-6:
            np.testing.assert_allclose(found, [half * place[0], half * place[1], place[2]], atol=1e-5)


def test_a_heading_does_not_jump_at_half_a_turn_nor_folded_at_a_quarter():
    angles = np.array([np.pi - 1e-4, -np.pi + 1e-4, np.pi / 2 - 1e-4, -np.pi / 2 + 1e-4])
    told = {"tote": np.concatenate([np.zeros((4, 3)), angles[:, None]], axis=1)}
    once, twice = (Inputs((HeadingSegment(heading="tote", fold=fold),), TURNED, 2, 4, 0.02)(told) for fold in (1, 2))
    np.testing.assert_allclose(once, np.stack([np.sin(angles), np.cos(angles)], axis=1), atol=1e-7)
    np.testing.assert_allclose(once[0], once[1], atol=3e-4)
    np.testing.assert_allclose(twice[2], twice[3], atol=5e-4)


def test_some_of_the_last_output_is_read_alone():
    inputs = Inputs((PreviousSegment(previous_action=3, only=(2, 0)),), ENTRIES, 3, 2, 0.02)
    inputs.took(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    np.testing.assert_array_equal(inputs(OBS), [[3.0, 1.0], [6.0, 4.0]])
    with pytest.raises(ValueError, match="only is 3; allowed: 0 to 2"):
        PreviousSegment(previous_action=3, only=(0, 3))


def test_a_timer_tells_how_long_the_whole_numbers_have_been_what_they_are():
    inputs = Inputs((MemorySegment(memory=3, adds=True, whole=2, timer_s=0.08),), ENTRIES, 2, 2, 0.02)
    still = [0.0, 0.0, 0.3, 0.0, 0.5]
    seen = []
    for change in ([still, still], [[0.0, 0.0, 0.0, 0.9, 0.0], still], *[[still, still]] * 4):
        inputs.took(np.array(change))
        seen.append(inputs(OBS)[:, 3].tolist())
    np.testing.assert_allclose(
        seen, [[0.25, 0.25], [0.0, 0.5], [0.25, 0.75], [0.5, 1.0], [0.75, 1.0], [1.0, 1.0]], atol=1e-7
    )
    inputs.begin(np.array([0]))
    np.testing.assert_array_equal(inputs(OBS)[:, 3], [0.0, 1.0])
    with pytest.raises(ValueError, match=r"timer_s is 4\.0 and whole 0; allowed"):
        MemorySegment(memory=3, adds=True, timer_s=4.0)


WORDS = (
    ("heading:tote", HeadingSegment(heading="tote")),
    ("heading:tote:2", HeadingSegment(heading="tote", fold=2)),
    ("hand@tote:2", PlaceSegment(place="hand", seen_from="tote", fold=2)),
    ("mass~2", EntrySegment(entry="mass", parts=("0",), within=2.0)),
    ("hand@tote:2~0.05", PlaceSegment(place="hand", seen_from="tote", fold=2, within=0.05)),
    ("previous_action", PreviousSegment(previous_action=3)),
    ("previous_action:b", PreviousSegment(previous_action=3, only=(1,))),
    ("memory:5:2:4", MemorySegment(memory=5, adds=True, whole=2, timer_s=4.0)),
    ("memory:5:2:0.5", MemorySegment(memory=5, adds=True, whole=2, timer_s=0.5)),
)


@pytest.mark.parametrize(("word", "segment"), WORDS, ids=[word for word, _ in WORDS])
def test_words_for_what_is_made_of_entries(word, segment):
    here = interface(observation=TURNED)
    assert segments(here, [word]) == (segment,)
    assert Contract.of(here, [word]).reads == (segment,)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("heading:hand", "reads the heading of hand, 7 numbers; allowed: of x, y, z, heading"),
        ("heading:nest", "reads 'nest'; allowed: hand, tote, mass"),
        ("hand@nest", "reads 'nest'; allowed: hand, tote, mass"),
        ("mass@tote", "reads the place of mass, 1 numbers; allowed: of x, y, z, heading"),
        ("hand@tote:0", "reads 'hand@tote:0'; allowed: hand, tote, mass, heading:ENTRY, ENTRY@ENTRY, each also ~BOUND"),
        ("hand~0", "reads 'hand~0'; allowed: hand"),
        ("previous_action~0.1", "reads 'previous_action'; allowed: hand"),
        ("previous_action:gripper", "no channel begins with 'gripper'; allowed: a, b, c"),
        ("memory:2:3", "reads 'memory:2:3': whole is 3; allowed: at most memory"),
        ("memory:9999", "reads 'memory:9999': Input should be less than or equal to 4096"),
    ],
)
def test_words_that_cannot_be_read_end_in_one_line(word, message):
    with pytest.raises(ReadsError, match=re.escape(message)):
        segments(interface(observation=TURNED), [word])


def test_jax_makes_the_same_vectors():
    jnp = pytest.importorskip("jax.numpy")
    reads = (
        EntrySegment(entry="joint_pos", parts=("b", "a"), scale=(10.0, 2.0), offset=(0.5, -1.0)),
        GravitySegment(gravity="imu_quat", scale=3.0),
        PreviousSegment(previous_action=2),
        ClockSegment(clock=Clock(period_s=0.07, phases=(0.0, 0.5))),
        ConstantSegment(constant=(7.0, 8.0)),
        MemorySegment(memory=3, scale=2.0),
        PreviousSegment(previous_action=2, only=(1,), within=0.3),
        HeadingSegment(heading="tote", fold=2),
        PlaceSegment(place="hand", seen_from="tote", fold=2),
    )
    rng = np.random.default_rng(0)
    obs = {**OBS, "imu_quat": rng.normal(size=(2, 4)), "hand": rng.normal(size=(2, 7))}
    obs["tote"] = np.concatenate([rng.normal(size=(2, 3)), [[3.0], [-1.2]]], axis=1)
    previous, steps = rng.uniform(-1.0, 1.0, (2, 2)), np.array([3, 400])
    one, other = (Vector(xp, reads, (*ENTRIES, *TURNED), 0.02) for xp in (np, jnp))
    kept = rng.uniform(-1.0, 1.0, (2, 3))
    wanted = one(obs, previous, steps, kept)
    found = other({name: jnp.asarray(value) for name, value in obs.items()}, *map(jnp.asarray, (previous, steps, kept)))
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-4)


def test_a_contract_reads_everything_unless_told():
    here = interface()
    assert segments(here) == tuple(EntrySegment(entry=e.name, parts=e.parts) for e in here.observation)
    previous = PreviousSegment(previous_action=3)
    contract = Contract.of(here, ["told", ("imu", ("rate_y",)), previous], title="x")
    assert (contract.inputs, contract.outputs) == (2 + 1 + 3, 3)
    contract = Contract.of(here, ["told", "memory:4"])
    assert (contract.inputs, contract.outputs) == (2 + 4, 3 + 4)
    contract = Contract.of(here, ["told", ("imu", ("rate_y",)), previous], title="x")
    assert contract.reads[2] == previous
    with pytest.raises(ValueError, match="reads 'nest'; allowed: joint_pos, imu, told"):
        Contract.of(here, ["nest"])
    with pytest.raises(ValueError, match="scale has 3 numbers; allowed: one, or 2"):
        EntrySegment(entry="told", parts=("0", "1"), scale=(1.0, 2.0, 3.0))
