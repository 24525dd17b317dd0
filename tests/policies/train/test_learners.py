"""Each library keeps the promises of a learner: legs that repeat, files that hold all, a network that is the policy."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pilotline.policies.file import Contract, Layer, write_policy
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.vec_learner import VecLearner

Tiny = Callable[..., Plan]
TRAINERS = ("sb3_ppo", "sb3_sac", "sbx_ppo", "sbx_sac")


def learner_of(plan: Plan) -> VecLearner:
    module = importlib.import_module(f"pilotline.policies.train.{plan.trainer[:3]}")
    return VecLearner(plan, module.LIBRARY, nthread=1)


def same(one: tuple[Layer, ...], other: tuple[Layer, ...]) -> bool:
    return all(
        np.array_equal(a.weights, b.weights) and np.array_equal(a.bias, b.bias) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_leg_from_its_checkpoint_is_the_leg_that_would_have_been(trainer: str, tiny: Tiny, tmp_path: Path) -> None:
    whole = learner_of(tiny(trainer))
    first = whole.learn(0)
    assert first.steps >= 256
    before = whole.network()
    whole.save(tmp_path)
    whole.learn(1)
    again = learner_of(tiny(trainer))
    again.restore(tmp_path)
    assert same(again.network()[0], before[0])
    again.learn(1)
    assert same(again.network()[0], whole.network()[0])
    assert again.network()[1] == whole.network()[1]
    assert not same(whole.network()[0], before[0])


def test_a_learning_rate_that_was_adapted_goes_on(tiny: Tiny, tmp_path: Path) -> None:
    whole = learner_of(tiny("sbx_ppo", target_kl=1e-5, learning_rate=3e-3))
    whole.learn(0)
    rate = whole._model.adaptive_lr.current_adaptive_lr
    assert rate < 2e-3
    whole.save(tmp_path)
    again = learner_of(tiny("sbx_ppo", target_kl=1e-5, learning_rate=3e-3))
    again.restore(tmp_path)
    assert again._model.adaptive_lr.current_adaptive_lr == rate


@pytest.mark.parametrize(("desired_kl", "falls"), [(1e-7, True), (10.0, False)])
def test_the_rate_follows_how_far_updates_go_and_goes_on_from_a_checkpoint(
    desired_kl: float, falls: bool, tiny: Tiny, tmp_path: Path
) -> None:
    plan = tiny("sb3_ppo", desired_kl=desired_kl, learning_rate=1e-3)
    whole, again = learner_of(plan), learner_of(plan)
    whole.learn(0)
    assert (whole._model.rate < 1e-3) is falls
    assert 1e-5 <= whole._model.rate <= 1e-2
    whole.save(tmp_path)
    again.restore(tmp_path)
    whole.learn(1)
    again.learn(1)
    assert again._model.rate == whole._model.rate
    assert same(again.network()[0], whole.network()[0])


@pytest.mark.parametrize("trainer", TRAINERS)
def test_the_file_acts_as_the_library_does(trainer: str, tiny: Tiny, tmp_path: Path) -> None:
    import onnxruntime

    learner = learner_of(tiny(trainer))
    learner.learn(0)
    layers, normalisation = learner.network()
    contract = Contract.of(learner.interface, ("right_hand", "target"), normalisation=normalisation)
    write_policy(tmp_path / "policy.onnx", layers, contract)
    obs = np.random.default_rng(0).normal(0.5, 0.7, (64, contract.inputs)).astype(np.float32)
    session = onnxruntime.InferenceSession(tmp_path / "policy.onnx", providers=["CPUExecutionProvider"])
    (ours,) = session.run(None, {session.get_inputs()[0].name: obs})
    theirs, _ = learner._model.predict(learner._env.normalize_obs(obs), deterministic=True)
    np.testing.assert_allclose(ours, np.clip(theirs, -1.0, 1.0), atol=1e-5)


@pytest.mark.parametrize(
    ("trainer", "params", "told"),
    [
        ("sb3_ppo", {"activation": "sine"}, "activation='sine' of sb3_ppo; allowed: tanh, relu, elu, swish"),
        ("sb3_ppo", {"learning_speed": 1.0}, "params of sb3_ppo: .*learning_speed"),
        ("sb3_ppo", {"net": [-3]}, "params of sb3_ppo: net.0 is -3: "),
        ("sbx_ppo", {"net": []}, r"params of sbx_ppo: net is \[\]: "),
        ("sb3_sac", {"clip_obs": "x"}, "params of sb3_sac: clip_obs is 'x': "),
        ("sbx_sac", {"learning_speed": 1.0}, "params of sbx_sac: .*learning_speed"),
        ("sbx_ppo", {"activation": "sine"}, "activation='sine' of sbx_ppo; allowed: tanh, relu, elu, swish"),
    ],
)
def test_wrong_parameters_end_in_a_sentence(trainer: str, params: dict, told: str, tiny: Tiny) -> None:
    with pytest.raises(TrainError, match=told):
        learner_of(tiny(trainer, **params))


def test_an_entry_that_is_not_there_is_told(tiny: Tiny) -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="reads 'left_foot'; allowed: "):
        learner_of(replace(tiny("sb3_ppo"), reads=("left_foot",)))
