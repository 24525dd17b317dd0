"""Recipes: how a station is trained where nobody says otherwise, read from `configs/recipe/`."""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class RecipeError(ValueError):
    """A recipe that cannot be used; names file, field, value and what was allowed."""


class Recipe(BaseModel):
    """What training takes for a station; a station without a recipe has these values."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    control: str | None = Field(default=None, description="the action layout that it is for; any by default")
    trainers: tuple[str, ...] | None = Field(default=None, description="those that it is for; all by default")
    reads: tuple[str, ...] | None = Field(default=None, description="entries that the network takes; all by default")
    nsim: int = Field(default=256, ge=1)
    leg_steps: int = Field(default=262_144, ge=1, description="between two checkpoints, all simulations together")
    steps: int = Field(default=5_000_000, ge=1)
    cycles: int = Field(default=100, ge=1, description="on which each leg's policy is evaluated")
    params: dict[str, dict[str, Any]] = Field(default={}, description="hyper-parameters by trainer, over its own")


def recipe_of(station: str, control: str, trainer: str) -> Recipe:
    """The recipe of a station in an action layout, for a trainer.

    Raises:
      RecipeError: a file that is no recipe.
    """
    path = resources.files("pilotline.configs") / "recipe" / f"{station}.yaml"
    if not path.is_file():
        return Recipe()
    try:
        found = Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "recipe"
        raise RecipeError(f"{path}: {where} = {first.get('input')!r}: {first['msg']}") from None
    meant = found.control in (None, control) and (found.trainers is None or trainer in found.trainers)
    return found if meant else Recipe()
