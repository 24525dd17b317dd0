"""What is measured: one station with one robot and its actuators, in a number of simulations and threads."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """What all ways of stepping have in common.

    Attributes:
      station, robot, actuators: by name.
      nsim: simulations of each batch.
      nthread: threads of each batch, 0 for all cores.
      seconds: measured time of each way.
    """

    station: str
    robot: str
    actuators: str
    nsim: int
    nthread: int = 0
    seconds: float = 3.0

    @property
    def threads(self) -> int:
        """Threads of each batch and worker processes beside it."""
        return self.nthread or os.cpu_count() or 1
