"""Robots by name: built in, from the menagerie, or from files."""

from __future__ import annotations

from functools import cache

from pilotline.robots import builtin
from pilotline.robots.contacts import feet_only
from pilotline.robots.naming import MENAGERIE, Named, is_path, parse
from pilotline.robots.robot import Robot


def names() -> tuple[str, ...]:
    """Names of the built-in robots, which need no file from outside."""
    return builtin.names()


def load(text: str) -> Robot:
    """The robot that a text names, see `naming`.

    Raises RobotError for a robot or hand that does not exist, or feet asked of a robot that has none, CardError for
    a card that cannot be used.
    """
    named = parse(text)
    return _load(str(named))


@cache
def _load(text: str) -> Robot:
    named: Named = parse(text)
    robot = _whole(named)
    return robot if named.contacts == "all" else feet_only(robot)


def _whole(named: Named) -> Robot:
    if named.name.startswith(MENAGERIE) or is_path(named.name):
        from pilotline.robots import adapters  # only those who bring a robot of their own pay for it

        return adapters.load(named.name, named.hands)
    return builtin.load(named.name, named.hands)
