"""A weight on the mean action's size keeps still what nothing is asked of, and changes nothing else."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pilotline.policies.file import Layer
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.vec_learner import VecLearner

Tiny = Callable[..., Plan]
REST = 0.3
BOTH = pytest.mark.parametrize("trainer", ["sb3_ppo", "sbx_ppo"])
OBS = np.random.default_rng(0).normal(size=(5, 10)).astype(np.float32)


def learner_of(plan: Plan) -> VecLearner:
    module = importlib.import_module(f"pilotline.policies.train.{plan.trainer[:3]}")
    return VecLearner(plan, module.LIBRARY, nthread=1)


def offset(layers: tuple[Layer, ...], by: float) -> tuple[Layer, ...]:
    """The layers, with a mean action around `by`."""
    return (*layers[:-1], replace(layers[-1], bias=np.full_like(layers[-1].bias, by)))


def begun(plan: Plan, by: float) -> VecLearner:
    learner = learner_of(plan)
    learner._library.put(learner._model, offset(learner.network()[0], by))
    return learner


def same(one: VecLearner, other: VecLearner) -> bool:
    pairs = zip(one.network()[0], other.network()[0], strict=True)
    return all(np.array_equal(a.weights, b.weights) and np.array_equal(a.bias, b.bias) for a, b in pairs)


def of_sb3(model: Any) -> tuple[np.ndarray, np.ndarray]:
    import torch

    drawn = model.policy.get_distribution(torch.from_numpy(OBS)).distribution
    drawn.mean.sum(dim=1).mean().backward()
    return drawn.mean.detach().numpy(), model.policy.action_net.bias.grad.numpy()


def of_sbx(model: Any) -> tuple[np.ndarray, np.ndarray]:
    import jax

    state = model.policy.actor_state

    def loss(params: Any) -> Any:
        return state.apply_fn(params, OBS).mean().sum(axis=1).mean()

    last = jax.grad(loss)(state.params)["params"]["Dense_2"]
    return np.asarray(state.apply_fn(state.params, OBS).mean()), np.asarray(last["bias"])


@BOTH
def test_the_gradient_is_that_of_the_mean_square_in_the_loss(trainer: str, tiny: Tiny) -> None:
    learner = begun(tiny(trainer), 0.5)
    model = learner._model
    learner._library.to_rest(model, REST)
    mean, gradient = of_sb3(model) if trainer == "sb3_ppo" else of_sbx(model)
    # of the mean action itself, and of REST times the sum over channels of its square, both in the mean over the batch
    np.testing.assert_allclose(gradient, 1.0 + 2.0 * REST * mean.mean(axis=0), rtol=1e-5)


@BOTH
def test_the_mean_action_comes_to_rest(trainer: str, tiny: Tiny) -> None:
    size = {}
    for rest in (0.0, 10.0):
        learner = begun(tiny(trainer, rest=rest, learning_rate=1e-2, n_epochs=10), 0.3)
        learner.learn(0)
        size[rest] = np.abs(learner._model.predict(OBS, deterministic=True)[0]).mean()
    assert size[10.0] < 0.1 < 0.2 < size[0.0]


@BOTH
@pytest.mark.parametrize("rest_from", [100, 256])
def test_it_begins_at_a_step_of_the_run_also_in_a_run_that_goes_on(
    trainer: str, rest_from: int, tiny: Tiny, tmp_path: Path
) -> None:
    plain, whole, again = (
        learner_of(tiny(trainer, **params)) for params in ({}, *2 * [{"rest": REST, "rest_from": rest_from}])
    )
    for each in (plain, whole):
        each.learn(0)
    # the leg's two rollouts begin at 0 and 128
    assert same(plain, whole) is (rest_from > 128)
    whole.save(tmp_path)
    again.restore(tmp_path)
    for each in (plain, whole, again):
        each.learn(1)
    assert same(whole, again)
    assert not same(plain, whole)


@pytest.mark.parametrize(
    ("trainer", "params", "told"),
    [
        ("sb3_sac", {"rest": 0.1}, "rest=0.1 of sb3_sac; allowed: 0, or sb3_ppo, sbx_ppo without a gait"),
        ("sb3_ppo", {"rest": 0.1, "gait": {"cycle_s": 1.0}}, "rest=0.1 of sb3_ppo; allowed: 0, or "),
        ("sbx_ppo", {"rest": -0.1}, "params of sbx_ppo: rest is -0.1: "),
        ("sbx_ppo", {"rest": 0.1, "rest_from": -9}, "params of sbx_ppo: rest_from is -9: "),
    ],
)
def test_what_cannot_be_ends_in_a_sentence(trainer: str, params: dict[str, Any], told: str, tiny: Tiny) -> None:
    with pytest.raises(TrainError, match=told):
        learner_of(tiny(trainer, **params))
