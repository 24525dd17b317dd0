"""Rules of a robot card that a type alone cannot state.

Every refusal is a ValueError with the value and what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pilotline.robots.card import Drive, Joint, Link, RobotCard, Sourced, WorkPosture
    from pilotline.robots.handcard import HandCard

DRIVEN_GROUPS = ("right_leg", "left_leg", "torso", "right_arm", "left_arm", "head")
"""Joint groups whose drives can have a data sheet, in the order of actuators and observations."""

SIDES = ("right", "left")

GROUPS = ("base", *DRIVEN_GROUPS, "right_hand", "left_hand")


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
    _ends(card)
    _known("imu.link", card.imu.link, card.links)
    for name, camera in card.cameras.items():
        _known(f"cameras.{name}.link", camera.link, card.links)
    for i, shape in enumerate(card.collisions):
        _known(f"collisions.{i}.link", shape.link, card.links)
    for i, pair in enumerate(card.exclude):
        for link in pair:
            _known(f"exclude.{i}", link, card.links)
    if card.posture is not None:
        _posture(card, card.posture)
    for name, value in card.bench.torso.items() if card.bench is not None else ():
        _known("bench.torso", name, card.groups["torso"])
        within(f"bench.torso.{name}", value, card.joints[name].limits)
    _exactly("servo.frequency_hz", card.servo.frequency_hz, [group for group in DRIVEN_GROUPS if card.groups[group]])
    if (card.base.kind == "planar") != (card.servo.base_time_constant_s is not None):
        raise ValueError(
            f"servo.base_time_constant_s = {card.servo.base_time_constant_s}: must be given for a planar base only"
        )


def _known(label: str, name: str, allowed: Iterable[str]) -> None:
    if name not in allowed:
        raise ValueError(f"{label} = {name!r}: must be one of {', '.join(allowed)}")


def _exactly(label: str, names: Iterable[str], wanted: Iterable[str]) -> None:
    if set(names) != set(wanted):
        missing, extra = sorted(set(wanted) - set(names)), sorted(set(names) - set(wanted))
        raise ValueError(f"{label}: missing {missing}, not allowed {extra}; must be exactly {', '.join(wanted)}")


def _sources(card: RobotCard) -> None:
    groups: list[tuple[str, Sourced]] = [("base", card.base), ("imu", card.imu), ("servo", card.servo)]
    groups += [(name, part) for name in ("posture", "bench") if (part := getattr(card, name)) is not None]
    for kind in ("links", "drives", "joints", "flanges", "feet", "cameras"):
        groups += [(f"{kind}.{name}", group) for name, group in getattr(card, kind).items()]
    for label, group in groups:
        _known(f"{label}.source", group.source, card.sources)


def _tree(card: RobotCard) -> None:
    _parents_first(card.links, "base.link", card.base.link)


def _parents_first(links: Mapping[str, Link], label: str, root: str) -> None:
    """Refuse links that are not one tree, each after its parent, which also makes a cycle impossible."""
    roots = [name for name, link in links.items() if link.parent is None]
    if roots != [root]:
        raise ValueError(f"links without parent are {roots}; must be exactly {label} {root!r}")
    seen: set[str] = set()
    for name, link in links.items():
        if link.parent is not None and link.parent not in seen:
            raise ValueError(f"links.{name}.parent = {link.parent!r}: must be a link listed before it")
        seen.add(name)


def _joints(card: RobotCard) -> None:
    moved: set[str] = {card.base.link}
    for name, joint in card.joints.items():
        driven_joint(name, joint, card.links, card.drives, moved)


def driven_joint(name: str, joint: Joint, links: Iterable[str], drives: Mapping[str, Drive], moved: set[str]) -> None:
    """Refuse a joint with an unknown link or drive, the wrong kind of drive, or a link in `moved`, which grows."""
    _known(f"joints.{name}.link", joint.link, links)
    _known(f"joints.{name}.drive", joint.drive, drives)
    wanted = "gear" if joint.kind == "hinge" else "linear"
    if drives[joint.drive].kind != wanted:
        raise ValueError(f"joints.{name}.drive = {joint.drive!r}: a {joint.kind} joint must have a {wanted} drive")
    if joint.link in moved:
        raise ValueError(f"joints.{name}.link = {joint.link!r}: must be a link no other joint moves")
    moved.add(joint.link)


def _groups(card: RobotCard) -> None:
    for group in card.groups:
        _known("groups", group, DRIVEN_GROUPS)
    for group in DRIVEN_GROUPS:
        card.groups.setdefault(group, ())
    listed = [joint for group in DRIVEN_GROUPS for joint in card.groups[group]]
    if len(set(listed)) != len(listed):
        raise ValueError("groups: a joint is listed twice; each joint must be in exactly one group")
    _exactly("groups: joints", listed, card.joints)


def _home(card: RobotCard) -> None:
    _exactly("home", card.home, card.joints)
    for name, value in card.home.items():
        within(f"home.{name}", value, card.joints[name].limits)


def within(label: str, value: float, limits: tuple[float, float]) -> None:
    """Refuse a value outside its limits."""
    lower, upper = limits
    if not lower <= value <= upper:
        raise ValueError(f"{label} = {value}: must be in [{lower}, {upper}]")


def _posture(card: RobotCard, posture: WorkPosture) -> None:
    heights = posture.grip_height_m
    if len(heights) < 2 or list(heights) != sorted(set(heights)):
        raise ValueError(f"posture.grip_height_m = {heights}: must be two or more rising heights")
    arms = [joint for group in ("right_arm", "left_arm") for joint in card.groups[group]]
    _exactly("posture.arms", posture.arms, arms)
    for name in posture.ease:
        _known("posture.ease", name, card.groups["torso"])
    angles: dict[str, tuple[str, tuple[float, ...]]] = {
        f"arms.{name}": (name, (value,)) for name, value in posture.arms.items()
    }
    for name, values in posture.bending.items():
        _known("posture.bending", name, card.groups["torso"])
        if len(values) != len(heights):
            raise ValueError(f"posture.bending.{name} has {len(values)} angles; there are {len(heights)} heights")
        angles[f"bending.{name}"] = (name, values)
    for label, (name, values) in angles.items():
        for value in values:
            within(f"posture.{label}", value, card.joints[name].limits)


def _ends(card: RobotCard) -> None:
    """Hands belong on flanges, and feet to legs."""
    for kind in ("flanges", "feet"):
        for side, end in getattr(card, kind).items():
            _known(kind, side, SIDES)
            _known(f"{kind}.{side}.link", end.link, card.links)
    for side in card.hands:
        _known("hands", side, card.flanges)
    standing = card.base.kind == "floating"
    _exactly("feet", card.feet, SIDES if standing else ())
    for side in SIDES:
        if bool(card.groups[f"{side}_leg"]) != standing:
            raise ValueError(
                f"groups.{side}_leg: a {card.base.kind} base must have {'legs' if standing else 'no legs'}"
            )


def check_hand(hand: HandCard) -> None:
    """Refuse a hand card whose groups do not fit together."""
    for label, group in (("servo", hand.servo), ("hand", hand)):
        _known(f"{label}.source", group.source, hand.sources)
    for kind in ("links", "drives", "joints"):
        for name, group in getattr(hand, kind).items():
            _known(f"{kind}.{name}.source", group.source, hand.sources)
    _parents_first(hand.links, "palm", hand.palm)
    moved = {hand.palm}
    for name, joint in hand.joints.items():
        driven_joint(name, joint, hand.links, hand.drives, moved)
    for i, coupling in enumerate(hand.couplings):
        _known(f"couplings.{i}.joint", coupling.joint, hand.joints)
        _known(f"couplings.{i}.of", coupling.of, hand.driven)
    if not hand.driven:
        raise ValueError("joints: every joint is coupled; at least one must be driven")
    _exactly("home", hand.home, hand.joints)
    for table in ("closed", "opened"):
        _exactly(table, getattr(hand, table), hand.driven)
    for table in ("home", "closed", "opened"):
        for name, value in getattr(hand, table).items():
            within(f"{table}.{name}", value, hand.joints[name].limits)
    if abs(sum(a * b for a, b in zip(hand.approach_axis, hand.opening_axis, strict=True))) > 1e-9:
        raise ValueError("opening_axis: must be at right angles to approach_axis")
    for kind in ("pads", "collisions"):
        for i, shape in enumerate(getattr(hand, kind)):
            _known(f"{kind}.{i}.link", shape.link, hand.links)
    for i, pair in enumerate(hand.exclude):
        for link in pair:
            _known(f"exclude.{i}", link, hand.links)
    hinged = {joint.kind for joint in hand.joints.values()} == {"hinge"}
    if (hand.servo.frequency_hz is not None) != hinged or (hand.servo.stiffness_n_m is not None) == hinged:
        raise ValueError("servo: hinged hands must have frequency_hz, sliding ones stiffness_n_m, and not the other")
