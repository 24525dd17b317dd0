"""The chain of legs: learn, evaluate, keep the best, leave a checkpoint; after a kill, go on from the last whole one.

A checkpoint is a folder that is renamed into place once it is complete. A leg depends on the checkpoint before it and
on its number, so a run that was killed and goes on gives the same policies, bit for bit, as one that was not, on the
same machine with the same libraries.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pilotline.policies.file import Contract, Training, write_policy
from pilotline.policies.train.learner import Learner, TrainError
from pilotline.policies.train.plan import MAX_LEGS, Plan
from pilotline.policies.train.reads import reads_of
from pilotline.robots.files import write_atomically

SCHEMA = "pilotline/training/1"
BEST, LAST, STATE = "best.onnx", "last.onnx", "state.json"
_PREFIX = "checkpoint-"


@dataclass(frozen=True)
class Evaluation:
    """Cycles of a policy, none of which it was trained on.

    Attributes:
      cycles, good: how many, and how many right the first time.
      low, high: 95 % Wilson interval of the yield.
      bound: one-sided 95 % Clopper-Pearson lower bound, by which the best is chosen.
    """

    cycles: int
    good: int
    low: float
    high: float
    bound: float


@dataclass(frozen=True)
class Row:
    """A leg on the curve: totals since the beginning, and what the leg gave."""

    leg: int
    steps: int
    wall_s: float
    episodes: int
    mean_return: float | None
    evaluation: Evaluation


@dataclass(frozen=True)
class State:
    """How far a run is: its curve, and the leg whose policy is the best so far."""

    rows: tuple[Row, ...] = ()
    best: int | None = None

    @property
    def steps(self) -> int:
        """Control steps so far."""
        return self.rows[-1].steps if self.rows else 0

    @property
    def wall_s(self) -> float:
        """Seconds of work so far, evaluation included; time while nothing ran is not in it."""
        return self.rows[-1].wall_s if self.rows else 0.0


@dataclass(frozen=True)
class Budget:
    """Where a run ends: the first leg that reaches either."""

    steps: int | None = None
    hours: float | None = None

    def spent(self, state: State) -> bool:
        """Whether it is over."""
        late = self.hours is not None and state.wall_s >= 3600.0 * self.hours
        return late or (self.steps is not None and state.steps >= self.steps)


def run(
    state: State,
    plan: Plan,
    learner: Learner,
    folder: Path,
    budget: Budget,
    evaluate: Callable[[Path], Evaluation],
    record: Callable[[int, float], Training],
    told: Callable[[State], None] = lambda state: None,
) -> State:
    """Train until the budget is spent.

    Args:
      state: as `resume` gave it for this plan, learner and folder.
      folder: exists; gets `best.onnx`, `last.onnx` and the newest checkpoint.
      evaluate: scores a policy file.
      record: training record of the policy after so many control steps and seconds of work.
      told: called after each leg.

    Raises:
      TrainError: more legs than there may be.
    """
    while not budget.spent(state):
        begun, leg = time.perf_counter(), len(state.rows)
        if leg >= MAX_LEGS:
            raise TrainError(f"{folder}: {leg} legs; allowed: {MAX_LEGS}; give longer ones with leg_steps")
        learned = learner.learn(leg)
        steps = state.steps + learned.steps
        layers, normalisation = learner.network()
        contract = Contract.of(
            learner.interface,
            reads_of(plan, learner.interface),
            title=f"{plan.station} by {plan.trainer}",
            normalisation=normalisation,
            training=record(steps, state.wall_s + time.perf_counter() - begun),
        )
        write_policy(folder / LAST, layers, contract)
        evaluation = evaluate(folder / LAST)
        row = Row(
            leg=leg,
            steps=steps,
            wall_s=state.wall_s + time.perf_counter() - begun,
            episodes=(state.rows[-1].episodes if state.rows else 0) + learned.episodes,
            mean_return=learned.mean_return,
            evaluation=evaluation,
        )
        state = _with(state, row)
        if state.best == leg:
            write_atomically(folder / BEST, (folder / LAST).read_bytes())
        _checkpoint(plan, learner, folder, state)
        told(state)
    return state


def resume(plan: Plan, learner: Learner, folder: Path) -> State:
    """The state that the newest whole checkpoint in `folder` holds, its learner restored; a new one without any.

    Raises:
      TrainError: the folder holds a run of another plan, or a checkpoint that cannot be read.
    """
    found = newest(folder)
    if found is None:
        return State()
    document, state = read(found)
    if document != (wanted := plan.document()):
        differs = next(key for key in {**wanted, **document} if document.get(key) != wanted.get(key))
        raise TrainError(
            f"{folder}: holds a run with {differs}={document.get(differs)!r}, this one has "
            f"{wanted.get(differs)!r}; allowed: the same run, or another folder"
        )
    learner.restore(found)
    return state


def newest(folder: Path) -> Path | None:
    """The newest whole checkpoint."""
    found = sorted(path for path in folder.glob(f"{_PREFIX}*") if path.is_dir())
    return found[-1] if found else None


def read(checkpoint: Path) -> tuple[dict[str, Any], State]:
    """Plan and state of a checkpoint.

    Raises:
      TrainError: it is not one of ours.
    """
    path = checkpoint / STATE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise TrainError(f"{path}: schema {content['schema']!r}; allowed: {SCHEMA}")
        rows = tuple(Row(**{**row, "evaluation": Evaluation(**row["evaluation"])}) for row in content["rows"])
        return content["plan"], State(rows, content["best"])
    except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise TrainError(
            f"{path}: cannot be read ({error}); allowed: a checkpoint as `pilotline train` left it"
        ) from None


def _with(state: State, row: Row) -> State:
    """The state after a leg; the best has the highest lower bound, of equals the one seen first."""
    rows = (*state.rows, row)
    better = state.best is None or row.evaluation.bound > state.rows[state.best].evaluation.bound
    return State(rows, row.leg if better else state.best)


def _checkpoint(plan: Plan, learner: Learner, folder: Path, state: State) -> None:
    """Write a checkpoint under a temporary name, rename it, then remove the older ones."""
    name = f"{_PREFIX}{state.rows[-1].leg:06d}"
    temporary = folder / f".{name}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    learner.save(temporary)
    content = {
        "schema": SCHEMA,
        "plan": plan.document(),
        "best": state.best,
        "rows": [asdict(row) for row in state.rows],
    }
    (temporary / STATE).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    for path in temporary.iterdir():
        _sync(path)
    _sync(temporary)
    temporary.replace(folder / name)
    _sync(folder)
    for old in sorted(folder.glob(f"{_PREFIX}*"))[:-1]:
        shutil.rmtree(old)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
