"""How much a tree of processes uses, and its end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Use:
    """What a tree of processes uses.

    Attributes:
      tasks: processes and their threads.
      memory_mb: resident, 1e6 bytes; pages that two processes share count twice.
      cpu_s: since they began, with children that ended.
    """

    tasks: int
    memory_mb: float
    cpu_s: float


def use_of(pids: list[int]) -> Use:
    """What processes use; those that are gone use nothing."""
    tasks, pages, ticks = 0, 0, 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
        tasks += int(fields[17])
        pages += int(fields[21])
    return Use(tasks, pages * _PAGE / 1e6, ticks / _TICKS)


def descendants(pid: int, most: int = 1 << 22) -> list[int]:
    """Processes that come from one, itself not among them; nobody is looked for beyond `most`, since they multiply."""
    found: list[int] = []
    queue = [pid]
    while queue and len(found) <= most:
        children = list(_children(queue.pop()))
        found += children
        queue += children
    return found


def kill_all(pid: int) -> None:
    """End every process that comes from this one, whatever they do against it.

    Those nearest come first: with the first process of a room the kernel ends all in it. The others are stopped before
    they are killed, so that those that multiply come to an end; their number has to be limited for that.
    """
    while alive := [each for each in descendants(pid) if not _has_ended(each)]:
        for each in alive[:2]:
            _send(each, signal.SIGKILL)
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            for each in alive:
                _send(each, sign)
        reap()
        time.sleep(0.002)


def _send(pid: int, sign: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sign)


def reap() -> list[tuple[int, int]]:
    """Process and status of every child of this process that has ended."""
    ended: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if not pid:
            return ended
        ended.append((pid, status))


def size_mb(folder: str) -> float:
    """What files in a folder take, 1e6 bytes."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_blocks * 512
            except OSError:
                continue
    return total / 1e6


def _children(pid: int) -> Iterator[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                yield from map(int, file.read().split())
        except FileNotFoundError:
            if not os.path.exists(f"/proc/{pid}/task/{thread}"):
                continue
            yield from _by_parent(pid)  # a kernel without that file
            return
        except OSError:
            continue


def _by_parent(pid: int) -> Iterator[int]:
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            yield int(name)


def _has_ended(pid: int) -> bool:
    """Whether a process is gone or only waits to be reaped.

    One whose first thread has ended reads as a zombie while its other threads go on.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return True
    return fields[0] in (b"Z", b"X") and int(fields[17]) <= 1
