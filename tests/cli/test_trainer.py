"""`trainer.PARAM=VALUE`: over the recipe, which is over the trainer's own."""

from __future__ import annotations

from typing import Any

import pytest

from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.trainer import TrainerChoice

OWN: dict[str, Any] = {"gamma": 0.98, "net": [128, 128]}
RECIPE: dict[str, Any] = {"gamma": 0.9, "gait": {"period_s": 0.8, "weights": {"quiet": 1.0, "turn": 0.5}}}


def asked(**places: str) -> dict[str, Any]:
    return TrainerChoice(name="sb3_ppo", title="", params=OWN, places=places).with_recipe(RECIPE)


def test_the_command_line_is_over_the_recipe_and_that_over_the_trainer() -> None:
    assert asked() == {"net": [128, 128], **RECIPE}
    assert asked(gamma="0.5") == {"net": [128, 128], **RECIPE, "gamma": 0.5}


def test_one_figure_of_several_leaves_the_others_as_they_are() -> None:
    found = asked(gait__weights__quiet="2", gait__smooth_s="4e-2")["gait"]
    assert found == {"period_s": 0.8, "smooth_s": 0.04, "weights": {"quiet": 2, "turn": 0.5}}
    assert RECIPE["gait"]["weights"] == {"quiet": 1.0, "turn": 0.5}


def test_a_whole_takes_the_place_of_the_recipes() -> None:
    assert asked(gait="{period_s: 0.7}")["gait"] == {"period_s": 0.7}
    assert asked(gait="null")["gait"] is None


def test_a_figure_of_what_has_none_is_refused() -> None:
    with pytest.raises(CommandError, match=r"trainer\.gamma\.late: gamma is 0\.9; allowed: trainer\.gamma=VALUE"):
        asked(gamma__late="1")
