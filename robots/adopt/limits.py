"""Figures of joints that a model leaves out, each with a guess that says it is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mujoco
import numpy as np

from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adopt.shape import Shape

SPEED_RAD_S, SPEED_M_S = 10.0, 0.1
"""Of a hinge and a slide whose speed nobody gives; geared joints of humanoids reach 3 to 30 rad/s."""


def guessed(shape: Shape, groups: Mapping[str, Sequence[str]], source: str) -> tuple[dict[str, Any], list[str]]:
    """The card's `joints`: entries of joints that lack a speed or an effort; and a line on each kind of lack.

    An effort is taken from the same joint of the other side, else it is the least known one of the group.

    Raises ModelError: no joint has an effort at all.
    """
    names = [name for group in groups.values() for name in group if shape.driven(name)]
    if not any(shape.limits[name].effort is not None for name in names):
        raise ModelError(f"{shape.file}: {_no_effort(shape)}")
    entries: dict[str, dict[str, Any]] = {}
    slow = [name for name in names if shape.limits[name].speed is None]
    for name in slow:
        slides = shape.model.joint(name).type[0] == mujoco.mjtJoint.mjJNT_SLIDE.value
        entries[name] = {"speed_rad_s": SPEED_M_S if slides else SPEED_RAD_S}
    weak = []
    for group, listed in groups.items():
        for position, name in enumerate(listed):
            if shape.limits[name].effort is None and shape.driven(name):
                effort = _like(shape, groups, group, position)
                entries.setdefault(name, {})["effort_nm"] = effort
                weak.append(f"{name} ({effort:g})")
    unknown = []
    if slow:
        speed = f"{SPEED_RAD_S:g} rad/s (slides {SPEED_M_S:g} m/s)"
        unknown.append(f"largest speed of {_listed(slow, names)}: {speed} is a guess")
    if weak:
        unknown.append(f"largest torque of {', '.join(weak)}: guessed from other joints")
    unknown.append(f"continuous torque of {_listed(names, names)}: a third of the largest is taken")
    unknown.append("data sheets of the drives: without one the `ideal` tier alone can be used")
    entries = {name: entry | {"source": source, "mark": "E"} for name, entry in entries.items()}
    plain = {"speed_rad_s": SPEED_RAD_S, "source": source, "mark": "E"}
    if slow == names and list(entries.values()).count(plain) > 1:  # one pattern says it for all
        entries = {"*": plain, **{name: entry for name, entry in entries.items() if entry != plain}}
    return entries, unknown


def _like(shape: Shape, groups: Mapping[str, Sequence[str]], group: str, position: int) -> float:
    """Effort of the same joint of the other side, else the least in the group, else the least of all."""
    side, _, kind = group.partition("_")
    other = groups.get(f"{'left' if side == 'right' else 'right'}_{kind}", ())
    image = [other[position]] if position < len(other) else []
    for names in (image, groups[group], [name for listed in groups.values() for name in listed]):
        known = [effort for name in names if (effort := shape.limits[name].effort) is not None]
        if known:
            return float(np.round(min(known), 3))
    raise AssertionError("some joint has an effort")


def _no_effort(shape: Shape) -> str:
    if shape.model.nu == 0:
        return (
            "has no actuators and no joint says how strong it is; give <actuator> with forcerange, actuatorfrcrange of "
            "the joints, or in a URDF <limit effort=...>"
        )
    return "no actuator has a limit; give forcerange (position servos), ctrlrange (motors) or actuatorfrcrange"


def _listed(names: list[str], everything: list[str]) -> str:
    if names == everything:
        return f"all {len(names)} driven joints"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"
