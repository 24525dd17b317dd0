"""Cloning on the clone's own cycles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pilotline import robots
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies import PolicyError
from pilotline.policies.file.layers import apply
from pilotline.policies.imitate.dagger import Dagger
from pilotline.policies.reference.tote_destack import Phase, ToteDestackPolicy
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan
from pilotline.robots.load_chart import load_chart

from .conftest import PLAN as CLONING

PLAN = replace(CLONING, trainer="dagger", params={"net": [32, 32], "batch_size": 64}, nsim=4, leg_steps=4096)


def weights(learner: Dagger) -> list[np.ndarray]:
    layers, moments = learner.network()
    return [*(layer.weights for layer in layers), np.array(moments.mean), np.array(moments.scale)]


def test_a_run_that_goes_on_from_its_checkpoint_is_the_run_that_was_never_stopped(tmp_path: Path) -> None:
    whole, first, other = Dagger(PLAN, 1), Dagger(PLAN, 2), Dagger(PLAN, 1)
    for leg in range(3):
        whole.learn(leg)
    first.learn(0)
    first.save(tmp_path)
    other.restore(tmp_path)
    for leg in (1, 2):
        other.learn(leg)
    for left, right in zip(weights(whole), weights(other), strict=True):
        np.testing.assert_array_equal(left, right)


def test_where_the_clone_gets_to_it_does_what_the_expert_would_better_than_the_first_clone(tmp_path: Path) -> None:
    learner = Dagger(PLAN, 1)
    learner.learn(0)
    first, _ = learner.network()
    for leg in (1, 2, 3):
        learner.learn(leg)
    last, _ = learner.network()
    learner.save(tmp_path)
    with np.load(tmp_path / "shown.npz") as shown:
        inputs, actions = shown["inputs"], shown["actions"]
    errors = [float(((apply(layers, inputs) - actions) ** 2).mean()) for layers in (first, last)]
    assert errors[1] < 0.7 * errors[0]


def test_what_was_shown_grows_and_comes_from_the_clone_s_own_cycles(tmp_path: Path) -> None:
    learner = Dagger(PLAN, 1)
    sizes = []
    for leg in range(2):
        learner.learn(leg)
        learner.save(tmp_path)
        with np.load(tmp_path / "shown.npz") as shown:
            sizes.append(len(shown["inputs"]))
    assert sizes[1] > sizes[0]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"control": "joint"}, TrainError, "control=joint with trainer=dagger; allowed: ee"),
        ({"params": {"leash": 0.0}}, TrainError, "leash"),
        ({"params": {"pace": 2.0}}, TrainError, "pace"),
        ({"station": "walk", "robot": "biped", "control": "legs"}, PolicyError, "no controller for station 'walk'"),
    ],
)
def test_what_cannot_be_learned_so_is_said_in_a_line(
    change: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Dagger(replace(PLAN, **change))  # type: ignore[arg-type]


TOTES = replace(
    PLAN, station="tote_destack", robot="wheeled", reads=("tote_pose", "memory:30:30:4"), nsim=2, leg_steps=512
)


def test_a_clone_of_a_script_that_remembers_gives_its_memory_beside_the_action(tmp_path: Path) -> None:
    """What is shown for the phase, added up over a cycle of the script, is the phase in which the cycle ended.

    In each step the phase changes in one number at most, so that a clone cannot be between two.
    """
    learner = Dagger(replace(TOTES, nsim=1), 1)
    learner.learn(0)
    learner.save(tmp_path)
    with np.load(tmp_path / "shown.npz") as shown:
        changes, kept = shown["actions"][:, -30:], shown["inputs"][:, -31:]
    assert learner.network()[0][-1].weights.shape[1] == len(learner.interface.action) + 30
    phases = np.rint(changes[:, : len(Phase) - 1])
    assert np.abs(phases).sum(axis=1).max() == 1
    last = int(phases.sum())
    np.testing.assert_array_equal(phases.sum(axis=0), np.arange(1, len(Phase)) <= last)
    assert last > Phase.LIFT
    assert np.ptp(kept[:, :last], axis=0).all()
    marks = np.rint(changes[:, 18:30].sum(axis=0))
    assert 0 < marks.sum() < 12
    np.testing.assert_array_equal(marks, np.sort(marks)[::-1])


def test_a_script_waits_in_its_phase_for_a_memory_that_has_not_gone_on() -> None:
    """One of two robots remembers the next phase when the script goes on to it, the other not for 5 steps more."""
    robot = robots.load("wheeled")
    script = ToteDestackPolicy(robot, 2)
    batch = StationBatch(build_world(stations.load("tote_destack"), robot, "ideal"), 2, 1, script.control, "D0")
    ids = np.arange(2)
    batch.begin(ids, [cycle_seed(7, "tote_destack", 0)] * 2)
    script.begin(ids)
    obs = batch.observe()
    phases: list[tuple[str, str]] = []
    while phases[-1:] != [("dock", "dock")] and len(phases) < 300:
        action, memory = np.clip(script.act(obs), -1.0, 1.0), script.memory()
        if phases.count(("dock", "shape")) < 5:
            memory[1] = 0.0
        script.took(action, memory)
        phases.append((script.describe(0), script.describe(1)))
        obs = batch.step(action, ids).obs
    assert phases[-7:] == [("shape", "shape"), *[("dock", "shape")] * 5, ("dock", "dock")]


def test_a_clone_is_shown_no_load_that_its_arms_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Dagger(replace(TOTES, nsim=8), 1)
    seed = learner._plan.training_seed(0)

    def begun(ids: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(learner._expert, "begin", begun)
    with pytest.raises(InterruptedError):
        learner.learn(0)
    figures = learner._batch.metrics()
    chart = load_chart(robots.load("wheeled"))
    graded = [chart.allows({name: float(value[slot]) for name, value in figures.items()}) for slot in range(8)]
    assert all(graded)
    heaviest = float(figures["mass_kg"].max())
    learner._batch.begin(np.arange(8), [cycle_seed(seed + slot, "tote_destack", 0) for slot in range(8)])
    drawn = learner._batch.metrics()["mass_kg"]
    assert (drawn > heaviest).any()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            replace(TOTES, reads=("memory:30",)),
            "a memory of 30 numbers, 0 of them whole; allowed: memory:30:30, what",
        ),
        (replace(PLAN, reads=("target", "memory:4")), "reads a memory with trainer=dagger; allowed: at stations whose"),
    ],
)
def test_a_memory_is_that_of_the_script_or_is_refused(plan: Plan, message: str) -> None:
    with pytest.raises(TrainError, match=message):
        Dagger(plan)
