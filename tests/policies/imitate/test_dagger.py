"""Cloning on the clone's own cycles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pilotline import robots
from pilotline.envs.seeds import cycle_seed
from pilotline.policies import PolicyError
from pilotline.policies.file.layers import apply
from pilotline.policies.imitate.dagger import Dagger
from pilotline.policies.reference.tote_destack import Phase
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
    PLAN, station="tote_destack", robot="wheeled", reads=("tote_pose", "memory:31:31:4"), nsim=2, leg_steps=512
)


def test_a_clone_of_a_script_that_remembers_gives_its_memory_beside_the_action(tmp_path: Path) -> None:
    """What is shown for the phase, added up over a cycle of the script, is the phase in which the cycle ended."""
    learner = Dagger(replace(TOTES, nsim=1), 1)
    learner.learn(0)
    learner.save(tmp_path)
    with np.load(tmp_path / "shown.npz") as shown:
        changes, kept = shown["actions"][:, -31:], shown["inputs"][:, -32:]
    assert learner.network()[0][-1].weights.shape[1] == len(learner.interface.action) + 31
    total = changes[:, : len(Phase)].sum(axis=0)
    last = int(total.argmax())
    np.testing.assert_allclose(total, np.eye(len(Phase))[last], atol=1e-5)
    assert last > Phase.LIFT
    assert np.ptp(kept[:, :last], axis=0).all()
    marks = np.rint(changes[:, 19:31].sum(axis=0))
    assert 0 < marks.sum() < 12
    np.testing.assert_array_equal(marks, np.sort(marks)[::-1])


def test_a_clone_is_shown_no_load_that_its_arms_cannot_hold() -> None:
    learner = Dagger(replace(TOTES, nsim=8), 1)
    seed = learner._plan.training_seed(0)
    learner._begin(seed)
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
            replace(TOTES, reads=("memory:31",)),
            "a memory of 31 numbers, 0 of them whole; allowed: memory:31:31, what",
        ),
        (replace(PLAN, reads=("target", "memory:4")), "reads a memory with trainer=dagger; allowed: at stations whose"),
    ],
)
def test_a_memory_is_that_of_the_script_or_is_refused(plan: Plan, message: str) -> None:
    with pytest.raises(TrainError, match=message):
        Dagger(plan)
