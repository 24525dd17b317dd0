"""Hands of a model: the model's own, with the project's frames and sensors, or one of ours bolted to a flange."""

from __future__ import annotations

import mujoco
import numpy as np

from pilotline.robots.adapters.card import Flange, OwnHand
from pilotline.robots.adapters.strip import remove_body
from pilotline.robots.build import SITE_GROUP, add_sensor, rpy_quat
from pilotline.robots.handbuild import add_hand
from pilotline.robots.handcard import HandCard
from pilotline.robots.robot import Hand

PAD_CONDIM = 4
"""Contacts of finger pads resist turning about the normal too."""


def bolt_on(spec: mujoco.MjSpec, side: str, flange: Flange, card: HandCard) -> None:
    """Take off what the flange says, and put a hand of ours there."""
    for link in flange.remove_links:
        remove_body(spec, link)
    body = spec.body(flange.link)
    for geom in list(body.geoms):
        if geom.meshname in flange.remove_meshes:
            spec.delete(geom)
    if flange.remaining is not None:
        body.mass = flange.remaining.mass_kg
        body.ipos, body.iquat = flange.remaining.com_m, (1.0, 0.0, 0.0, 0.0)
        body.inertia = flange.remaining.inertia_kgm2
    add_hand(spec, body, card, side, flange.offset_m, rpy_quat(flange.rpy_rad))


def fit_own(spec: mujoco.MjSpec, side: str, own: OwnHand) -> None:
    """Add tool and wrist frames with their sensors to a hand of the model, and the friction of its pads."""
    palm = spec.body(own.palm)
    x, y = np.array(own.approach_axis), np.array(own.opening_axis)
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.stack([x, y, np.cross(x, y)], axis=1).ravel())
    palm.add_site(name=f"{side}_wrist", pos=own.wrist_offset_m, size=(0.005, 0, 0), group=SITE_GROUP)
    palm.add_site(name=f"{side}_tcp", pos=own.tcp_offset_m, quat=quat, size=(0.005, 0, 0), group=SITE_GROUP)
    for kind, site in (("force", "wrist"), ("torque", "wrist"), ("pos", "tcp"), ("quat", "tcp")):
        add_sensor(spec, kind, f"{side}_{site}", f"{side}_{site}_{kind}")
    for link in own.pad_links:
        for geom in spec.body(link).geoms:
            if geom.contype or geom.conaffinity:
                geom.condim = PAD_CONDIM
                geom.friction = own.pad_friction if own.pad_friction is not None else geom.friction


def own_hand(side: str, own: OwnHand) -> Hand:
    """The hand of the model on a side."""
    return Hand(
        kind="own",
        palm=own.palm,
        tcp_site=f"{side}_tcp",
        wrist_site=f"{side}_wrist",
        arm_group=f"{side}_arm",
        hand_group=f"{side}_hand",
        actuators=tuple(own.closed),
        closed=tuple(own.closed.values()),
        opened=tuple(own.opened[joint] for joint in own.closed),
        opening_max_m=own.opening_max_m,
        force_max_n=own.force_max_n,
        stiffness_n_m=own.stiffness_n_m if own.frequency_hz is None else None,
        frequency_hz=own.frequency_hz,
        damping_ratio=own.damping_ratio,
    )
