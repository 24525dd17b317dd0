"""The side of a worker: shards in, rows out, as plain JSON."""

from __future__ import annotations

import os
import platform
import traceback
import warnings
from collections import deque
from collections.abc import Iterator
from typing import Any

from pilotline.benchmarks import campaign
from pilotline.benchmarks.canonical import canonical
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.setting import program
from pilotline.policies import PolicyWarning
from pilotline.policies.policy import remarks_of


class Worker:
    """Works on shards one after the other; a station stays ready, with its policy, as long as shards are of it."""

    def __init__(self) -> None:
        self._key = b""
        self._bench: campaign.Bench | None = None

    def work(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What a worker tells of a shard: `warning`, `rows`, at last `remarks`; or why not, `refused` or `broke`."""
        try:
            if here := _other_program(request["program"]):
                yield {"refused": f"worker on {platform.node()}: its {here}; allowed: one program on all of them"}
                return
            job = Job.of(request["job"])
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always", PolicyWarning)
                bench = self._ready(job, request["station"])
            for each in warned:
                if issubclass(each.category, PolicyWarning):
                    yield {"warning": str(each.message)}
            left = deque(request["cycles"])
            for rows in campaign.cycles(
                job, bench, lambda count: [left.popleft() for _ in range(min(count, len(left)))]
            ):
                yield {"rows": [row.to_json() for row in rows]}
            yield {"worker": f"{platform.node()} {os.getpid()}", "remarks": list(remarks_of(bench.policy))}
        except ValueError as error:
            # the package's own errors are written for people; any other is a defect
            own = type(error).__module__.startswith("pilotline.")
            yield {"refused": str(error)} if own else {"broke": traceback.format_exc()}
        except Exception:
            yield {"broke": traceback.format_exc()}

    def _ready(self, job: Job, station: str) -> campaign.Bench:
        key = canonical([job.model_dump(mode="json"), station])
        if self._bench is None or self._key != key:
            self._bench = None  # two at a time would take twice the memory
            self._bench, self._key = campaign.ready(job, station, job.nsim), key
        return self._bench


def _other_program(driver: dict[str, str]) -> str | None:
    """What is not as it is where the driver runs."""
    here = program()
    for name, there in driver.items():
        if here.get(name) != there:
            return f"{name} is {here.get(name)}, the driver's {there}"
    return None
