"""The home pose: what the card says, what constraints between joints then demand, and 0 for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import mujoco
import numpy as np

from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adapters.limits import JointLimits


def home_pose(
    given: Mapping[str, float],
    joints: Iterable[str],
    limits: Mapping[str, JointLimits],
    model: mujoco.MjModel,
    card_name: str,
) -> dict[str, float]:
    """Home of every one of `joints`, rad or m.

    A joint that a linear equality constraint ties to one whose home is given follows it. Raises ModelError for a given
    value outside the joint's range.
    """
    names = list(joints)
    known: dict[str, float] = {}
    for name, value in given.items():
        if name not in names:
            continue
        low, high = limits[name].low, limits[name].high
        if not low <= value <= high:
            raise ModelError(f"{card_name}: home.{name} = {value}: must be in [{low:g}, {high:g}]")
        known[name] = value
    ties = list(_ties(model))
    pending = True
    while pending:
        pending = False
        for one, other, offset, ratio in ties:
            if other in known and one not in known:
                known[one], pending = offset + ratio * known[other], True
            elif one in known and other not in known and ratio != 0.0:
                known[other], pending = (known[one] - offset) / ratio, True
    return {name: float(np.clip(known.get(name, 0.0), limits[name].low, limits[name].high)) + 0.0 for name in names}


def _ties(model: mujoco.MjModel) -> Iterable[tuple[str, str, float, float]]:
    """(one, other, offset, ratio) of every joint equality one = offset + ratio * other, in joint values."""
    for number in range(model.neq):
        if model.eq_type[number] != mujoco.mjtEq.mjEQ_JOINT.value or model.eq_obj2id[number] < 0:
            continue
        one, other = model.joint(model.eq_obj1id[number]), model.joint(model.eq_obj2id[number])
        poly = model.eq_data[number][:5]
        if np.any(poly[2:]):
            continue
        at = [float(model.qpos0[joint.qposadr[0]]) for joint in (one, other)]
        yield one.name, other.name, at[0] + float(poly[0]) - float(poly[1]) * at[1], float(poly[1])
