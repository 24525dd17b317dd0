"""The text that names a robot: `NAME [hands=HAND] [right_hand=HAND] [left_hand=HAND] [contacts=feet]`.

NAME is a built-in robot, `menagerie:NAME`, or the path of a model or of a card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pilotline.robots.cardrules import SIDES

MENAGERIE = "menagerie:"
SUFFIXES = (".yaml", ".xml", ".urdf")
"""Of files that hold a robot."""

PLACES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"hands": SIDES, **{f"{side}_hand": (side,) for side in SIDES}}
)
"""Words before the equals sign, and the sides that each speaks of."""

CONTACTS = ("all", "feet")
"""What of a robot touches anything: all that its model has, or its feet alone."""


class RobotError(ValueError):
    """A robot that does not exist or cannot be made so; the message says what can."""


@dataclass(frozen=True)
class Named:
    """A robot's name, what its sides carry instead of what its card says, and what of it touches anything."""

    name: str
    hands: Mapping[str, str]
    contacts: str = "all"

    def __str__(self) -> str:
        """The text that `parse` reads back."""
        hands = [f"{side}_hand={hand}" for side, hand in sorted(self.hands.items(), reverse=True)]
        return " ".join([self.name, *hands, *([] if self.contacts == "all" else [f"contacts={self.contacts}"])])


def parse(text: str) -> Named:
    """Read a robot's text; see the module.

    Raises:
      RobotError: no name, a word that is neither PLACE=HAND nor contacts=KIND, or a side or the contacts given twice.
    """
    words = text.split()
    options = f"{', '.join(f'{place}=HAND' for place in PLACES)}, contacts={'|'.join(CONTACTS)}"
    if not words or "=" in words[0]:
        raise RobotError(f"robot {text!r}: no name; allowed: NAME, then any of {options}")
    hands: dict[str, str] = {}
    contacts: str | None = None
    for word in words[1:]:
        place, _, hand = word.partition("=")
        if place == "contacts" and hand in CONTACTS:
            if contacts is not None:
                raise RobotError(f"robot {words[0]}: contacts are given twice: {contacts} and {hand}")
            contacts = hand
            continue
        if place not in PLACES or not hand:
            raise RobotError(f"robot {words[0]}: {word!r} is not one of {options}")
        for side in PLACES[place]:
            if side in hands:
                raise RobotError(f"robot {words[0]}: the {side} hand is given twice: {hands[side]} and {hand}")
            hands[side] = hand
    return Named(words[0], MappingProxyType(hands), contacts or "all")


def is_path(name: str) -> bool:
    """Whether a name is that of a file."""
    return name.endswith(SUFFIXES)
