"""Brax's PPO keeps the promises of a learner, and is Brax's; on a station without physics, compiled within seconds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("brax")
pytest.importorskip("mujoco.mjx")

import jax
from brax.training.agents.ppo import networks
from brax.training.agents.ppo import train as ppo

from pilotline.envs.mjx.training import wrap
from pilotline.policies.file import Contract, Inputs, write_policy
from pilotline.policies.file.words import segments
from pilotline.policies.train.brax import BraxLearner
from pilotline.policies.train.brax_env import BraxEnv
from pilotline.policies.train.brax_loop import ACTIVATIONS, BraxParams, make_loop
from pilotline.policies.train.learner import Learned, TrainError
from pilotline.policies.train.plan import Plan

from .point import INTERFACE, Point

PARAMS = {
    "learning_rate": 0.005,
    "unroll_length": 5,
    "batch_size": 64,
    "num_minibatches": 2,
    "num_updates_per_batch": 2,
    "net": [16, 16],
    "value_net": [8],
    "bank": 2,
}
READS = ("target", "previous_action", "clock:0.12", "point")
NSIM, ROUNDS = 16, 2
ROUND_STEPS = 64 * 2 * 5


def plan(**params: object) -> Plan:
    return Plan(
        trainer="brax_ppo",
        params={**PARAMS, **params},
        station="reach",
        robot="fixed",
        actuators="ideal",
        control="ee",
        pack="D0",
        reads=READS,
        seed=0,
        nsim=NSIM,
        leg_steps=ROUNDS * ROUND_STEPS,
        cycles=8,
    )


def learner() -> BraxLearner:
    return BraxLearner(plan(), Point(), INTERFACE)


@pytest.fixture(scope="module", autouse=True)
def compiled_quickly() -> Iterator[None]:
    """Compiling takes longer than all that is compiled here."""
    before = jax.config.values["jax_disable_most_optimizations"]
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


def test_from_the_same_keys_come_the_networks_of_brax() -> None:
    params = BraxParams.model_validate(PARAMS)
    env = BraxEnv(Point(), INTERFACE, READS)
    _, theirs, _ = ppo.train(
        environment=env,
        wrap_env_fn=wrap,
        episode_length=env.episode_length,
        max_devices_per_host=1,
        num_timesteps=ROUNDS * params.round_steps,
        num_envs=NSIM,
        run_evals=False,
        normalize_observations=True,
        network_factory=partial(
            networks.make_ppo_networks,
            policy_hidden_layer_sizes=params.net,
            value_hidden_layer_sizes=params.value_net,
            activation=ACTIVATIONS[params.activation],
        ),
        seed=3,
        **{
            name: getattr(params, name)
            for name in BraxParams.model_fields
            if name not in ("net", "value_net", "activation", "bank", "contacts", "impl")
        },
    )
    for_networks, local = jax.random.split(jax.random.PRNGKey(3))
    local, key_cycles, _ = jax.random.split(jax.random.fold_in(local, 0), 3)
    wrapped = wrap(env, env.episode_length)
    loop = make_loop(wrapped, params, NSIM)
    kept = loop.begin(*jax.random.split(for_networks))
    sims = wrapped.reset(jax.random.split(key_cycles, NSIM))
    (key,) = jax.random.split(jax.random.split(local)[0], 1)
    for _ in range(ROUNDS):
        kept, sims, key, _, _ = loop.round(kept, sims, key)
    ours = kept.normalizer_params, kept.params.policy, kept.params.value
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def one_leg(tmp_path_factory: pytest.TempPathFactory) -> tuple[BraxLearner, Learned, Path]:
    """A learner after its first leg, what that gave, and its checkpoint."""
    trained, folder = learner(), tmp_path_factory.mktemp("checkpoint")
    learned = trained.learn(0)
    trained.save(folder)
    return trained, learned, folder


def test_the_file_acts_as_brax_does(one_leg: tuple[BraxLearner, Learned, Path], tmp_path: Path) -> None:
    import onnxruntime

    trained = one_leg[0]
    layers, normalisation = trained.network()
    contract = Contract.of(INTERFACE, READS, normalisation=normalisation)
    write_policy(tmp_path / "policy.onnx", layers, contract)
    seen = np.random.default_rng(0).normal(0.0, 0.7, (64, contract.inputs)).astype(np.float32)
    session = onnxruntime.InferenceSession(tmp_path / "policy.onnx", providers=["CPUExecutionProvider"])
    (ours,) = session.run(None, {session.get_inputs()[0].name: seen})
    theirs = trained.act(seen)
    assert np.abs(theirs).max() > 0.05
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_leg_from_its_checkpoint_is_the_leg_that_would_have_been(
    one_leg: tuple[BraxLearner, Learned, Path],
) -> None:
    whole, first, folder = one_leg
    assert first.steps == ROUNDS * ROUND_STEPS
    assert first.episodes >= ROUNDS * ROUND_STEPS // Point.episode_length
    assert first.mean_return is not None
    assert 0.0 < first.mean_return < Point.episode_length
    again = learner()
    again.restore(folder)
    before = again.network()
    whole.learn(1)
    again.learn(1)
    for ours, theirs in zip(again.network()[0], whole.network()[0], strict=True):
        np.testing.assert_array_equal(ours.weights, theirs.weights)
        np.testing.assert_array_equal(ours.bias, theirs.bias)
    assert again.network()[1] == whole.network()[1]
    assert not np.array_equal(whole.network()[0][0].weights, before[0][0].weights)


def test_what_is_learned_from_is_what_the_file_will_see() -> None:
    """Through ends of cycles, which the wrapper begins anew."""
    env = BraxEnv(Point(), INTERFACE, READS)
    wrapped = wrap(env, env.episode_length)
    rng = np.random.default_rng(0)
    inputs = Inputs(segments(INTERFACE, READS), INTERFACE.observation, 2, NSIM, INTERFACE.period_s)
    state, step = wrapped.reset(jax.random.split(jax.random.PRNGKey(0), NSIM)), jax.jit(wrapped.step)
    ends = 0
    for _ in range(2 * Point.episode_length):
        sim = state.data
        np.testing.assert_allclose(state.obs, inputs({"point": sim.point, "target": sim.target}), atol=1e-5)
        action = rng.uniform(-1.5, 1.5, (NSIM, 2)).astype(np.float32)
        state = step(state, action)
        inputs.took(np.clip(action, -1.0, 1.0))
        ended = np.flatnonzero(np.asarray(state.done))
        inputs.begin(ended)
        ends += len(ended)
    assert ends > NSIM


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"learning_speed": 1.0}, "params of brax_ppo: learning_speed .*; there are: learning_rate, "),
        ({"activation": "sine"}, "params of brax_ppo: activation "),
        ({"net": []}, "params of brax_ppo: net "),
        ({"batch_size": 7}, "batch_size=7 with num_minibatches=2 and nsim=16; allowed: their product a multiple of"),
    ],
)
def test_wrong_parameters_end_in_a_sentence(params: dict, told: str) -> None:
    with pytest.raises(TrainError, match=told):
        BraxLearner(plan(**params), Point(), INTERFACE)


def test_the_return_rises(one_leg: tuple[BraxLearner, Learned, Path]) -> None:
    trained, first, _ = one_leg
    assert first.mean_return is not None
    late = np.array([trained.learn(leg).mean_return or 0.0 for leg in range(2, 62)])[-20:]
    assert late.mean() > 1.3 * first.mean_return
