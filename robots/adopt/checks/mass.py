"""Masses and inertias that a real body can have."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.adopt.checks.stage import Stage
from pilotline.robots.adopt.findings import Finding, verdict
from pilotline.robots.adopt.points import points_of

Float = NDArray[np.float64]

STATURE_KG_M3 = (4.0, 45.0)
"""Mass over height cubed of humanoids: people 13, G1 14, H1 10, TALOS 19, small robots up to 30 (K)."""
DENSITY_KG_M3 = (30.0, 12_000.0)
"""Mass over the volume of its collision geoms: hollow covers to solid steel with geoms that are too small (K)."""
GYRATION_SHARE = 1.25
"""A body's radius of gyration is less than its own half length; the rest is for geoms that are too small (K)."""
LEAST_KG = 0.01


def stature(stage: Stage) -> list[Finding]:
    """Total mass against height; a robot without feet may stand on any weight."""
    mass = float(stage.model.body_mass.sum())
    height = float(max(stage.data.xpos[1:, 2].max(), stage.data.xanchor[:, 2].max()))
    value = mass / max(height, 1e-3) ** 3
    low, high = STATURE_KG_M3
    allowed = f"{low:g} to {high:g} kg/m3"
    if low <= value <= high or not stage.robot.feet:
        return [Finding("ok", "mass", stage.robot.name, f"{mass:.1f} kg, {height:.2f} m to its top joint", allowed)]
    thing = f"{mass:.4g} kg over {height:.2f} m cubed is {value:.3g} kg/m3"
    return [Finding("warning", "mass", stage.robot.name, thing, allowed)]


def inertias(stage: Stage) -> list[Finding]:
    """Each body's inertia against the triangle rule, its size, and its mass against its volume."""
    found = []
    for body in range(1, stage.model.nbody):
        found += _body(stage, body)
    return verdict(found, "inertia", f"{stage.model.nbody - 1} bodies", "moments of a body of its size")


def _body(stage: Stage, body: int) -> list[Finding]:
    model = stage.model
    name, mass = model.body(body).name, float(model.body_mass[body])
    moments = np.sort(model.body_inertia[body])
    if mass < LEAST_KG:
        return []
    found = []
    if moments[2] > (moments[0] + moments[1]) * (1.0 + 1e-6):
        rest = f"at most {moments[0] + moments[1]:.3g} kg m2, the sum of the other two"
        found.append(Finding("error", "inertia", name, f"moment {moments[2]:.3g} kg m2", rest))
    points = points_of(model, stage.data, (body,))
    if len(points) < 4:
        return found
    reach = float(np.linalg.norm(points - stage.data.xipos[body], axis=1).max())
    gyration = math.sqrt(float(moments.sum()) / 2.0 / mass)
    if gyration > GYRATION_SHARE * reach:
        value = f"radius of gyration {gyration:.3g} m"
        found.append(
            Finding("warning", "inertia", name, value, f"at most {GYRATION_SHARE * reach:.3g} m for its geoms")
        )
    volume = _volumes(model, body)
    if volume > 1e-6 and not DENSITY_KG_M3[0] <= mass / volume <= DENSITY_KG_M3[1]:
        low, high = DENSITY_KG_M3
        value = f"{mass:.3g} kg in {1e3 * volume:.3g} l, {mass / volume:.3g} kg/m3"
        found.append(Finding("warning", "density", name, value, f"{low:g} to {high:g} kg/m3"))
    return found


def _volumes(model: mujoco.MjModel, body: int) -> float:
    """Volume of a body, m^3: of the geoms that touch or of those that are only seen, whichever is more."""
    geoms = [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] == body]
    seen = sum(
        _volume(model, geom) for geom in geoms if not model.geom_contype[geom] and not model.geom_conaffinity[geom]
    )
    return max(seen, sum(_volume(model, geom) for geom in geoms) - seen)


def _volume(model: mujoco.MjModel, geom: int) -> float:
    """Volume of a geom, m^3; of a mesh that of the box around it in its own frame, filled as an ellipsoid is."""
    a, b, c = model.geom_size[geom]
    types = mujoco.mjtGeom
    kind = int(model.geom_type[geom])
    by_kind = {
        types.mjGEOM_SPHERE.value: 4.0 / 3.0 * math.pi * a**3,
        types.mjGEOM_CAPSULE.value: math.pi * a**2 * (2.0 * b + 4.0 / 3.0 * a),
        types.mjGEOM_CYLINDER.value: 2.0 * math.pi * a**2 * b,
        types.mjGEOM_BOX.value: 8.0 * a * b * c,
        types.mjGEOM_ELLIPSOID.value: 4.0 / 3.0 * math.pi * a * b * c,
    }
    if kind == types.mjGEOM_MESH.value:
        x, y, z = model.geom_aabb[geom, 3:]
        return float(4.0 / 3.0 * math.pi * x * y * z)
    return float(by_kind.get(kind, 0.0))
