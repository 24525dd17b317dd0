"""Servers of all kinds on this machine, stopped with the test, and a quick station to work at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from pilotline import policies, robots
from pilotline.benchmarks import campaign, cards
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.envs import stations
from pilotline.envs.interface import interface_of
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies import Policy, remote
from pilotline.policies.remote import RemotePolicy
from pilotline.policies.remote import server as served
from pilotline.policies.remote.wire import pack, unpack

if TYPE_CHECKING:
    from websockets.sync.server import Server

STATION, ROBOT, NSIM = "reach", "wheeled", 2
Talk = Callable[[Any], None]


@contextmanager
def running(server: Server) -> Iterator[str]:
    """The url of a server that works in a thread until the end."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        host, port = served.address_of(server)
        yield f"ws://{host}:{port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture
def up():
    """`up(talk)`: starts a server that talks as a function of the socket does; its url."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.server import serve

    with ExitStack() as stack:

        def start(talk: Talk) -> str:
            def patient(socket):
                with suppress(ConnectionClosed):
                    talk(socket)

            return stack.enter_context(running(serve(patient, "127.0.0.1", 0, compression=None, max_size=None)))

        yield start


@pytest.fixture
def answering(up):
    """`answering(answer, **metadata)`: a server that gives `answer(request)`: a message, or bytes or text; its url."""

    def start(answer: Callable[[dict[str, Any]], Any], **metadata: Any) -> str:
        def talk(socket):
            socket.send(pack({"control": "ee"} | metadata))
            while True:
                reply = answer(unpack(socket.recv()))
                socket.send(pack(reply) if isinstance(reply, dict) else reply)

        return up(talk)

    return start


@pytest.fixture(scope="session")
def batch() -> StationBatch:
    """Two simulations of the quick station, under hand motion."""
    return StationBatch(build_world(stations.load(STATION), robots.load(ROBOT), "ideal"), NSIM, 1, "ee")


def make_reference(nsim: int) -> Policy:
    return policies.load("reference", STATION, robots.load(ROBOT), nsim)


@pytest.fixture
def reference():
    """The reference controller of the quick station."""
    return make_reference(NSIM)


@pytest.fixture
def serving():
    """`serving(make, metadata)`: our server, with a policy of `make(nsim)` for each connection; its url."""
    with ExitStack() as stack:
        yield lambda make, metadata: stack.enter_context(running(served.serve(make, metadata, "127.0.0.1", 0)))


@pytest.fixture
def reference_url(batch, serving):
    """The url of the reference controller, served by our server."""
    return serving(make_reference, served.metadata_of(interface_of(batch), "reference"))


@pytest.fixture
def connect():
    """`connect(url, timeout_s=..., nsim=...)`: the policy served there."""
    made: list[RemotePolicy] = []

    def start(url: str, nsim: int = NSIM, station: str = STATION, robot: str = ROBOT, **options: Any) -> RemotePolicy:
        words = [f"{key}={value}" for key, value in options.items()]
        made.append(remote.load(" ".join(["remote", f"url={url}", *words]), station, robots.load(robot), nsim))
        return made[-1]

    yield start
    for policy in made:
        policy.close()


@pytest.fixture
def work(batch):
    """`work(policy, cycles)`: the rows of a small campaign at the quick station."""

    def run(policy: Policy, cycles: int) -> list[CycleRow]:
        asked = {"robot": ROBOT, "actuators": "ideal", "stations": (STATION,), "policy": "reference", "seed": 3}
        job = Job(**asked, cycles=cycles, nsim=NSIM, nthread=1)
        (facts,) = cards.line_of(job).stations
        return campaign.run_station(job, facts, batch, policy)

    return run
