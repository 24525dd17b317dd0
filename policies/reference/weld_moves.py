"""Geometry of the weld cell for its controller: where hands hold a panel, where the base stands, planar poses."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import load_card
from pilotline.envs.frames import turn_planar
from pilotline.envs.stations.weld_layout import PANELS, panel_size

Float = NDArray[np.float64]

CORNER_M = 0.013
"""The tool point goes this far in from both edges at a near corner: tips reach 50 mm in, palms stay clear of it."""


@dataclass(frozen=True)
class Grips:
    """How panels are held, one entry a panel in the order of the drawing.

    Attributes:
      behind: (k,) m, from the line between both tool points to the panel's middle.
      spread: (k,) m, from the middle between the hands to either.
    """

    behind: Float
    spread: Float


def grips() -> Grips:
    """Of the panels on the station's card."""
    card = load_card("weld_fixture")
    sizes = []
    for name in PANELS:
        value = card.figures[f"{name}_mm"].value
        assert isinstance(value, tuple)
        sizes.append(panel_size(value))
    return Grips(
        behind=np.array([size.half_across - CORNER_M for size in sizes]),
        spread=np.array([size.half_along - CORNER_M for size in sizes]),
    )


def hand_axes(sign: float, inward_rad: float) -> tuple[Float, Float]:
    """Approach direction and orientation of a level hand, fingers one above the other.

    Args:
      sign: +1 the left hand, -1 its mirror image.
      inward_rad: from straight ahead, 0, to straight at the other hand, pi / 2.
    """
    s, c = np.sin(inward_rad), np.cos(inward_rad)
    approach = np.array([c, -sign * s, 0.0])
    opening = np.array([0.0, 0.0, 1.0])
    matrix = np.stack([approach, opening, np.cross(approach, opening)], axis=1)
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, matrix.ravel())
    return approach, quat


def after(pose: Float, step: Float) -> Float:
    """Poses (n, 4) = x, y, z, yaw that a step (n, 4) in the frame of poses (n, 4) leads to."""
    moved = pose[:, :3] + turn_planar(np, pose[:, 3], step[:, :3])
    return np.concatenate([moved, pose[:, 3:] + step[:, 3:]], axis=-1)


def seen_from(pose: Float, other: Float) -> Float:
    """Poses (n, 4) `other` in the frame of poses (n, 4): what `after(pose, ...)` needs to get there."""
    away = turn_planar(np, -pose[:, 3], other[:, :3] - pose[:, :3])
    return np.concatenate([away, other[:, 3:] - pose[:, 3:]], axis=-1)


def between(right: Float, left: Float) -> Float:
    """Pose (n, 4) of the middle between two hands (n, 7): its y axis points from the right to the left one."""
    middle = 0.5 * (right[:, :3] + left[:, :3])
    way = left[:, :3] - right[:, :3]
    return np.concatenate([middle, np.arctan2(-way[:, 0], way[:, 1])[:, None]], axis=-1)


def believed(known: Float, told: Float, heard: NDArray[np.bool_], share: float) -> Float:
    """Known poses (n, 4) moved by a share towards told ones where the cell is heard, (n, 1)."""
    way = told - known
    way = np.concatenate([way[:, :3], np.arctan2(np.sin(way[:, 3:]), np.cos(way[:, 3:]))], axis=-1)
    return np.where(heard, np.where(np.isnan(known), told, known + share * way), known)
