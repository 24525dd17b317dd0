"""Environments that deal only cycles that a score grades."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline import robots
from pilotline.envs.episodes import EpisodesError
from pilotline.envs.gym_env import StationEnv
from pilotline.envs.vector_env import StationVectorEnv
from pilotline.robots.load_chart import LoadChart, load_chart

NSIM, SEED = 6, 5
NOTHING = LoadChart(np.array([0.0, 2.0]), np.zeros(2))


def figures(envs: StationVectorEnv) -> dict[str, np.ndarray]:
    found = envs.batch.metrics()
    return {name: found[name].copy() for name in ("mass_kg", "grip_from_m", "grip_to_m")}


def test_they_are_the_first_ones_of_each_slots_seed_that_the_robots_chart_allows() -> None:
    chart = load_chart(robots.load("wheeled"))
    every, graded = (StationVectorEnv("tote_destack", NSIM, robot="wheeled", graded=only) for only in (False, True))
    every.reset(seed=SEED)
    first: list[dict[str, float] | None] = [None] * NSIM
    beyond = 0
    while None in first:
        drawn = figures(every)
        for slot, allowed in enumerate(chart.allows_each(drawn, NSIM)):
            beyond += not allowed
            if allowed and first[slot] is None:
                first[slot] = {name: float(values[slot]) for name, values in drawn.items()}
        every.reset()
    assert beyond > NSIM
    graded.reset(seed=SEED)
    found = figures(graded)
    assert [{name: float(values[slot]) for name, values in found.items()} for slot in range(NSIM)] == first


def test_one_simulation_is_dealt_what_a_slot_is() -> None:
    slots = StationVectorEnv("tote_destack", 2, robot="wheeled", graded=True)
    seen, _ = slots.reset(seed=SEED)
    for slot in range(2):
        obs, _ = StationEnv("tote_destack", robot="wheeled", graded=True).reset(seed=SEED + slot)
        assert all(np.array_equal(obs[name], seen[name][slot]) for name in seen)


def test_a_station_without_loads_deals_every_cycle() -> None:
    every, graded = (StationVectorEnv("reach", 3, graded=only) for only in (False, True))
    for seed in (SEED, None):
        (one, _), (two, _) = every.reset(seed=seed), graded.reset(seed=seed)
        assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_robot_that_can_hold_nothing_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pilotline.envs.episodes._MOST_DRAWN", 3)
    monkeypatch.setattr("pilotline.envs.episodes.load_chart", lambda robot: NOTHING)
    env = StationEnv("tote_destack", robot="wheeled", graded=True)
    with pytest.raises(
        EpisodesError, match="station=tote_destack: none of 3 cycles has a load within the load chart of robot="
    ):
        env.reset(seed=SEED)
