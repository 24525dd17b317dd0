"""What a policy is: a batch of observations in, a batch of actions out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


class Policy(Protocol):
    """Acts for n simulations at once; a row of its output depends on the same row of its inputs alone.

    Attributes:
      control: the action layout it speaks, `joint` or `ee`.
    """

    control: str

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in the simulations `ids`; forget theirs."""

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, k) in [-1, 1] for observations (n, ...)."""
