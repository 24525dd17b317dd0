"""What is only to be seen: shapes that nothing touches and that weigh nothing."""

from __future__ import annotations

from typing import Any

import mujoco

Triple = tuple[float, float, float]

_UNTOUCHED: dict[str, Any] = {"contype": 0, "conaffinity": 0, "group": 2, "mass": 0.0}


def decor(body: mujoco.MjsBody, pos: Any, size: Any, material: str = "", **more: Any) -> None:
    """A box unless `type` says otherwise, of a shared material (`envs/scenery.py`) or with an `rgba`."""
    if material:
        more["material"] = material
    body.add_geom(**{"type": mujoco.mjtGeom.mjGEOM_BOX, "pos": pos, "size": size, **_UNTOUCHED, **more})


def rod(body: mujoco.MjsBody, start: Any, end: Any, radius_m: float, material: str = "", **more: Any) -> None:
    """A rod with round ends."""
    if material:
        more["material"] = material
    kind = mujoco.mjtGeom.mjGEOM_CAPSULE
    body.add_geom(**{"type": kind, "fromto": (*start, *end), "size": (radius_m, 0.0, 0.0), **_UNTOUCHED, **more})
