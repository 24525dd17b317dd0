"""Whatever a server does, the campaign goes on and the cycles end in a fault with a name."""

import pickle
import re
import time
from typing import Any

import msgpack
import numpy as np
import pytest

from pilotline.policies.remote import FAULTS, RemoteError
from pilotline.policies.remote.wire import pack, unpack

WIDTH = 17
GOOD = {"actions": np.zeros((1, WIDTH))}
BAD = "policy_bad_reply"


def actions(value):
    return lambda request: {"actions": value}


def encoded(**changes):
    """Bytes of an answer whose array's map says something else."""
    whole = {b"__ndarray__": True, b"data": bytes(8 * WIDTH), b"dtype": "<f8", b"shape": [1, WIDTH]}
    data = msgpack.packb({"actions": whole | {key.encode(): value for key, value in changes.items()}})
    return lambda request: data


ANSWERS = {
    "NaN": (actions(np.full((1, WIDTH), np.nan)), "NaN or infinite"),
    "infinity": (actions(np.full((1, WIDTH), np.inf)), "NaN or infinite"),
    "too few actions": (actions(np.zeros((1, WIDTH - 1))), r"shape \(1, 16\); allowed: \(steps, 17\)"),
    "no steps": (actions(np.zeros((0, WIDTH))), r"shape \(0, 17\)"),
    "more steps than are kept": (actions(np.zeros((1001, WIDTH), np.float16)), r"shape \(1001, 17\)"),
    "flat": (actions(np.zeros(WIDTH)), r"shape \(17,\)"),
    "a number": (actions(np.array(1.0)), r"shape \(\)"),
    "an axis too many": (actions(np.zeros((1, 1, WIDTH))), r"shape \(1, 1, 17\)"),
    "whole numbers": (actions(np.zeros((1, WIDTH), np.int64)), "actions are <i8; allowed: an array of floats"),
    "truths": (actions(np.zeros((1, WIDTH), np.bool_)), r"actions are \|b1"),
    "a list": (actions([[0.0] * WIDTH]), "actions are list"),
    "nothing": (actions(None), "actions are NoneType"),
    "another key": (lambda request: {"action": GOOD["actions"]}, r"no actions in the answer, but \['action'\]"),
    "no keys": (lambda request: {}, r"no actions in the answer"),
    "no map": (lambda request: msgpack.packb([1, 2]), "a message is list"),
    "no msgpack": (lambda request: b"\xc1\xc1", "no msgpack"),
    "nothing at all": (lambda request: b"", "no msgpack"),
    "half an answer": (lambda request: pack(GOOD)[:40], "no msgpack"),
    "a pickle": (lambda request: pickle.dumps(GOOD), "no msgpack"),
    "objects": (encoded(dtype="|O"), r"dtype '\|O' does not pass"),
    "records": (encoded(dtype="f8,O"), "does not pass"),
    "a shape that is not the data's": (encoded(shape=[WIDTH, WIDTH]), "has 136 bytes"),
    "a giant array in words": (encoded(shape=[2**40, WIDTH]), "has 136 bytes"),
    "an error": (lambda request: "Traceback\n  ...\nRuntimeError: out of memory", "RuntimeError: out of memory"),
    "escape codes": (lambda request: "\x1b[2J\x1b]0;mine\x07 gone", r"error: \[2J \]0;mine gone"),
    "too large": (lambda request: bytes(200_000), "more than max_reply_mb=0.1"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none_is_a_bad_reply(name, answering, connect, work):
    answer, reason = ANSWERS[name]
    policy = connect(answering(answer), max_reply_mb=0.1)
    rows = work(policy, 5)
    assert [row.faults for row in rows] == [(BAD,)] * 5
    assert re.search(f"{BAD} ended 5 cycles: .*{reason}", policy.remarks()[1])


def only(fault, count):
    return [(fault,)] * count


def test_a_server_that_hangs_is_asked_three_times(up, connect, work):
    def talk(socket):
        socket.send(pack({"control": "ee"}))
        while True:
            socket.recv()

    begun = time.monotonic()
    rows = work(connect(up(talk), timeout_s=0.2), 8)
    assert sorted(row.faults for row in rows) == only("policy_lost", 5) + only("policy_timeout", 3)
    assert time.monotonic() - begun < 5.0


def test_a_server_that_answers_by_the_byte_is_no_quicker_than_its_time(up, connect, work):
    def talk(socket):
        socket.send(pack({"control": "ee"}))
        socket.recv()

        def drip():
            while True:
                time.sleep(0.02)
                yield b"\x80"

        socket.send(drip())

    rows = work(connect(up(talk), timeout_s=0.2), 3)
    assert [row.faults for row in rows] == only("policy_timeout", 3)


def test_a_server_that_does_not_read_is_a_timeout(connect, batch):
    import socket
    import threading
    from base64 import b64encode
    from hashlib import sha1

    def serve(listener):
        taken = []
        while True:
            try:
                each, _ = listener.accept()
            except OSError:
                return
            taken.append(each)
            head = each.recv(4096).decode()
            key = next(line for line in head.splitlines() if line.startswith("Sec-WebSocket-Key")).split(": ")[1]
            accept = b64encode(sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
            lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
            each.sendall("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())
            said = pack({"control": "ee"})
            each.sendall(bytes([0x82, len(said)]) + said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        policy = connect(f"ws://127.0.0.1:{listener.getsockname()[1]}", timeout_s=0.2)
        policy._prompt = "x" * 50_000_000  # no buffer between two processes takes that much
        policy.begin(np.array([0]))
        begun = time.monotonic()
        assert np.isnan(policy.act(batch.observe())[0]).all()
        assert policy.faults()["policy_timeout"].tolist() == [True, False]
        assert time.monotonic() - begun < 3.0


def test_a_server_that_closes_is_lost_and_met_again(up, connect, work):
    visits = []

    def talk(socket):
        visits.append(socket)
        socket.send(pack({"control": "ee"}))
        socket.recv()
        socket.send(pack(GOOD))
        socket.recv()

    rows = work(connect(up(talk)), 6)
    assert [row.faults for row in rows] == only("policy_lost", 6)
    assert {row.time_s for row in rows} == {0.04}
    assert len(visits) == 6


def test_a_server_that_dies_is_tried_three_times_then_no_more(connect, work):
    import threading

    from websockets.sync.server import serve

    def talk(socket):
        socket.send(pack({"control": "ee"}))
        for _ in range(5):
            socket.recv()
            socket.send(pack(GOOD))
        threading.Thread(target=server.shutdown).start()

    server = serve(talk, "127.0.0.1", 0, compression=None)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    policy = connect(f"ws://127.0.0.1:{server.socket.getsockname()[1]}")
    rows = work(policy, 200)
    thread.join()
    assert [row.faults for row in rows] == only("policy_lost", 200)
    assert any("given up after 3 tries" in line for line in policy.remarks())


def test_one_bad_row_of_a_batch_ends_one_cycle(answering, connect, work):
    def answer(request):
        given = np.zeros((len(request["cycle"]["simulation"]), 1, WIDTH))
        given[request["cycle"]["simulation"] == 1] = np.nan
        return {"actions": given}

    rows = work(connect(answering(answer, batched=True)), 4)
    by = [row.faults for row in rows]
    assert by[0] == ("missed",)
    assert by[1:] == only(BAD, 3)


def test_a_batch_of_another_size_ends_all(answering, connect, work):
    rows = work(connect(answering(actions(np.zeros((3, 1, WIDTH))), batched=True)), 4)
    assert [row.faults for row in rows] == only(BAD, 4)


def test_chunks_of_another_length_than_promised_are_bad(answering, connect, work):
    rows = work(connect(answering(actions(np.zeros((3, WIDTH))), action_horizon=4)), 2)
    assert [row.faults for row in rows] == only(BAD, 2)


def test_an_answer_that_nobody_asked_for_is_bad(up, connect, batch):
    def talk(socket):
        socket.send(pack({"control": "ee"}))
        while True:
            socket.recv()
            socket.send(pack(GOOD))
            socket.send(pack(GOOD))

    policy = connect(up(talk))
    policy.begin(np.array([0]))
    assert np.isfinite(policy.act(batch.observe())).all()
    time.sleep(0.1)
    assert np.isnan(policy.act(batch.observe())[0]).all()
    assert "nobody had asked for" in policy.remarks()[1]


def test_a_server_that_becomes_another_one_is_not_taken(up, connect, work):
    first: list[Any] = []

    def talk(socket):
        socket.send(pack({"control": "ee", "policy": f"number {len(first)}"}))
        first.append(socket)
        socket.recv()

    rows = work(connect(up(talk)), 4)
    faults = [row.faults for row in rows]
    assert faults[0] == ("policy_lost",)
    assert faults[1:] == only(BAD, 3)


def test_a_cycle_is_good_again_after_the_server_was_away(reference, up, connect, work):
    """Only the cycles under way when it went are lost."""
    calls = []

    def talk(socket):
        socket.send(pack({"control": "ee"}))
        while True:
            request = unpack(socket.recv())
            calls.append(request)
            if len(calls) == 2:
                return
            rows = {name: np.stack([value] * 2) for name, value in request.items() if isinstance(value, np.ndarray)}
            socket.send(pack({"actions": reference.act(rows)[:1]}))

    rows = work(connect(up(talk)), 3)
    assert [row.success for row in rows] == [True, False, True]
    assert rows[1].faults == ("policy_lost",)


@pytest.mark.parametrize(
    ("first", "reason"),
    [(b"\xc1", "no msgpack"), ("hello", "reports an error: hello"), (bytes(2_000_000), "more than max_reply_mb=1")],
)
def test_metadata_that_is_none_is_refused(first, reason, up, connect):
    with pytest.raises(RemoteError, match=reason):
        connect(up(lambda socket: socket.send(first)), max_reply_mb=1)


def test_a_server_without_metadata_is_refused_in_time(up, connect):
    with pytest.raises(RemoteError, match=r"no metadata of ws://.* within 0.2 s"):
        connect(up(lambda socket: socket.recv()), connect_s=0.2)


def test_something_else_at_the_port_is_refused(connect):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(RemoteError, match=r"within 0\.2 s"):
        connect(f"ws://127.0.0.1:{listener.getsockname()[1]}", connect_s=0.2)


def test_the_names_pass_as_faults_of_a_row(work, connect, answering):
    assert all(name.isidentifier() for name in FAULTS)
    (row,) = work(connect(answering(lambda request: {})), 1)
    assert type(row).from_json(row.to_json()) == row
