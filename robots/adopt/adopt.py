"""From a model file as read to the data of an adapter card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adapters.read import Model


@dataclass(frozen=True)
class Adoption:
    """What was found.

    Attributes:
      card: data of an adapter card, plain YAML types; `AdapterCard` accepts it.
      unknown: what the model does not tell, a line each.
    """

    card: dict[str, Any]
    unknown: tuple[str, ...]


def adopt(model: Model, name: str, where: Mapping[str, str]) -> Adoption:
    """A first card of a model, with every guess marked as one.

    `pilotline.robots.adapters.load` calls it for `menagerie:NAME` without a shipped card, and `pilotline adopt` for
    any file: `adopt(read(path), name, {"file": path.name})`, `adopt(read(menagerie_file(name, entry)), name,
    {"menagerie": name, "entry": entry})`.

    Args:
      model: as `pilotline.robots.adapters.read.read` gives it.
      name: of the robot.
      where: the card's `model` entry, see `AdapterCard.model`.

    Raises:
      ModelError: a model that is no robot with at least one pair of arms or legs, in one line.
    """
    raise ModelError(f"{model.path.name}: cannot be adopted yet")
