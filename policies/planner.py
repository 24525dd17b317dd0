"""Which station a robot serves next, by rule."""

from __future__ import annotations

from pilotline.envs.line.flow import PartFlow


def serve(flow: PartFlow, at: int | None) -> int | None:
    """The station to serve next, None to wait.

    The robot stays while its station can be served, since driving makes nothing; otherwise it goes to the station
    that can be served furthest down the line, which makes room for those before it.

    Args:
      flow: the parts as they are now.
      at: where the robot stands, None on the way.
    """
    ready = [k for k in range(len(flow.line.stations)) if flow.ready(k)]
    if at in ready:
        return at
    return max(ready, default=None)
