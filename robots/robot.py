"""A robot: its card, its joint groups and hands, and a fresh MuJoCo spec on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import mujoco

from pilotline.robots.build import build
from pilotline.robots.card import RobotCard
from pilotline.robots.cardrules import GROUPS
from pilotline.robots.look import Look, dress
from pilotline.robots.yamlfile import read_yaml


class RobotError(ValueError):
    """An unknown robot; the message lists the choices."""


@dataclass(frozen=True)
class Hand:
    """Names and limits of one gripper."""

    tcp_site: str
    wrist_site: str
    arm_group: str
    gripper_group: str
    opening_max_m: float
    force_max_n: float


@dataclass(frozen=True)
class Robot:
    """A robot ready to be put in a world.

    `groups` maps base, torso, right_arm, left_arm, head, right_gripper, left_gripper (in this order) to joint
    names; `hands` maps right and left; `home` maps every joint but the base's to its home value, rad or m.
    """

    card: RobotCard
    groups: Mapping[str, tuple[str, ...]]
    hands: Mapping[str, Hand]
    home: Mapping[str, float]

    look: Look | None = None

    def spec(self, shells: bool = True) -> mujoco.MjSpec:
        """A fresh spec: one root body at the origin, no actuators, no floor, no lights.

        `shells=False` leaves the visual geoms out, for work that is never looked at; physics is the same.
        """
        spec = build(self.card)
        if shells and self.look is not None:
            dress(spec, self.look)
        return spec


def from_card(card: RobotCard, look: Look | None = None) -> Robot:
    """The robot of a card, dressed in a look if one is given."""
    hands = {
        side: Hand(
            tcp_site=f"{side}_tcp",
            wrist_site=f"{side}_wrist",
            arm_group=hand.arm_group,
            gripper_group=hand.gripper_group,
            opening_max_m=hand.opening_max_m,
            force_max_n=hand.force_max_n,
        )
        for side, hand in card.hands.items()
    }
    return Robot(
        card=card,
        groups=MappingProxyType({group: card.groups[group] for group in GROUPS}),
        hands=MappingProxyType(hands),
        home=MappingProxyType(dict(card.home)),
        look=look,
    )


def _folder() -> Path:
    return Path(str(files("pilotline.robots"))) / "cards"


def names() -> tuple[str, ...]:
    """Names of the built-in robots."""
    return tuple(sorted(path.stem for path in _folder().glob("*.yaml") if not path.stem.endswith(".look")))


@cache
def load(name: str) -> Robot:
    """The built-in robot of that name. Raises RobotError for an unknown one."""
    if name not in names():
        raise RobotError(f"unknown robot {name!r}; choose from {', '.join(names())}")
    card = read_yaml(_folder() / f"{name}.yaml", RobotCard)
    return from_card(card, None if card.look is None else read_yaml(_folder() / card.look, Look))
