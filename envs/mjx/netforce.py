"""The net contact force of two things, which MJX has no sensor for, from its contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import mujoco
import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class NetForces:
    """The sensors of `pilotline.envs.contacts` in a model.

    Attributes:
      columns: (s, 3) in `sensordata`.
      first, second: (s, ngeom), whether a geom belongs to a sensor's first or second thing.
    """

    columns: NDArray[np.int64]
    first: Bool
    second: Bool

    @classmethod
    def of(cls, model: mujoco.MjModel) -> NetForces:
        """Those of a model."""
        ids = np.flatnonzero(model.sensor_type == mujoco.mjtSensor.mjSENS_CONTACT)
        first = [_geoms(model, int(model.sensor_objtype[i]), int(model.sensor_objid[i])) for i in ids]
        second = [_geoms(model, int(model.sensor_reftype[i]), int(model.sensor_refid[i])) for i in ids]
        none = np.zeros((0, model.ngeom), np.bool_)
        return cls(
            columns=model.sensor_adr[ids][:, None] + np.arange(3),
            first=np.array(first) if first else none,
            second=np.array(second) if second else none,
        )

    def __call__(self, data: Any, elliptic: bool) -> Any:
        """`sensordata` with these sensors filled in, of data whose constraints are solved."""
        if not len(self.columns):
            return data.sensordata
        contact = data._impl.contact
        # MuJoCo's: what the first geom's body does to the second's, in the contact's frame
        force = (contact.frame * _forces(data, elliptic)[:, :, None]).sum(axis=1)
        force = jnp.where((contact.dist < contact.includemargin)[:, None], force, 0.0)
        first, second = jnp.asarray(self.first), jnp.asarray(self.second)
        one, other = contact.geom[:, 0], contact.geom[:, 1]
        straight = first[:, one] & second[:, other]
        turned = first[:, other] & second[:, one] & ~straight
        net = (straight * 1.0 - turned * 1.0) @ force
        return data.sensordata.at[self.columns].set(net)


def _forces(data: Any, elliptic: bool) -> Any:
    """Normal and tangential forces (contacts, 3) in the contacts' frames, from the solver's rows."""
    contact, rows = data._impl.contact, data._impl.efc_force
    total = jnp.zeros((len(contact.dim), 3), rows.dtype)
    for dim in np.unique(contact.dim).tolist():
        some = np.flatnonzero(contact.dim == dim)
        first = contact.efc_address[some]
        if elliptic or dim == 1:
            width = min(dim, 3)
            total = total.at[some, :width].set(rows[first[:, None] + np.arange(width)])
            continue
        # a pyramid's edges: pairs of opposite ones, as many as there are directions of friction
        edges = rows[first[:, None] + np.arange(2 * (dim - 1))].reshape(len(some), dim - 1, 2)
        across = contact.friction[some, :2] * (edges[:, :2, 0] - edges[:, :2, 1])
        total = total.at[some].set(jnp.concatenate([edges.sum(axis=(1, 2))[:, None], across], axis=-1))
    return total


def is_netforce(model: mujoco.MjModel, sensor: int) -> bool:
    """Whether a contact sensor is one that `NetForces` computes."""
    kinds = {mujoco.mjtObj.mjOBJ_UNKNOWN, mujoco.mjtObj.mjOBJ_XBODY, mujoco.mjtObj.mjOBJ_GEOM}
    data, reduce, slots = model.sensor_intprm[sensor][:3].tolist()
    force_only = data == 1 << int(mujoco.mjtConDataField.mjCONDATA_FORCE)
    known = {int(model.sensor_objtype[sensor]), int(model.sensor_reftype[sensor])} <= {int(kind) for kind in kinds}
    return bool(force_only and reduce == 3 and slots == 1 and known)


def _geoms(model: mujoco.MjModel, kind: int, which: int) -> Bool:
    """Geoms (ngeom,) of a body's subtree, of a geom, or of everything."""
    if kind == mujoco.mjtObj.mjOBJ_UNKNOWN:
        return np.ones(model.ngeom, np.bool_)
    if kind == mujoco.mjtObj.mjOBJ_GEOM:
        return np.arange(model.ngeom) == which
    inside = np.arange(model.nbody) == which
    for body in range(which + 1, model.nbody):
        inside[body] = inside[model.body_parentid[body]]
    return np.asarray(inside[model.geom_bodyid])
