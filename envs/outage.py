"""A cell that falls silent: for a while its pose source and its signals do not reach the robot."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays

_NEVER_S = 1e9


def draw_outage(rng: np.random.Generator, length_s: float, within: tuple[float, float]) -> dict[str, np.ndarray]:
    """When a cycle's outage begins and ends, s: entry `outage_s` (2,) of its draw.

    Args:
      length_s: 0 for a cycle without one; the draw is made all the same, so that other draws do not depend on it.
      within: earliest and latest beginning, s.
    """
    begin = rng.uniform(*within)
    silent = (begin, begin + length_s) if length_s > 0.0 else (_NEVER_S, _NEVER_S)
    return {"outage_s": np.array(silent)}


def told(xp: Any, sense: Sense, draw: Arrays, said: dict[str, Any]) -> dict[str, Any]:
    """What reaches the robot of what the cell says: everything, and `signal` 1, or zeros and `signal` 0."""
    heard = 1.0 - 1.0 * ((sense.time >= draw["outage_s"][:, 0]) & (sense.time < draw["outage_s"][:, 1]))
    return {**{name: value * heard[:, None] for name, value in said.items()}, "signal": heard[:, None]}
