"""What is served gives what it would give here, in chunks of any length, and its answers are timed."""

from typing import Any

import numpy as np
import pytest

from pilotline import policies, robots
from pilotline.envs.blame import blamed
from pilotline.envs.interface import interface_of
from pilotline.envs.station import Verdict
from pilotline.policies.file import Contract, Layer, write_policy
from pilotline.policies.file.present import present
from pilotline.policies.remote import RemoteError
from pilotline.policies.remote.server import RequestError, Session, metadata_of
from pilotline.policies.remote.terms import Terms

WIDTH = 17
"""Actions of `ee` with the wheeled robot."""


def test_a_served_reference_gives_the_same_cycles_bit_for_bit(reference, reference_url, connect, work):
    policy = connect(reference_url)
    assert policy.terms.batched
    assert work(policy, 3) == work(reference, 3)
    assert policy.latency().count > 100


def test_a_served_policy_file_gives_the_same_cycles_bit_for_bit(batch, serving, connect, work, tmp_path):
    here = interface_of(batch)
    contract = Contract.of(here, ["joint_pos", "target"])
    rng = np.random.default_rng(0)
    layers = (
        Layer(rng.normal(0.0, 0.2, (contract.inputs, 32)), np.zeros(32), "Tanh"),
        Layer(rng.normal(0.0, 0.01, (32, WIDTH)), np.zeros(WIDTH), None),
    )
    path = tmp_path / "p.onnx"
    write_policy(path, layers, contract)

    def make(nsim):
        return policies.load(str(path), "reach", robots.load("wheeled"), nsim)

    url = serving(make, metadata_of(here, "p.onnx"))
    assert work(connect(url), 3) == work(make(2), 3)


def test_each_simulation_asks_for_itself_where_the_server_takes_no_batches(answering, connect, batch):
    seen: list[Any] = []

    def answer(request):
        seen.append(request)
        return {"actions": np.full((1, WIDTH), request["target"][0]), "server_timing": {"infer_ms": 0.1}}

    policy = connect(answering(answer))
    obs = batch.observe()
    policy.begin(np.arange(2))
    actions = policy.act(obs)
    np.testing.assert_array_equal(actions, np.repeat(obs["target"][:, :1], WIDTH, axis=1))
    policy.act(obs)
    assert [request["cycle"] for request in seen] == [
        {"simulation": 0, "begin": True},
        {"simulation": 1, "begin": True},
        {"simulation": 0, "begin": False},
        {"simulation": 1, "begin": False},
    ]
    assert seen[0].keys() == {*obs, "prompt", "cycle"}
    np.testing.assert_array_equal(seen[1]["joint_pos"], obs["joint_pos"][1])
    assert seen[0]["prompt"] == "Bring the right hand to a place and keep it there"


def test_only_what_a_server_says_that_it_reads_is_sent(answering, connect, batch):
    seen = []

    def answer(request):
        seen.append(request)
        return {"actions": np.zeros((1, WIDTH))}

    policy = connect(answering(answer, observation={"target": ["0", "1", "2"]}), nsim=1)
    policy.begin(np.array([0]))
    policy.act(batch.observe())
    assert seen[0].keys() == {"target", "prompt", "cycle"}


def ramps(seen):
    """Chunks of five steps: step k of the chunk for simulation i is 100 i + 10 answers + k."""

    def answer(request):
        ids = request["cycle"]["simulation"]
        seen.append(ids.tolist())
        steps = 100.0 * ids[:, None] + 10.0 * len(seen) + np.arange(5.0)
        return {"actions": np.repeat(steps[:, :, None], WIDTH, axis=2).astype(np.float32)}

    return answer


@pytest.mark.parametrize(
    ("options", "metadata", "steps"),
    [
        ({}, {}, 5),
        ({}, {"action_horizon": 5}, 5),
        ({}, {"action_horizon": 5, "replan": 2}, 2),
        ({"replan": 3}, {"action_horizon": 5, "replan": 2}, 3),
        ({"replan": 3}, {}, 3),
        ({"replan": 9}, {}, 5),
    ],
)
def test_so_many_steps_of_a_chunk_are_played(options, metadata, steps, answering, connect, batch):
    seen: list[Any] = []
    policy = connect(answering(ramps(seen), batched=True, **metadata), **options)
    policy.begin(np.arange(2))
    played = [policy.act(batch.observe()) for _ in range(2 * steps)]
    assert seen == [[0, 1], [0, 1]]
    wanted = [10.0 * answers + k for answers in (1, 2) for k in range(steps)]
    for action, first in zip(played, wanted, strict=True):
        np.testing.assert_array_equal(action, np.repeat([[first], [100.0 + first]], WIDTH, axis=1))


