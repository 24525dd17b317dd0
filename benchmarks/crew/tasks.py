"""Workers that are tasks on a cluster of Ray."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pilotline.benchmarks.arithmetic import chosen
from pilotline.benchmarks.crew.bench import Worker
from pilotline.benchmarks.crew.shards import CrewError, Event, Lost, Shard, event_of, request
from pilotline.benchmarks.job import Job

_HERE = Worker()
"""Of a process of Ray, which is given one task after the other."""


class Tasks:
    """A shard is a task that gives its rows as they end; a task whose process or machine is gone is lost.

    Works on the cluster that RAY_ADDRESS names, else on one of its own on this machine, which ends with it.

    Args:
      job: with the simulations and threads of one worker.
      workers: tasks at a time; each asks Ray for a core per thread.

    Raises:
      CrewError: Ray is not installed, or its cluster does not answer.
    """

    def __init__(self, job: Job, workers: int) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise CrewError("launcher=ray: Ray is not installed; it comes with: pip install 'pilotline[ray]'") from None
        self._ray, self._job, self._workers = ray, job, workers
        cores = job.nthread
        address = os.environ.get("RAY_ADDRESS") or "local"
        try:
            ray.init(
                address=address,
                num_cpus=workers * cores if address == "local" else None,
                include_dashboard=False if address == "local" else None,
                log_to_driver=False,
                runtime_env={"env_vars": chosen()} if address != "local" else None,
                logging_level="ERROR",
            )
        except Exception as error:  # of Ray, gRPC or the system: nobody there, no room, another version
            raise CrewError(f"launcher=ray: {type(error).__name__}: {' '.join(str(error).split())}") from None
        options = {"num_cpus": cores, "num_returns": "streaming", "max_retries": 0}
        self._task = ray.remote(**options)(_work)
        self._at_work: dict[Any, Shard] = {}

    @property
    def free(self) -> int:
        """How many shards more can be at work now."""
        return self._workers - len(self._at_work)

    def start(self, shard: Shard) -> None:
        """Have a shard worked on."""
        asked = request(self._job, shard) | {"folder": str(Path.cwd())}
        self._at_work[self._task.remote(asked)] = shard

    def wait(self) -> Event:
        """The next thing that happens.

        Raises:
          CrewError: the work cannot be done, by any worker.
        """
        (task, *_), _ = self._ray.wait(list(self._at_work), num_returns=1)
        shard = self._at_work[task]
        try:
            told = self._ray.get(next(task))
        except (self._ray.exceptions.RayError, StopIteration) as error:
            del self._at_work[task]
            return Lost(shard.number, type(error).__name__)
        if "remarks" in told:
            del self._at_work[task]
        return event_of(told, shard)

    def close(self) -> None:
        """End all that is still at work."""
        for task in self._at_work:
            self._ray.cancel(task, force=True)
        self._at_work.clear()
        self._ray.shutdown()


def _work(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a worker tells of a shard."""
    folder = Path(asked["folder"])
    if folder.is_dir():  # so that paths in the job mean what they mean to the driver
        os.chdir(folder)
    yield from _HERE.work(asked)
