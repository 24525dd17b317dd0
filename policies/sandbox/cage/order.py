"""What the keeper is told to do, as it travels: one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Order:
    """A program to be run in a cage.

    Attributes:
      command: first the program; `{folder}` in a word stands for the folder as the program sees it.
      folder: of the policy.
      read: folders and files beside it that programs need.
      environment: all of it; `{folder}` and `{scratch}` stand for the folders.
      temporary: an empty folder of ours, in which the room is put together or the scratch folder lies.
      outside: a folder that must be out of reach.
      fork: processes may be made.
      layers: that may be used; all of them but in tests.
      need: layers without which it must not run.
      memory_mb: address space of each process, and resident memory of all, 1e6 bytes.
      start_cpu_s: processor time until the first request.
      cpu_s: processor time from one request to the next.
      tasks: processes and threads.
      scratch_mb: of the scratch folder, and of a file, 1e6 bytes.
    """

    command: tuple[str, ...]
    folder: str
    read: tuple[str, ...]
    environment: dict[str, str]
    temporary: str
    outside: str
    fork: bool
    layers: tuple[str, ...]
    need: tuple[str, ...]
    memory_mb: float
    start_cpu_s: float
    cpu_s: float
    tasks: int
    scratch_mb: float

    def to_line(self) -> bytes:
        """As it travels."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Order:
        """As it came."""
        values = json.loads(line)
        for name in ("command", "read", "layers", "need"):
            values[name] = tuple(values[name])
        return cls(**values)


LAYERS = ("room", "user", "landlock", "seccomp", "count")
"""What a kernel may have or not: namespaces, a user of its own, Landlock, seccomp, and a count of tasks by user."""
