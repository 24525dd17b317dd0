"""For a program in a policy folder: `serve(metadata, answer)` speaks to Pilotline until it hangs up.

Every message is its length, four bytes with the highest first, and then a map in msgpack, in which an array is
`{b"__ndarray__": True, b"data": bytes, b"dtype": "<f8", b"shape": [2, 3]}`. They pass over the file descriptor whose
number is in PILOTLINE_FD, a stream socket. The program begins with its metadata; then every request gets an answer.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np


def serve(metadata: dict[str, Any], answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Send `metadata`, then `answer(request)` for every request, until there are none any more."""
    connection = Connection()
    connection.send(metadata)
    while (request := connection.receive()) is not None:
        connection.send(answer(request))


class Connection:
    """To the harness."""

    def __init__(self) -> None:
        self._socket = socket.socket(fileno=int(os.environ["PILOTLINE_FD"]))

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; its arrays are NumPy's."""
        self.send_bytes(msgpack.packb(message, default=_packed))

    def send_bytes(self, data: bytes) -> None:
        """Send a message that is packed already."""
        self._socket.sendall(struct.pack(">I", len(data)) + data)

    def receive(self) -> dict[str, Any] | None:
        """The next message; None where the harness has hung up."""
        head = self._exactly(4)
        if head is None:
            return None
        data = self._exactly(*struct.unpack(">I", head))
        return None if data is None else msgpack.unpackb(data, object_hook=_unpacked)

    def _exactly(self, count: int) -> bytes | None:
        data = bytearray()
        while len(data) < count:
            part = self._socket.recv(min(count - len(data), 1 << 20))
            if not part:
                return None
            data += part
        return bytes(data)


def _packed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {b"__ndarray__": True, b"data": value.tobytes(), b"dtype": value.dtype.str, b"shape": value.shape}
    if isinstance(value, np.generic):
        return {b"__npgeneric__": True, b"data": value.item(), b"dtype": value.dtype.str}
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _unpacked(value: dict[Any, Any]) -> Any:
    if b"__ndarray__" in value:
        return np.frombuffer(value[b"data"], value[b"dtype"]).reshape(value[b"shape"])
    if b"__npgeneric__" in value:
        return np.dtype(value[b"dtype"]).type(value[b"data"])
    return value
