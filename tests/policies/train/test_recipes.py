"""A recipe is one station's, and only for the action layout that it names."""

from __future__ import annotations

import pytest

from pilotline.configs.recipes import Recipe, recipe_of


def test_a_recipe_is_for_the_layout_that_it_names() -> None:
    assert recipe_of("peg_gear", "guided", "sb3_ppo").reads == ("script",)
    assert recipe_of("peg_gear", "joint", "sb3_ppo") == Recipe()


def test_a_recipe_is_for_the_trainers_that_it_names() -> None:
    assert recipe_of("tote_destack", "ee", "dagger").nsim == 48
    assert recipe_of("tote_destack", "ee", "sb3_ppo") == Recipe()


@pytest.mark.parametrize("control", ["ee", "joint"])
def test_a_recipe_that_names_none_is_for_all(control: str) -> None:
    assert recipe_of("reach", control, "sbx_ppo").params


def test_a_station_without_a_recipe_has_the_usual_values() -> None:
    assert recipe_of("screw", "joint", "sb3_ppo") == Recipe()
