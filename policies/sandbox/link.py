"""The connection to a caged program: messages of openpi's protocol, each behind its length."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pilotline.policies.remote.errors import BAD_REPLY, LIMIT, LOST, TIMEOUT, ServedFault, told
from pilotline.policies.remote.wire import WireError, pack, unpack
from pilotline.policies.sandbox.cage.order import Order
from pilotline.policies.sandbox.errors import SandboxError
from pilotline.policies.sandbox.limits import Limits

_LENGTH = struct.Struct(">I")
_CODE = "import sys; sys.path.append(sys.argv.pop(1)); from cage.keeper import main; main()"
_TELL_S, _END_S = 1.0, 5.0
"""For the keeper, which is ours, to tell of an end, and to end."""


class CagedLink:
    """Starts a program, asks it, and ends it with all that it started; every trouble is a `ServedFault`.

    Args:
      order: a program and its cage, for a folder of ours (`temporary`) and one out of reach (`outside`).
      limits: of time and of an answer's size.
      answered: told the seconds that each answer took.
      stands: told the layers of each cage.
    """

    def __init__(
        self,
        order: Callable[[str, str], Order],
        limits: Limits,
        answered: Callable[[float], None] = lambda seconds: None,
        stands: Callable[[tuple[str, ...]], None] = lambda layers: None,
    ) -> None:
        self._order, self._limits, self._answered, self._stands = order, limits, answered, stands
        self._program: _Program | None = None

    @property
    def is_open(self) -> bool:
        """Whether it runs, as far as is known."""
        return self._program is not None

    def open(self) -> dict[Any, Any]:
        """Start it; the metadata with which it begins.

        Raises:
          ServedFault: no metadata come in time, or they are none.
          SandboxError: it cannot be run safely here, or not at all.
        """
        self.close()
        until = time.monotonic() + self._limits.start_s
        try:
            self._program = program = _Program(self._order)
        except OSError as error:  # no process, memory or file is left for one of ours
            raise ServedFault(LOST, f"not started: {error.strerror}") from None
        try:
            said = program.said(until)
            if said is None:
                raise ServedFault(TIMEOUT, f"not started within start_s={self._limits.start_s:g}")
            if "up" not in said:
                raise SandboxError(told(said.get("refused", said.get("reason", "it was not started"))))
            self._stands(tuple(said["up"]))
            data = program.receive(until, int(self._limits.max_reply_mb * 1e6))
            return self._read(data, f"no metadata within start_s={self._limits.start_s:g}")
        except BaseException:
            self.close()
            raise

    def ask(self, request: Mapping[str, Any]) -> dict[Any, Any]:
        """Its answer to a request.

        Raises:
          ServedFault: no answer in time, none at all, none that can be read, or a limit was passed; it is ended then.
        """
        program = self._program
        assert program is not None
        begun = time.perf_counter()
        until = time.monotonic() + self._limits.timeout_s
        late = f"no answer within timeout_s={self._limits.timeout_s:g}"
        try:
            if program.is_talking():
                raise _gone(program) or ServedFault(BAD_REPLY, "a message came that nobody had asked for")
            program.grant()
            data = pack(request)
            if not program.send(_LENGTH.pack(len(data)) + data, until):
                raise ServedFault(TIMEOUT, late)
            message = self._read(program.receive(until, int(self._limits.max_reply_mb * 1e6)), late)
        except BaseException:
            self.close()
            raise
        self._answered(time.perf_counter() - begun)
        return message

    def close(self) -> None:
        """End it without asking it."""
        program, self._program = self._program, None
        if program is not None:
            program.end()

    def _read(self, data: bytes | int | None, late: str) -> dict[Any, Any]:
        if data is None:
            raise ServedFault(TIMEOUT, late)
        if isinstance(data, int):
            limit = f"max_reply_mb={self._limits.max_reply_mb:g}"
            raise ServedFault(BAD_REPLY, f"a reply of {data} bytes; allowed: {limit}")
        try:
            return unpack(data)
        except WireError as error:
            raise ServedFault(BAD_REPLY, str(error)) from None


class _Program:
    """A keeper and what it keeps."""

    def __init__(self, order: Callable[[str, str], Order]) -> None:
        self._folder = tempfile.mkdtemp(prefix="pilotline-")
        self._finish = weakref.finalize(self, shutil.rmtree, self._folder, True)
        os.chmod(self._folder, 0o711)
        temporary, outside = os.path.join(self._folder, "room"), os.path.join(self._folder, "outside")
        os.mkdir(temporary, 0o711)
        os.mkdir(os.path.join(temporary, "scratch"), 0o700)
        os.mkdir(outside)
        os.chmod(outside, 0o777)  # so that nothing but the cage keeps the program out
        self._control, control = socket.socketpair()
        self._policy, policy = socket.socketpair()
        with control, policy:
            here = str(Path(__file__).resolve().parent)
            words = [sys.executable, "-I", "-S", "-B", "-c", _CODE, here]
            self._keeper = subprocess.Popen(
                [*words, str(control.fileno()), str(policy.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(control.fileno(), policy.fileno()),
                env={},
                cwd="/",
                start_new_session=True,
            )
        self._heard = b""
        self._policy.setblocking(False)
        self._control.sendall(order(temporary, outside).to_line())
        self._control.setblocking(False)

    def said(self, until: float) -> dict[str, Any] | None:
        """The next line of the keeper; None if none comes, `{}` if none comes any more."""
        while b"\n" not in self._heard:
            if not _wait(self._control, select.POLLIN, until):
                return None
            try:
                text = self._control.recv(65_536)
            except OSError:
                text = b""
            if not text:
                return {}
            self._heard += text
        line, self._heard = self._heard.split(b"\n", 1)
        return dict(json.loads(line))

    def grant(self) -> None:
        """The program may take the processor time of one more request."""
        with suppress(OSError):
            self._control.send(b"+")

    def is_talking(self) -> bool:
        """Whether it has said something, or gone, since its last answer."""
        return _wait(self._policy, select.POLLIN, time.monotonic())

    def send(self, data: bytes, until: float) -> bool:
        """Send all of it; False when it is not taken in time.

        Raises:
          ServedFault: nobody is there any more.
        """
        left = memoryview(data)
        while left:
            if not _wait(self._policy, select.POLLOUT, until):
                return False
            try:
                left = left[self._policy.send(left) :]
            except BlockingIOError:
                continue
            except OSError:
                raise _gone(self) or ServedFault(LOST, "it closed the connection") from None
        return True

    def receive(self, until: float, most: int) -> bytes | int | None:
        """The next message; its length where that is more than `most`; None when it is not there in time.

        Raises:
          ServedFault: nobody is there any more.
        """
        head = self._take(_LENGTH.size, until)
        if head is None:
            return None
        (length,) = _LENGTH.unpack(head)
        return length if length > most else self._take(length, until)

    def _take(self, count: int, until: float) -> bytes | None:
        parts, left = [], count
        while left:
            if not _wait(self._policy, select.POLLIN, until):
                return None
            try:
                part = self._policy.recv(min(left, 1 << 20))
            except BlockingIOError:
                continue
            except OSError:
                part = b""
            if not part:
                raise _gone(self) or ServedFault(LOST, "it closed the connection")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def end(self) -> None:
        """End everything, and be sure of it."""
        for one in (self._control, self._policy):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # also where a process that we forked still holds it
            one.close()
        try:
            self._keeper.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self._finish()


def _gone(program: _Program) -> ServedFault | None:
    """Why a program that does not talk any more has ended; None where it has not."""
    if not _closed(program._policy):
        return None
    said = program.said(time.monotonic() + _TELL_S)
    if not said:
        return ServedFault(LOST, "it closed the connection")
    return ServedFault(LIMIT if said.get("end") == "limit" else LOST, str(said.get("reason")))


def _closed(one: socket.socket) -> bool:
    try:
        return one.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _wait(one: socket.socket, event: int, until: float) -> bool:
    """Whether a socket is ready in time."""
    poll = select.poll()
    poll.register(one, event)
    return bool(poll.poll(max(0.0, 1000.0 * (until - time.monotonic()))))
