"""The reference controller of A2 loads the fixture by observations alone, inside the window, gently."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from pilotline import policies
from pilotline.benchmarks.penetration import Probe
from pilotline.envs import stations
from pilotline.envs.card import load_card
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.weld_fixture import WeldFixture
from pilotline.envs.world import build_world
from pilotline.policies.reference.weld_moves import after, between, seen_from
from pilotline.robots import load

NAME = "weld_fixture"
CYCLES = 3
OPENS_S = 9.0
"""The door opens early here: waiting shows nothing. The window is as long as ever."""


class Run(NamedTuple):
    """What cycles 0 to 2 came to, and the deepest contact on the way."""

    success: np.ndarray
    faults: list[set[str]]
    metrics: dict[str, np.ndarray]
    depth_m: float


@pytest.fixture(scope="module")
def run() -> Run:
    robot = load("wheeled")
    station = WeldFixture(load_card(NAME).with_figures(tau_machine_s=OPENS_S + 37.0))
    batch = StationBatch(build_world(station, robot, "ideal", shells=False), CYCLES, 2, "ee")
    policy = policies.load("reference", NAME, robot, CYCLES)
    batch.begin(np.arange(CYCLES), [cycle_seed(0, NAME, k) for k in range(CYCLES)])
    policy.begin(np.arange(CYCLES))
    probe, depth = Probe(batch.engine.batch), 0.0
    obs, active = batch.observe(), np.arange(CYCLES)
    success = np.zeros(CYCLES, np.bool_)
    metrics: dict[str, np.ndarray] = {}
    faults: list[set[str]] = [set() for _ in range(CYCLES)]
    for k in range(round(50.0 / 0.02)):
        step = batch.step(policy.act(obs), active)
        obs = step.obs
        if k % 10 == 0:
            depth = max(depth, *(one.depth_m for one in probe(active[:1])))
        ended = active[step.verdict.done[active]]
        for name, value in batch.metrics().items():
            metrics.setdefault(name, np.zeros(CYCLES))[ended] = value[ended]
        for slot in ended:
            success[slot] = step.verdict.success[slot]
            faults[slot] = {name for name, fault in step.verdict.faults.items() if fault[slot]}
        active = np.setdiff1d(active, ended)
        if not len(active):
            break
    return Run(success, faults, metrics, depth)


def test_it_loads_three_panels_inside_the_window(run: Run) -> None:
    assert run.success.mean() >= 0.6, run.faults
    assert run.metrics["load_s"][run.success].max() < 37.0
    assert run.metrics["seated"][run.success].min() == 3.0


def test_it_stays_gentle(run: Run) -> None:
    assert run.metrics["max_fixture_n"][run.success].max() < 150.0
    assert run.metrics["max_bump_n"].max() < 150.0
    assert run.metrics["max_drop_mm"][run.success].max() < 20.0


def test_no_contact_is_deeper_than_a_millimetre(run: Run) -> None:
    assert 0.0 < run.depth_m < 0.001


@pytest.mark.parametrize(("robot", "reason"), [("fixed", "2.5 m apart"), ("biped", "no walking controller")])
def test_refusals_say_why(robot: str, reason: str) -> None:
    with pytest.raises(policies.PolicyError, match=reason):
        policies.load("reference", NAME, load(robot), 1)


def test_each_row_of_its_actions_depends_on_that_row_alone() -> None:
    robot = load("wheeled")
    batch = StationBatch(build_world(stations.load(NAME), robot, "ideal", shells=False), 3, 1, "ee")
    batch.begin(np.arange(3), [cycle_seed(0, NAME, k) for k in range(3)])
    together, alone = (policies.load("reference", NAME, robot, n) for n in (3, 1))
    together.begin(np.arange(3))
    alone.begin(np.arange(1))
    obs = batch.observe()
    for _ in range(5):
        many = together.act(obs)
        one = alone.act({name: obs[name][1:2] for name in obs})
        np.testing.assert_array_equal(one[0], many[1])
        obs = batch.step(many).obs


def test_poses_go_there_and_back() -> None:
    rng = np.random.default_rng(0)
    pose, step = rng.normal(size=(2, 6, 4))
    np.testing.assert_allclose(seen_from(pose, after(pose, step)), step, atol=1e-12)


def test_the_middle_between_hands_turns_with_them() -> None:
    right, left = np.zeros((1, 7)), np.zeros((1, 7))
    right[0, :3], left[0, :3] = (0.5, -0.3, 1.0), (0.5, 0.3, 1.1)
    np.testing.assert_allclose(between(right, left)[0], (0.5, 0.0, 1.05, 0.0))
    left[0, :3] = (-0.1, -0.3, 1.0)
    np.testing.assert_allclose(between(right, left)[0], (0.2, -0.3, 1.0, np.pi / 2))
