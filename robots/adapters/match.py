"""An adapter card against the model it speaks of: every name must be there, every joint must have a place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

import mujoco

from pilotline.robots.adapters.card import AdapterCard, Flange
from pilotline.robots.adapters.errors import ModelError, nearest
from pilotline.robots.adapters.read import Model
from pilotline.robots.adapters.rules import JOINT_GROUPS

ONE_AXIS = (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE)


@dataclass(frozen=True)
class Match:
    """What of the model is the robot.

    Attributes:
      groups: joints by group, without those that a bolted-on hand replaces.
      passive: joints in no group, which nothing drives.
      removed: bodies at the top of what bolted-on hands replace.
    """

    groups: Mapping[str, tuple[str, ...]]
    passive: tuple[str, ...]
    removed: tuple[str, ...]


def match(card: AdapterCard, model: Model, card_name: str, flanges: Mapping[str, Flange]) -> Match:
    """Check the names of a card against its model; `flanges` are those that carry a hand of ours.

    Raises ModelError: a name the model does not have, a joint of the model that has no place in the card, a base or
    an own hand that does not fit the model.
    """
    spec, file = model.spec, model.path.name
    names = _Names(card_name, file)
    bodies = [body.name for body in spec.bodies[1:]]
    joints = [joint.name for joint in spec.joints if joint.type in ONE_AXIS]
    for label, link in _links(card):
        names.known(label, "body", link, bodies)
    _base(card, model, card_name)
    for side, hand in card.hands.items():
        if hand.flange is not None:
            meshes = [geom.meshname for geom in spec.body(hand.flange.link).geoms if geom.meshname]
            for mesh in hand.flange.remove_meshes:
                names.known(f"hands.{side}.flange.remove_meshes", f"mesh on {hand.flange.link}", mesh, meshes)
    for group, listed in card.groups.items():
        for joint in listed:
            names.known(f"groups.{group}", "joint", joint, joints)
    for joint in card.home:
        names.known("home", "joint", joint, joints)
    for label, patterns in (("joints", card.joints), ("passive", card.passive)):
        for pattern in patterns:
            if not any(fnmatchcase(joint, pattern) for joint in joints):
                names.known(label, "joint", pattern, joints)
    return _placed(card, model, card_name, flanges, joints)


@dataclass(frozen=True)
class _Names:
    card: str
    file: str

    def known(self, label: str, kind: str, name: str, allowed: Iterable[str]) -> None:
        names = list(allowed)
        if name not in names:
            hint = nearest(name, names) or f"; it has {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}"
            raise ModelError(f"{self.card}: {label} = {name!r}: {self.file} has no such {kind}{hint}")


def _links(card: AdapterCard) -> Iterable[tuple[str, str]]:
    """Label and name of every body that a card speaks of."""
    yield "base.link", card.base.link
    yield "imu.link", card.imu.link
    for name, camera in card.cameras.items():
        yield f"cameras.{name}.link", camera.link
    for side, foot in card.feet.items():
        yield f"feet.{side}.link", foot.link
    for i, pair in enumerate(card.exclude):
        for link in pair:
            yield f"exclude.{i}", link
    for side, hand in card.hands.items():
        if hand.flange is not None:
            yield f"hands.{side}.flange.link", hand.flange.link
            for link in hand.flange.remove_links:
                yield f"hands.{side}.flange.remove_links", link
        if hand.own is not None:
            yield f"hands.{side}.own.palm", hand.own.palm
            for link in hand.own.pad_links:
                yield f"hands.{side}.own.pad_links", link


def _base(card: AdapterCard, model: Model, card_name: str) -> None:
    file = model.path.name
    roots = [body.name for body in model.spec.worldbody.bodies]
    if roots != [card.base.link]:
        raise ModelError(
            f"{card_name}: base.link = {card.base.link!r}: bodies under the world of {file} are {', '.join(roots)}; "
            "must be this one alone (name the robot's own file, not a scene)"
        )
    free = mujoco.mjtJoint.mjJNT_FREE
    for joint in model.spec.joints:
        if joint.type not in (*ONE_AXIS, free):
            raise ModelError(f"{file}: joint {joint.name!r} is a ball joint; must be a hinge or a slide")
        if joint.type == free and joint.parent.name != card.base.link:
            raise ModelError(f"{file}: joint {joint.name!r} frees {joint.parent.name!r}; only the root may be free")


def _placed(card: AdapterCard, model: Model, card_name: str, flanges: Mapping[str, Flange], joints: list[str]) -> Match:
    removed = tuple(link for flange in flanges.values() for link in flange.remove_links)
    gone = {joint for link in removed for joint in joints_under(model.spec.body(link))}
    grouped = {joint for listed in card.groups.values() for joint in listed}
    for side, flange in flanges.items():
        left = [joint for joint in card.groups.get(f"{side}_hand", ()) if joint not in gone]
        if left:
            raise ModelError(
                f"{card_name}: hands.{side}.flange.remove_links = {', '.join(flange.remove_links) or 'none'}: leaves "
                f"joint {left[0]!r} of the own hand on the robot; must take all of it off"
            )
    passive = tuple(
        joint
        for joint in joints
        if joint not in grouped and joint not in gone and any(fnmatchcase(joint, pattern) for pattern in card.passive)
    )
    homeless = [joint for joint in joints if joint not in grouped and joint not in gone and joint not in passive]
    if homeless:
        raise ModelError(
            f"{card_name}: groups: joint {homeless[0]!r} of {model.path.name} is in none"
            f"{f' ({len(homeless)} such)' if len(homeless) > 1 else ''}; must be in a group or in passive"
        )
    groups = {group: tuple(j for j in card.groups.get(group, ()) if j not in gone) for group in JOINT_GROUPS}
    return Match(MappingProxyType(groups), passive, removed)


def joints_under(body: mujoco.MjsBody) -> list[str]:
    """Joints of a body and of all that it carries."""
    found = [joint.name for joint in body.joints]
    for child in body.bodies:
        found += joints_under(child)
    return found
