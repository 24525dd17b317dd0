"""Cloning: the learner fits the chain of legs, and learns what was shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pilotline import robots
from pilotline.benchmarks import demos as recording
from pilotline.benchmarks import training
from pilotline.benchmarks.job import Job
from pilotline.envs.interface import Interface
from pilotline.policies.file import Training, layers
from pilotline.policies.file.present import present
from pilotline.policies.file.reading import read
from pilotline.policies.imitate import storage
from pilotline.policies.imitate.cloning import Cloning, vectors
from pilotline.policies.imitate.demos import Demos, DemosError
from pilotline.policies.imitate.student import normalisation_of
from pilotline.policies.train import legs
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan


@pytest.fixture(scope="module")
def here() -> Interface:
    return present("reach", robots.load("fixed"), "ideal", "ee")


def test_a_leg_from_its_checkpoint_is_the_leg_that_would_have_been(
    plan: Plan, shown: Demos, here: Interface, tmp_path: Path
) -> None:
    whole = Cloning(plan, shown, here)
    assert whole.learn(0).steps == 64
    before = whole.network()[0]
    whole.save(tmp_path)
    whole.learn(1)
    again = Cloning(replace(plan, seed=plan.seed), shown, here)
    again.restore(tmp_path)
    again.learn(1)
    for one, other, old in zip(whole.network()[0], again.network()[0], before, strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)
        assert not np.array_equal(one.weights, old.weights)


def test_a_clone_of_the_reference_does_its_job(
    job: Callable[..., Job], here: Interface, plan: Plan, tmp_path: Path
) -> None:
    """Forty cycles of the reference carry a small network through most cycles that nobody showed."""
    recording.record(job(cycles=40, nsim=20), "good", tmp_path)
    shown = storage.read(tmp_path)
    plan = replace(plan, demos=shown.sha256())
    longer = replace(
        plan, params={"net": [64, 64], "batch_size": 128, "learning_rate": 3e-3}, leg_steps=25_600, cycles=16
    )
    state = legs.run(
        legs.State(),
        longer,
        Cloning(longer, shown, here),
        tmp_path,
        legs.Budget(1),
        lambda path: training.evaluate(longer, path, 1),
        lambda steps, wall_s: training.record(longer, steps, wall_s),
    )
    assert state.rows[0].evaluation.good >= 12
    record = read(tmp_path / legs.BEST).contract.training
    assert record.config["demos"] == shown.sha256()
    untrained = replace(longer, params={**longer.params, "learning_rate": 1e-12}, leg_steps=128)
    (tmp_path / "untrained").mkdir()
    state = legs.run(
        legs.State(),
        untrained,
        Cloning(untrained, shown, here),
        tmp_path / "untrained",
        legs.Budget(1),
        lambda path: training.evaluate(untrained, path, 1),
        lambda steps, wall_s: Training(),
    )
    assert state.rows[0].evaluation.good <= 4


def test_vectors_are_those_that_the_policy_meets(shown: Demos, here: Interface) -> None:
    episode = shown.episodes[0]
    seen, done = vectors(episode, here, ("target", "previous_action", "clock:2.5"))
    m = done.shape[1]
    assert seen.shape == (len(episode.actions), 3 + m + 2)
    np.testing.assert_array_equal(seen[:, :3], episode.observations["target"][:-1])
    np.testing.assert_array_equal(seen[0, 3 : 3 + m], np.zeros(m))
    np.testing.assert_array_equal(seen[1:, 3 : 3 + m], done[:-1])
    turn = 2.0 * np.pi * np.arange(len(seen)) * 0.02 / 2.5
    np.testing.assert_allclose(seen[:, -2:], np.stack([np.sin(turn), np.cos(turn)], axis=1), atol=1e-6)


def test_normalised_demonstrations_have_mean_zero_and_deviation_one(shown: Demos, here: Interface) -> None:
    seen = np.concatenate([vectors(one, here, None)[0] for one in shown.episodes])
    by = normalisation_of(seen, 10.0)
    values = (seen.astype(np.float64) - by.mean) / by.scale
    np.testing.assert_allclose(values.mean(axis=0), 0.0, atol=1e-6)
    spread = values.std(axis=0)
    assert np.all((np.abs(spread - 1.0) < 1e-6) | (spread < 1e-6))
    assert np.array(by.scale)[spread < 1e-6].tolist() == [1.0] * int((spread < 1e-6).sum())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"robot": "wheeled"}, "demos: recorded with robot fixed; here it is wheeled"),
        ({"control": "joint"}, "demos: recorded with control ee; here it is joint"),
        ({"gains": {}}, "demos: recorded with gains "),
        ({"observation": ()}, "demos: recorded with observation of 14 parts; here it is of 0"),
    ],
)
def test_demonstrations_of_another_interface_are_refused(
    change: dict, told: str, plan: Plan, shown: Demos, here: Interface
) -> None:
    with pytest.raises(DemosError, match=told) as found:
        Cloning(plan, shown, replace(here, **change))
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"net": []}, "net"),
        ({"activation": "sine"}, "activation"),
        ({"gamma": 0.9}, "gamma"),
        ({"batch_size": 0}, "batch"),
    ],
)
def test_wrong_parameters_end_in_a_sentence(params: dict, told: str, plan: Plan, shown: Demos, here: Interface) -> None:
    with pytest.raises(TrainError, match=f"params of bc: {told}.*there are: net, "):
        Cloning(replace(plan, params=params), shown, here)


def test_the_normalised_layers_are_what_the_file_computes(
    plan: Plan, shown: Demos, here: Interface, tmp_path: Path
) -> None:
    import onnxruntime

    learner = Cloning(plan, shown, here)
    legs.run(
        legs.State(),
        plan,
        learner,
        tmp_path,
        legs.Budget(64),
        lambda path: legs.Evaluation(1, 0, 0, 1, 0),
        lambda steps, wall_s: Training(),
    )
    seen, _ = vectors(shown.episodes[0], here, plan.reads)
    session = onnxruntime.InferenceSession(tmp_path / legs.LAST, providers=["CPUExecutionProvider"])
    (ours,) = session.run(None, {"obs": seen})
    rows = learner._inputs[: len(seen)].numpy()
    np.testing.assert_allclose(ours, np.clip(layers.apply(learner.network()[0], rows), -1.0, 1.0), atol=1e-5)
