"""A policy means in every place what it meant in training, or does not run there."""

from dataclasses import replace

import numpy as np
import pytest

from pilotline.envs.control import Channel
from pilotline.envs.interface import Entry
from pilotline.policies.file import Layer, write_policy
from pilotline.policies.file.fit import FitError, Terms, fit
from pilotline.policies.file.learned import LearnedPolicy
from pilotline.policies.file.reading import read
from pilotline.policies.file.segments import MemorySegment

from .conftest import contract, interface, network, observation

N = 64


@pytest.fixture
def policy_at(tmp_path):
    write_policy(tmp_path / "p.onnx", network(), contract())
    file = read(tmp_path / "p.onnx")

    def make(here, n=N):
        return LearnedPolicy(file.network.session(), file.contract, fit(Terms(file.contract), here), here, n)

    return make


def targets(policy, here, n=N):
    """What the actions command, by channel."""
    action = policy.act(observation(here, n))
    assert action.shape == (n, len(here.action))
    return {c.name: c.low + 0.5 * (action[:, i] + 1.0) * (c.high - c.low) for i, c in enumerate(here.action)}


def entries(**changes):
    return tuple(changes.get(e.name, e) for e in interface().observation)


def channels(**changes):
    return tuple(changes.get(c.name, c) for c in interface().action)


def test_at_home_nothing_is_said_and_nothing_is_changed(policy_at, tmp_path):
    policy = policy_at(interface())
    assert policy.notes == ()
    obs = observation(interface(), N)
    vector = np.concatenate([obs["joint_pos"], obs["imu"][:, [2, 0]], obs["told"]], axis=1).astype(np.float32)
    raw = read(tmp_path / "p.onnx").network.session()(vector)
    assert policy.act(obs).tobytes() == raw.astype(np.float64).tobytes()
    assert np.abs(raw).max() <= 1.0
    assert np.ptp(raw) > 0.5


def test_a_network_counts_steps_in_a_memory_of_its_own_and_forgets_with_the_cycle(tmp_path):
    counts = MemorySegment(memory=1, adds=True)
    given = contract(reads=(*contract().reads, counts))
    weights = np.zeros((given.inputs, given.outputs))
    weights[-1, 0] = 1.0  # the first channel tells what the memory holds
    write_policy(tmp_path / "p.onnx", [Layer(weights, np.array([0.0, 0.0, 0.0, 0.125]))], given)
    file, here = read(tmp_path / "p.onnx"), interface()
    policy = LearnedPolicy(file.network.session(), file.contract, fit(Terms(file.contract), here), here, 2)
    told = [policy.act(observation(here, 2))[:, 0].tolist() for _ in range(3)]
    assert told == [[0.0, 0.0], [0.125, 0.125], [0.25, 0.25]]
    policy.begin(np.array([1]))
    assert policy.act(observation(here, 2))[:, 0].tolist() == [0.375, 0.0]


HOME = interface()
ADAPTED = {
    "parts": (
        {"observation": entries(joint_pos=Entry("joint_pos", ("c", "x", "a", "b"), "rad"))},
        "joint_pos is in another order here than in training: reordered by name",
    ),
    "entries": (
        {"observation": HOME.observation[::-1]},
        "the entries of the observation are in another order here than in training: reordered by name",
    ),
    "channels": (
        {"action": HOME.action[::-1]},
        "the channels of the action are in another order here than in training: reordered by name",
    ),
    "scale": (
        {"action": channels(a=Channel("a", -2.0, 3.0, "rad"))},
        "a spans -1 to 2 rad in training, -2 to 3 here: rescaled, so that targets are those of training",
    ),
    "scales": (
        {"action": tuple(Channel(c.name, c.low - 1.0, c.high + 0.5, "rad") for c in HOME.action[::-1])},
        "c spans 0 to 1 rad in training, -1 to 1.5 here, and 2 more channels differ likewise: rescaled, so that "
        "targets are those of training",
    ),
    "robot": ({"robot": "other"}, "was trained on robot made, here is other"),
    "gains": (
        {"gains": {**HOME.gains, "b": (80.0, 4.6)}},
        "damping of b was 4 N m s/rad in training, here it is 4.6 (15 % off, the largest difference of gains)",
    ),
}


