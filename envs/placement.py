"""Writing part poses and model fields of the simulations that start a cycle."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from mujoco import batch
from numpy.typing import NDArray

_OBJECT_OF_PREFIX = {
    "geom": mujoco.mjtObj.mjOBJ_GEOM,
    "body": mujoco.mjtObj.mjOBJ_BODY,
    "site": mujoco.mjtObj.mjOBJ_SITE,
    "jnt": mujoco.mjtObj.mjOBJ_JOINT,
    "actuator": mujoco.mjtObj.mjOBJ_ACTUATOR,
}


class Placement:
    """Writes the rows `ids` of a batch.

    Args:
      engine: the batch.
      ids: (m,) simulations that start a cycle.
    """

    def __init__(self, engine: batch.Batch, ids: NDArray[np.int64]) -> None:
        self._batch = engine
        self._model = engine.model
        self._ids = ids
        self.touched_constants = False

    def qpos(self, joint: str, value: Any) -> None:
        """Set a joint's coordinates, value (m, k) with k = 7 free, 4 ball, 1 hinge or slide."""
        view = self._batch.joint(joint).qpos
        view[self._ids] = np.reshape(value, (len(self._ids), -1))

    def default(self, field: str, name: str) -> NDArray[np.float64]:
        """An object's entry of an `MjModel` field as compiled, such as ("body_pos", "cell")."""
        return np.array(getattr(self._model, field)[self._index(field, name)])

    def model(self, field: str, name: str, value: Any) -> None:
        """Set an object's entry of an `MjModel` field, such as ("geom_friction", "belt"), value (m, ...)."""
        index = self._index(field, name)
        rows = self._batch.expand(field)
        rows[self._ids, index] = value
        self.touched_constants |= field in mujoco.MjModel._setconst_inputs

    def _index(self, field: str, name: str) -> int:
        kind = _OBJECT_OF_PREFIX[field.split("_", 1)[0]]
        index = int(mujoco.mj_name2id(self._model, kind, name))
        if index < 0:
            raise KeyError(f"{field}: the world has no {kind.name[6:].lower()} called {name!r}")
        return index

    def box(self, geom: str, pos: Any, size: Any) -> None:
        """Give a box geom another place (m, 3) in its body and other half-lengths (m, 3)."""
        size = np.asarray(size, dtype=np.float64)
        self.model("geom_pos", geom, pos)
        self.model("geom_size", geom, size)
        self.model("geom_rbound", geom, np.sqrt(np.sum(size * size, axis=-1)))
        aabb = np.zeros((len(self._ids), 6))
        aabb[:, 3:] = size
        self.model("geom_aabb", geom, aabb)
