"""Hands: cards of grippers and hands that fit any robot's flange."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from pilotline.robots.cardfile import hashes_of, read_card
from pilotline.robots.handcard import HandCard
from pilotline.robots.look import Look
from pilotline.robots.naming import RobotError


def names() -> tuple[str, ...]:
    """Names of the hands there are."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml") if not path.stem.endswith(".look")))


@cache
def load(name: str) -> HandCard:
    """The hand of that name. Raises RobotError for an unknown one."""
    if name not in names():
        raise RobotError(f"unknown hand {name!r}; choose from {', '.join(names())}")
    return read_card(_folder() / f"{name}.yaml", HandCard)


@cache
def look(name: str) -> Look | None:
    """The look of the hand of that name, where its card names one."""
    card = load(name)
    return None if card.look is None else read_card(_folder() / card.look, Look)


@cache
def hashes(name: str) -> tuple[tuple[str, str], ...]:
    """Name and SHA-256 of the card's files."""
    load(name)
    return hashes_of(_folder() / f"{name}.yaml")


def _folder() -> Path:
    return Path(str(files("pilotline.robots"))) / "hands"
