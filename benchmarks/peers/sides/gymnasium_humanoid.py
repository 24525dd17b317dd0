"""Gymnasium's Humanoid-v5 in its own `AsyncVectorEnv`, a process for each simulation. Settings: num_envs."""

import runpy
from importlib import metadata

import gymnasium
import numpy as np

_BANK = 64


def build(settings):
    """See the package."""
    count = settings["num_envs"]
    env = gymnasium.make_vec("Humanoid-v5", num_envs=count, vectorization_mode="async")
    env.reset(seed=0)
    space = env.action_space
    bank = np.random.default_rng(0).uniform(space.low, space.high, (_BANK, *space.shape)).astype(space.dtype)
    calls = 0
    fresh = 0

    def step():
        nonlocal calls, fresh
        _, _, terminated, truncated, _ = env.step(bank[calls % _BANK])
        calls += 1
        did = count - fresh
        fresh = int((terminated | truncated).sum())
        return did, fresh

    single = gymnasium.make("Humanoid-v5").unwrapped
    facts = {
        "name": f"Gymnasium Humanoid-v5, AsyncVectorEnv of {count}",
        "versions": {name: metadata.version(name) for name in ("gymnasium", "numpy")},
        "num_envs": count,
        "threads": count,
        "actions": "random",
        "action_size": int(env.single_action_space.shape[0]),
        "observation_size": int(env.single_observation_space.shape[0]),
        "observation_type": str(env.single_observation_space.dtype),
        "physics_steps": single.frame_skip,
        "physics": runpy.run_path(settings["physics"])["facts_of"](single.model),
    }
    return {"step": step, "facts": facts}
