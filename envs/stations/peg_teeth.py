"""Involute teeth as convex prisms: every flank of an involute tooth bulges, so that one hull is the tooth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.stations.peg_layout import FACE_M, MODULE_M, PRESSURE_ANGLE_RAD

Float = NDArray[np.float64]

TIP_M = {24: 0.0319, 16: 0.0220, 8: 0.0125}
"""Tip radius by number of teeth. Less than a module above the pitch circle where a gear of eight teeth would be cut
into otherwise: no tip reaches beyond sqrt(rb^2 + (a sin alpha)^2); contact ratios stay above 1.06."""
_SINK_M = 0.001
"""A tooth begins this far below the root circle, inside the rim."""
_GABLE_M = 0.0025
"""Both ends of a tooth are pointed like a roof, as those of gears that are shifted into mesh are."""
_FLANK_POINTS = 6


def pitch_radius_m(teeth: int) -> float:
    """Radius that rolls on that of the mate."""
    return MODULE_M * teeth / 2


def root_radius_m(teeth: int) -> float:
    """Radius of the rim that carries the teeth: 1.25 modules below the pitch circle."""
    return pitch_radius_m(teeth) - 1.25 * MODULE_M


def half_angle(teeth: int, radius: Float) -> Float:
    """Half the angle (rad) that a tooth takes at radii (k,) m; below the base circle flanks are radial."""
    pitch = pitch_radius_m(teeth)
    base = pitch * np.cos(PRESSURE_ANGLE_RAD)
    pressure = np.arccos(np.minimum(base / np.maximum(radius, base), 1.0))
    return np.pi / (2 * teeth) + _involute(PRESSURE_ANGLE_RAD) - _involute(pressure)


def tooth_vertices(teeth: int) -> Float:
    """Corners (k, 3) m of the tooth about +x of a gear whose underside is z = 0."""
    root, tip = root_radius_m(teeth) - _SINK_M, TIP_M[teeth]
    base = pitch_radius_m(teeth) * np.cos(PRESSURE_ANGLE_RAD)
    radius = np.concatenate([[root], np.linspace(max(base, root), tip, _FLANK_POINTS)])
    angle = half_angle(teeth, radius)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    corners = [
        np.stack([x, side * y, np.full_like(x, z)], axis=-1)
        for side in (-1.0, 1.0)
        for z in (_GABLE_M, FACE_M - _GABLE_M)
    ]
    ridge = np.array([(r, 0.0, z) for r in (root, tip) for z in (0.0002, FACE_M)])
    return np.concatenate([*corners, ridge])


def in_mesh(teeth: int, mate: int, mate_turn: Float, towards: float) -> Float:
    """Turn (n,) rad that puts a space of a gear where a tooth of its mate points.

    Args:
      teeth: of the gear; its tooth 0 points along +x at turn 0.
      mate: teeth of the mate.
      mate_turn: (n,) rad.
      towards: direction (rad) from the gear to its mate.
    """
    # arcs along the pitch circles agree: a tooth of the mate is half a pitch away from one of the gear
    return towards + np.pi / teeth - (mate / teeth) * (mate_turn - towards - np.pi)


def _involute(angle: Float | float) -> Float:
    value: Float = np.tan(angle) - angle
    return value
