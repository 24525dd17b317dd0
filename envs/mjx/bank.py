"""A bank of cycles, begun on the host by the CPU engine: JAX draws one of them at each reset.

What a cycle is made of is drawn by NumPy from the cycle's seed and written into the model, so this cannot happen inside
a trace. Cycle k of the bank of seed s is the k-th cycle of `StationEnv.reset(seed=s)`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from mujoco import batch
from mujoco.mjx._src import types
from numpy.typing import NDArray

from pilotline.envs.mjx.noise import halves
from pilotline.envs.mjx.refuse import CPU, IGNORED, MjxError, unfit
from pilotline.envs.mjx.state import Sim
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.transition import ENGINE_FAULTS
from pilotline.envs.world import World

_UNREAD = (
    "geom_rgba",
    "geom_aabb",
    "bvh_aabb",
    "light_",
    "cam_",
    "dof_M0",
    "dof_length",
    "geom_sameframe",
    "body_sameframe",
    "site_sameframe",
    "body_simple",
    "dof_simplenum",
    "stat.",
)
"""Fields, or how they begin, that differ from cycle to cycle and that no step reads: for pictures, for sleeping bodies
(`dof_length`), for culling, short cuts (`sameframe`, `simple`), or derived from others (`dof_M0`)."""

_BELOW_M = 0.5
"""A height field whose highest point is this far below the floor is out of reach."""


@dataclass(frozen=True)
class Bank:
    """Cycles at their start, the cycle first in every array.

    Attributes:
      sim: (cycles, ...) where each begins.
      draw: of the station.
      fields: of the model, those that differ between cycles or from the compiled model.
      keys: (cycles, 2) uint32, from which the noise of sensors follows.
      limit_s: (cycles,).
      sunk: geoms that nothing can reach in any of the cycles.
      widths: of the named observations, in their order.
    """

    sim: Sim
    draw: dict[str, Any]
    fields: dict[str, Any]
    keys: Any
    limit_s: Any
    sunk: tuple[int, ...]
    widths: dict[str, int]


def begin(world: World, control: str, pack: str, seed: int, cycles: int) -> Bank:
    """Begin cycles 0 to `cycles` - 1 of a seed.

    Raises:
      MjxError: fewer than one cycle, or a model field that MJX cannot have differ between simulations.
      SetupError: an unknown pack or control.
    """
    if cycles < 1:
        raise MjxError(f"cycles={cycles}: at least 1 is needed")
    host = StationBatch(world, cycles, nthread=1, control=control, pack=pack)
    name = world.station.card.name
    host.begin(np.arange(cycles), [cycle_seed(seed, name, k) for k in range(cycles)])
    fields = _fields(world, host.engine.batch)
    return Bank(
        sim=_sims(host, cycles),
        draw={key: np.array(value) for key, value in host.draw.items()},
        fields=fields,
        keys=halves(host.progress.keys),
        limit_s=np.array(host.limit_s),
        sunk=_sunk(world.model, fields),
        widths={key: value.shape[1] for key, value in host.observe().items()},
    )


def _sims(host: StationBatch, cycles: int) -> Sim:
    engine = host.engine
    sense = engine.sense()
    return Sim(
        cycle=np.arange(cycles, dtype=np.int32),
        time=np.array(sense.time),
        qpos=np.array(sense.qpos),
        qvel=np.array(sense.qvel),
        act=np.array(sense.act),
        qacc_warmstart=np.array(engine.batch.qacc_warmstart),
        ctrl=np.array(engine.ctrl),
        xfrc_applied=np.array(engine.batch.xfrc_applied),
        qfrc_actuator=np.array(sense.torque),
        sensordata=np.array(sense.last),
        peaks=np.array(sense.peaks),
        placed={},
        memory={key: np.array(value) for key, value in host.memory.items()},
        faults={fault: np.zeros(cycles, np.bool_) for fault in ENGINE_FAULTS},
        tipping_s=np.zeros(cycles),
        steps=np.zeros(cycles, np.int32),
    )


def _fields(world: World, engine: batch.Batch) -> dict[str, NDArray[np.float64]]:
    """Fields of the model that some cycle has otherwise than the compiled model."""
    known = {each.name: each.type for each in dataclasses.fields(types.Model)}
    found = {}
    for name in sorted(batch.MODEL_FIELDS):
        values = engine.expanded(name)
        if values is None or name.startswith(_UNREAD):
            continue
        if np.array_equal(values, np.broadcast_to(getattr(world.model, name), values.shape)):
            continue
        if "Array" not in str(known.get(name)) and name != "actuator_user":
            what = IGNORED.get(name, f"model field {name}, which differs between simulations: {CPU}")
            raise MjxError(unfit(world, what))
        found[name] = np.array(values)
    return found


def _sunk(model: mujoco.MjModel, fields: dict[str, Any]) -> tuple[int, ...]:
    """Height fields below the floor, which is a plane that nothing passes."""
    planes = model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE
    if not planes.any():
        return ()
    lowest = float(model.geom_pos[planes, 2].min())
    places = fields.get("body_pos", model.body_pos[None])
    found = []
    for geom in np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_HFIELD).tolist():
        body, data = int(model.geom_bodyid[geom]), int(model.geom_dataid[geom])
        top = places[:, body, 2] + model.geom_pos[geom, 2] + model.hfield_size[data, 2]
        if model.body_parentid[body] == 0 and top.max() < lowest - _BELOW_M:
            found.append(geom)
    return tuple(found)
