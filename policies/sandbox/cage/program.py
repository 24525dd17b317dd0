"""The last steps of the process that becomes the vendor's program: every limit and lock, then a try of each."""

from __future__ import annotations

import os
import resource
import signal
import socket
from dataclasses import dataclass

from . import calls, landlock, room
from .filters import Filter
from .order import Order

POLICY_FD = 3
_SAFE_LANDLOCK = 3
"""Before this version a file that cannot be opened for writing can be truncated."""
_FILES = 256


class CageError(Exception):
    """It cannot be run safely here, or not at all; one line."""


@dataclass(frozen=True)
class Place:
    """Where and as whom the program is.

    Attributes:
      folder, scratch: as it sees them.
      room: it has namespaces of its own.
      user: to become, None to stay.
      counted: RLIMIT_NPROC counts its tasks, and so many of ours.
      signals: others are within reach of its signals.
    """

    folder: str
    scratch: str
    room: bool
    user: int | None
    counted: int | None
    signals: bool


def lock(order: Order, place: Place, seccomp: Filter | None) -> tuple[str, ...]:
    """Give up everything that the program shall not have; the layers that hold, each tried.

    Raises:
      CageError: a layer that is needed is not there, or one that is there does not hold.
    """
    layers = ["limits", "watch", *(["room"] if place.room else [])]
    if place.room and not room.has_own_network():
        raise CageError("the room has the network of the machine")
    _limit(order, place)
    if place.user is not None:
        room.become(place.user)
    elif os.geteuid() == 0:
        calls.drop_capabilities()
    if place.user is not None or place.room:
        layers.append("user")
    if place.counted is not None:
        layers.append("count")
    calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    calls.prctl(calls.PR_SET_NO_NEW_PRIVS, 1)
    version = _landlock(order, place)
    if version:
        layers.append(f"landlock {version}")
    if seccomp is not None:
        seccomp.put_on(order.fork, os.getpid() if place.signals else None)
        layers.append("seccomp")
    _demand(order, place, version, seccomp is not None)
    _try(order, place, bool(version), seccomp is not None)
    return tuple(layers)


def _limit(order: Order, place: Place) -> None:
    memory, file = int(order.memory_mb * 1e6), int(order.scratch_mb * 1e6)
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_FSIZE: file,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 65_536,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 1000,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_NICE: 0,
    }
    if place.counted is not None:
        limits[resource.RLIMIT_NPROC] = order.tasks + place.counted
    for which, most in limits.items():
        _, hard = resource.getrlimit(which)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(which, (most, most))


def _landlock(order: Order, place: Place) -> int:
    """The version of Landlock that holds from here on, 0 for none."""
    if "landlock" not in order.layers:
        return 0
    read = [place.folder, *order.read, "/dev", *(["/proc"] if place.room else ["/proc/self"])]
    try:
        return landlock.restrict(read, [place.scratch, "/dev/null"])
    except OSError:
        return 0


def _demand(order: Order, place: Place, version: int, seccomp: bool) -> None:
    has = {
        "room": place.room,
        "user": place.room or place.user is not None,
        "landlock": bool(version),
        "seccomp": seccomp,
        "count": place.counted is not None,
    }
    missing = [name for name in order.need if not has[name]]
    if missing:
        raise CageError(f"need={'+'.join(order.need)}: this machine does not give {', '.join(missing)}")
    if order.fork and not (place.room or place.counted is not None):
        # processes that multiply faster than they can be found cannot be ended one by one
        raise CageError(
            "nothing here ends all processes of one that may fork: that takes namespaces, or a count by user"
        )
    if not place.room and version < _SAFE_LANDLOCK:
        raise CageError("nothing here keeps it to its folder: that takes namespaces, or Landlock of Linux 6.2")
    if not place.room and not seccomp:
        raise CageError(
            "nothing here keeps it from the network and from making processes: namespaces or libseccomp would"
        )


def _try(order: Order, place: Place, landlocked: bool, seccomp: bool) -> None:
    """Try what must fail.

    Raises:
      CageError: it did not.
    """
    for folder in (order.outside, place.folder, "/"):
        try:
            os.close(os.open(os.path.join(folder, f"probe{os.getpid()}"), os.O_CREAT | os.O_WRONLY))
        except OSError:
            continue
        raise CageError(f"it could write to {folder}")
    try:
        os.listdir(order.outside)
    except OSError:
        pass
    else:
        raise CageError(f"it could read {order.outside}")
    if not seccomp:
        return
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    except OSError:
        pass
    else:
        raise CageError("it could make a socket")
    if order.fork:
        return
    try:
        child = os.fork()
    except OSError:
        return
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    raise CageError("it could make a process")


def become(order: Order, place: Place, policy: int, output: int) -> None:
    """Be the vendor's program.

    Args:
      policy: file descriptor of the connection, which becomes number 3.
      output: file descriptor for what it prints.

    Raises:
      CageError: it cannot be started.
    """
    put = {"folder": place.folder, "scratch": place.scratch}
    words = [_filled(word, put) for word in order.command]
    environment = {name: _filled(value, put) for name, value in order.environment.items()}
    os.chdir(place.folder)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(policy, POLICY_FD)
    for sign in range(1, signal.NSIG):
        if sign not in (signal.SIGKILL, signal.SIGSTOP) and sign in signal.valid_signals():
            signal.signal(sign, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.execve(words[0], words, environment)
    except OSError as error:
        raise CageError(f"{words[0]} cannot be started: {error.strerror}") from None


def _filled(text: str, put: dict[str, str]) -> str:
    for name, value in put.items():
        text = text.replace(f"{{{name}}}", value)
    return text
