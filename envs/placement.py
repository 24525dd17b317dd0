"""Writing part poses and model fields of the simulations that start a cycle."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from mujoco import batch
from numpy.typing import NDArray

from pilotline.envs.cell import ALONE, SCOPES, Cell

_FREE = 7
"""Coordinates of a free joint."""

_PLACES = {"body_pos": "body_parentid", "geom_pos": "geom_bodyid", "site_pos": "site_bodyid"}
"""Fields that hold a place, and those that say in which body."""


class Placement:
    """Writes the rows `ids` of a batch, in the coordinates and under the names of a station.

    Args:
      engine: the batch.
      ids: (m,) simulations that start a cycle.
      cell: where the station stands.
    """

    def __init__(self, engine: batch.Batch, ids: NDArray[np.int64], cell: Cell = ALONE) -> None:
        self._batch = engine
        self._cell = cell
        self._model = engine.model
        self._ids = ids
        self.touched_constants = False

    def qpos(self, joint: str, value: Any) -> None:
        """Set a joint's coordinates, value (m, k) with k = 7 free, 4 ball, 1 hinge or slide."""
        view = self._batch.joint(self._cell.name("jnt", joint)).qpos
        value = np.reshape(value, (len(self._ids), -1))
        if self._cell.shared and value.shape[1] == _FREE:
            value = value + np.append(self._cell.shift_m, np.zeros(4))
        view[self._ids] = value

    def default(self, field: str, name: str) -> NDArray[np.float64]:
        """An object's entry of an `MjModel` field as compiled, such as ("body_pos", "cell")."""
        index = self._index(field, name)
        return np.array(getattr(self._model, field)[index] - self._shift(field, index))

    def model(self, field: str, name: str, value: Any) -> None:
        """Set an object's entry of an `MjModel` field, such as ("geom_friction", "belt"), value (m, ...)."""
        index = self._index(field, name)
        rows = self._batch.expand(field)
        rows[self._ids, index] = value + self._shift(field, index)
        self.touched_constants |= field in mujoco.MjModel._setconst_inputs

    def _index(self, field: str, name: str) -> int:
        kind = field.split("_", 1)[0]
        index = int(mujoco.mj_name2id(self._model, SCOPES[kind], self._cell.name(kind, name)))
        if index < 0:
            raise KeyError(f"{field}: the world has no {SCOPES[kind].name[6:].lower()} called {name!r}")
        return index

    def _shift(self, field: str, index: int) -> Any:
        """What lies between the station's coordinates and those of an entry: something where it is the world's."""
        inside = self._cell.shared and field in _PLACES and getattr(self._model, _PLACES[field])[index] == 0
        return self._cell.shift_m if inside else 0.0

    def box(self, geom: str, pos: Any, size: Any) -> None:
        """Give a box geom another place (m, 3) in its body and other half-lengths (m, 3)."""
        size = np.asarray(size, dtype=np.float64)
        self.model("geom_pos", geom, pos)
        self.model("geom_size", geom, size)
        self.model("geom_rbound", geom, np.sqrt(np.sum(size * size, axis=-1)))
        aabb = np.zeros((len(self._ids), 6))
        aabb[:, 3:] = size
        self.model("geom_aabb", geom, aabb)


def friction(sliding: Any) -> NDArray[np.float64]:
    """Coefficients (m, 3) of a geom from sliding ones (m,): torsion over 5 mm, rolling over 0.1 mm."""
    return np.stack([sliding, np.full_like(sliding, 0.005), np.full_like(sliding, 0.0001)], axis=-1)
