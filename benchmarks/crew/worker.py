"""A worker as a process: `python -m pilotline.benchmarks.crew.worker`, shards as lines of JSON in, rows out.

It ends with its driver: the system closes the pipe that shards come through, however the driver ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from queue import SimpleQueue
from typing import Any


def main() -> None:
    """Work until the driver is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver hears it too, and says what is to be done
    # what libraries print must not get between the lines for the driver
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    from pilotline.benchmarks.crew.bench import Worker

    worker = Worker()
    while True:
        for told in worker.work(requests.get()):
            out.write(json.dumps(told, allow_nan=False) + "\n")
            out.flush()


def _listen(requests: SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)  # at once, also amid a cycle


if __name__ == "__main__":
    main()
