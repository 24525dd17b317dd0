"""One websocket to a server of policies, from code that waits for each answer."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pilotline.policies.remote.address import Address
from pilotline.policies.remote.errors import BAD_REPLY, LOST, TIMEOUT, RemoteError, ServedFault
from pilotline.policies.remote.wire import WireError, library, pack, unpack

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

T = TypeVar("T")
_TOO_BIG = 1009
"""Close code of RFC 6455 for a message larger than its reader takes."""


class Link:
    """A connection that is opened once, asks, and is closed; every trouble is a `ServedFault`.

    Args:
      address: of the server, with limits.
      answered: told the seconds that each answer took.
    """

    def __init__(self, address: Address, answered: Callable[[float], None] = lambda seconds: None) -> None:
        library()
        self._address, self._answered = address, answered
        self._socket: ClientConnection | None = None

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent, as far as is known."""
        return self._socket is not None

    def open(self) -> dict[Any, Any]:
        """Connect; the metadata with which the server begins.

        Raises:
          ServedFault: nobody is there, no metadata comes in time, or it is none.
        """
        self._socket = self._guarded(self._connect(), self._address.connect_s, "no connection")
        first = self._guarded(self._socket.recv(), self._address.connect_s, "no metadata")
        return self._read(first)

    def ask(self, request: Mapping[str, Any]) -> dict[Any, Any]:
        """The server's answer to a request.

        Raises:
          ServedFault: no answer in time, none at all, or none that can be read; the connection is closed then.
        """
        begun = time.perf_counter()
        answer = self._guarded(self._exchange(pack(request)), self._address.timeout_s, "no answer")
        message = self._read(answer)
        self._answered(time.perf_counter() - begun)
        return message

    def close(self) -> None:
        """Hang up without waiting for the other side."""
        socket, self._socket = self._socket, None
        if socket is not None:
            _loop(os.getpid()).call_soon_threadsafe(socket.transport.abort)

    async def _connect(self) -> ClientConnection:
        from websockets.asyncio.client import connect

        # silence is what the time limits are for, so no pings; uncompressed, so that no small frame swells
        return await connect(
            self._address.url,
            compression=None,
            max_size=int(self._address.max_reply_mb * 1e6),
            open_timeout=None,
            ping_interval=None,
            close_timeout=0.2,
            proxy=None,
        )

    async def _exchange(self, data: bytes) -> str | bytes:
        socket = self._socket
        assert socket is not None
        try:
            async with asyncio.timeout(0.0):
                await socket.recv()
        except TimeoutError:
            pass
        else:
            raise ServedFault(BAD_REPLY, "a message came that nobody had asked for")
        await socket.send(data)
        return await socket.recv()

    def _read(self, answer: str | bytes) -> dict[Any, Any]:
        """A message; by openpi's protocol a text is the report of an error."""
        try:
            if isinstance(answer, str):
                lines = answer.strip().splitlines() or ["(empty)"]
                raise ServedFault(BAD_REPLY, f"the server reports an error: {lines[-1]}")
            return unpack(answer)
        except WireError as error:
            self.close()
            raise ServedFault(BAD_REPLY, str(error)) from None
        except ServedFault:
            self.close()
            raise

    def _guarded(self, work: Coroutine[Any, Any, T], limit_s: float, failure: str) -> T:
        """What some work on the connection gives within a time."""
        try:
            return _run(_within(work, limit_s))
        except BaseException as error:
            self.close()
            if fault := _fault(error, f"{failure} of {self._address.url}", limit_s, self._address):
                raise fault from None
            raise


def _fault(error: BaseException, failure: str, limit_s: float, address: Address) -> ServedFault | None:
    """What an exception of the connection means to a cycle; None for one that is no trouble of the connection."""
    from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException

    if isinstance(error, ServedFault):
        return error
    if isinstance(error, InvalidURI):
        raise RemoteError(f"url={address.url}: {error}; allowed: ws://HOST:PORT or wss://HOST") from None
    if isinstance(error, TimeoutError):
        return ServedFault(TIMEOUT, f"{failure} within {limit_s:g} s")
    if isinstance(error, ConnectionClosed):
        if error.sent is not None and error.sent.code == _TOO_BIG:
            return ServedFault(BAD_REPLY, f"a reply of more than max_reply_mb={address.max_reply_mb:g}")
        return ServedFault(LOST, f"{failure}: {error}")
    # a name of a host that cannot be encoded is a UnicodeError
    if isinstance(error, OSError | EOFError | WebSocketException | CancelledError | UnicodeError):
        return ServedFault(LOST, f"{failure}: {error or type(error).__name__}")
    return None


async def _within(work: Coroutine[Any, Any, T], limit_s: float) -> T:
    async with asyncio.timeout(limit_s):
        return await work


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Wait for work on the loop of all connections."""
    waiting = asyncio.run_coroutine_threadsafe(work, _loop(os.getpid()))
    try:
        return waiting.result()
    except BaseException:
        waiting.cancel()
        raise


@cache
def _loop(process: int) -> asyncio.AbstractEventLoop:
    """A loop in a thread of its own, which answers pings while physics runs; each forked process needs another one."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="pilotline-remote", daemon=True).start()
    return loop
