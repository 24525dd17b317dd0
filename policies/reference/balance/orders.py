"""What the footwork wants of the body in one control step."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


class Orders(NamedTuple):
    """Orders to n robots, feet right then left.

    Attributes:
      stance: (n, 2), which feet stand.
      com_acc: (n, 3) m/s^2, of the centre of mass. turn_acc: (n, 3) rad/s^2, of the root.
      feet: (n, 2, 6) m/s^2 and rad/s^2, of the soles.
      way: (n, 6) m and rad, how the lifted sole should have moved against the root at the end of the step.
    """

    stance: NDArray[np.bool_]
    com_acc: Float
    turn_acc: Float
    feet: Float
    way: Float


def orders(n: int) -> Orders:
    """Room for n robots."""
    return Orders(np.zeros((n, 2), np.bool_), np.zeros((n, 3)), np.zeros((n, 3)), np.zeros((n, 2, 6)), np.zeros((n, 6)))
