"""Somebody else's network, with an observation vector of its own, through a contract card."""

import hashlib
from typing import Any

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper

from pilotline import policies, robots
from pilotline.envs import stations
from pilotline.envs.control import Channel
from pilotline.envs.interface import Entry
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies import PolicyError, PolicyWarning
from pilotline.policies.file import loading

from .conftest import interface

HERE = interface(
    observation=(
        Entry("joint_pos", ("a", "b", "c"), "rad"),
        Entry("imu_quat", ("qw", "qx", "qy", "qz"), "quaternion"),
        Entry("command", ("0", "1", "2")),
    ),
    action=(
        Channel("a", -1.0, 2.0, "rad"),
        Channel("b", -2.0, 2.0, "rad"),
        Channel("c", 0.0, 1.0, "rad"),
        Channel("grip", 0.0, 0.05, "m"),
    ),
)
CARD: dict[str, Any] = {
    "schema": "pilotline/foreign-policy/1",
    "title": "made up",
    "model": "walk.onnx",
    "stations": ["pilotline/Made-v1"],
    "robot": "made",
    "control": "joint",
    "period_s": 0.02,
    "inputs": [
        {"gravity": "imu_quat"},
        {"entry": "command", "parts": ["2", "0"], "scale": [0.25, 2.0]},
        {"entry": "joint_pos", "parts": ["b", "a"], "minus_default": True, "scale": 10.0},
        {"previous_action": True},
        {"clock": {"period_s": 0.08}},
        {"constant": [1.0]},
    ],
    "outputs": {"channels": ["b", "a"], "default": {"a": 0.5, "b": -0.25}, "scale": [0.5, 2.0], "clip": 1.5},
    "hold": {"c": 0.75, "grip": 0.0},
    "gains": {"a": [100.0, 5.0], "b": [80.0, 4.0]},
}
WIDTH = 3 + 2 + 2 + 2 + 2 + 1


def linear(path, weights, rows=1):
    """y = x W, exported for one robot."""
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["obs_in", "w"], ["mu"])],
        "g",
        [helper.make_tensor_value_info("obs_in", kind, [rows, len(weights)])],
        [helper.make_tensor_value_info("mu", kind, [rows, weights.shape[1]])],
        [numpy_helper.from_array(np.asarray(weights, np.float32), "w")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def written(folder, card=CARD, weights=None, **changes):
    linear(folder / "walk.onnx", np.zeros((WIDTH, 2)) if weights is None else weights)
    path = folder / "walk.yaml"
    path.write_text(yaml.safe_dump(card | changes))
    return str(path)


@pytest.fixture
def at_home(monkeypatch):
    """Every place is `HERE`; the robot does not matter."""
    monkeypatch.setattr(loading, "present", lambda station, robot, actuators, control: HERE)
    return lambda path, n=2: loading.load_file(path, "made", robots.load("fixed"), n, "ideal")


def targets(action):
    return {c.name: c.low + 0.5 * (action[:, i] + 1.0) * (c.high - c.low) for i, c in enumerate(HERE.action)}


OBS = {
    "joint_pos": np.array([[0.6, -0.15, 9.0], [0.5, -0.25, 9.0]]),
    "imu_quat": np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]),
    "command": np.array([[0.3, 9.0, 0.4], [0.0, 9.0, 0.0]]),
}


def test_every_input_and_output_is_where_the_card_says(tmp_path, at_home):
    seen = []
    for k in range(WIDTH):
        weights = np.zeros((WIDTH, 2))
        weights[k] = 0.1, -0.1
        found = targets(at_home(written(tmp_path, weights=weights)).act(OBS))
        seen.append(2.0 * (found["b"] + 0.25) / 0.1)
        np.testing.assert_allclose((found["a"] - 0.5) / 2.0, -(found["b"] + 0.25) / 0.5, atol=1e-7)
        np.testing.assert_allclose(found["c"], 0.75, atol=1e-12)
        np.testing.assert_allclose(found["grip"], 0.0, atol=1e-12)
    wanted = [
        [0.0, 0, -1, 0.1, 0.6, 1, 1, 0, 0, 0, 1, 1],
        [0.0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1],
    ]
    np.testing.assert_allclose(np.transpose(seen), wanted, atol=1e-5)


