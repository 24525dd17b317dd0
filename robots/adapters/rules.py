"""Rules of an adapter card that a type alone cannot state. Every refusal is a ValueError with what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pilotline.robots.adapters.card import AdapterCard, Hand

JOINT_GROUPS = ("right_leg", "left_leg", "torso", "right_arm", "left_arm", "head", "right_hand", "left_hand")
HAND_GROUPS = ("right_hand", "left_hand")
SIDES = ("right", "left")


def one_hand(hand: Hand) -> None:
    """Refuse a hand that is neither here nor there."""
    if hand.attach is not None and hand.own is not None:
        raise ValueError("attach and own are both given; only one hand is there at a time")
    if hand.attach is not None and hand.flange is None:
        raise ValueError(f"attach = {hand.attach!r} needs a flange to be bolted to")
    if hand.flange is None and hand.own is None:
        raise ValueError("is empty; give own, or a flange with or without attach")


def check(card: AdapterCard) -> None:
    """Refuse a card whose groups do not fit together."""
    for label, source in _sources(card):
        _known(label, source, card.sources)
    _groups(card)
    for label, sided in (("hands", card.hands), ("feet", card.feet)):
        for side in sided:
            _known(label, side, SIDES)
    for side, hand in card.hands.items():
        _own_hand(card, side, hand)
    if card.feet and set(card.feet) != set(SIDES):
        raise ValueError(f"feet: only {', '.join(card.feet)} given; must be both right and left, or none")
    if card.feet and card.base.kind == "fixed":
        raise ValueError("feet: a fixed base stands on none; leave them out or make the base floating")
    _servo(card)
    _posture(card)


def _known(label: str, name: str, allowed: Iterable[str]) -> None:
    if name not in allowed:
        raise ValueError(f"{label} = {name!r}: must be one of {', '.join(allowed)}")


def _sources(card: AdapterCard) -> Iterator[tuple[str, str]]:
    """Label and source name of every group of figures."""
    yield "base.source", card.base.source
    yield "imu.source", card.imu.source
    yield "servo.source", card.servo.source
    if card.posture is not None:
        yield "posture.source", card.posture.source
    for name, figures in card.joints.items():
        yield f"joints.{name}.source", figures.source
    for name, camera in card.cameras.items():
        yield f"cameras.{name}.source", camera.source
    for side, foot in card.feet.items():
        yield f"feet.{side}.source", foot.source
    for side, hand in card.hands.items():
        if hand.own is not None:
            yield f"hands.{side}.own.source", hand.own.source
        if hand.flange is not None:
            yield f"hands.{side}.flange.source", hand.flange.source
            if hand.flange.remaining is not None:
                yield f"hands.{side}.flange.remaining.source", hand.flange.remaining.source


def _groups(card: AdapterCard) -> None:
    for group in card.groups:
        _known("groups", group, JOINT_GROUPS)
    where: dict[str, str] = {}
    for group, joints in card.groups.items():
        for joint in joints:
            if joint in where:
                raise ValueError(f"groups.{group}: {joint!r} is also in {where[joint]}; a joint is in one group only")
            where[joint] = group
    if not where:
        raise ValueError("groups: name no joint; at least one must be in a group")
    for side in SIDES:
        if card.groups.get(f"{side}_hand") and (side not in card.hands or card.hands[side].own is None):
            raise ValueError(f"groups.{side}_hand: needs hands.{side}.own, which says what its joints do")


def _own_hand(card: AdapterCard, side: str, hand: Hand) -> None:
    own = hand.own
    if own is None:
        return
    group = card.groups.get(f"{side}_hand", ())
    if not own.closed:
        raise ValueError(f"hands.{side}.own.closed: names no driven joint; must name at least one of {side}_hand")
    if set(own.closed) != set(own.opened):
        raise ValueError(
            f"hands.{side}.own: closed names {', '.join(own.closed)}, opened {', '.join(own.opened)}; "
            "must be the same joints"
        )
    for joint in own.closed:
        if joint not in group:
            raise ValueError(f"hands.{side}.own.closed: {joint!r} is not in groups.{side}_hand ({', '.join(group)})")
    if abs(sum(a * b for a, b in zip(own.approach_axis, own.opening_axis, strict=True))) > 1e-3:
        raise ValueError(f"hands.{side}.own.opening_axis: must be at right angles to approach_axis")
    if own.frequency_hz is None and own.stiffness_n_m is None:
        raise ValueError(f"hands.{side}.own: needs frequency_hz (turning joints) or stiffness_n_m (sliding joints)")


def _servo(card: AdapterCard) -> None:
    wanted = [group for group in JOINT_GROUPS if group not in HAND_GROUPS and card.groups.get(group)]
    for group in card.servo.frequency_hz:
        _known("servo.frequency_hz", group, JOINT_GROUPS)
    missing = [group for group in wanted if group not in card.servo.frequency_hz]
    if missing:
        raise ValueError(f"servo.frequency_hz: missing {', '.join(missing)}; every group with joints needs one")


def _posture(card: AdapterCard) -> None:
    posture = card.posture
    if posture is None:
        return
    heights = posture.grip_height_m
    if len(heights) < 2 or list(heights) != sorted(set(heights)):
        raise ValueError(f"posture.grip_height_m = {heights}: must be two or more rising heights")
    for name, angles in posture.bending.items():
        _known("posture.bending", name, card.groups.get("torso", ()))
        if len(angles) != len(heights):
            raise ValueError(f"posture.bending.{name} has {len(angles)} angles; there are {len(heights)} heights")
    arms = [joint for side in SIDES for joint in card.groups.get(f"{side}_arm", ())]
    for name in posture.arms:
        _known("posture.arms", name, arms)
