"""A line for planners: skills as actions, parts as observation, and nothing that the seed does not decide."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

import pilotline.envs  # noqa: F401
from pilotline.configs import lines
from pilotline.configs.lines import Line
from pilotline.policies import line_env, planner
from pilotline.policies.line_env import LineEnv

QUICK = Line.model_validate(
    {
        "name": "quick",
        "version": 1,
        "title": "one station, for tests",
        "stations": [{"station": "device_test", "machine_s": 4.0}],
        "takt_s": 18.0,
        "shift_h": 8.0,
        "source": "made up for this test",
    }
)


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> LineEnv:
    """Half a minute of one station."""
    monkeypatch.setattr(line_env, "load", lambda name: QUICK)
    return LineEnv("quick", hours=30.0 / 3600.0)


def episode(env: LineEnv, seed: int) -> list[tuple[Any, ...]]:
    """Serve whenever something can be served."""
    obs, info = env.reset(seed=seed)
    steps = []
    while True:
        action = int(np.argmax(info["action_mask"]))
        obs, reward, terminated, truncated, info = env.step(np.int64(action))
        assert env.observation_space.contains(obs)
        assert not terminated
        steps.append((obs.tolist(), reward, info["duration_s"], info["good"]))
        if truncated:
            return steps


def test_every_line_is_registered() -> None:
    ids = [f"pilotline/Line{name.title()}-v{lines.load(name).version}" for name in lines.names()]
    assert set(ids) <= set(gymnasium.registry)


def test_a_run_conserves_parts_pays_for_good_ones_and_repeats(env: LineEnv) -> None:
    first = episode(env, seed=0)
    flow = env._sim.flow  # type: ignore[union-attr]
    assert flow.entered == flow.good + flow.scrap + flow.in_process()
    assert sum(reward for _, reward, _, _ in first) == flow.good - flow.scrap
    assert flow.good >= 1
    assert sum(duration for _, _, duration, _ in first) == pytest.approx(30.0)
    assert episode(env, seed=0) == first


def test_a_station_that_cannot_be_served_is_waited_for(env: LineEnv) -> None:
    env.reset(seed=0)
    _, _, _, _, info = env.step(np.int64(0))
    assert info["action_mask"].tolist() == [0, 1]
    _, reward, _, _, info = env.step(np.int64(0))
    assert info["duration_s"] == pytest.approx(4.0, abs=0.03)
    assert reward == 1.0


def test_actions_and_hours_that_are_none_are_refused(env: LineEnv) -> None:
    env.reset(seed=0)
    with pytest.raises(ValueError, match="action 2; allowed: 0 to 1"):
        env.step(np.int64(2))
    with pytest.raises(ValueError, match="hours=0; allowed: more than 0"):
        LineEnv("quick", hours=0)


def test_before_reset_it_says_so(env: LineEnv) -> None:
    with pytest.raises(gymnasium.error.ResetNeeded, match="before reset"):
        env.step(np.int64(0))


class _Flow:
    """Stations of which some are ready."""

    def __init__(self, *ready: bool) -> None:
        self._ready = ready
        self.line = type("Line", (), {"stations": ready})

    def ready(self, k: int) -> bool:
        return self._ready[k]


@pytest.mark.parametrize(
    ("ready", "at", "to"),
    [
        ((True, True), 0, 0),
        ((True, True), None, 1),
        ((True, False), 1, 0),
        ((False, False), 0, None),
    ],
)
def test_the_rule_stays_while_it_can_and_goes_downstream_first(
    ready: tuple[bool, ...], at: int | None, to: int | None
) -> None:
    assert planner.serve(_Flow(*ready), at) == to  # type: ignore[arg-type]
