"""Which tier and which data sheet drives which joint, in one line of text.

`harmonic` drives every joint in that tier, each by the data sheet that the robot's card names. Words after it change
groups or single joints: `harmonic arms=csg-20-100+tbm-6025 head=ideal right_arm_3=twin:./mine.yaml`. A value is a
tier, a sheet as `catalogue.joint` takes it, or both with a colon between; or a learned actuator, a path that ends
in `.onnx`, on the joint's own rotor and gear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pilotline.robots.cardrules import DRIVEN_GROUPS
from pilotline.robots.robot import Robot

TIERS = ("ideal", "servo", "harmonic", "twin")
"""From the simplest to the most detailed."""

LEARNED = "learned"
"""What stands for a tier where a network drives the joint."""

NETWORK_SUFFIX = ".onnx"

ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"all": DRIVEN_GROUPS, "arms": ("right_arm", "left_arm"), "legs": ("right_leg", "left_leg")}
)
"""Words for several groups."""

_WORD = re.compile(r"(?P<place>[A-Za-z][A-Za-z0-9_]*)=(?P<value>\S+)")


class ActuatorError(ValueError):
    """Actuators that cannot be chosen so; the message says what can."""


@dataclass(frozen=True)
class Choice:
    """What drives a joint: a tier or `LEARNED`, and the sheet or network; None for the sheet on the robot's card."""

    tier: str
    sheet: str | None = None

    def __str__(self) -> str:
        """As in the text of a selection."""
        if self.sheet is None or self.tier == LEARNED:
            return self.sheet or self.tier
        return f"{self.tier}:{self.sheet}"


@dataclass(frozen=True)
class Selection:
    """A tier for the whole robot and exceptions by group or joint, sorted by place."""

    tier: str
    places: tuple[tuple[str, Choice], ...] = ()

    def __str__(self) -> str:
        """The text that `parse` reads back."""
        return " ".join([self.tier, *(f"{place}={choice}" for place, choice in self.places)])


def parse(text: str) -> Selection:
    """Read the text of a selection; see the module.

    A sheet without a tier takes the robot's, or `harmonic` where that is `ideal`.

    Raises:
      ActuatorError: an unknown tier, a word that is not place=value, or a place given twice.
    """
    words = text.split()
    if not words or words[0] not in TIERS:
        given = words[0] if words else ""
        raise ActuatorError(f"unknown actuators {given!r}; choose from {', '.join(TIERS)}")
    places: dict[str, Choice] = {}
    for word in words[1:]:
        found = _WORD.fullmatch(word)
        if not found:
            raise ActuatorError(f"actuators: {word!r} is not place=tier, place=sheet or place=tier:sheet")
        if found["place"] in places:
            raise ActuatorError(f"actuators.{found['place']} is given twice")
        places[found["place"]] = _choice(found["value"], words[0])
    return Selection(words[0], tuple(sorted(places.items(), key=lambda item: item[0])))


def _choice(value: str, tier: str) -> Choice:
    if value in TIERS:
        return Choice(value)
    if value.endswith(NETWORK_SUFFIX):
        return Choice(LEARNED, value)
    head, colon, rest = value.partition(":")
    if colon and head in TIERS:
        if not rest or head == "ideal":
            raise ActuatorError(
                f"actuators: {value!r}: a sheet needs a tier above ideal; choose from {', '.join(TIERS[1:])}"
            )
        return Choice(head, rest)
    return Choice("harmonic" if tier == "ideal" else tier, value)


def resolve(selection: Selection, robot: Robot) -> dict[str, Choice]:
    """The choice of every joint in `DRIVEN_GROUPS`, in the robot's order; a joint wins over a group over `all`.

    Raises:
      ActuatorError: a place that is no group or joint of the robot.
    """
    chosen = dict.fromkeys(robot.driven, Choice(selection.tier))
    for place, choice in sorted(selection.places, key=lambda item: -len(_members(item[0], robot))):
        chosen.update(dict.fromkeys(_members(place, robot), choice))
    return chosen


def places_of(robot: Robot) -> tuple[str, ...]:
    """Groups of the robot that have joints, and the words for several of them."""
    words = {**ALIASES, **{group: (group,) for group in DRIVEN_GROUPS}}
    return tuple(word for word, groups in words.items() if any(robot.groups[group] for group in groups))


def _members(place: str, robot: Robot) -> tuple[str, ...]:
    """Joints of a place."""
    if place in (places := places_of(robot)):
        return tuple(joint for group in ALIASES.get(place, (place,)) for joint in robot.groups[group])
    if place in robot.driven:
        return (place,)
    choices = ", ".join(places)
    raise ActuatorError(
        f"actuators.{place}: {robot.name} has no such group or joint; choose from {choices}, or a joint"
    )
