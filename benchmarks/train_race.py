"""Our training loop beside the usual one: `python -m pilotline.benchmarks.train_race RESULT.json [rounds=3] [steps=N]`.

The same Stable-Baselines3 PPO with the same network and rollouts of the same size learns Reach twice, in turns: on our
batch of simulations, and on `SubprocVecEnv` over single environments, `workers` processes of one simulation each.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import gymnasium
import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import SubprocVecEnv, VecMonitor, VecNormalize

from pilotline.benchmarks import evidence
from pilotline.benchmarks.cli.catalog import option
from pilotline.configs.recipes import recipe_of
from pilotline.envs.registration import register
from pilotline.policies.train import sb3
from pilotline.policies.train.inputs_env import make_env
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.vec_learner import Shape

STATION, ROBOT, CONTROL, TRAINER = "reach", "fixed", "ee", "sb3_ppo"
_SHARE = 0.9
"""Of the lower one of the two last returns: the return to which both are timed."""


class Settings(BaseModel):
    """Keys of the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rounds: int = Field(default=3, ge=1, le=100)
    steps: int = Field(default=131_072, ge=4096)
    workers: int = Field(default=8, ge=1, le=256)


class _Curve(BaseCallback):
    """Mean return of the last cycles after each rollout, with seconds since the start."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[float, float]] = []
        self._begun = time.perf_counter()

    def _on_training_start(self) -> None:
        self._begun = time.perf_counter()

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        found = [info["r"] for info in self.model.ep_info_buffer or ()]
        if found:
            self.rows.append((time.perf_counter() - self._begun, float(np.mean(found))))


def plan_of(seed: int, nsim: int, workers: int | None) -> Plan:
    """The recipe of Reach, its rollouts split over `workers` simulations where they are given."""
    recipe = recipe_of(STATION, CONTROL, TRAINER)
    assert recipe.reads is not None
    params = {**option("trainer", TRAINER)["params"], **recipe.params[TRAINER]}
    if workers is not None:
        params["n_steps"] = params["n_steps"] * nsim // workers
    return Plan(TRAINER, params, STATION, ROBOT, "ideal", CONTROL, "D0", recipe.reads, seed, nsim, 1, 1)


def single(reads: tuple[str, ...]) -> gymnasium.Env:
    """One simulation, observed as one vector of the same entries."""
    register()
    env = gymnasium.make("pilotline/Reach-v1", robot=ROBOT, control=CONTROL)
    return gymnasium.wrappers.FlattenObservation(gymnasium.wrappers.FilterObservation(env, list(reads)))


def usual(plan: Plan, workers: int) -> VecNormalize:
    """Single environments, each in a process of its own."""
    assert plan.reads is not None
    envs = VecMonitor(SubprocVecEnv([partial(single, plan.reads)] * workers))
    return VecNormalize(envs, norm_reward=False, clip_obs=Shape.of(plan).clip_obs)


def learn(plan: Plan, env: VecNormalize, steps: int) -> dict[str, Any]:
    """One run; samples per second and the curve."""
    curve, model = _Curve(), sb3.make(plan, env)
    env.seed(plan.training_seed(0))
    begun = time.perf_counter()
    model.learn(steps, callback=curve)
    wall_s = time.perf_counter() - begun
    env.close()
    return {"steps_per_s": model.num_timesteps / wall_s, "wall_s": wall_s, "curve": curve.rows}


def race(settings: Settings, seed: int) -> dict[str, Any]:
    """One round of both: steps per second, and seconds to the same return."""
    nsim, workers = recipe_of(STATION, CONTROL, TRAINER).nsim, settings.workers
    ours, theirs = plan_of(seed, nsim, None), plan_of(seed, nsim, workers)
    found = {
        "ours": learn(ours, make_env(ours, 0, Shape.of(ours).clip_obs)[0], settings.steps),
        "usual": learn(theirs, usual(theirs, workers), settings.steps),
    }
    target = _SHARE * min(run["curve"][-1][1] for run in found.values())
    row: dict[str, Any] = {"return": target}
    for name, run in found.items():
        row[f"{name}_steps_per_s"] = run["steps_per_s"]
        row[f"{name}_to_return_s"] = next(at for at, mean in run["curve"] if mean >= target)
    return row


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Medians of the rounds' ratios; above 1 ours is faster."""
    return {
        "steps_per_s_ratio": median(row["ours_steps_per_s"] / row["usual_steps_per_s"] for row in rows),
        "to_return_ratio": median(row["usual_to_return_s"] / row["ours_to_return_s"] for row in rows),
    }


def run(settings: Settings, _folder: Path) -> dict[str, Any]:
    """Every round, and the medians of their ratios."""
    rows = []
    for seed in range(settings.rounds):
        rows.append(race(settings, seed))
        print({name: round(value, 2) for name, value in rows[-1].items()}, file=sys.stderr, flush=True)
    return {"settings": settings.model_dump(), "rounds": rows, **summary(rows)}


def faster(found: dict[str, Any]) -> bool:
    """Whether ours makes more steps a second and is sooner at the same return."""
    return bool(found["steps_per_s_ratio"] > 1.0 and found["to_return_ratio"] > 1.0)


def main(words: list[str]) -> int:
    """Write the result file; 1 where ours is not faster."""
    return evidence.main("train_race", words, Settings, run, faster)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
