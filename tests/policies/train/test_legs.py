"""The chain of legs: what is kept, what a kill can and cannot do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pilotline.envs.control import Channel
from pilotline.envs.interface import Entry, Interface
from pilotline.policies.file import Layer, Normalisation, Training
from pilotline.policies.file.reading import read as read_policy
from pilotline.policies.train import legs
from pilotline.policies.train.learner import Learned, TrainError
from pilotline.policies.train.plan import MAX_LEGS, MAX_NSIM, Plan

INTERFACE = Interface(
    station="pilotline/Reach-v1",
    robot="fixed",
    actuators="ideal",
    control="ee",
    period_s=0.02,
    observation=(Entry("target", ("0", "1", "2")),),
    action=(Channel("right_vx", -1.0, 1.0, "m/s"),),
    gains={},
)
PLAN = Plan("toy", {}, "reach", "fixed", "ideal", "ee", "D0", ("target",), 0, 4, 100, 10)


class Killed(BaseException):
    """The process ends here."""


class Toy:
    """Its one weight is a hash of all legs it made: any leg that is left out, doubled or changed shows."""

    interface = INTERFACE

    def __init__(self) -> None:
        self.weight = 1

    def learn(self, leg: int) -> Learned:
        self.weight = (self.weight * 31 + leg + 7) % 100_003
        return Learned(steps=100, episodes=2, mean_return=float(self.weight))

    def save(self, folder: Path) -> None:
        (folder / "weight.txt").write_text(str(self.weight))

    def restore(self, folder: Path) -> None:
        self.weight = int((folder / "weight.txt").read_text())

    def network(self) -> tuple[tuple[Layer, ...], Normalisation]:
        weights = np.full((3, 1), self.weight, np.float32)
        return (Layer(weights, np.zeros(1, np.float32)),), Normalisation(mean=(0.0,) * 3, scale=(1.0,) * 3)


def score(good: int, cycles: int = 10, bound: float | None = None) -> legs.Evaluation:
    return legs.Evaluation(cycles, good, 0.0, 1.0, good / cycles if bound is None else bound)


Evaluate = Callable[[Path], legs.Evaluation]


def run(
    folder: Path,
    steps: int = 500,
    evaluate: Evaluate = lambda path: score(5),
    plan: Plan = PLAN,
    learner: Toy | None = None,
    record: Callable[[int, float], Training] | None = None,
) -> legs.State:
    learner = learner or Toy()
    state = legs.resume(plan, learner, folder)
    return legs.run(
        state, plan, learner, folder, legs.Budget(steps), evaluate, record or (lambda steps, wall_s: Training())
    )


def legs_made(folder: Path) -> int:
    found = legs.newest(folder)
    return len(legs.read(found)[1].rows) if found else 0


def networks(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in (legs.BEST, legs.LAST)]


def untimed(state: legs.State) -> legs.State:
    return replace(state, rows=tuple(replace(row, wall_s=0.0) for row in state.rows))


def test_the_best_is_the_one_with_the_highest_lower_bound_not_the_luckiest(tmp_path: Path) -> None:
    scores = iter([score(9, 10, 0.61), score(180, 200, 0.86), score(10, 10, 0.74), score(180, 200, 0.86)])
    state = run(tmp_path, 400, lambda path: next(scores))
    assert state.best == 1
    assert [row.evaluation.bound for row in state.rows] == [0.61, 0.86, 0.74, 0.86]


@pytest.mark.parametrize("point", ["learn", "evaluate", "save", "best"])
@pytest.mark.parametrize("leg", [0, 2, 4])
def test_who_was_killed_anywhere_ends_where_the_undisturbed_one_does(
    point: str, leg: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    scores = [score(k) for k in (3, 5, 4, 8, 6)]

    def evaluating(folder: Path) -> Evaluate:
        return lambda path: scores[legs_made(folder)]

    wanted = run(whole, 500, evaluating(whole))

    learner, calls = Toy(), iter(range(100))
    usual: dict[str, Callable[..., Any]] = {"learn": learner.learn, "save": learner.save}
    usual["evaluate"] = evaluating(broken)

    def late(name: str) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            if next(calls) == leg:
                raise Killed
            return usual[name](*args)

        return call

    with monkeypatch.context() as patch:
        if point in ("learn", "save"):
            patch.setattr(learner, point, late(point))
        if point == "best":
            usual["best"] = legs.write_atomically
            leg = min(leg, 2)  # the best changes three times
            patch.setattr(legs, "write_atomically", late("best"))
        with pytest.raises(Killed):
            run(broken, 500, late("evaluate") if point == "evaluate" else usual["evaluate"], learner=learner)
    found = run(broken, 500, evaluating(broken))
    assert untimed(found) == untimed(wanted)
    assert networks(broken) == networks(whole)


def test_half_a_checkpoint_is_none(tmp_path: Path) -> None:
    run(tmp_path, 200)
    half = tmp_path / ".checkpoint-000002"
    half.mkdir()
    (half / "weight.txt").write_text("666")
    other = tmp_path / "other"
    other.mkdir()
    assert untimed(run(tmp_path, 400)) == untimed(run(other, 400))


def test_a_spent_budget_makes_no_more_legs_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    assert len(run(tmp_path, 300).rows) == 3
    assert len(run(tmp_path, 300).rows) == 3
    assert len(run(tmp_path, 301).rows) == 4


def test_hours_are_those_of_work(tmp_path: Path) -> None:
    rows = (legs.Row(0, 100, 3600.0, 2, None, score(5)),)
    assert legs.Budget(hours=1.0).spent(legs.State(rows, 0))
    assert not legs.Budget(hours=1.001).spent(legs.State(rows, 0))


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    run(tmp_path)
    with pytest.raises(TrainError, match=r"holds a run with seed=0, this one has 1; allowed: the same run, or another"):
        run(tmp_path, plan=replace(PLAN, seed=1))


@pytest.mark.parametrize("text", ["", "{}", '{"schema": "pilotline/training/9"}', "[1, 2]"])
def test_a_checkpoint_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    run(tmp_path, 100)
    (tmp_path / "checkpoint-000000" / legs.STATE).write_text(text)
    with pytest.raises(TrainError, match=r"state\.json: .*allowed: "):
        run(tmp_path)


def test_what_is_kept_says_what_it_was(tmp_path: Path) -> None:
    run(tmp_path, 200)
    content = json.loads((tmp_path / "checkpoint-000001" / legs.STATE).read_text())
    assert content["plan"] == PLAN.document()
    assert [row["steps"] for row in content["rows"]] == [100, 200]
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-000001"]


def test_a_file_says_for_how_long_it_was_trained(tmp_path: Path) -> None:
    state = run(tmp_path, 300, record=lambda steps, wall_s: Training(steps=steps, wall_s=wall_s))
    told = read_policy(tmp_path / legs.LAST).contract.training
    assert told.steps == 300
    assert told.wall_s is not None
    # the last leg's evaluation comes after
    assert state.rows[1].wall_s < told.wall_s < state.rows[2].wall_s


def test_no_cycle_is_shared_between_legs_runs_and_evaluation() -> None:
    plans = [replace(PLAN, seed=seed) for seed in (0, 1, 2**15 - 1)]
    blocks = [plan.training_seed(leg) for plan in plans for leg in (0, 1, MAX_LEGS - 1)]
    gaps = np.diff(sorted(blocks))
    assert (gaps >= MAX_NSIM).all()
    assert max(blocks) + MAX_NSIM <= min(plan.evaluation_seed for plan in plans)
    assert min(blocks) > 2**32
    assert max(plan.evaluation_seed for plan in plans) < 2**53
