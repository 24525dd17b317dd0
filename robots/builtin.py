"""The built-in robots: cards of this package, built without any file from outside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import mujoco

from pilotline.robots import hands as hand_cards
from pilotline.robots.build import build, rpy_quat
from pilotline.robots.card import Drive as DriveCard
from pilotline.robots.card import GearDrive, Joint, RobotCard
from pilotline.robots.cardfile import hashes_of, read_card
from pilotline.robots.cardrules import DRIVEN_GROUPS, SIDES
from pilotline.robots.handbuild import add_hand, sided_joints
from pilotline.robots.handcard import HandCard
from pilotline.robots.look import Look, dress
from pilotline.robots.naming import RobotError
from pilotline.robots.robot import DrivenJoint, Foot, Hand, Robot


def names() -> tuple[str, ...]:
    """Names of the built-in robots."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml") if "." not in path.stem))


def load(name: str, hands: Mapping[str, str]) -> Robot:
    """The built-in robot of that name, with other hands on some sides.

    Raises RobotError for an unknown robot or hand, or a side that carries none.
    """
    if name not in names():
        raise RobotError(f"unknown robot {name!r}; choose from {', '.join(names())}")
    path = _folder() / f"{name}.yaml"
    return from_card(card(name), _look(name), hands, hashes_of(path))


@cache
def card(name: str) -> RobotCard:
    """The card of a built-in robot."""
    return read_card(_folder() / f"{name}.yaml", RobotCard)


def from_card(
    card: RobotCard,
    look: Look | None = None,
    hands: Mapping[str, str] = MappingProxyType({}),
    hashes: tuple[tuple[str, str], ...] = (),
) -> Robot:
    """The robot of a card, dressed in a look if one is given, with other hands than its card's on some sides."""
    for side in hands:
        if side not in card.flanges:
            raise RobotError(f"robot {card.name}: no flange on the {side} side, so no {side}_hand={hands[side]}")
    kinds = {side: kind for side in SIDES if (kind := {**card.hands, **hands}.get(side)) is not None}
    worn = {side: hand_cards.load(kind) for side, kind in kinds.items()}
    joints = {name: _driven(card, joint) for name, joint in card.joints.items()}
    home = dict(card.home)
    groups = {"base": tuple(card.base.joints), **{group: card.groups[group] for group in DRIVEN_GROUPS}}
    for side in SIDES:
        groups[f"{side}_hand"] = ()
    for side, hand in worn.items():
        joints.update(hand_joints(hand, side))
        groups[f"{side}_hand"] = tuple(sided_joints(hand, side))
        home.update(hand_home(hand, side))
    order = [joint for group in DRIVEN_GROUPS for joint in groups[group]]
    order += [joint for side in SIDES for joint in groups[f"{side}_hand"]]
    return Robot(
        name=card.name,
        title=card.title,
        version=card.schema_.rsplit("/", 1)[-1],
        sources=tuple(card.sources.values()),
        notes=card.notes,
        base=card.base,
        joints=MappingProxyType({joint: joints[joint] for joint in order}),
        groups=MappingProxyType(groups),
        hands=MappingProxyType({side: hand_of(hand, side) for side, hand in worn.items()}),
        feet=MappingProxyType(
            {
                side: Foot(foot.link, f"{side}_sole", f"{side}_ankle", foot.sole_half_m)
                for side, foot in card.feet.items()
            }
        ),
        home=MappingProxyType({joint: home[joint] for joint in order}),
        servo=card.servo,
        posture=card.posture,
        bench=card.bench,
        files=tuple(sorted({*hashes, *(pair for kind in kinds.values() for pair in hand_cards.hashes(kind))})),
        make=partial(_make, card, look, worn),
    )


def hand_of(hand: HandCard, side: str) -> Hand:
    """The hand of a card on a side."""
    joints = sided_joints(hand, side)
    return Hand(
        kind=hand.name,
        palm=f"{side}_{hand.palm}",
        tcp_site=f"{side}_tcp",
        wrist_site=f"{side}_wrist",
        arm_group=f"{side}_arm",
        hand_group=f"{side}_hand",
        actuators=tuple(f"{side}_{name}" for name in hand.driven),
        closed=tuple(joints[f"{side}_{name}"].sign * hand.closed[name] for name in hand.driven),
        opened=tuple(joints[f"{side}_{name}"].sign * hand.opened[name] for name in hand.driven),
        opening_max_m=hand.opening_max_m,
        force_max_n=hand.force_max_n,
        stiffness_n_m=hand.servo.stiffness_n_m,
        frequency_hz=hand.servo.frequency_hz,
        damping_ratio=hand.servo.damping_ratio,
    )


def hand_joints(hand: HandCard, side: str) -> dict[str, DrivenJoint]:
    """Joints of a hand on a side, driven and coupled."""
    return {
        name: _figures(sided.joint, sided.drive, sided.effort, hand.sources[sided.joint.source])
        for name, sided in sided_joints(hand, side).items()
    }


def hand_home(hand: HandCard, side: str) -> dict[str, float]:
    """Home of a hand's joints on a side."""
    joints = sided_joints(hand, side)
    return {f"{side}_{name}": joints[f"{side}_{name}"].sign * value for name, value in hand.home.items()}


def _driven(card: RobotCard, joint: Joint) -> DrivenJoint:
    return _figures(joint, card.drives[joint.drive], joint.effort, card.sources[joint.source])


def _figures(joint: Joint, drive: DriveCard, effort: float, source: str) -> DrivenJoint:
    """Figures of a joint whose actuator gives `effort`: with the joints coupled to it, more than its own."""
    low, high = joint.limits
    return DrivenJoint(
        low=low,
        high=high,
        effort=effort,
        rated=drive.rated * effort / joint.effort,
        speed=joint.speed,
        armature=drive.armature,
        sheet=drive.sheet if isinstance(drive, GearDrive) else None,
        source=source,
        mark=joint.mark,
    )


def _make(card: RobotCard, look: Look | None, worn: Mapping[str, HandCard], shells: bool) -> mujoco.MjSpec:
    spec = build(card)
    for side, hand in worn.items():
        flange = card.flanges[side]
        add_hand(spec, spec.body(flange.link), hand, side, flange.offset_m, rpy_quat(flange.rpy_rad))
    if shells:
        if look is not None:
            dress(spec, look)
        for side, hand in worn.items():
            dress_hand(spec, hand, side)
    return spec


def dress_hand(spec: mujoco.MjSpec, hand: HandCard, side: str) -> None:
    """Put a hand's look on its links of a side."""
    look = hand_cards.look(hand.name) if hand.look is not None else None
    if look is not None:
        dress(spec, look, family=hand.name, prefix=f"{side}_", reflect=hand.mirrored and side == "left")


@cache
def _look(name: str) -> Look | None:
    look = card(name).look
    return None if look is None else read_card(_folder() / look, Look)


def _folder() -> Path:
    return Path(str(files("pilotline.robots"))) / "cards"
