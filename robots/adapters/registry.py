"""Robots that are not built in, by name: `menagerie:NAME`, or the path of an adapter card or of a model."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from pilotline.robots.adapters.card import AdapterCard, MenagerieModel
from pilotline.robots.adapters.errors import ModelError, nearest
from pilotline.robots.adapters.make import make, robot_of
from pilotline.robots.adapters.read import read
from pilotline.robots.adapters.source import MENAGERIE, menagerie_at_hand, menagerie_file, menagerie_folder
from pilotline.robots.robot import Robot
from pilotline.robots.yamlfile import read_yaml, validated

CARD_SUFFIX = ".adapter.yaml"


def names() -> tuple[str, ...]:
    """`menagerie:NAME` of every robot of MuJoCo Menagerie with a card here whose files can be had."""
    return tuple(f"{MENAGERIE}{path.stem}" for path in sorted(_folder().glob("*.yaml")) if _there(path))


def load(name: str, hands: Mapping[str, str] = MappingProxyType({})) -> Robot:
    """The robot of a name, with other hands than its card's on some sides.

    A robot of MuJoCo Menagerie without a card here is adopted: a card is made of what its model shows.

    Raises ModelError, CardError or RobotError, one line that names what is wrong.
    """
    if name.startswith(MENAGERIE) and not _shipped(name.removeprefix(MENAGERIE)).is_file():
        return _adopted(name.removeprefix(MENAGERIE), hands)
    return robot_of(card_path(name), hands)


def _adopted(name: str, hands: Mapping[str, str]) -> Robot:
    from pilotline.robots.adopt import adopt  # which itself needs this package

    path = menagerie_file(name)
    model = read(path)
    label = f"{MENAGERIE}{name}, adopted"
    card = validated(label, adopt(model, name, {"menagerie": name, "entry": path.stem}).card, AdapterCard)
    return make(card, model, label, hands)


def _shipped(name: str) -> Path:
    return _folder() / f"{name}.yaml"


def card_path(name: str) -> Path:
    """Path of the adapter card of a robot. Raises ModelError where there is none."""
    if name.startswith(MENAGERIE):
        return _menagerie_card(name.removeprefix(MENAGERIE))
    path = Path(name)
    if not path.is_file():
        beside = [file.name for file in path.parent.glob("*")] if path.parent.is_dir() else []
        raise ModelError(f"{name}: no such file{nearest(path.name, beside)}")
    if path.suffix == ".yaml":
        return path
    card = path.with_suffix(CARD_SUFFIX)
    if not card.is_file():
        raise ModelError(
            f"{name}: no adapter card {card.name} beside it; write a first one with: pilotline adopt {name}"
        )
    return card


def _menagerie_card(name: str) -> Path:
    path = _shipped(name)
    if path.is_file():
        return path
    with_card = ", ".join(sorted(card.stem for card in _folder().glob("*.yaml")))
    menagerie_folder(name)  # an unknown name is the likelier fault
    raise ModelError(
        f"{MENAGERIE}{name}: no adapter card here (there are {with_card}); "
        f"write one with: pilotline adopt {MENAGERIE}{name}"
    )


def _there(card: Path) -> bool:
    """Whether the files of a card's model can be had without asking the network."""
    model = read_yaml(card, AdapterCard).model
    return isinstance(model, MenagerieModel) and menagerie_at_hand(model.menagerie, model.entry)


def _folder() -> Path:
    return Path(str(files("pilotline.robots.adapters"))) / "cards"
