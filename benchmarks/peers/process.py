"""One side of a comparison in a process of its own, which steps only when it is told to."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).parent
_GRACE_S = 60.0
"""A turn may take so much longer than it was told to: one step of a slow environment, a reset, a busy machine."""


class SideError(RuntimeError):
    """A side that could not be built, failed or took too long; one line that says which and why."""


@dataclass(frozen=True)
class Turn:
    """What one turn gave.

    Attributes:
      env_steps: environment steps with physics in them.
      seconds: that they took.
      ended: episodes that ended.
    """

    env_steps: int
    seconds: float
    ended: int

    @property
    def rate(self) -> float:
        """Environment steps per second."""
        return self.env_steps / self.seconds


class Side:
    """A served environment, from its start to the end of the `with` block.

    Args:
      name: for errors.
      python: interpreter of its environment.
      script: file with its `build`, see `sides`.
      settings: for `build`.
      start_limit_s: time that building and the first steps may take.

    Attributes:
      facts: what the side said of itself.

    Raises:
      SideError: it could not be built in time.
    """

    def __init__(
        self, name: str, python: Path, script: Path, settings: Mapping[str, Any], start_limit_s: float
    ) -> None:
        self.name = name
        command = [str(python), str(HERE / "serve.py"), str(script), json.dumps(dict(settings))]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        self._process = _started(name, command, self._log.fileno())
        self._rest = b""
        try:
            self.facts: dict[str, Any] = self._answer(start_limit_s)
        except SideError:
            self.close()
            raise

    def turn(self, seconds: float) -> Turn:
        """Let it step for some seconds. Raises SideError."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"go {seconds}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise SideError(f"{self.name}: {self._last_words()}") from None
        return Turn(**self._answer(seconds + _GRACE_S))

    def peak_memory_mib(self) -> float:
        """Peak resident memory of the process and of those that it started, which are still there, one by one."""
        return sum(_peak_kib(number) for number in _family(self._process.pid)) / 1024.0

    def close(self) -> None:
        """End the process and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, limit_s: float) -> dict[str, Any]:
        assert self._process.stdout is not None
        stream = self._process.stdout.fileno()
        until = time.monotonic() + limit_s
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0.0 or not select.select([stream], [], [], left)[0]:
                raise SideError(f"{self.name}: no answer within {limit_s:g} s")
            more = os.read(stream, 65536)
            if not more:
                raise SideError(f"{self.name}: {self._last_words()}")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise SideError(f"{self.name}: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return f"ended with status {self._process.returncode}: {lines[-1] if lines else 'without a word'}"


def _started(name: str, command: Sequence[str], log: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    except OSError as error:
        raise SideError(f"{name}: {command[0]}: {error.strerror}") from None


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _family(int(child)))]


def _peak_kib(pid: int) -> int:
    """Peak resident memory of a process, 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
