"""Near-falls by the capture point: where a robot would have to put its weight to come to rest."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots import Robot
from pilotline.robots.card import FixedBase, PlanarBase

Float = NDArray[np.float64]
GRAVITY_M_S2 = 9.81
PATIENCE_S = 0.3
"""A capture point outside the support for longer than this is a near-fall (benchmark catalogue, section 5)."""
COM, COM_VELOCITY = "safety_com", "safety_com_vel"
LOADED = 0.02
"""Share of its weight on a sole above which a robot stands on it (estimate)."""
_CORNERS = np.array([(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)])


def capture_point(centre: Float, velocity: Float) -> Float:
    """Capture point (n, 2) m of the linear inverted pendulum, x + v sqrt(z / g).

    Args:
      centre: (n, 3) m, centre of mass above the support's plane.
      velocity: (n, 2 or 3) m/s of it against the support.
    """
    height = np.maximum(centre[:, 2], 0.0)
    return np.asarray(centre[:, :2] + velocity[:, :2] * np.sqrt(height / GRAVITY_M_S2)[:, None])


def margin_m(point: Float, corners: Float, loaded: NDArray[np.bool_]) -> Float:
    """Distance (n,) m of points (n, 2) inside the convex hull of the loaded corners (n, k, 2), negative outside.

    The line through two corners bounds the hull where all others lie to its left; the margin is the least distance to
    the left of such lines. A support of fewer than three corners has none: -inf.
    """
    ahead = corners[:, None, :, :] - corners[:, :, None, :]
    length = np.sqrt(ahead[..., 0] ** 2 + ahead[..., 1] ** 2)
    # left of the line from corner i to corner j, (n, i, j, what)
    others = corners[:, None, None, :, :] - corners[:, :, None, None, :]
    left = ahead[..., None, 0] * others[..., 1] - ahead[..., None, 1] * others[..., 0]
    both = loaded[:, :, None] & loaded[:, None, :] & (length > 1e-6)
    bounds = both & ((left > -1e-9) | ~loaded[:, None, None, :]).all(axis=-1)
    off = point[:, None, None, :] - corners[:, :, None, :]
    side = (ahead[..., 0] * off[..., 1] - ahead[..., 1] * off[..., 0]) / np.maximum(length, 1e-9)
    least = np.where(bounds, side, np.inf).reshape(len(point), -1).min(axis=-1)
    return np.asarray(np.where(loaded.sum(axis=-1) > 2, least, -np.inf))


class CaptureMeter:
    """Measures by how much n robots are inside their support; `None` of `of` where a robot cannot fall.

    Wheels: the rectangle of the card in the frame of the base, and velocity against the base, which drives on its own
    account. Legs: the soles that bear more than `LOADED` of the weight. The robot's own mass alone counts: what its
    hands hold is felt by the centre of pressure, which judges falls.
    """

    def __init__(self, model: mujoco.MjModel, robot: Robot, columns: dict[str, slice]) -> None:
        self._robot, self._columns = robot, columns
        root = model.body(robot.root)
        self._weight_n = float(model.body_subtreemass[root.id]) * GRAVITY_M_S2
        self._base_v = np.array([int(model.joint(name).dofadr[0]) for name in robot.base.joints], np.int64)

    def margin_m(self, sensors: Float, qvel: Float) -> Float:
        """Margin (n,) m from sensors (n, nsensordata) and velocities (n, nv)."""
        centre, velocity = sensors[:, self._columns[COM]], sensors[:, self._columns[COM_VELOCITY]]
        if isinstance(self._robot.base, PlanarBase):
            return self._on_wheels(self._robot.base, sensors, qvel, centre, velocity)
        return self._on_soles(sensors, centre, velocity)

    def _on_wheels(self, base: PlanarBase, sensors: Float, qvel: Float, centre: Float, velocity: Float) -> Float:
        place, quat = sensors[:, self._columns["base_pos"]], sensors[:, self._columns["base_quat"]]
        yaw = 2.0 * np.arctan2(quat[:, 3], quat[:, 0])
        drive = qvel[:, self._base_v]
        away = centre[:, :2] - place[:, :2]
        # the base carries a point beside its axis round with it
        moving = velocity[:, :2] - drive[:, :2] - drive[:, 2:3] * np.stack([-away[:, 1], away[:, 0]], axis=-1)
        c, s = np.cos(yaw), np.sin(yaw)

        def turned(v: Float) -> Float:
            return np.stack([c * v[:, 0] + s * v[:, 1], c * v[:, 1] - s * v[:, 0]], axis=-1)

        own = np.concatenate([turned(away), centre[:, 2:3]], axis=-1)
        gap = np.array(base.support_half_m) - np.abs(
            capture_point(own, turned(moving)) - np.array(base.support_centre_m)
        )
        return np.asarray(gap.min(axis=-1))

    def _on_soles(self, sensors: Float, centre: Float, velocity: Float) -> Float:
        corners, loaded, floor = [], [], []
        for side, foot in self._robot.feet.items():
            at, x, y = (sensors[:, self._columns[f"safety_{side}_sole_{part}"]][:, :2] for part in ("pos", "x", "y"))
            corners += [at + x * ahead + y * aside for ahead, aside in (_CORNERS * foot.half_m).tolist()]
            force = sensors[:, self._columns[f"{side}_ankle_force"]]
            borne = np.sqrt(force[:, 0] ** 2 + force[:, 1] ** 2 + force[:, 2] ** 2) > LOADED * self._weight_n
            loaded += [borne] * len(_CORNERS)
            floor.append(sensors[:, self._columns[f"safety_{side}_sole_pos"]][:, 2])
        ground = np.stack(floor, axis=-1).min(axis=-1)
        own = np.concatenate([centre[:, :2], (centre[:, 2] - ground)[:, None]], axis=-1)
        return margin_m(capture_point(own, velocity), np.stack(corners, axis=1), np.stack(loaded, axis=-1))


def add_capture_sensors(spec: mujoco.MjSpec, robot: Robot) -> bool:
    """Sensors that the capture point needs; False for a robot that cannot fall, which gets none."""
    if isinstance(robot.base, FixedBase):
        return False
    sensor, body, site = mujoco.mjtSensor, mujoco.mjtObj.mjOBJ_BODY, mujoco.mjtObj.mjOBJ_SITE
    for name, kind in ((COM, sensor.mjSENS_SUBTREECOM), (COM_VELOCITY, sensor.mjSENS_SUBTREELINVEL)):
        spec.add_sensor(name=name, type=kind, objtype=body, objname=robot.root)
    if not isinstance(robot.base, PlanarBase):
        for side, foot in robot.feet.items():
            axes = (("pos", sensor.mjSENS_FRAMEPOS), ("x", sensor.mjSENS_FRAMEXAXIS), ("y", sensor.mjSENS_FRAMEYAXIS))
            for part, kind in axes:
                spec.add_sensor(name=f"safety_{side}_sole_{part}", type=kind, objtype=site, objname=foot.sole_site)
    return True
