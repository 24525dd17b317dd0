"""The text that names a robot: `NAME [hands=HAND] [right_hand=HAND] [left_hand=HAND]`.

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


class RobotError(ValueError):
    """A robot that does not exist or cannot be made so; the message says what can."""


@dataclass(frozen=True)
class Named:
    """A robot's name and what its sides carry instead of what its card says."""

    name: str
    hands: Mapping[str, str]

    def __str__(self) -> str:
        """The text that `parse` reads back."""
        return " ".join(
            [self.name, *(f"{side}_hand={hand}" for side, hand in sorted(self.hands.items(), reverse=True))]
        )


def parse(text: str) -> Named:
    """Read a robot's text; see the module.

    Raises:
      RobotError: no name, a word that is not PLACE=HAND, or a side given twice.
    """
    words = text.split()
    if not words or "=" in words[0]:
        raise RobotError(f"robot {text!r}: no name; allowed: NAME, then hands=HAND, right_hand=HAND or left_hand=HAND")
    hands: dict[str, str] = {}
    for word in words[1:]:
        place, equals, hand = word.partition("=")
        if place not in PLACES or not equals or not hand:
            raise RobotError(f"robot {words[0]}: {word!r} is not one of {', '.join(f'{p}=HAND' for p in PLACES)}")
        for side in PLACES[place]:
            if side in hands:
                raise RobotError(f"robot {words[0]}: the {side} hand is given twice: {hands[side]} and {hand}")
            hands[side] = hand
    return Named(words[0], MappingProxyType(hands))


def is_path(name: str) -> bool:
    """Whether a name is that of a file."""
    return name.endswith(SUFFIXES)
