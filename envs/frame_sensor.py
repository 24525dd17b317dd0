"""Sensors of where things are: pose or velocity of a body or site, in the world or as another body sees it."""

from __future__ import annotations

import mujoco


def add_frame(spec: mujoco.MjSpec, name: str, kind: int, what: int, which: str, seen_from: str | None = None) -> None:
    """Add a frame sensor.

    Args:
      spec: world under construction.
      name: sensor name.
      kind: `mjSENS_FRAMEPOS`, `mjSENS_FRAMEQUAT`, `mjSENS_FRAMELINVEL` and their like.
      what, which: type (`mjOBJ_XBODY`, `mjOBJ_SITE`) and name of what is watched.
      seen_from: body in whose frame it is told; None for the world's.
    """
    sensor = spec.add_sensor(name=name, type=kind, objtype=what, objname=which)
    if seen_from is not None:
        sensor.reftype, sensor.refname = mujoco.mjtObj.mjOBJ_XBODY, seen_from