def test_a_new_cycle_plays_nothing_of_an_old_chunk(answering, connect, batch):
    seen: list[Any] = []
    policy = connect(answering(ramps(seen), batched=True))
    policy.begin(np.arange(2))
    policy.act(batch.observe())
    policy.begin(np.array([1]))
    action = policy.act(batch.observe())
    assert seen == [[0, 1], [1]]
    assert action[:, 0].tolist() == [11.0, 120.0]


def test_nothing_is_asked_for_a_simulation_at_rest(answering, connect, batch):
    seen: list[Any] = []
    policy = connect(answering(ramps(seen), batched=True), replan=1)
    policy.begin(np.arange(2))
    policy.act(batch.observe())
    policy.rest(np.array([0]))
    assert np.isfinite(policy.act(batch.observe())).all()
    assert seen == [[0, 1], [1]]


def test_a_campaign_tells_who_rests(answering, connect, work):
    seen: list[Any] = []

    def answer(request):
        seen.append(request["cycle"]["simulation"].tolist())
        # one of the two gives up at once, again and again, until no cycle is left for it
        value = np.where(request["cycle"]["simulation"] == 1, np.nan, 0.0)
        return {"actions": np.tile(value[:, None, None], (1, 1, WIDTH))}

    rows = work(connect(answering(answer, batched=True)), 4)
    assert [row.faults[0] for row in rows] == ["missed", *["policy_bad_reply"] * 3]
    assert seen == [[0, 1]] * 3 + [[0]] * 122


def test_latency_is_counted_beside_the_score(answering, connect, batch):
    from time import sleep

    def answer(request):
        sleep(0.02)
        return {"actions": np.zeros((1, WIDTH))}

    policy = connect(answering(answer))
    assert policy.remarks()[0].endswith("no answers")
    policy.begin(np.arange(2))
    for _ in range(3):
        policy.act(batch.observe())
    latency = policy.latency()
    assert latency.count == 6
    assert 0.02 <= latency.median_s <= latency.p95_s <= latency.max_s < 5.0
    assert "6 answers, median" in policy.remarks()[0]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"control": "torque"}, "control='torque' does not fit reach, which takes another one; allowed: ee"),
        ({"control": "joint"}, "control='joint' does not fit reach, which takes another one; allowed: ee"),
        ({"actions": ["a", "b"]}, "its actions of control=ee are 2; here there are 17"),
        (
            {"actions": ["a"] * 17},
            "its actions of control=ee begin to differ at 0: a; here right_vx",
        ),
        ({"actions": 17}, r"the server's metadata has actions=17; allowed: a list of names"),
        ({"period_s": 0.05}, "its period_s is 0.05; control steps here take 0.02 s"),
        ({"station": "pilotline/Stand-v1"}, "it is for station=pilotline/Stand-v1; asked for pilotline/Reach-v1"),
        ({"robot": "biped"}, "it is for robot=biped; asked for wheeled"),
        ({"observation": {"camera": ["0"]}}, "it reads entry camera, which pilotline/Reach-v1 does not have"),
        ({"observation": {"target": ["x", "y", "z"]}}, "its parts of entry target begin to differ at 0: x; here 0"),
        ({"observation": {"target": ["0", "1"]}}, "its parts of entry target are 2; here there are 3"),
        ({"observation": ["target"]}, "allowed: entry -> names"),
        ({"observation": {"target": 3}}, "has target=3; allowed: a list of names"),
        ({"action_horizon": 0}, "action_horizon=0; allowed: 1 to 1000 control steps"),
        ({"station": "x" * 10**6}, r"station='x+; allowed: str"),
        ({"batched": "yes"}, "the server's metadata has batched='yes'; allowed: bool"),
    ],
)
def test_a_server_for_something_else_is_refused_at_once(metadata, reason, answering, connect):
    with pytest.raises(RemoteError, match=reason) as error:
        connect(answering(lambda request: {}, **metadata))
    assert "\n" not in str(error.value)


def test_more_steps_than_a_chunk_has_are_refused(answering, connect):
    with pytest.raises(RemoteError, match=r"the server at .*: replan=9: its answers have 5 control steps"):
        connect(answering(lambda request: {}, action_horizon=5), replan=9)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("remote", "policy=remote needs the address of a server: url=ws://HOST:PORT"),
        ("remote url=http://there:1", "url=http://there:1: allowed: ws://HOST:PORT or wss://HOST:PORT"),
        ("remote url=ws://me:secret@there:1", "without a password"),
        ("remote url=ws://there:1 speed=2", "'speed=2' is no key of it"),
        ("remote url=ws://there:1 url=ws://there:2", "url is given twice"),
        ("remote url=ws://there:1 timeout_s=0", "timeout_s=0.0: allowed: more than 0"),
        ("remote url=ws://there:1 timeout_s=nan", "timeout_s=nan: allowed"),
        ("remote url=ws://there:1 timeout_s=soon", "timeout_s=soon: allowed: a number"),
        ("remote url=ws://there:1 replan=1.5", "replan=1.5: allowed: a whole number"),
        ("remote url=ws://there:1 replan=0", "replan=0: allowed: 1 to 1000"),
        ("remote url=ws://127.0.0.1:9", "no connection of ws://127.0.0.1:9"),
        (f"remote url=ws://{'a' * 70}.com", "no connection of ws://a+"),
        ("remote url=ws://127.0.0.1:99999", "url=ws://127.0.0.1:99999"),
    ],
)
def test_a_text_that_leads_nowhere_is_refused_in_one_line(text, reason):
    from pilotline.policies import remote

    with pytest.raises(RemoteError, match=reason) as error:
        remote.load(text, "reach", robots.load("wheeled"), 1)
    assert "\n" not in str(error.value)


