"""Adapter card and model as a Robot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType

import mujoco

from pilotline.robots import hands as hand_cards
from pilotline.robots.adapters.card import AdapterCard
from pilotline.robots.adapters.ends import own_hand
from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adapters.figures import Figures, figures, follower
from pilotline.robots.adapters.hashes import model_hashes
from pilotline.robots.adapters.home import home_pose
from pilotline.robots.adapters.limits import JointLimits, joint_limits
from pilotline.robots.adapters.match import Match, match
from pilotline.robots.adapters.read import Model, read
from pilotline.robots.adapters.rules import JOINT_GROUPS, SIDES
from pilotline.robots.adapters.source import model_file
from pilotline.robots.adapters.spec import Recipe, build_spec
from pilotline.robots.builtin import hand_home, hand_joints, hand_of
from pilotline.robots.card import FixedBase, FloatingBase
from pilotline.robots.cardfile import hashes_of, read_card
from pilotline.robots.cardrules import DRIVEN_GROUPS
from pilotline.robots.handbuild import sided_joints
from pilotline.robots.handcard import HandCard
from pilotline.robots.naming import RobotError
from pilotline.robots.robot import DrivenJoint, Foot, Hand, Robot


def robot_of(card_path: Path, hands: Mapping[str, str] = MappingProxyType({})) -> Robot:
    """The robot of an adapter card, with other hands than the card's on some sides.

    Raises CardError for the card, ModelError for its model, RobotError for a hand that does not fit.
    """
    card = read_card(card_path, AdapterCard)
    return make(card, read(model_file(card, card_path)), card_path.name, hands, hashes_of(card_path))


def make(
    card: AdapterCard,
    model: Model,
    card_name: str,
    hands: Mapping[str, str] = MappingProxyType({}),
    hashes: tuple[tuple[str, str], ...] = (),
) -> Robot:
    """The robot of a card and a model, with other hands than the card's on some sides."""
    worn = _worn(card, hands)
    own = [side for side in SIDES if side in card.hands and side not in worn and card.hands[side].own is not None]
    flanges = {side: flange for side in worn if (flange := card.hands[side].flange) is not None}
    found = match(card, model, card_name, flanges)
    limits = joint_limits(model.compiled, model.speeds)
    known = _figures(card, found, limits, own, model.path.name, card_name)
    groups: dict[str, tuple[str, ...]] = {"base": (), **found.groups}
    home = home_pose(
        card.home, (*(j for g in JOINT_GROUPS for j in groups[g]), *found.passive), limits, model.compiled, card_name
    )
    joints = {name: one.joint for name, one in known.items()}
    for side, hand in worn.items():
        groups[f"{side}_hand"] = tuple(sided_joints(hand, side))
        joints.update(hand_joints(hand, side))
        home.update(hand_home(hand, side))
    _commands_fit(card, own, joints, card_name)
    order = [joint for group in JOINT_GROUPS for joint in groups[group]]
    base = card.base
    recipe = Recipe(card, model, MappingProxyType(known), MappingProxyType(worn), tuple(own))
    return Robot(
        name=card.name,
        title=card.title,
        version=card.schema_.rsplit("/", 1)[-1],
        sources=tuple(card.sources.values()),
        notes=(*card.notes, *_remarks(known)),
        base=FixedBase(kind="fixed", link=base.link, source=base.source, mark=base.mark)
        if base.kind == "fixed"
        else FloatingBase(kind="floating", link=base.link, height_m=base.height_m, source=base.source, mark=base.mark),
        joints=MappingProxyType({joint: joints[joint] for joint in order}),
        groups=MappingProxyType(groups),
        hands=MappingProxyType({side: _hand(card, side, worn) for side in SIDES if side in worn or side in own}),
        feet=MappingProxyType(
            {
                side: Foot(foot.link, f"{side}_sole", f"{side}_ankle", foot.sole_half_m)
                for side in SIDES
                if (foot := card.feet.get(side)) is not None
            }
        ),
        home=MappingProxyType({joint: home[joint] for joint in (*order, *found.passive)}),
        servo=card.servo,
        posture=card.posture,
        bench=card.bench,
        files=tuple(sorted({*hashes, *model_hashes(model), *_hand_hashes(worn)})),
        make=partial(_fresh, cache(partial(build_spec, recipe))),
    )


def _worn(card: AdapterCard, hands: Mapping[str, str]) -> dict[str, HandCard]:
    """Hands of ours by side: those asked for, else the card's."""
    kinds = {side: hand.attach for side, hand in card.hands.items() if hand.attach is not None}
    for side, kind in hands.items():
        hand = card.hands.get(side)
        if kind == "own" and hand is not None and hand.own is not None:
            continue
        if hand is None or hand.flange is None:
            raise RobotError(f"robot {card.name}: no flange on the {side} side, so no {side}_hand={kind}")
        kinds[side] = kind
    return {side: hand_cards.load(kinds[side]) for side in SIDES if side in kinds}


def _figures(
    card: AdapterCard, found: Match, limits: Mapping[str, JointLimits], own: list[str], file: str, card_name: str
) -> dict[str, Figures]:
    known: dict[str, Figures] = {}
    for group in DRIVEN_GROUPS:
        for name in found.groups[group]:
            known[name] = figures(card, name, limits[name], file, True, card_name)
    for side in own:
        hand = card.hands[side].own
        assert hand is not None
        for name in hand.closed:
            known[name] = figures(card, name, limits[name], file, False, card_name)
        leader = known[next(iter(hand.closed))].joint
        for name in found.groups[f"{side}_hand"]:
            if name not in known:
                known[name] = follower(limits[name], leader)
    return known


def _remarks(known: Mapping[str, Figures]) -> list[str]:
    """What was found about joints, one line for all joints with the same finding."""
    found: dict[str, list[str]] = {}
    for name, one in known.items():
        for remark in one.remarks:
            found.setdefault(remark, []).append(name)
    return [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {remark}"
        for remark, names in found.items()
    ]


def _commands_fit(card: AdapterCard, own: list[str], joints: Mapping[str, DrivenJoint], card_name: str) -> None:
    for side in own:
        hand = card.hands[side].own
        assert hand is not None
        for table, commands in (("closed", hand.closed), ("opened", hand.opened)):
            for name, value in commands.items():
                low, high = joints[name].low, joints[name].high
                if not low <= value <= high:
                    raise ModelError(
                        f"{card_name}: hands.{side}.own.{table}.{name} = {value}: must be in [{low:g}, {high:g}]"
                    )


def _hand(card: AdapterCard, side: str, worn: Mapping[str, HandCard]) -> Hand:
    if side in worn:
        return hand_of(worn[side], side)
    own = card.hands[side].own
    assert own is not None
    return own_hand(side, own)


def _fresh(build: Callable[[bool], mujoco.MjSpec], shells: bool) -> mujoco.MjSpec:
    return build(shells).copy()


def _hand_hashes(worn: Mapping[str, HandCard]) -> set[tuple[str, str]]:
    return {pair for hand in worn.values() for pair in hand_cards.hashes(hand.name)}
