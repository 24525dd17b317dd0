"""What is only to be seen: shapes that nothing touches and that weigh nothing."""

from __future__ import annotations

from typing import Any

import mujoco

Triple = tuple[float, float, float]

_UNTOUCHED: dict[str, Any] = {"contype": 0, "conaffinity": 0, "group": 2, "mass": 0.0}


def decor(body: mujoco.MjsBody, pos: Any, size: Any, paint: Any = None, **more: Any) -> None:
    """A box unless `type` says otherwise; `paint` is a shared material (`envs/scenery.py`) or a colour (rgba)."""
    body.add_geom(
        **{"type": mujoco.mjtGeom.mjGEOM_BOX, "pos": pos, "size": size, **_UNTOUCHED, **_paint(paint), **more}
    )


def rod(body: mujoco.MjsBody, start: Any, end: Any, radius_m: float, paint: Any = None, **more: Any) -> None:
    """A rod with round ends."""
    shape = {"type": mujoco.mjtGeom.mjGEOM_CAPSULE, "fromto": (*start, *end), "size": (radius_m, 0.0, 0.0)}
    body.add_geom(**{**shape, **_UNTOUCHED, **_paint(paint), **more})


def _paint(paint: Any) -> dict[str, Any]:
    if not paint:
        return {}
    return {"material" if isinstance(paint, str) else "rgba": paint}
