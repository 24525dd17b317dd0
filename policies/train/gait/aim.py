"""From the output of a walking network to the action: how far a joint's target is to be from home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.interface import Interface
from pilotline.policies.file import Layer


@dataclass(frozen=True, eq=False)
class Aim:
    """action = offset + gain * output.

    Attributes:
      offset, gain: (k,) in units of the action, -1 to 1 over each joint's range.
    """

    offset: NDArray[np.float64]
    gain: NDArray[np.float64]

    @classmethod
    def of(cls, interface: Interface, home_rad: Sequence[float], reach_rad: float) -> Aim:
        """Targets `reach_rad` from home for an output of 1."""
        low = np.array([channel.low for channel in interface.action])
        half = 0.5 * (np.array([channel.high for channel in interface.action]) - low)
        return cls((np.array(home_rad) - low) / half - 1.0, reach_rad / half)

    def __call__(self, output: NDArray[np.floating]) -> NDArray[np.float64]:
        """Actions (n, k), within -1 to 1, of outputs (n, k)."""
        return np.clip(self.offset + self.gain * output, -1.0, 1.0)

    def layer(self, last: Layer) -> Layer:
        """The last layer of a network, its output made an action."""
        return Layer(last.weights * self.gain, last.bias * self.gain + self.offset)
