"""Training that begins from a policy file: the same actions, a critic first, and nothing that does not fit."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pilotline import policies, robots
from pilotline.benchmarks.cli import main
from pilotline.envs.interface import Interface
from pilotline.policies.file import Contract, Layer, Normalisation, write_policy
from pilotline.policies.file.graph import build, layers_of
from pilotline.policies.file.present import present
from pilotline.policies.file.reading import read
from pilotline.policies.file.segments import ConstantSegment
from pilotline.policies.file.session import parse
from pilotline.policies.file.words import Read, segments
from pilotline.policies.train import legs
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.start import Start
from pilotline.policies.train.vec_learner import VecLearner

Tiny = Callable[..., Plan]
READS = ("right_hand", "target")
CRITIC = 300  # of legs of 256 steps in rollouts of 128: the first leg, and the first rollout of the second


@pytest.fixture(scope="module")
def here() -> Interface:
    return present("reach", robots.load("fixed"), "ideal", "ee")


def file_of(
    here: Interface, path: Path, reads: tuple[Read, ...] = READS, last: str | None = None, clip: float | None = 4.0
) -> Path:
    """A made-up policy; of its inputs one hardly changed in what it learned from."""
    rng = np.random.default_rng(7)
    contract = Contract.of(here, reads)
    wide = (contract.inputs, 12, 8, contract.outputs)
    layers = [
        Layer(rng.normal(0.0, 0.4, wide[i : i + 2]), rng.normal(0.0, 0.1, wide[i + 1]), "Tanh" if i < 2 else last)
        for i in range(3)
    ]
    scale = rng.uniform(0.2, 2.0, contract.inputs)
    scale[1] = 1e-6
    mean = rng.uniform(-1.0, 1.0, contract.inputs)
    norm = Normalisation(mean=tuple(mean.tolist()), scale=tuple(scale.tolist()), clip=clip)
    write_policy(path, layers, contract.model_copy(update={"normalisation": norm}))
    return path


@pytest.fixture(scope="module")
def file(here: Interface, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_of(here, tmp_path_factory.mktemp("start") / "policy.onnx")


def plan_of(tiny: Tiny, trainer: str, start: Start, **params: Any) -> Plan:
    found = tiny(trainer, **{**start.params(), "critic_steps": CRITIC, **params})
    return replace(found, start=start.sha256)


def learner_of(plan: Plan, start: Start | None) -> VecLearner:
    module = importlib.import_module(f"pilotline.policies.train.{plan.trainer[:3]}")
    return VecLearner(plan, module.LIBRARY, nthread=1, start=start)


def same(one: tuple[Layer, ...], other: tuple[Layer, ...]) -> bool:
    return all(
        np.array_equal(a.weights, b.weights) and np.array_equal(a.bias, b.bias) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("trainer", ["sb3_ppo", "sbx_ppo"])
def test_it_acts_as_the_file_and_keeps_acting_so_until_its_critic_has_learned(
    trainer: str, tiny: Tiny, file: Path, tmp_path: Path
) -> None:
    start = Start.of(file)
    plan = plan_of(tiny, trainer, start)
    whole = learner_of(plan, start)
    # as the actions are made in training, on what is seen there and around the mean of the input that hardly changed
    vectors = np.random.default_rng(0).normal(start.normalisation.mean, 0.7, (64, start.contract.inputs))
    vectors[:32, 1] = np.float32(start.normalisation.mean[1]) + np.arange(-16, 16) * 2e-7
    seen = vectors.astype(np.float32)
    theirs = read(file).network.session()(seen)
    ours, _ = whole._model.predict(whole._env.normalize_obs(seen), deterministic=True)
    np.testing.assert_allclose(np.clip(ours, -1.0, 1.0), theirs, atol=1e-5)
    assert np.ptp(theirs[:32], axis=0).max() > 0.01

    assert same(whole.network()[0], start.layers)
    critic = values(whole, seen)
    whole.learn(0)
    assert same(whole.network()[0], start.layers)
    assert np.abs(values(whole, seen) - critic).max() > 1e-3
    whole.save(tmp_path)
    whole.learn(1)
    assert not same(whole.network()[0], start.layers)
    # what is kept goes on from the middle of the first phase
    again = learner_of(plan, start)
    again.restore(tmp_path)
    again.learn(1)
    assert same(again.network()[0], whole.network()[0])
    np.testing.assert_array_equal(values(again, seen), values(whole, seen))
    kept = whole.network()[1]
    assert kept == again.network()[1]
    assert kept.scale == start.normalisation.scale
    np.testing.assert_allclose(kept.mean, start.normalisation.mean, rtol=1e-7)


def values(learner: VecLearner, seen: np.ndarray) -> np.ndarray:
    """What the critic says of raw vectors."""
    obs, policy = learner._env.normalize_obs(seen), learner._model.policy
    if learner._plan.trainer == "sbx_ppo":
        return np.asarray(learner._model.vf.apply(policy.vf_state.params, obs)).ravel()
    found: np.ndarray = policy.predict_values(policy.obs_to_tensor(obs)[0]).detach().numpy().ravel()
    return found


def test_the_critic_has_a_rate_of_its_own_as_long_as_it_is_alone(tiny: Tiny, file: Path) -> None:
    start = Start.of(file)
    learner = learner_of(plan_of(tiny, "sb3_ppo", start, critic_rate=7e-4, critic_steps=256), start)
    for rate in (7e-4, start.params()["learning_rate"]):
        learner.learn(0)
        assert learner._model.policy.optimizer.param_groups[0]["lr"] == rate


def test_the_actor_follows_at_once_where_nobody_asks_for_a_critic_first(tiny: Tiny, file: Path) -> None:
    start = Start.of(file)
    learner = learner_of(plan_of(tiny, "sb3_ppo", start, critic_steps=0), start)
    learner.learn(0)
    assert not same(learner.network()[0], start.layers)


def test_layers_are_taken_out_of_a_file_as_they_were_put_in(here: Interface) -> None:
    rng = np.random.default_rng(1)
    contract = Contract.of(here, READS)
    for activation in ("Tanh", "Relu", "Elu", "Swish"):
        wide = (contract.inputs, 5, len(contract.action))
        for last in (None, "Tanh"):
            layers = [
                Layer(rng.normal(size=wide[i : i + 2]), rng.normal(size=wide[i + 1]), (activation, last)[i])
                for i in range(2)
            ]
            model = parse(build(layers, contract).SerializeToString()).model
            found = layers_of(model, contract)
            assert same(found, tuple(layers))
            assert [layer.activation for layer in found] == [activation, last]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"trainer": "sb3_sac"}, "with trainer=sb3_sac; allowed: sb3_ppo, sbx_ppo"),
        ({"params": {"gait": {"period_s": 0.8}}}, "with a gait; allowed: sb3_ppo, sbx_ppo without a gait"),
        ({"params": {"net": [12, 9]}}, r"net is \[12, 8\] in the file, here \[12, 9\]"),
        ({"params": {"activation": "elu"}}, "activation is tanh in the file, here elu"),
        ({"params": {"clip_obs": 5.0}}, "clip_obs is 4.0 in the file, here 5.0"),
        ({"reads": ("target", "right_hand")}, "reads right_hand,target, here reads=target,right_hand; allowed: "),
        ({"reads": None}, "reads right_hand,target, here reads=all entries; allowed: "),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value),
)
def test_a_plan_in_which_it_would_be_another_network_is_refused(
    changes: dict[str, Any], told: str, tiny: Tiny, file: Path, here: Interface
) -> None:
    start = Start.of(file)
    plan = plan_of(tiny, "sb3_ppo", start)
    changes = {**changes, "params": {**plan.params, **changes.get("params", {})}}
    start.check(plan, here)
    with pytest.raises(TrainError, match=told) as found:
        start.check(replace(plan, **changes), here)
    assert str(found.value).startswith(f"start={file}")
    assert "\n" not in str(found.value)


def _channel(here: Interface, **changes: Any) -> Interface:
    first, *others = here.action
    return replace(here, action=(replace(first, **changes), *others))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda here: replace(here, station="pilotline/Screw-v1"), "is for station pilotline/Reach-v1"),
        (lambda here: replace(here, period_s=0.01), "acts every 0.02 s"),
        (lambda here: _channel(here, high=9.0), "rescaled, so that targets are those of training; allowed: as in"),
        (lambda here: _channel(here, name="nose"), "is no channel here"),
        (lambda here: replace(here, action=here.action[::-1]), "in another order here than in training"),
        (
            lambda here: replace(here, gains={joint: (k * 1.1, d) for joint, (k, d) in here.gains.items()}),
            "stiffness of .* in training, here it is",
        ),
        (lambda here: replace(here, gains={"neck": (1.0, 1.0), **here.gains}), "joint neck has a servo here"),
    ],
)
def test_another_place_is_refused(
    change: Callable[[Interface], Interface], told: str, tiny: Tiny, file: Path, here: Interface
) -> None:
    start = Start.of(file)
    plan, there = plan_of(tiny, "sb3_ppo", start), change(here)
    with pytest.raises(TrainError, match=told) as found:
        start.check(plan, there)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"last": "Tanh"}, "come Tanh, Tanh, Tanh; allowed: one activation, and nothing after the last"),
        ({"clip": None}, "its inputs are not cut off"),
        ({"reads": (*READS, ConstantSegment(constant=(1.0,)))}, "reads a segment constant; allowed: entries and "),
    ],
    ids=["squashed", "unbounded", "constant"],
)
def test_a_file_that_no_trainer_here_can_go_on_with_is_refused(
    other: dict[str, Any], told: str, here: Interface, tmp_path: Path
) -> None:
    path = file_of(here, tmp_path / "other.onnx", **other)
    with pytest.raises(TrainError, match=told):
        Start.of(path)


def test_parts_of_an_entry_are_more_than_its_name_says(tiny: Tiny, here: Interface, tmp_path: Path) -> None:
    parts = next(entry.parts for entry in here.observation if entry.name == "right_hand")
    start = Start.of(file_of(here, tmp_path / "parts.onnx", (("right_hand", parts[:3]), "target")))
    plan = plan_of(tiny, "sb3_ppo", start)
    with pytest.raises(TrainError, match=r"reads right_hand,target, here reads=right_hand,target; allowed: .* whole"):
        start.check(plan, here)


def test_what_a_file_reads_is_said_in_words_that_read_the_same(here: Interface, tmp_path: Path) -> None:
    words = ("right_hand", "target~0.05", "previous_action:left", "clock:2.5", "memory:5:3:4")
    start = Start.of(file_of(here, tmp_path / "words.onnx", words))
    assert start.reads == words
    assert segments(here, start.reads) == start.contract.reads


def test_plan_and_file_belong_together(tiny: Tiny, file: Path) -> None:
    start = Start.of(file)
    with pytest.raises(TrainError, match="the plan says None"):
        learner_of(replace(plan_of(tiny, "sb3_ppo", start), start=None), start)
    with pytest.raises(TrainError, match="start of SHA-256 None"):
        learner_of(plan_of(tiny, "sb3_ppo", start), None)


@pytest.mark.parametrize("trainer", ["sb3_sac", "sbx_sac"])
def test_a_critic_alone_is_for_ppo(trainer: str, tiny: Tiny) -> None:
    with pytest.raises(TrainError, match=f"critic_steps=64 of {trainer}; allowed: 0, or sb3_ppo"):
        learner_of(tiny(trainer, critic_steps=64), None)


SMALL = ("station=reach", "nsim=8", "leg_steps=256", "cycles=2", "nthread=1", "trainer.n_steps=16")


def test_recorded_cloned_and_tuned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demos, clone, tuned = tmp_path / "demos", tmp_path / "clone", tmp_path / "tuned"
    where = ("station=reach", "nthread=1")
    assert main(["record", *where, "robot=fixed", "policy=reference", "cycles=8", f"out={demos}"]) == 0
    words = ["train", "trainer=bc", f"demos={demos}", *where, "leg_steps=2048", "steps=2048", "cycles=2"]
    # what it reads and how wide it is, is not what the recipe of the station says
    assert main([*words, "reads=right_hand,target,clock:2.5", "trainer.net=[24,16]", f"out={clone}"]) == 0
    file = clone / "best.onnx"
    words = ["train", f"start={file}", *SMALL, "trainer.batch_size=64", "trainer.critic_steps=200"]
    words += ["trainer.learning_rate=2e-5", f"out={tuned}"]
    assert main([*words, "steps=512"]) == 0
    plan = json.loads((tuned / "result.json").read_text())["figures"]["plan"]
    assert plan["start"] == read(file).sha256
    assert (plan["params"]["net"], plan["params"]["activation"]) == ([24, 16], "elu")
    shown = [plan["params"][name] for name in ("log_std_init", "learning_rate", "critic_steps", "batch_size")]
    assert shown == [-2.5, 2e-5, 200, 64]
    assert plan["reads"] == ["right_hand", "target", "clock:2.5"]
    last = read(tuned / legs.LAST)
    assert last.contract.training.config["start"] == plan["start"]
    assert last.contract.reads == read(file).contract.reads
    assert not same(Start.of(tuned / legs.LAST).layers, Start.of(file).layers)
    policies.load(str(tuned / legs.LAST), "reach", robots.load("fixed"), 1)
    # a run can begin from what another one left, and does not go on from another file
    capsys.readouterr()
    words[1] = f"start={tuned / legs.LAST}"
    assert main([*words, "steps=512"]) == 2
    assert "holds a run with start=" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["start=/no/where.onnx"], "policy /no/where.onnx: no such file"),
        (["start={file}", "trainer=sb3_sac"], "with trainer=sb3_sac; allowed: sb3_ppo, sbx_ppo"),
        (["start={file}", "trainer=bc", "demos=/no/where"], "with trainer=bc; allowed: sb3_ppo, sbx_ppo"),
        (["start={file}", "trainer.net=[64,64]"], "net is [12, 8] in the file, here [64, 64]; allowed: the file's"),
        (["start={file}", "trainer.activation=relu"], "activation is tanh in the file, here relu"),
        (["start={file}", "reads=target"], "reads right_hand,target, here reads=target; allowed: "),
        (["start={file}", "station=walk_still"], "with a gait; allowed: sb3_ppo, sbx_ppo without a gait"),
        (["start={file}", "station=screw"], "is for station pilotline/Reach-v1, here is pilotline/Screw-v1"),
        (["trainer.critic_rate=0.1"], "critic_rate=0.1 with critic_steps=0; allowed: with critic_steps"),
        (["trainer.critic_steps=-1"], "params of sb3_ppo: critic_steps is -1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_told_in_a_line(
    words: list[str], told: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *(word.format(file=file) for word in words), f"out={tmp_path / 'out'}"]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
