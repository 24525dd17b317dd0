"""Which cycle each slot of a Gymnasium face works on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from pilotline.envs.seeds import cycle_seed


class Episodes:
    """Slot i works on cycles 0, 1, 2, ... of its own seed, so an episode depends on seed and number alone.

    Args:
      station: name of the station.
      n: number of slots.
    """

    def __init__(self, station: str, n: int) -> None:
        self._station = station
        self._seeds: list[int | None] = [None] * n
        self._next = [0] * n

    def reseed(self, ids: NDArray[np.int64], seeds: Iterable[int | None], rng: np.random.Generator) -> None:
        """Start slots `ids` over at cycle 0 of `seeds`; a slot given None goes on, or draws one."""
        for slot, seed in zip(ids.tolist(), seeds, strict=True):
            if seed is None and self._seeds[slot] is not None:
                continue
            self._seeds[slot] = int(rng.integers(2**63)) if seed is None else int(seed)
            self._next[slot] = 0

    def take(self, ids: NDArray[np.int64]) -> list[np.random.SeedSequence]:
        """Seeds of the next cycle of each slot of `ids`.

        Raises:
          ResetNeeded: a slot that was never seeded.
        """
        found = []
        for slot in ids.tolist():
            seed = self._seeds[slot]
            if seed is None:
                raise ResetNeeded("step was called before reset")
            found.append(cycle_seed(seed, self._station, self._next[slot]))
            self._next[slot] += 1
        return found
