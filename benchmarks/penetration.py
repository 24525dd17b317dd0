"""How deep bodies stand in each other: the deepest contact of each simulation of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from mujoco import batch as mjbatch
from numpy.typing import NDArray


@dataclass(frozen=True)
class Deepest:
    """The deepest contact of a simulation: m, and the names of both geoms (`?` for one without)."""

    depth_m: float
    between: tuple[str, str]


class Probe:
    """Reads contacts of simulations one by one; slow, for evidence and tests."""

    def __init__(self, batch: mjbatch.Batch) -> None:
        self._batch = batch
        self._model = batch.get_model(0)
        self._data = mujoco.MjData(self._model)

    def __call__(self, slots: NDArray[np.int64]) -> list[Deepest]:
        """The deepest contact of each of `slots` now, among contacts that carry force."""
        found = []
        for slot in slots.tolist():
            self._batch.get_model(slot, self._model)
            self._batch.get_data(slot, self._data)
            mujoco.mj_fwdPosition(self._model, self._data)
            contact = self._data.contact
            pressed = np.flatnonzero((contact.efc_address >= 0) & (contact.dist < 0.0))
            if not len(pressed):
                found.append(Deepest(0.0, ("?", "?")))
                continue
            worst = int(pressed[np.argmin(contact.dist[pressed])])
            one, other = (self._model.geom(int(g)).name or "?" for g in contact.geom[worst])
            found.append(Deepest(-float(contact.dist[worst]), (one, other)))
        return found
