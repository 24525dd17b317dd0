"""Where to feel for a hole that is not quite where it seemed to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def spiral(elapsed_s: Float, pitch_m: float, speed_m_per_s: float, reach_m: float) -> Float:
    """Offsets (n, 2), m, on an Archimedean spiral r = pitch a / 2 pi, walked from its middle at even speed.

    With s = pitch a^2 / 4 pi, the way along it but for the first turn, a = sqrt(4 pi v t / pitch). Turns lie
    `pitch_m` apart: a hole is found where the pitch is no more than twice the play. Past `reach_m` it goes round
    on the outermost circle.

    Args:
      elapsed_s: (n,) s since the search began.
    """
    angle = np.sqrt(4.0 * np.pi * speed_m_per_s * np.maximum(elapsed_s, 0.0) / pitch_m)
    radius = np.minimum(pitch_m * angle / (2.0 * np.pi), reach_m)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def raster(elapsed_s: Float, spacing_m: float, speed_m_per_s: float, reach_m: float, lines: int) -> Float:
    """Offsets (n, 2), m, on lines along y walked to and fro at even speed, one beside the other from the middle out.

    For a place that is known better across the lines than along them. Friction pulls along the line that is walked,
    so that what slides over a surface keeps to its line, which it would not do on small turns of a spiral.

    Args:
      elapsed_s: (n,) s since the search began.
      spacing_m: between lines; a hole is found where it is no more than twice the play.
      reach_m: lines end so far from the middle.
      lines: odd number of them; then it begins again.
    """
    walked = speed_m_per_s * np.maximum(elapsed_s, 0.0) / reach_m
    turns = np.floor((walked + 1.0) / 2.0)
    along = (walked - 2.0 * turns) * np.where(turns % 2 == 0, 1.0, -1.0)
    line = turns % lines
    beside = np.where(line % 2 == 0, -1.0, 1.0) * np.ceil(line / 2.0)
    return np.stack([spacing_m * beside, reach_m * along], axis=-1)
