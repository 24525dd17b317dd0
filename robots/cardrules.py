"""Rules of a robot card that a type alone cannot state.

Every refusal is a ValueError with the value and what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pilotline.robots.card import RobotCard

GROUPS = ("base", "torso", "right_arm", "left_arm", "head", "right_gripper", "left_gripper")
HANDS = ("right", "left")


def ordered(interval: tuple[float, float]) -> tuple[float, float]:
    """Refuse an interval whose lower end is not below its upper end."""
    if not interval[0] < interval[1]:
        raise ValueError(f"lower {interval[0]} must be below upper {interval[1]}")
    return interval


def unit_axis(axis: tuple[float, float, float]) -> tuple[float, float, float]:
    """Refuse an axis whose length is off 1 by more than 1e-3 (tables print three to four digits)."""
    length = math.hypot(*axis)
    if abs(length - 1.0) > 1e-3:
        raise ValueError(f"length {length:.6g}, must be 1 within 0.001")
    return axis


def physical_inertia(inertia: tuple[float, float, float]) -> tuple[float, float, float]:
    """Refuse diagonal moments no body can have: each must be at most the sum of the other two."""
    total = sum(inertia)
    for axis, moment in zip("xyz", inertia, strict=True):
        rest = total - moment
        if moment > rest * (1 + 1e-9):
            raise ValueError(f"I{axis}{axis} {moment} must be at most the sum of the other two, {rest:.6g}")
    return inertia


def rising(names: str, *values: float) -> None:
    """Refuse values that are not in rising order."""
    if list(values) != sorted(values):
        raise ValueError(f"{names} are {', '.join(map(str, values))}; must not fall")


def check(card: RobotCard) -> None:
    """Refuse a card whose groups do not fit together."""
    _sources(card)
    _tree(card)
    _joints(card)
    _groups(card)
    _home(card)
    _hands(card)
    _known("imu.link", card.imu.link, card.links)
    for name, camera in card.cameras.items():
        _known(f"cameras.{name}.link", camera.link, card.links)
    for i, shape in enumerate(card.collisions):
        _known(f"collisions.{i}.link", shape.link, card.links)
    for i, pair in enumerate(card.exclude):
        for link in pair:
            _known(f"exclude.{i}", link, card.links)
    _posture(card)
    _exactly("servo.frequency_hz", card.servo.frequency_hz, ("torso", "right_arm", "left_arm", "head"))


def _known(label: str, name: str, allowed: Iterable[str]) -> None:
    if name not in allowed:
        raise ValueError(f"{label} = {name!r}: must be one of {', '.join(allowed)}")


def _exactly(label: str, names: Iterable[str], wanted: Iterable[str]) -> None:
    if set(names) != set(wanted):
        missing, extra = sorted(set(wanted) - set(names)), sorted(set(names) - set(wanted))
        raise ValueError(f"{label}: missing {missing}, not allowed {extra}; must be exactly {', '.join(wanted)}")


def _sources(card: RobotCard) -> None:
    groups = [("base", card.base), ("imu", card.imu), ("posture", card.posture), ("servo", card.servo)]
    for kind in ("links", "drives", "joints", "hands", "cameras"):
        groups += [(f"{kind}.{name}", group) for name, group in getattr(card, kind).items()]
    for label, group in groups:
        _known(f"{label}.source", group.source, card.sources)


def _tree(card: RobotCard) -> None:
    roots = [name for name, link in card.links.items() if link.parent is None]
    if roots != [card.base.link]:
        raise ValueError(f"links without parent are {roots}; must be exactly base.link {card.base.link!r}")
    seen: set[str] = set()
    for name, link in card.links.items():
        # parents come first in the file, which also makes a cycle impossible
        if link.parent is not None and link.parent not in seen:
            raise ValueError(f"links.{name}.parent = {link.parent!r}: must be a link listed before it")
        seen.add(name)


def _joints(card: RobotCard) -> None:
    moved: set[str] = set()
    for name, joint in card.joints.items():
        _known(f"joints.{name}.link", joint.link, card.links)
        _known(f"joints.{name}.drive", joint.drive, card.drives)
        wanted = "gear" if joint.kind == "hinge" else "linear"
        if card.drives[joint.drive].kind != wanted:
            raise ValueError(f"joints.{name}.drive = {joint.drive!r}: a {joint.kind} joint must have a {wanted} drive")
        if joint.link in moved or joint.link == card.base.link:
            raise ValueError(f"joints.{name}.link = {joint.link!r}: must be a link no other joint moves")
        moved.add(joint.link)


def _groups(card: RobotCard) -> None:
    _exactly("groups", card.groups, GROUPS)
    if card.groups["base"] != card.base.joints:
        raise ValueError(f"groups.base = {card.groups['base']}: must be the base joints {card.base.joints}")
    listed = [joint for group in GROUPS for joint in card.groups[group]]
    if len(set(listed)) != len(listed):
        raise ValueError("groups: a joint is listed twice; each joint must be in exactly one group")
    _exactly("groups: joints", listed, (*card.base.joints, *card.joints))


def _home(card: RobotCard) -> None:
    _exactly("home", card.home, card.joints)
    for name, value in card.home.items():
        lower, upper = card.joints[name].limits
        if not lower <= value <= upper:
            raise ValueError(f"home.{name} = {value}: must be in [{lower}, {upper}]")


def _posture(card: RobotCard) -> None:
    heights = card.posture.grip_height_m
    if len(heights) < 2 or list(heights) != sorted(set(heights)):
        raise ValueError(f"posture.grip_height_m = {heights}: must be two or more rising heights")
    arms = [joint for group in ("right_arm", "left_arm") for joint in card.groups[group]]
    _exactly("posture.arms", card.posture.arms, arms)
    angles: dict[str, tuple[str, tuple[float, ...]]] = {
        f"arms.{name}": (name, (value,)) for name, value in card.posture.arms.items()
    }
    for name, values in card.posture.bending.items():
        _known("posture.bending", name, card.groups["torso"])
        if len(values) != len(heights):
            raise ValueError(f"posture.bending.{name} has {len(values)} angles; there are {len(heights)} heights")
        angles[f"bending.{name}"] = (name, values)
    for label, (name, values) in angles.items():
        lower, upper = card.joints[name].limits
        for value in values:
            if not lower <= value <= upper:
                raise ValueError(f"posture.{label} = {value}: must be in [{lower}, {upper}]")


def _hands(card: RobotCard) -> None:
    _exactly("hands", card.hands, HANDS)
    for name, hand in card.hands.items():
        _known(f"hands.{name}.palm", hand.palm, card.links)
        _known(f"hands.{name}.arm_group", hand.arm_group, card.groups)
        _known(f"hands.{name}.gripper_group", hand.gripper_group, card.groups)
        if abs(sum(a * b for a, b in zip(hand.approach_axis, hand.opening_axis, strict=True))) > 1e-9:
            raise ValueError(f"hands.{name}.opening_axis: must be at right angles to approach_axis")
        fingers = card.groups[hand.gripper_group]
        if len(fingers) != 2:
            raise ValueError(f"groups.{hand.gripper_group} has {len(fingers)} joints; a gripper must have 2")
        for finger in fingers:
            lower, upper = card.joints[finger].limits
            if lower != 0.0 or upper != hand.opening_max_m:
                raise ValueError(
                    f"joints.{finger}: range [{lower}, {upper}] must be [0, hands.{name}.opening_max_m = "
                    f"{hand.opening_max_m}], 0 meaning closed"
                )