def test_the_text_has_one_spelling():
    from pilotline.policies.remote import parse

    text = "remote url=wss://there/p timeout_s=0.5 replan=8 max_reply_mb=1"
    assert str(parse(text)) == text
    assert str(parse("remote replan=8 timeout_s=5e-1 max_reply_mb=1.0 url=wss://there/p")) == text
    assert str(parse("remote url=ws://there:1 timeout_s=10 connect_s=10.0")) == "remote url=ws://there:1"


def test_a_plain_openpi_server_says_nothing_and_is_taken_at_its_word():
    assert Terms.of({"reset_pose": [0.0, 1.0]}) == Terms()
    assert Terms.of({}).refusal(present("device_test", robots.load("fixed"), "ideal", "joint")) is None


def test_only_a_bad_action_is_explained():
    class Actor:
        def faults(self):
            return {"policy_lost": np.array([True, False, True])}

    none = np.zeros(3, np.bool_)
    verdict = Verdict(
        none, ~none, {"bad_action": np.array([True, True, False]), "fall": np.array([False, False, True])}
    )
    told = blamed(verdict, Actor()).faults
    assert {name: value.tolist() for name, value in told.items()} == {
        "bad_action": [False, True, False],
        "fall": [False, False, True],
        "policy_lost": [True, False, False],
    }
    assert blamed(verdict, object()) is verdict


class Echo:
    """A policy that answers with what it was given, and how often its simulation began."""

    control = "ee"

    def __init__(self, nsim):
        self.begun = np.zeros(nsim)

    def begin(self, ids):
        self.begun[ids] += 1

    def act(self, obs):
        return np.concatenate([obs["x"], self.begun[:, None]], axis=1)


def request(ids, begin, x, count):
    cycle = {"simulation": np.array(ids), "begin": np.array(begin), "simulations": count}
    return {"x": np.array(x, float)[:, None], "prompt": "go", "cycle": cycle}


def test_a_session_answers_for_those_that_ask():
    session = Session(Echo, {"x": 1})
    first = session.answer(request([0, 1, 2], [True, True, True], [1, 2, 3], 3))
    assert first["actions"].tolist() == [[[1, 1]], [[2, 1]], [[3, 1]]]
    second = session.answer(request([0, 2], [False, True], [4, 5], 3))
    assert second["actions"].tolist() == [[[4, 1]], [[5, 2]]]


def test_a_session_answers_a_plain_client():
    session = Session(Echo, {"x": 1})
    for value in (1.0, 2.0):
        assert session.answer({"x": np.array([value]), "prompt": "go"})["actions"].tolist() == [[value, 1.0]]


GOOD = request([0, 1], [True, True], [1, 2], 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"x": np.zeros((3, 1))}, r"entry x has shape \(3, 1\); allowed: numbers of shape \(2, 1\)"),
        ({"x": [1, 2]}, "entry x is list"),
        ({"x": np.array([[True], [False]])}, "allowed: numbers"),
        ({"cycle": 3}, "cycle.simulations is None"),
        ({"cycle": GOOD["cycle"] | {"simulations": 1}}, "ascending, 0 to 0"),
        ({"cycle": GOOD["cycle"] | {"simulation": np.array([1, 0])}}, "ascending"),
        ({"cycle": GOOD["cycle"] | {"simulation": np.array([0.0, 1.0])}}, "whole numbers"),
        ({"cycle": GOOD["cycle"] | {"begin": np.array([True])}}, "a boolean for each"),
        ({"cycle": GOOD["cycle"] | {"simulations": 10**9}}, "allowed: 1 to 65536"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused(change, reason):
    with pytest.raises(RequestError, match=reason):
        Session(Echo, {"x": 1}).answer(GOOD | change)


def test_a_server_tells_a_client_what_was_wrong(reference_url):
    from websockets.sync.client import connect

    with connect(reference_url, compression=None) as socket:
        socket.recv()
        socket.send(b"\xc1")
        assert str(socket.recv()).startswith("no msgpack")
