"""A hand card put on a body of a spec: links, joints, couplings, pads, tool and wrist sites with their sensors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import mujoco
import numpy as np

from pilotline.robots import mirror
from pilotline.robots.build import COLLISION_GROUP, SITE_GROUP, add_joint, add_link, add_sensor, add_shape
from pilotline.robots.card import Collision, Drive, Joint, Link, Vec3
from pilotline.robots.handcard import HandCard

# Pads and finger coupling as stiff as a 2 ms step allows: with MuJoCo's defaults a grip of 100 N sinks 1.5 mm
# into a light part and a held 2 kg creeps 3 mm a second; with these 0.2 mm and 0.6 mm.
STIFF_SOLREF = (0.004, 1.0)
PAD_SOLIMP = (0.95, 0.99, 0.001, 0.5, 2.0)
PAD_SOLMIX = 10.0


class SidedJoint(NamedTuple):
    """A hand's joint on one side, its drive, what its actuator may give, and the factor, 1 or -1, of its values."""

    joint: Joint
    drive: Drive
    effort: float
    sign: float


def sided_joints(card: HandCard, side: str) -> Mapping[str, SidedJoint]:
    """The joints of the hand of a side, by their names on the robot, `right_...` or `left_...`."""
    found = {}
    for name, joint in card.joints.items():
        image, sign = mirror.joint_image(joint) if _reflected(card, side) else (joint, 1.0)
        found[f"{side}_{name}"] = SidedJoint(image, card.drives[joint.drive], card.effort(name), sign)
    return MappingProxyType(found)


def add_hand(
    spec: mujoco.MjSpec, flange: mujoco.MjsBody, card: HandCard, side: str, pos: Vec3, quat: np.ndarray
) -> None:
    """Add the hand of a side to a body.

    Args:
      pos, quat: the flange's frame in the body; -z points out of the wrist.
    """
    reflected = _reflected(card, side)
    bodies: dict[str, mujoco.MjsBody] = {}
    for name, drawn in card.links.items():
        link: Link = mirror.placed_image(drawn) if reflected else drawn
        parent = flange if link.parent is None else bodies[link.parent]
        bodies[name] = add_link(parent, f"{side}_{name}", link)
    bodies[card.palm].pos, bodies[card.palm].quat = pos, quat
    for name, sided in sided_joints(card, side).items():
        add_joint(bodies[sided.joint.link], name, sided.joint, sided.drive, sided.effort)
    _shapes(bodies, card, side)
    palm = bodies[card.palm]
    wrist, tcp = ((mirror.point(p) if reflected else p) for p in (card.wrist_offset_m, card.tcp_offset_m))
    palm.add_site(name=f"{side}_wrist", pos=wrist, size=(0.005, 0, 0), group=SITE_GROUP)
    palm.add_site(name=f"{side}_tcp", pos=tcp, quat=tcp_quat(card, side), size=(0.005, 0, 0), group=SITE_GROUP)
    _couplings(spec, card, side)
    for kind, site in (("force", "wrist"), ("torque", "wrist"), ("pos", "tcp"), ("quat", "tcp")):
        add_sensor(spec, kind, f"{side}_{site}", f"{side}_{site}_{kind}")
    for i, (first, second) in enumerate(card.exclude):
        spec.add_exclude(name=f"{side}_hand_exclude_{i}", bodyname1=f"{side}_{first}", bodyname2=f"{side}_{second}")


def tcp_quat(card: HandCard, side: str) -> np.ndarray:
    """Quaternion of the tool frame in the palm: x approach, y finger opening, z = x cross y, shape (4,)."""
    axes = (card.approach_axis, card.opening_axis)
    x, y = (np.array(mirror.point(axis) if _reflected(card, side) else axis) for axis in axes)
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.stack([x, y, np.cross(x, y)], axis=1).ravel())
    return quat


def _reflected(card: HandCard, side: str) -> bool:
    return card.mirrored and side == "left"


def _shapes(bodies: dict[str, mujoco.MjsBody], card: HandCard, side: str) -> None:
    def image(shape: Collision) -> Collision:
        return mirror.shape_image(shape) if _reflected(card, side) else shape

    for number, shape in enumerate(card.collisions):
        add_shape(bodies[shape.link], f"{side}_{shape.link}_collision_{number}", image(shape))
    for number, shape in enumerate(card.pads):
        pad = add_shape(bodies[shape.link], f"{side}_pad_{number}", image(shape))
        pad.group, pad.condim, pad.friction = COLLISION_GROUP, 4, card.pad_friction
        pad.solref, pad.solimp, pad.solmix = STIFF_SOLREF, PAD_SOLIMP, PAD_SOLMIX


def _couplings(spec: mujoco.MjSpec, card: HandCard, side: str) -> None:
    """Joint equalities q = ratio times the driven joint's; images keep the sign of both, or of neither."""
    joints = sided_joints(card, side)
    for coupling in card.couplings:
        one, other = f"{side}_{coupling.joint}", f"{side}_{coupling.of}"
        data = np.zeros(mujoco.mjNEQDATA)
        data[1] = coupling.ratio * joints[one].sign * joints[other].sign
        spec.add_equality(
            name=f"{one}_coupling",
            type=mujoco.mjtEq.mjEQ_JOINT,
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
            name1=one,
            name2=other,
            data=data,
            solref=STIFF_SOLREF,
        )
