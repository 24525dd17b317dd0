"""What the words `trainer=NAME` and `trainer.PARAM=VALUE` ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import Field

from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.verb import Choice

KEY = "trainer"
PLACE = re.compile(rf"{KEY}\.([a-z_]+)")
"""Key that gives a hyper-parameter another value."""

USAGE = f"{KEY}.PARAM=VALUE"
MEANING = "hyper-parameter of the trainer, such as trainer.learning_rate=3e-4 or trainer.net=[256,256]; docs/train.md"


class TrainerChoice(Choice):
    """A trainer, its hyper-parameters, and those that the command line gives."""

    params: dict[str, Any] = Field(default_factory=dict)
    places: dict[str, str] = Field(default_factory=dict)

    def with_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """Hyper-parameters: the trainer's own, over them the recipe's, over them those of the command line.

        Raises:
          CommandError: a value that is no plain number, word or list.
        """
        return {**self.params, **recipe, **{name: _value(name, text) for name, text in self.places.items()}}


def _value(name: str, text: str) -> Any:
    try:
        value = yaml.safe_load(text)
        # YAML 1.1 takes 3e-4 for a word
        return float(value) if isinstance(value, str) and re.fullmatch(r"[-+]?[0-9.]+e[-+]?[0-9]+", value) else value
    except yaml.YAMLError:
        raise CommandError(f"{KEY}.{name}={text}: not one plain value") from None
