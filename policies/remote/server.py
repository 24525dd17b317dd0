"""Our policies for others: openpi's protocol, a policy of its own for each connection."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.interface import Interface
from pilotline.policies.policy import Policy
from pilotline.policies.remote.errors import RemoteError
from pilotline.policies.remote.wire import WireError, library, pack, unpack

if TYPE_CHECKING:
    from websockets.sync.server import Server, ServerConnection

Float = NDArray[np.float64]
_MOST = 65_536
_MAX_REQUEST = 1 << 30


class RequestError(ValueError):
    """A request that cannot be answered; one line."""


def metadata_of(interface: Interface, policy: str) -> dict[str, Any]:
    """What a server says before the first request: everything that a client must agree with."""
    return {
        "policy": policy,
        "station": interface.station,
        "robot": interface.robot,
        "actuators": interface.actuators,
        "control": interface.control,
        "actions": [channel.name for channel in interface.action],
        "observation": {entry.name: list(entry.parts) for entry in interface.observation},
        "period_s": interface.period_s,
        "action_horizon": 1,
        "batched": True,
    }


def serve(make: Callable[[int], Policy], metadata: Mapping[str, Any], host: str, port: int) -> Server:
    """A server that listens; `serve_forever()` works until `shutdown()` is called from another thread.

    Args:
      make: a policy for so many simulations.
      metadata: of `metadata_of`; its entries of the observation are those that a request must hold.
      host, port: to listen at; port 0 takes a free one.

    Raises:
      RemoteError: websockets is not installed, or nothing can listen there.
    """
    library()
    import logging

    from websockets.sync.server import serve as listen

    # who knocks and goes away is no news for whoever serves
    logger = logging.getLogger("pilotline.serve")
    logger.setLevel(logging.CRITICAL)
    entries = {name: len(parts) for name, parts in metadata["observation"].items()}

    def talk(socket: ServerConnection) -> None:
        _talk(socket, pack(metadata), Session(make, entries))

    try:
        return listen(talk, host, port, compression=None, max_size=_MAX_REQUEST, logger=logger)
    except OSError as error:
        raise RemoteError(f"host={host} port={port}: nothing can listen there: {error.strerror or error}") from None


def address_of(server: Server) -> tuple[str, int]:
    """Host and port that a server listens at."""
    host, port = server.socket.getsockname()[:2]
    return str(host), int(port)


class Session:
    """One connection: a policy, and the observations that its simulations had last.

    A request with `cycle` is of many simulations: entries (m, k) of the simulations `cycle.simulation` (m,) out of
    `cycle.simulations`, where `cycle.begin` (m,) marks those whose cycle is new; the answer's actions are (m, 1, k).
    One without is of a single simulation: entries (k,), actions (1, k), and its cycle begins with the connection.

    Args:
      make: a policy for so many simulations.
      entries: of the observation, with their widths.
    """

    def __init__(self, make: Callable[[int], Policy], entries: Mapping[str, int]) -> None:
        self._make, self._entries = make, entries
        self._policy: Policy | None = None
        self._obs: dict[str, Float] = {}

    def answer(self, request: Mapping[Any, Any]) -> dict[str, Any]:
        """Actions for a request.

        Raises:
          RequestError: an entry that is missing or of another shape, or simulations that there are not.
        """
        cycle = request.get("cycle")
        if cycle is None:
            first = self._policy is None
            actions = self._act(np.zeros(1, np.int64), np.array([first]), 1, _rows(request, self._entries, None))
            return {"actions": actions}
        ids, begin, count = _cycle(cycle)
        actions = self._act(ids, begin, count, _rows(request, self._entries, len(ids)))
        return {"actions": actions[:, None, :]}

    def _act(self, ids: NDArray[np.int64], begin: NDArray[np.bool_], count: int, rows: dict[str, Float]) -> Float:
        if self._policy is None:
            self._policy = self._make(count)
            self._obs = {name: np.repeat(values[:1], count, axis=0) for name, values in rows.items()}
        held = len(next(iter(self._obs.values())))
        if count != held:
            raise RequestError(f"cycle.simulations is {count}; on this connection there are {held}")
        for name, values in rows.items():
            self._obs[name][ids] = values
        if begin.any():
            self._policy.begin(ids[begin])
        # a copy, since a policy may keep what it is given
        return self._policy.act({name: values.copy() for name, values in self._obs.items()})[ids]


def _rows(request: Mapping[Any, Any], entries: Mapping[str, int], count: int | None) -> dict[str, Float]:
    """Entries (m, k) of a request, m = 1 for one of a single simulation (count None)."""
    rows = {}
    for name, width in entries.items():
        values = request.get(name)
        wanted = (width,) if count is None else (count, width)
        if not isinstance(values, np.ndarray) or values.shape != wanted or values.dtype.kind not in "fiu":
            given = f"has shape {values.shape}" if isinstance(values, np.ndarray) else f"is {type(values).__name__}"
            raise RequestError(f"entry {name} {given}; allowed: numbers of shape {wanted}")
        rows[name] = values.reshape(-1, width).astype(np.float64)
    return rows


def _cycle(cycle: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_], int]:
    """Simulations (m,), which of them begin, and how many there are."""
    cycle = cycle if isinstance(cycle, dict) else {}
    ids, begin, count = cycle.get("simulation"), cycle.get("begin"), cycle.get("simulations")
    if type(count) is not int or not 1 <= count <= _MOST:
        raise RequestError(f"cycle.simulations is {str(count)[:40]}; allowed: 1 to {_MOST}")
    if not isinstance(ids, np.ndarray) or ids.ndim != 1 or ids.dtype.kind not in "iu" or not len(ids):
        raise RequestError("cycle.simulation: allowed: whole numbers (m,)")
    if (np.diff(ids) <= 0).any() or ids[0] < 0 or ids[-1] >= count:
        raise RequestError(f"cycle.simulation: allowed: ascending, 0 to {count - 1}")
    if not isinstance(begin, np.ndarray) or begin.shape != ids.shape or begin.dtype.kind != "b":
        raise RequestError("cycle.begin: allowed: a boolean for each simulation")
    return ids.astype(np.int64), begin, count


def _talk(socket: ServerConnection, metadata: bytes, session: Session) -> None:
    """Metadata, then an answer to each request; the first that cannot be answered ends with a text that says why."""
    from websockets.exceptions import ConnectionClosed

    try:
        socket.send(metadata)
        while True:
            request = socket.recv()
            try:
                if isinstance(request, str):
                    raise RequestError("a request is text; allowed: msgpack")
                answer = pack(session.answer(unpack(request)))
            except (WireError, RequestError) as error:
                socket.send(str(error))
                socket.close(1011, "the request could not be answered")
                return
            except Exception as error:
                # ours, so whoever serves must see where; the client is told what
                traceback.print_exc()
                socket.send(f"the policy failed: {type(error).__name__} {error}")
                socket.close(1011, "the policy failed")
                return
            socket.send(answer)
    except ConnectionClosed:
        return
