"""A place where a hostile policy can do harm that is seen: files, processes, sockets and secrets for it to reach."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from pilotline.policies.sandbox.cage import calls, watch

SECRET = "PILOTLINE_TEST_SECRET"
_MARK = "a word that nobody else has"


@dataclass
class Peak:
    """The most that all processes which came from this one while it was watched took.

    One that has just been split off and is not another program yet shares our memory and is left out.
    """

    tasks: int = 0
    memory_mb: float = 0.0
    _end: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watched(self) -> Iterator[Peak]:
        """Look every 10 ms."""

        own, before = _program(os.getpid()), set(watch.descendants(os.getpid()))

        def look() -> None:
            while not self._end.wait(0.01):
                new = (pid for pid in watch.descendants(os.getpid()) if pid not in before)
                use = watch.use_of([pid for pid in new if _program(pid) != own])
                self.tasks, self.memory_mb = max(self.tasks, use.tasks), max(self.memory_mb, use.memory_mb)

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._end.set()
            thread.join()


class Scene:
    """A copy of a hostile policy folder, told whom to reach; used as a context, then asked what it did.

    Args:
      attack: the folder.
      place: an empty folder for the copy and its victims; its owner alone needs to reach it.
    """

    def __init__(self, attack: Path, place: Path) -> None:
        self.folder, self._outside = place / attack.name, place / "outside"
        shutil.copytree(attack, self.folder)
        self._outside.mkdir()
        self._outside.chmod(0o777)  # whatever protects it is not the rights of files
        self._kept = self._outside / "kept"
        self._kept.write_text(_MARK)
        self._kept.chmod(0o666)
        self._left = ExitStack()
        self._calls: list[str] = []

    def __enter__(self) -> Scene:
        self._victim = self._left.enter_context(_sleeper())
        tcp = self._left.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = tcp.getsockname()[1]
        udp = self._left.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", port))
        path = self._outside.parent / "socket"
        self._listeners = [("TCP", tcp), ("UDP", udp)]
        for name, address in (("a socket of files", str(path)), ("an abstract socket", f"\0pilotline-test-{port}")):
            local = self._left.enter_context(socket.socket(socket.AF_UNIX))
            local.bind(address)
            local.listen()
            self._listeners.append((name, local))
        path.chmod(0o777)
        told = {
            "writer": str(self._outside),
            "caller": f"{port}\n{path}",
            "killer": str(self._victim.pid),
            "spy": f"{self._kept}\n{Path.home() / '.ssh' / 'id_ed25519'}",
            "pickle": str(self._outside / "loaded"),
        }
        (self.folder / "targets").write_text(told.get(self.folder.name, ""))
        (self.folder / "mark").write_text(_MARK)
        os.environ[SECRET] = _MARK
        calls.prctl(calls.PR_SET_CHILD_SUBREAPER, 1)  # what it leaves behind comes to us
        self._before, self._files = set(watch.descendants(os.getpid())), _inventory(self._outside)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        calls.prctl(calls.PR_SET_CHILD_SUBREAPER, 0)
        os.environ.pop(SECRET, None)
        self._left.close()

    def harm(self) -> tuple[str, ...]:
        """What it did outside its cage, a line each; empty if nothing. It has ended before."""
        found = []
        if _inventory(self._outside) != self._files:
            found.append("files outside its folder are not as they were")
        if self._victim.poll() is not None:
            found.append("it ended a process of ours")
        for name, listener in self._listeners:
            listener.setblocking(False)
            with suppress(BlockingIOError):
                if name == "UDP":
                    listener.recv(1)
                else:
                    listener.accept()[0].close()
                found.append(f"it got through to {name}")
        if left := {each for each in watch.descendants(os.getpid()) if not _reaped(each)} - self._before:
            found.append(f"{len(left)} processes are left")
        return tuple(found)


@contextmanager
def _sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(1000)"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _program(pid: int) -> bytes:
    """Command line of a process; empty where it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _reaped(pid: int) -> bool:
    """Whether a process that came to us has ended; it is taken off the list then."""
    with suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    return False


def _inventory(folder: Path) -> dict[str, tuple[int, int, float, bytes]]:
    """Mode, links, time and content of everything in a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[path.name] = (state.st_mode, state.st_nlink, state.st_mtime, content)
    return found