@pytest.mark.parametrize(("changes", "note"), ADAPTED.values(), ids=ADAPTED)
def test_what_can_be_adapted_gives_a_note_and_the_same_targets(policy_at, changes, note):
    here = interface(**changes)
    policy = policy_at(here)
    assert note in policy.notes
    assert len(policy.notes) == (2 if "action" in changes and here.action[0].name == "c" and "spans" in note else 1)
    wanted, found = targets(policy_at(HOME), HOME), targets(policy, here)
    for name in wanted:
        np.testing.assert_allclose(found[name], wanted[name], rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("gains", [{"b": (80.7, 4.0)}, {}])
def test_gains_within_a_hundredth_and_other_drives_are_silent(policy_at, gains):
    assert policy_at(interface(gains={**HOME.gains, **gains}, actuators="twin")).notes == ()


REFUSED = {
    "station": (
        {"station": "pilotline/Other-v1"},
        "is for station pilotline/Made-v1, here is pilotline/Other-v1; allowed: its own",
    ),
    "control": ({"control": "ee"}, "speaks control 'joint', here is 'ee'; allowed: the same"),
    "period": ({"period_s": 0.01}, "acts every 0.02 s, here a control step is 0.01 s; allowed: the same"),
    "entry": (
        {"observation": HOME.observation[:2]},
        "reads 'told', which is not observed here; allowed: joint_pos, imu",
    ),
    "part": (
        {"observation": entries(joint_pos=Entry("joint_pos", ("a", "b"), "rad"))},
        "reads 'c' of joint_pos, which has here: a, b; allowed: those",
    ),
    "unit": (
        {"observation": entries(joint_pos=Entry("joint_pos", ("a", "b", "c"), "deg"))},
        "reads joint_pos in 'rad', here it is in 'deg'; allowed: the same unit",
    ),
    "width": (
        {"observation": entries(told=Entry("told", ("0", "1", "2")))},
        "reads told of 2 numbers, here it has 3; allowed: the same",
    ),
    "channel": ({"action": HOME.action[:2]}, "commands 'c', which is no channel here; allowed: a, b"),
    "more channels": (
        {"action": (*HOME.action, Channel("d", -1.0, 1.0, "rad"))},
        "does not command 'd'; allowed: a policy for all of a, b, c, d",
    ),
    "channel unit": (
        {"action": channels(b=Channel("b", -2.0, 2.0, "m"))},
        "commands b in 'rad', here it is in 'm'; allowed: the same unit",
    ),
    "gains": (
        {"gains": {**HOME.gains, "a": (70.0, 5.0)}},
        "stiffness of a was 100 N m/rad in training, here it is 70; allowed: within 20 %",
    ),
    "joints": (
        {"gains": {**HOME.gains, "d": (1.0, 1.0)}},
        "joint d has a servo here, not in training; allowed: the same joints",
    ),
    "fewer joints": (
        {"gains": {"a": (100.0, 5.0), "b": (80.0, 4.0)}, "robot": "other"},
        "joint c has a servo in training, not here; allowed: the same joints (trained on robot made, here is other)",
    ),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_what_would_mean_something_else_is_refused_in_one_line(changes, message):
    with pytest.raises(FitError) as refused:
        fit(Terms(contract()), interface(**changes))
    assert str(refused.value) == message


def test_long_lists_are_cut_short():
    many = tuple(Channel(f"j{i}", -1.0, 1.0, "rad") for i in range(30))
    with pytest.raises(FitError, match=r"allowed: j0, .* j11 and 18 more$"):
        fit(Terms(contract()), replace(interface(), action=many))


@pytest.mark.parametrize("n", [1, 7, 64])
def test_a_row_of_actions_has_the_same_bits_at_any_batch_size(policy_at, n):
    obs = observation(HOME, 128)
    whole = policy_at(HOME, 128).act(obs)
    some = policy_at(HOME, n)
    for start in range(0, 128 - n + 1, n):
        part = some.act({name: values[start : start + n] for name, values in obs.items()})
        assert part.tobytes() == whole[start : start + n].tobytes()


def test_a_row_that_is_no_number_leaves_the_others_as_they_are(policy_at):
    obs = observation(HOME, 7)
    wanted = policy_at(HOME, 7).act(obs)
    obs["imu"][3] = np.nan
    found = policy_at(HOME, 7).act(obs)
    assert np.isnan(found[3]).all()
    others = np.arange(7) != 3
    assert found[others].tobytes() == wanted[others].tobytes()
