"""Our client with openpi's own server class, its own client with our server; `make openpi` brings both."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pilotline import policies, robots
from pilotline.policies.remote import RemoteError

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / "build" / "openpi" / "bin" / "python"
PEER = Path(__file__).with_name("openpi_peer.py")

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="no environment with openpi-client; make openpi builds it")


@pytest.fixture
def their_url() -> Iterator[str]:
    """The url of a made-up policy, served by openpi's own class."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([PYTHON, PEER, "server", str(port)], stderr=subprocess.PIPE)
    try:
        yield f"ws://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def theirs(their_url, connect):
    """The made-up policy as one of ours."""
    for _ in range(200):
        try:
            return connect(their_url, timeout_s=5)
        except RemoteError:
            time.sleep(0.1)
    raise AssertionError(f"nobody at {their_url}")


def test_their_server_moves_our_robot(theirs, batch, work):
    theirs.begin(np.arange(2))
    obs = batch.observe()
    for step in range(6):
        actions = theirs.act(obs)
        np.testing.assert_array_equal(actions[:, :3], (0.01 * obs["target"]).astype(np.float32))
        assert actions[:, 3].tolist() == [np.float32(0.01 * (step % 4))] * 2
    assert theirs.latency().count == 4
    (row,) = work(theirs, 1)
    assert row.faults == ("missed",)
    assert row.time_s == 2.5


def test_the_report_of_an_error_of_their_server_is_a_bad_reply(theirs, batch):
    theirs.begin(np.array([0]))
    obs = {name: np.array(batch.observe()[name]) for name in batch.observe()}
    obs["target"][0] = -1.0
    assert np.isnan(theirs.act(obs)[0]).all()
    assert theirs.faults()["policy_bad_reply"].tolist() == [True, False]
    assert "out of memory" in theirs.remarks()[1]
    obs["target"][0] = 1.0
    theirs.begin(np.array([0]))
    assert np.isfinite(theirs.act(obs)).all()


def test_their_client_is_answered_by_our_server(reference_url, batch):
    port = reference_url.rpartition(":")[2]
    done = subprocess.run([PYTHON, PEER, "client", port], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["control"] == "ee"
    ours = policies.load("reference", "reach", robots.load("wheeled"), 1)
    ours.begin(np.array([0]))
    rng, entries = np.random.default_rng(0), batch.observe()
    for answer in told["actions"]:
        obs = {name: rng.normal(size=(1, values.shape[1])) for name, values in entries.items()}
        np.testing.assert_array_equal(answer, ours.act(obs))
