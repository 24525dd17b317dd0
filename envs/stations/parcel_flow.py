"""How parcels lie and follow each other: pure functions of batched poses in the cell frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotline.envs.frames import norm, quat_conj, rotate
from pilotline.envs.sense import Sense
from pilotline.envs.stations.parcel_kinds import COUNT, NORMALS, PARCELS
from pilotline.envs.stations.parcel_layout import EYE_X_M, INFEED_Y_M, PICKED_Y_M

FAR_M = 9.9
"""Stands for no parcel near."""
_LIFTED_M = 0.03
_PICK_ZONE_M = 0.15
"""A lifted parcel whose near end is so close to the photo-eye's place is still over the infeed's end."""


def of_parcels(xp: Any, sense: Sense, what: str) -> Any:
    """Sensors `what` of all parcels, (n, parcels, k)."""
    return xp.stack([sense[f"{parcel.body}_{what}"] for parcel in PARCELS], axis=1)


def force_on(xp: Any, sense: Sense, what: str) -> Any:
    """Peak contact force on each parcel from `what`, (n, parcels) N."""
    return norm(xp, xp.stack([sense.peak(f"{parcel.body}_{what}") for parcel in PARCELS], axis=1))


def reach_x(xp: Any, quat: Any, half: Any) -> Any:
    """How far each parcel extends from its middle along the belts, (n, parcels) m; bags counted as flat."""
    along = [xp.abs(rotate(xp, quat, axis + 0.0 * half)[..., 0]) * half[..., k] for k, axis in enumerate(np.eye(3))]
    return along[0] + along[1] + along[2]


def label_drop(xp: Any, quat: Any, valid: Any) -> Any:
    """Downward part of the valid label's normal, (n, parcels): 1 faces the belt."""
    normal = (valid[..., None] * NORMALS).sum(axis=2)
    return -rotate(xp, quat, normal)[..., 2]


def outside(xp: Any, pos: Any, quat: Any, half: Any, point: Any) -> Any:
    """Distance of points (n, 3) from each parcel's box, (n, parcels) m."""
    local = rotate(xp, quat_conj(xp, quat), point[:, None, :] - pos)
    return norm(xp, xp.maximum(xp.abs(local) - half, 0.0))


def queued(xp: Any, pos: Any, half: Any) -> Any:
    """Which parcels lie on the infeed, (n, parcels) bool."""
    beside = xp.abs(pos[..., 1] - INFEED_Y_M) < PICKED_Y_M
    return beside & (pos[..., 2] < half[..., 2] + _LIFTED_M) & (pos[..., 2] > 0.0)


def foremost(xp: Any, queue: Any, near: Any) -> Any:
    """The parcel of the queue that is nearest to the robot, one-hot (n, parcels), none if the queue is empty."""
    first = xp.where(queue, near, FAR_M)
    return queue & (first <= first.min(axis=1)[:, None])


def pick_place_taken(xp: Any, pos: Any, queue: Any, near: Any) -> Any:
    """(n,) bool, a parcel waits in the beam at the infeed's end, or hangs over that still."""
    covers = queue & (near < EYE_X_M)
    beside = xp.abs(pos[..., 1] - INFEED_Y_M) < PICKED_Y_M
    over = ~queue & beside & (near < EYE_X_M + _PICK_ZONE_M) & (pos[..., 2] > 0.0)
    return (covers | over).any(axis=1)


def gaps(xp: Any, x: Any, reach: Any, on_belt: Any) -> Any:
    """Smallest gap along the belt from each parcel to another one on it, (n, parcels) m; negative: they overlap."""
    found = []
    for i in range(COUNT):
        between = xp.abs(x - x[:, i : i + 1]) - reach - reach[:, i : i + 1]
        others = on_belt & (np.arange(COUNT) != i)
        found.append(xp.where(others, between, FAR_M).min(axis=1))
    return xp.stack(found, axis=-1)
