"""Workers that are processes of this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue

from pilotline.benchmarks.crew.shards import Event, Lost, Shard, event_of, request
from pilotline.benchmarks.job import Job

_COMMAND = (sys.executable, "-m", "pilotline.benchmarks.crew.worker")


class Processes:
    """So many processes, each begun when there is work for it; one that is gone is followed by another.

    Args:
      job: with the simulations and threads of one worker.
      workers: how many.
    """

    def __init__(self, job: Job, workers: int) -> None:
        self._job, self._workers = job, workers
        self._heard: SimpleQueue[tuple[_Member, str | None]] = SimpleQueue()
        self._members: list[_Member] = []

    @property
    def free(self) -> int:
        """How many shards more can be at work now."""
        return self._workers - sum(member.shard is not None for member in self._members)

    def start(self, shard: Shard) -> None:
        """Have a shard worked on."""
        idle = [member for member in self._members if member.shard is None]
        if not idle:
            idle = [_Member(self._heard)]
            self._members += idle
        idle[0].start(self._job, shard)

    def wait(self) -> Event:
        """The next thing that happens.

        Raises:
          CrewError: the work cannot be done, by any worker.
        """
        while True:
            member, line = self._heard.get()
            shard = member.shard
            if line is None:
                self._members.remove(member)
                status = member.ended()
                if shard is not None:
                    return Lost(shard.number, f"status {status}")
            elif shard is not None:
                told = json.loads(line)
                if "remarks" in told:
                    member.shard = None
                return event_of(told, shard)

    def close(self) -> None:
        """End all that is still at work."""
        for member in self._members:
            member.process.kill()
        for member in self._members:
            member.ended()
        self._members.clear()


class _Member:
    """A process, and a thread that listens to it."""

    def __init__(self, heard: SimpleQueue[tuple[_Member, str | None]]) -> None:
        self.process = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.shard: Shard | None = None
        self._heard = heard
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(self, job: Job, shard: Shard) -> None:
        """Send a shard; that nobody is there any more is heard as all else is."""
        self.shard = shard
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(request(job, shard)) + "\n")
            self.process.stdin.flush()

    def ended(self) -> int:
        """Exit status, once it is over."""
        status = self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # what was still to be sent
                pipe.close()
        return status

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.endswith("\n"):  # a line that was cut off tells nothing
                self._heard.put((self, line))
        self._heard.put((self, None))
