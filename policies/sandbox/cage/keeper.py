"""The process between the harness and a caged program: builds the cage, watches it, and ends with either of them.

Given are two file descriptors, CONTROL and POLICY. Over CONTROL comes an `Order`; back go lines of JSON:
`{"up": [layers]}` or `{"refused": why}`, and at the end `{"end": "limit" or "exit", "reason": why}`. Each byte that
comes after the order grants the processor time of one more request. A connection that closes ends everything.

With namespaces the chain is keeper, a process that waits, the first process of the room, the program; when one of them
dies, the kernel kills the next, and with the first process of the room everything in it.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

from . import calls, room, watch
from .filters import Filter
from .order import Order
from .program import CageError, Place, become, lock

_TICK_S, _QUICK_S = 0.05, 0.01
"""Between two looks at a program; quick where the kernel does not count its tasks, or it may make processes."""
_TAIL = 2000


def main() -> NoReturn:
    """Keep one program until its end."""
    control, policy = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    with control.makefile("rb", buffering=0) as file:
        order = Order.from_line(file.readline())
    for each in (control.fileno(), policy):
        os.set_inheritable(each, False)
    calls.prctl(calls.PR_SET_CHILD_SUBREAPER, 1)
    calls.prctl(calls.PR_SET_DUMPABLE, 0)
    output, printed = os.pipe()
    try:
        try:
            layers = _started(order, control, policy, printed)
        except CageError as error:
            _tell(control, refused=str(error))
        else:
            os.close(policy)
            os.close(printed)
            _tell(control, up=layers)
            _Watch(order, control, output, layers).keep()
    finally:
        watch.kill_all(os.getpid())
        # the harness, which made it, may have been killed
        shutil.rmtree(os.path.dirname(order.temporary), ignore_errors=True)
        os._exit(0)


def _started(order: Order, control: socket.socket, policy: int, printed: int) -> list[str]:
    """Start the program in the best cage that this machine allows; the layers that hold.

    Raises:
      CageError: none will do.
    """
    seccomp = None
    if "seccomp" in order.layers:
        try:
            seccomp = Filter()
        except OSError:
            seccomp = None
    why = ""
    for way in _ways(order):
        status, tell = os.pipe()
        if not os.fork():
            os.close(status)
            control.close()
            _caged(order, way, seccomp, policy, printed, tell)
        os.close(tell)
        with os.fdopen(status, "rb") as file:
            said: dict[str, Any] = {}
            for line in file.read().splitlines():
                said |= json.loads(line)
        if "layers" in said and "error" not in said:
            return list(said["layers"])
        watch.kill_all(os.getpid())
        watch.reap()
        if "error" in said:
            raise CageError(said["error"])
        why = said.get("failed", "it ended before it began")
    raise CageError(why)


def _ways(order: Order) -> list[str]:
    """Ways to a room, best first, then without."""
    rooms = (["root"] if os.geteuid() == 0 else []) + ["user"]
    return [*(rooms if "room" in order.layers else []), "none"]


def _caged(order: Order, way: str, seccomp: Filter | None, policy: int, printed: int, tell: int) -> NoReturn:
    """In a child: enter a room by a way and be the program; what comes of it is told."""
    try:
        calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
        calls.prctl(calls.PR_SET_DUMPABLE, 1)  # else its user may not be mapped
        user = room.outer_user(os.getpid()) if os.geteuid() == 0 and way != "user" else None
        if user is not None and "user" not in order.layers:
            user = None
        if way != "none":
            room.leave(own_user=way == "user")
            _wait_for_child((policy, printed, tell))
            calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
            calls.prctl(calls.PR_SET_DUMPABLE, 0)
            owner = room.INSIDE if way == "user" else (user or 0)
            room.furnish(order.temporary, order.folder, order.read, order.scratch_mb, owner)
            _wait_for_child((policy, printed, tell))
            place = Place(room.FOLDER, room.SCRATCH, True, user, _ours(order, way, user), signals=False)
        else:
            scratch = os.path.join(order.temporary, "scratch")
            if user is not None and not _reachable(order, user):
                user = None
            if user is not None:
                os.chown(scratch, user, user)
            place = Place(order.folder, scratch, False, user, _ours(order, way, user), signals=True)
    except OSError as error:
        _end(tell, failed=str(error))
    try:
        _say(tell, layers=lock(order, place, seccomp))
        # numbers from 10 on are out of the way of those that the program gets
        policy, printed, tell = (_moved(each) for each in (policy, printed, tell))
        become(order, place, policy, printed)
    except (CageError, OSError) as error:
        _end(tell, error=str(error))
    os._exit(1)


def _ours(order: Order, way: str, user: int | None) -> int | None:
    """Tasks of ours that count as the program's own user's; None where the kernel does not count by user."""
    if "count" not in order.layers:
        return None
    if user is not None:
        return 0
    major, minor = (int("".join(filter(str.isdigit, part)) or 0) for part in os.uname().release.split(".")[:2])
    # by user namespace since Linux 5.14, and never for the machine's root
    return 2 if way == "user" and os.getuid() != 0 and (major, minor) >= (5, 14) else None


def _reachable(order: Order, user: int) -> bool:
    """Whether somebody without rights can read the folder and start the program, tried in a child."""
    child = os.fork()
    if not child:
        try:
            room.become(user)
            os.listdir(order.folder)
            good = os.access(order.command[0].replace("{folder}", order.folder), os.X_OK)
            good = good and os.access(os.path.join(order.temporary, "scratch"), os.X_OK)
        except OSError:
            good = False
        os._exit(0 if good else 1)
    return os.waitpid(child, 0)[1] == 0


def _wait_for_child(files: tuple[int, ...]) -> None:
    """Go on in a child; the parent keeps none of the files, waits for it, and ends as it did."""
    child = os.fork()
    if not child:
        return
    for each in files:
        os.close(each)
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def _moved(number: int) -> int:
    import fcntl

    return fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10)


class _Watch:
    """Looks at what the program uses, and ends it where that is too much."""

    def __init__(self, order: Order, control: socket.socket, output: int, layers: list[str]) -> None:
        self._order, self._control, self._output = order, control, output
        self._room, self._alone = "room" in layers, "seccomp" in layers and not order.fork
        self._counted = "count" in layers
        self._tail = b""
        self._allowed_s = order.start_cpu_s
        self._program: list[int] = []
        self._first = watch.descendants(os.getpid())[0]

    def keep(self) -> None:
        """Until the program or the harness ends, or a limit is passed."""
        os.set_blocking(self._output, False)
        poll, parent = select.poll(), os.getppid()
        poll.register(self._control, select.POLLRDHUP)
        poll.register(self._output, select.POLLIN)
        tick_s = _TICK_S if self._alone and self._counted else _QUICK_S
        while os.getppid() == parent:
            begun = time.monotonic()
            events = dict(poll.poll(1000.0 * tick_s))
            if self._control.fileno() in events:
                return
            printing = self._drain()
            if self._output in events and not printing:
                poll.unregister(self._output)  # the program is ending, or has closed it
            if reason := self._passed():
                # first of all, since they may multiply; the first process of a room takes all others along
                with suppress(ProcessLookupError):
                    os.kill(self._first, signal.SIGKILL)
                _tell(self._control, end="limit", reason=reason)
                return
            for pid, status in watch.reap():
                if pid == self._first:
                    self._drain()
                    _tell(self._control, end="exit", reason=self._ended(status))
                    return
            # what is printed without end must not keep this busy
            time.sleep(max(0.0, 0.2 * tick_s - (time.monotonic() - begun)))

    def _drain(self) -> bool:
        """Take what was printed; whether there was any."""
        try:
            text = os.read(self._output, 65_536)
        except OSError:
            return True
        self._tail = (self._tail + text)[-_TAIL:]
        return bool(text)

    def _passed(self) -> str | None:
        """Which limit the program has passed."""
        order = self._order
        if not (self._alone and self._program):
            found = watch.descendants(os.getpid(), order.tasks + 2)
            self._program = found[2:] if self._room else found
        use = watch.use_of(self._program)
        try:
            if self._control.recv(65_536, socket.MSG_DONTWAIT):
                self._allowed_s = use.cpu_s + order.cpu_s
        except BlockingIOError:
            pass
        if use.tasks > order.tasks:
            return f"{use.tasks} processes and threads; allowed: tasks={order.tasks}"
        if use.memory_mb > order.memory_mb:
            return f"{use.memory_mb:.0f} MB of memory; allowed: memory_mb={order.memory_mb:g}"
        if use.cpu_s > self._allowed_s:
            return f"more processor time than is allowed: cpu_s={order.cpu_s:g} from one request to the next"
        if not self._room and (used := watch.size_mb(os.path.join(order.temporary, "scratch"))) > order.scratch_mb:
            return f"{used:.0f} MB of files; allowed: scratch_mb={order.scratch_mb:g}"
        return None

    def _ended(self, status: int) -> str:
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        how = f"ended by {signal.Signals(code - 128).name}" if _is_signal(code) else f"ended with status {code}"
        lines = [line for line in self._tail.decode(errors="replace").splitlines() if line.strip()]
        return f"{how}: {lines[-1].strip()}" if lines else how


def _is_signal(code: int) -> bool:
    return code - 128 in set(signal.Signals)


def _tell(control: socket.socket, **message: object) -> None:
    with suppress(OSError):  # nobody may be there any more
        control.sendall(json.dumps(message).encode() + b"\n")


def _say(tell: int, **message: object) -> None:
    os.write(tell, json.dumps(message).encode() + b"\n")


def _end(tell: int, **message: object) -> NoReturn:
    _say(tell, **message)
    os._exit(1)
