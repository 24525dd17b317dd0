"""Which cycle each slot of a Gymnasium face works on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.robots.load_chart import load_chart

_MOST_DRAWN = 1000
"""So many cycles are drawn for one whose load the robot can hold."""


class EpisodesError(ValueError):
    """No cycle can be begun; one line with what was asked for."""


class Episodes:
    """Slot i works on cycles 0, 1, 2, ... of its own seed, so an episode depends on seed and number alone.

    Args:
      batch: whose simulations are the slots.
      graded: cycles whose load is beyond the robot's load chart are passed over, as a score does not grade them.
    """

    def __init__(self, batch: StationBatch, graded: bool = False) -> None:
        self._batch, self._station = batch, batch.station.card.name
        self._chart = load_chart(batch.robot) if graded else None
        self._seeds: list[int | None] = [None] * batch.nsim
        self._next = [0] * batch.nsim

    def reseed(
        self, ids: NDArray[np.int64], seeds: Iterable[int | None], rng: np.random.Generator | None = None
    ) -> None:
        """Start slots `ids` over at cycle 0 of `seeds`; a slot given None goes on, or draws a first one from `rng`."""
        for slot, seed in zip(ids.tolist(), seeds, strict=True):
            if seed is None:
                if rng is None or self._seeds[slot] is not None:
                    continue
                seed = int(rng.integers(2**63))
            self._seeds[slot] = int(seed)
            self._next[slot] = 0

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Start the next cycle of each slot of `ids`.

        Raises:
          ResetNeeded: a slot that was never seeded.
          EpisodesError: none of a thousand cycles has a load within the chart.
        """
        batch = self._batch
        batch.begin(ids, self._take(ids))
        if self._chart is None:
            return
        drawn, todo = 1, ids
        while len(todo := todo[~self._chart.allows_each(batch.metrics(), batch.nsim)[todo]]):
            if drawn == _MOST_DRAWN:
                raise EpisodesError(
                    f"station={self._station}: none of {drawn} cycles has a load within the load chart of "
                    f"robot={batch.robot.name}; allowed: a robot that can hold one"
                )
            batch.begin(todo, self._take(todo))
            drawn += 1

    def _take(self, ids: NDArray[np.int64]) -> list[np.random.SeedSequence]:
        """Seeds of the next cycle of each slot."""
        found = []
        for slot in ids.tolist():
            seed = self._seeds[slot]
            if seed is None:
                raise ResetNeeded("step was called before reset")
            found.append(cycle_seed(seed, self._station, self._next[slot]))
            self._next[slot] += 1
        return found
