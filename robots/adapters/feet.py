"""Feet of a model: the frames and sensors of the project, and a flat sole where the card asks for one."""

from __future__ import annotations

import mujoco
import numpy as np

from pilotline.robots.adapters.card import Foot
from pilotline.robots.build import COLLISION_GROUP, SITE_GROUP, add_foot, add_sensor, rpy_quat
from pilotline.robots.card import FootFigures


def fit_foot(spec: mujoco.MjSpec, side: str, foot: Foot) -> None:
    """Add sole and ankle frames with their sensors; with `replace` also a flat sole in place of the foot's geoms."""
    body = spec.body(foot.link)
    if foot.replace:
        assert foot.friction is not None
        for geom in list(body.geoms):
            if not (geom.contype or geom.conaffinity):
                continue
            if geom.group == COLLISION_GROUP:
                spec.delete(geom)
            else:
                geom.contype = geom.conaffinity = 0
        add_foot(spec, body, side, _figures(foot, foot.friction))
        _turn(spec, side, foot)
        return
    if foot.friction is not None:
        for geom in body.geoms:
            if geom.contype or geom.conaffinity:
                geom.friction = foot.friction
    turn = rpy_quat(foot.rpy_rad)
    body.add_site(name=f"{side}_sole", pos=foot.sole_centre_m, quat=turn, size=(0.005, 0, 0), group=SITE_GROUP)
    body.add_site(name=f"{side}_ankle", pos=foot.ankle_offset_m, quat=turn, size=(0.005, 0, 0), group=SITE_GROUP)
    for kind, site in (("force", "ankle"), ("torque", "ankle"), ("pos", "sole"), ("quat", "sole")):
        add_sensor(spec, kind, f"{side}_{site}", f"{side}_{site}_{kind}")


def _turn(spec: mujoco.MjSpec, side: str, foot: Foot) -> None:
    """Turn a new sole about its centre, and the foot's frames, from the body's axes to the foot's."""
    turn = rpy_quat(foot.rpy_rad)
    for name in (f"{side}_sole", f"{side}_ankle"):
        spec.site(name).quat = turn
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, turn)
    centre = np.array(foot.sole_centre_m)
    for number in range(4):
        geom = spec.geom(f"{side}_sole_{number}")
        geom.pos = centre + matrix.reshape(3, 3) @ (geom.pos - centre)


def _figures(foot: Foot, friction: tuple[float, float, float]) -> FootFigures:
    return FootFigures(
        link=foot.link,
        ankle_offset_m=foot.ankle_offset_m,
        sole_centre_m=foot.sole_centre_m,
        sole_half_m=foot.sole_half_m,
        friction=friction,
        source=foot.source,
        mark=foot.mark,
    )
