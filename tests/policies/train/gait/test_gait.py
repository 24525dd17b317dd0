"""An untrained walker steps on the spot, is the same on both sides, and its file acts as it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mujoco
import numpy as np
import pytest
import torch

from pilotline import policies, robots
from pilotline.envs.work.motion import RANDOM
from pilotline.policies.file import Contract, write_policy
from pilotline.policies.train.gait.lift import lift_of
from pilotline.policies.train.gait.reads import SWING
from pilotline.policies.train.gait.reward import Motion, terms
from pilotline.policies.train.gait.sb3 import LIBRARY
from pilotline.policies.train.gait.settings import Gait, Weights
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.reads import reads_of
from pilotline.policies.train.vec_learner import VecLearner

Walking = Callable[..., Plan]


@pytest.fixture(scope="module")
def learner(walking: Walking) -> VecLearner:
    return VecLearner(walking(), LIBRARY, nthread=1)


def test_a_lifted_foot_goes_straight_up_and_stays_level() -> None:
    robot = robots.load("biped")
    model = robot.spec().compile()
    poses = []
    for moved in ({}, lift_of(model, robot, "right", 0.05)):
        data = mujoco.MjData(model)
        for joint, value in robot.home.items():
            data.qpos[model.joint(joint).qposadr[0]] = value + moved.get(joint, 0.0)
        mujoco.mj_kinematics(model, data)
        site = data.site(robot.feet["right"].sole_site)
        poses.append((site.xpos.copy(), site.xmat.copy()))
    np.testing.assert_allclose(poses[1][0] - poses[0][0], [0.0, 0.0, 0.05], atol=1e-3)
    np.testing.assert_allclose(poses[1][1], poses[0][1], atol=1e-3)


def test_a_lift_that_a_leg_cannot_make_is_refused() -> None:
    robot = robots.load("biped")
    with pytest.raises(TrainError, match=r"lift_m=2\.0: the right foot of biped stays"):
        lift_of(robot.spec().compile(), robot, "right", 2.0)


def test_an_untrained_walker_lifts_each_foot_in_its_turn(learner: VecLearner) -> None:
    gait_env = learner._env.venv.venv
    seen = np.zeros((3, len(gait_env.mirror.take)), np.float32)
    seen[:, SWING] = [[0.0, 0.0], [1.0, 0.0], [0.0, 0.5]]
    with torch.no_grad():
        output = learner._model.policy.get_distribution(torch.as_tensor(seen)).distribution.mean.numpy()
    robot = robots.load("biped")
    up = lift_of(robot.spec().compile(), robot, "right", 0.06)
    legs = gait_env.batch.control.names
    right = np.array([up.get(joint, 0.0) for joint in legs]) / 0.3
    np.testing.assert_allclose(output[1] - output[0], right, atol=0.05)
    left = gait_env.action_mirror(right[None])[0]
    np.testing.assert_allclose(output[2] - output[0], 0.5 * left, atol=0.05)


def test_what_is_learned_is_the_same_on_both_sides(learner: VecLearner) -> None:
    learner.learn(0)
    gait_env, policy = learner._env.venv.venv, learner._model.policy
    seen = np.random.default_rng(0).normal(size=(50, len(gait_env.mirror.take))).astype(np.float32)
    image = gait_env.mirror(seen).astype(np.float32)
    with torch.no_grad():
        own, other = (policy.get_distribution(torch.as_tensor(x)).distribution.mean.numpy() for x in (seen, image))
        worth, same = (policy.predict_values(torch.as_tensor(x)).numpy() for x in (seen, image))
    np.testing.assert_allclose(other, gait_env.action_mirror(own), atol=1e-5)
    np.testing.assert_allclose(same, worth, atol=1e-5)


def test_the_critic_sees_more_than_the_policy(learner: VecLearner) -> None:
    gait_env, policy = learner._env.venv.venv, learner._model.policy
    seen = np.random.default_rng(1).normal(size=(4, len(gait_env.mirror.take))).astype(np.float32)
    other = seen.copy()
    other[:, gait_env.width :] += 1.0
    with torch.no_grad():
        acts = [policy.get_distribution(torch.as_tensor(x)).distribution.mean.numpy() for x in (seen, other)]
        worth = [policy.predict_values(torch.as_tensor(x)).numpy() for x in (seen, other)]
    np.testing.assert_array_equal(acts[0], acts[1])
    assert np.abs(worth[0] - worth[1]).min() > 1e-3


@pytest.mark.parametrize("bias", [0.0, 12.0], ids=["within range", "far beyond"])
@pytest.mark.parametrize("gait", [{}, {"smooth_s": 0.04, "feels": ["wrist_wrench", "balance"]}])
def test_the_file_drives_the_robot_as_training_does(gait: dict, bias: float, walking: Walking, tmp_path: Path) -> None:
    plan = walking(gait={"period_s": 0.8, **gait})
    learner = VecLearner(plan, LIBRARY, nthread=1)
    learner.learn(0)
    with torch.no_grad():
        learner._model.policy.action_net.last.bias[0] += bias
    layers, normalisation = learner.network()
    contract = Contract.of(learner.interface, reads_of(plan, learner.interface), normalisation=normalisation)
    write_policy(tmp_path / "walk.onnx", layers, contract)
    env = learner._env
    env.training = False
    env.seed(5)
    seen, file = env.reset(), policies.load(str(tmp_path / "walk.onnx"), "walk_still", robots.load("biped"), 8)
    batch, gait_env = env.venv.venv.batch, env.venv.venv
    file.begin(np.arange(8))
    for _ in range(20):
        output, _ = learner._model.predict(seen, deterministic=True)
        action = file.act(batch.observe())
        seen, _, done, _ = env.step(output)
        file.begin(np.flatnonzero(done))
        np.testing.assert_allclose(action, gait_env._action, atol=2e-5)


@pytest.mark.parametrize("gait", [{}, {"push_ns_per_kg": 0.4, "average_updates": 5, "cycle_s": 0.3}])
def test_a_leg_from_its_checkpoint_is_the_leg_that_would_have_been(
    gait: dict, walking: Walking, tmp_path: Path
) -> None:
    whole, again = (VecLearner(walking(gait=gait), LIBRARY, nthread=1) for _ in range(2))
    whole.learn(0)
    whole.save(tmp_path)
    whole.learn(1)
    again.restore(tmp_path)
    again.learn(1)
    for one, other in zip(whole.network()[0], again.network()[0], strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)
    assert whole.network()[1] == again.network()[1]


def test_what_is_kept_has_weights_averaged_over_updates(walking: Walking) -> None:
    learner = VecLearner(walking(gait={"average_updates": 5}), LIBRARY, nthread=1)
    policy = learner._model.policy
    last, kept = policy.action_net.last, []
    policy.optimizer.register_step_post_hook(lambda *_: kept.append(last.weight.detach().clone().numpy()))
    learner.learn(0)
    assert len(kept) == 128 // 32 * 2
    mean = kept[0]
    for weight in kept[1:]:
        mean = 0.8 * mean + 0.2 * weight
    found = learner.network()[0][-1].weights
    np.testing.assert_allclose(found[: last.in_features], 0.5 * mean.T * learner._env.venv.venv.aim.gain, atol=1e-6)
    assert np.abs(found[: last.in_features] - 0.5 * kept[-1].T * learner._env.venv.venv.aim.gain).max() > 1e-4


def test_cycles_are_cut_off_in_training_where_the_gait_says_so(walking: Walking) -> None:
    env, _ = LIBRARY.make_env(walking(gait={"cycle_s": 0.2}), 1, 8.0)
    env.seed(3)
    env.reset()
    batch, drawn, ends = env.venv.venv.batch, [], []
    for _ in range(20):
        drawn.append(batch.draw["command"].copy())
        _, _, done, infos = env.step(np.zeros((8, *env.action_space.shape)))
        ends.append(done)
        assert all(info["TimeLimit.truncated"] for info, over in zip(infos, done, strict=True) if over)
    np.testing.assert_array_equal(np.sum(ends, axis=1), [8 if k in (9, 19) else 0 for k in range(20)])
    assert np.array_equal(drawn[0], drawn[9])
    assert (np.abs(drawn[9] - drawn[10]).max(axis=(1, 2)) > 0.0).all()


def test_lively_training_passes_over_calm_cycles_once(walking: Walking) -> None:
    shares = []
    for lively in (False, True):
        env, _ = LIBRARY.make_env(walking(station="walk", gait={"cycle_s": 0.04, "lively": lively}), 1, 8.0)
        env.seed(3)
        env.reset()
        drawn = []
        for _ in range(60):
            env.step(np.zeros((8, *env.action_space.shape)))
            drawn.append(env.venv.venv.batch.draw["motion"] == RANDOM)
        shares.append(np.mean(drawn))
    # of 240 cycles each: three standard deviations
    assert shares == pytest.approx([1.0 / 3.0, 5.0 / 9.0], abs=0.1)


def test_terms_are_within_0_and_1_and_best_for_one_who_does_as_he_is_told() -> None:
    gait, rng = Gait(), np.random.default_rng(2)

    def motion(n: int, spread: float) -> Motion:
        return Motion(
            velocity=spread * rng.normal(size=(n, 3)) + [0.5, 0.0, 0.0],
            down=spread * rng.normal(size=(n, 3)) - [0.0, 0.0, 1.0],
            height_m=0.9 + 0.1 * spread * rng.normal(size=n),
            sole_m=np.array([gait.swing_m, 0.0]) + 0.1 * spread * rng.normal(size=(n, 2)),
            load=np.abs(np.array([0.0, 1.0]) + spread * rng.normal(size=(n, 2))),
            slip_m_per_s=np.abs(spread * rng.normal(size=(n, 2))),
            spin_rad_per_s=spread * rng.normal(size=(n, 2)),
            tilt=np.abs(0.1 * spread * rng.normal(size=(n, 2))),
        )

    def found(n: int, spread: float) -> dict[str, np.ndarray]:
        command, swing = np.tile([0.5, 0.0, 0.0], (n, 1)), np.tile([1.0, 0.0], (n, 1))
        aside, change = spread * rng.normal(size=(n, 8)), spread * rng.normal(size=(n, 12))
        off = spread * rng.normal(size=(n, 3))
        return terms(motion(n, spread), command, off, swing, aside, change, 0.9, gait)

    best, any_motion = found(1, 0.0), found(500, 1.0)
    assert best.keys() == Weights.model_fields.keys()
    for name, value in best.items():
        assert value == pytest.approx(1.0), name
        assert ((any_motion[name] >= 0.0) & (any_motion[name] <= 1.0)).all(), name


@pytest.mark.parametrize(
    ("where", "params", "told"),
    [
        ({"station": "stand"}, {}, "gait at pilotline/Stand-v1 with robot biped: no command; allowed: robots on legs"),
        ({}, {"gait": {"period_s": 0.0}}, "gait: period_s is 0.0: "),
        ({}, {"gait": "fast"}, "gait is 'fast': Input should be a valid dictionary"),
        ({}, {"gait": {"push_ns_per_kg": -0.1}}, "gait: push_ns_per_kg is -0.1: "),
        ({}, {"gait": {"average_updates": 0.5}}, "gait: average_updates is 0.5: "),
        ({}, {"gait": {"weights": {"glory": 1.0}}}, "gait: weights.glory is 1.0: "),
        ({}, {"activation": "tanh"}, "gait with activation=tanh; allowed: relu, elu"),
    ],
)
def test_what_is_no_gait_ends_in_a_sentence(where: dict, params: dict, told: str, walking: Walking) -> None:
    with pytest.raises(TrainError, match=told):
        VecLearner(walking(**where, **params), LIBRARY, nthread=1)
