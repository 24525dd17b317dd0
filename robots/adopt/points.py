"""Points on the surface of a part, from its geoms."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.adopt.shape import Shape

Float = NDArray[np.float64]
_RING = np.stack([np.cos(a := np.linspace(0.0, 2 * np.pi, 24, endpoint=False)), np.sin(a)], axis=1)


def _ball() -> Float:
    """Directions all around, the six axes among them."""
    polar = np.linspace(0.0, np.pi, 9)
    rings = [np.column_stack([np.sin(p) * _RING, np.full(len(_RING), np.cos(p))]) for p in polar[1:-1]]
    return np.concatenate([[[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]], *rings])


_BALL = _ball()


def surface(shape: Shape, part: int) -> Float:
    """Points (n, 3) m in the world on the part's collision geoms, on all of its geoms where it has none."""
    return points_of(shape.model, shape.data, shape.parts[part].bodies)


def points_of(model: mujoco.MjModel, data: mujoco.MjData, bodies: tuple[int, ...]) -> Float:
    """Points (n, 3) m in the world on bodies' collision geoms, on all of their geoms where they have none."""
    paired = {int(geom) for geom in (*model.pair_geom1, *model.pair_geom2)}
    geoms = [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] in bodies]
    touching = [geom for geom in geoms if model.geom_contype[geom] or model.geom_conaffinity[geom] or geom in paired]
    clouds = [_points(model, data, geom) for geom in touching or geoms]
    return np.concatenate(clouds) if clouds else np.zeros((0, 3))


def lowest(shape: Shape, part: int) -> float:
    """Height of a part's lowest point, m; of a part without geoms its origin's."""
    points = surface(shape, part)
    return float(points[:, 2].min() if len(points) else shape.data.xpos[shape.parts[part].bodies[0], 2])


def _points(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> Float:
    kind, size = model.geom_type[geom], model.geom_size[geom]
    turn, place = data.geom_xmat[geom].reshape(3, 3), data.geom_xpos[geom]
    types = mujoco.mjtGeom
    if kind == types.mjGEOM_MESH.value:
        mesh = model.geom_dataid[geom]
        first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        local = np.asarray(model.mesh_vert[first : first + count], dtype=float)
    elif kind == types.mjGEOM_BOX.value:
        local = size * np.array(np.meshgrid(*[(-1.0, 1.0)] * 3)).reshape(3, -1).T
    elif kind == types.mjGEOM_CYLINDER.value:
        local = np.concatenate(
            [np.column_stack([size[0] * _RING, np.full(len(_RING), z)]) for z in (-size[1], size[1])]
        )
    elif kind == types.mjGEOM_ELLIPSOID.value:
        local = _BALL * size
    elif kind in (types.mjGEOM_SPHERE.value, types.mjGEOM_CAPSULE.value):
        # along the world's axes, so that the lowest point of a ball is among them
        ends = (0.0,) if kind == types.mjGEOM_SPHERE.value else (-size[1], size[1])
        return np.concatenate([place + turn[:, 2] * end + size[0] * _BALL for end in ends])
    else:
        return np.zeros((0, 3))
    cloud: Float = place + local @ turn.T
    return cloud
