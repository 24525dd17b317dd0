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
      burden: (n, 2) m, how far off the model's centre of mass the weight acts.
      pressed: (n, 2) m, centre of pressure that the ground forces found for these orders have, an answer to them.
    """

    stance: NDArray[np.bool_]
    com_acc: Float
    turn_acc: Float
    feet: Float
    way: Float
    burden: Float
    pressed: Float


def orders(n: int) -> Orders:
    """Room for n robots."""
    wide = {"com_acc": (3,), "turn_acc": (3,), "feet": (2, 6), "way": (6,), "burden": (2,), "pressed": (2,)}
    return Orders(np.zeros((n, 2), np.bool_), **{name: np.zeros((n, *shape)) for name, shape in wide.items()})