def test_previous_output_and_clock_go_on_and_are_cleared_for_a_new_cycle(tmp_path, at_home):
    weights = np.zeros((WIDTH, 2))
    weights[7, 0], weights[9, 0], weights[11, 0] = 0.5, 0.25, 0.125  # own b, sine, 1
    policy = at_home(written(tmp_path, weights=weights))
    told = [targets(policy.act(OBS))["b"][0] for _ in range(3)]
    raw = [0.125, 0.125 + 0.25 + 0.5 * 0.125, 0.125 + 0.5 * 0.4375]
    np.testing.assert_allclose(told, -0.25 + 0.5 * np.array(raw), atol=1e-6)
    policy.begin(np.array([1]))
    fourth = targets(policy.act(OBS))["b"]
    np.testing.assert_allclose(fourth, [-0.25 + 0.5 * (0.125 - 0.25 + 0.5 * raw[2]), told[0]], atol=1e-6)


def test_the_state_of_a_recurrent_network_is_handed_on_as_it_is_and_cleared_for_a_new_cycle(tmp_path, at_home):
    weights = np.zeros((3, 4))
    weights[0, 2], weights[1, 1], weights[2, 3] = 4.0, 1.0, 0.5  # constant 1 to the first of two states, that to a
    weights[1, 3] = 1.0  # and into the second
    inputs, outputs = [{"constant": [1.0]}, {"memory": 2}], CARD["outputs"] | {"clip": 1.5}
    policy = at_home(written(tmp_path, weights=weights, inputs=inputs, outputs=outputs))
    raw = [(targets(policy.act(OBS))["a"][0] - 0.5) / 2.0 for _ in range(2)]
    np.testing.assert_allclose(raw, [0.0, 0.75], atol=1e-6)  # 4 was handed on unclipped; the target ends its range
    policy.begin(np.array([1]))
    np.testing.assert_allclose(targets(policy.act(OBS))["a"], [2.0, 0.5], atol=1e-6)


def test_outputs_keep_to_the_clip_and_targets_to_their_ranges(tmp_path, at_home):
    weights = np.zeros((WIDTH, 2))
    weights[11] = 9.0, 9.0
    weights[7, 0] = -6.0  # the previous output, after its clip: 9 - 6 * 1.5 = 0
    policy = at_home(written(tmp_path, weights=weights))
    found = targets(policy.act(OBS))
    np.testing.assert_allclose([found["b"][0], found["a"][0]], [-0.25 + 0.5 * 1.5, 2.0], atol=1e-6)
    np.testing.assert_allclose(targets(policy.act(OBS))["b"], -0.25, atol=1e-6)


REFUSED = {
    "station": ({"stations": ["pilotline/Other-v1"]}, "is for station pilotline/Other-v1, here is pilotline/Made-v1"),
    "period": ({"period_s": 0.01}, "acts every 0.01 s, here a control step is 0.02 s; allowed: the same"),
    "control": ({"control": "ee"}, "speaks control 'ee', here is 'joint'; allowed: the same"),
    "entry": (
        {"inputs": [{"entry": "nest"}]},
        "reads 'nest', which is not observed here; allowed: joint_pos, imu_quat, command",
    ),
    "part": ({"inputs": [{"entry": "joint_pos", "parts": ["z"]}]}, "reads 'z' of joint_pos; allowed: a, b, c"),
    "gravity": ({"inputs": [{"gravity": "imu"}]}, "reads 'imu'; allowed: joint_pos, imu_quat, command"),
    "default": (
        {"inputs": [{"entry": "joint_pos", "minus_default": True}]},
        "joint_pos minus_default: 'c' has no default; allowed: a, b",
    ),
    "inputs": ({"inputs": [{"entry": "joint_pos"}]}, "its network has 12 inputs; allowed: 3, as its contract says"),
    "outputs": (
        {"outputs": {"channels": ["a"], "default": {"a": 0.0}, "scale": 1.0}, "inputs": [{"constant": [0.0] * WIDTH}]},
        "its network has 2 outputs; allowed: 1, as its contract says",
    ),
    "channel": (
        {"outputs": {"channels": ["a", "z"], "default": {"a": 0.0, "z": 0.0}, "scale": 1.0}},
        "commands 'z', which is no channel here; allowed: a, b, c, grip",
    ),
    "not all": ({"hold": {"c": 0.75}}, "does not command 'grip'; allowed: a policy for all of a, b, c, grip"),
    "gains": (
        {"gains": {"a": [150.0, 5.0]}},
        "stiffness of a was 150 N m/rad in training, here it is 100; allowed: within 20 %",
    ),
    "words": (
        {"inputs": [{"word": 1}]},
        "inputs[0] has none of the words entry, gravity, heading, place, previous_action, memory, clo",
    ),
    "scale": (
        {"inputs": [{"constant": [1.0], "scale": [1.0, 2.0]}]},
        "inputs[0].constant scale has 2 numbers; allowed",
    ),
    "scales": (
        {"inputs": [{"entry": "joint_pos", "parts": ["a"], "minus_default": True, "scale": [1.0, 2.0]}]},
        "scale has 2 numbers; allowed: one, or 1",
    ),
    "zero": (
        {"outputs": {"channels": ["a"], "default": {"a": 0.0}, "scale": 0.0}},
        "outputs scale is 0; allowed: other numbers",
    ),
    "no default": (
        {"outputs": {"channels": ["a"], "default": {}, "scale": 1.0}},
        "outputs default: 'a' is not in both default and channels; allowed: the same names",
    ),
    "both": ({"hold": {"a": 0.0}}, "hold: 'a' is an output too; allowed: one of them"),
    "away": ({"model": "../walk.onnx"}, "model is '../walk.onnx'; allowed: a .onnx in the folder of the card or below"),
    "no model": ({"model": "none.onnx"}, "model none.onnx: no such file"),
    "text": ({"period_s": "fast"}, "period_s should be a valid number"),
    "schema": ({"schema": "x"}, "schema is 'x'; allowed: 'pilotline/foreign-policy/1'"),
    "more": ({"odd": 1}, "odd Extra inputs are not permitted"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED)
def test_a_card_that_does_not_fit_is_refused_in_one_line(tmp_path, at_home, changes, message):
    path = written(tmp_path, **changes)
    with pytest.raises(PolicyError) as refused:
        at_home(path)
    text = str(refused.value)
    assert "\n" not in text
    assert text.removeprefix(f"policy {path}: ").strip().startswith(message)
    assert text.startswith(f"policy {path}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "not YAML in line 1; allowed: a contract card"),
        ("!!python/object/apply:os.system ['true']", "not YAML in line 1; allowed: a contract card"),
        ("a: 2020-01-01", "holds more than text, numbers and lists; allowed: a contract card"),
        ('a: "\\e[31m"', "a text has characters that cannot be printed; allowed: plain text"),
        ("- 1", "schema is None; allowed: 'pilotline/foreign-policy/1'"),
        ("", "schema is None; allowed: 'pilotline/foreign-policy/1'"),
        ("x" * 200_000, "200000 bytes; allowed: at most 100000"),
    ],
)
def test_a_text_that_is_no_card(tmp_path, at_home, text, message):
    path = tmp_path / "walk.yaml"
    path.write_text(text)
    with pytest.raises(PolicyError) as refused:
        at_home(str(path))
    assert str(refused.value) == f"policy {path}: {message}"


