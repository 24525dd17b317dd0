"""What the words `trainer=NAME` and `trainer.PARAM=VALUE` ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from pydantic import Field

from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.verb import DOT, Choice

KEY = "trainer"
PLACE = re.compile(rf"{KEY}\.([a-z_]+(?:\.[a-z_]+)*)")
"""Key that gives a hyper-parameter another value, or one figure of those that have several."""

USAGE = f"{KEY}.PARAM=VALUE"
MEANING = "hyper-parameter of the trainer, such as trainer.learning_rate=3e-4 or trainer.net=[256,256]; docs/train.md"


class TrainerChoice(Choice):
    """A trainer, its hyper-parameters, and those that the command line gives."""

    params: dict[str, Any] = Field(default_factory=dict)
    places: dict[str, str] = Field(default_factory=dict)

    def with_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """Hyper-parameters: the trainer's own, over them the recipe's, over them those of the command line.

        Raises:
          CommandError: a value that is no plain number, word or list, or a figure of what has none.
        """
        found = {**self.params, **recipe}
        for place, text in self.places.items():
            name = place.replace(DOT, ".")
            found = _put(found, name, name.split("."), _value(name, text))
        return found


def _put(params: Mapping[str, Any], name: str, path: Sequence[str], value: Any) -> dict[str, Any]:
    """Parameters with the one at a path changed; the figures beside it stay."""
    first, *rest = path
    if not rest:
        return {**params, first: value}
    inner = params.get(first)
    if not isinstance(inner, Mapping | None):
        raise CommandError(f"{KEY}.{name}: {first} is {inner!r}; allowed: {KEY}.{first}={USAGE.partition('=')[2]}")
    return {**params, first: _put(inner or {}, name, rest, value)}


def _value(name: str, text: str) -> Any:
    try:
        value = yaml.safe_load(text)
        # YAML 1.1 takes 3e-4 for a word
        return float(value) if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9.]+e[-+]?[0-9]+", value) else value
    except yaml.YAMLError:
        raise CommandError(f"{KEY}.{name}={text}: not one plain value") from None