def test_other_gains_and_another_robot_are_told(tmp_path, at_home):
    path = written(tmp_path, robot="g1", gains={"a": [150.0, 5.0]}, gains_within=0.5)
    with pytest.warns(PolicyWarning) as told:
        at_home(path)
    assert [str(warning.message) for warning in told] == [
        f"policy {path}: was trained on robot g1, here is made",
        f"policy {path}: stiffness of a was 150 N m/rad in training, here it is 100 (33.3 % off, the largest "
        "difference of gains)",
    ]


def test_at_a_real_station_the_drives_get_the_targets_of_the_card(tmp_path):
    robot = robots.load("fixed")
    world = build_world(stations.load("stand" if robot.feet else "screw"), robot, "ideal")
    batch = StationBatch(world, 2, 1, "joint")
    arm = robot.groups["right_arm"]
    channels = [c for c in batch.control.channels if c.name not in arm]
    card = CARD | {
        "stations": [world.station.card.id],
        "robot": "fixed",
        "inputs": [{"entry": "joint_pos", "parts": list(arm), "minus_default": True}],
        "outputs": {"channels": list(arm), "default": {joint: robot.home[joint] for joint in arm}, "scale": 0.5},
        "hold": {c.name: robot.home.get(c.name, c.low) for c in channels},
        "gains": {},
    }
    linear(tmp_path / "walk.onnx", 0.2 * np.eye(len(arm)))
    (tmp_path / "walk.yaml").write_text(yaml.safe_dump(card))
    path = str(tmp_path / "walk.yaml")
    policy = policies.load(path, world.station.card.name, robot, 2)
    source = loading.source_of(path, [world.station.card.name], robot, "ideal")
    assert source.files == tuple(
        (name, hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()) for name in ("walk.yaml", "walk.onnx")
    )
    obs = batch.observe()
    batch.command(policy.act(obs), np.arange(2))
    home = np.array([robot.home[joint] for joint in arm])
    columns = [batch.world.model.actuator(joint).id for joint in arm]
    here = obs["joint_pos"][:, [robot.driven.index(joint) for joint in arm]]
    np.testing.assert_allclose(batch.engine.ctrl[:, columns], home + 0.5 * 0.2 * (here - home), atol=1e-6)
