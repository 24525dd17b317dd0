"""gym-taskboard's assembly of the pegs of NIST task board 1, one simulation, observations of state and no pictures."""

import runpy
from importlib import metadata

import gym_taskboard  # noqa: F401 - registers the task
import gymnasium
import numpy as np

_BANK = 64
_TASK = "TaskBoard1-Pegs-Assembly-v0"


def build(settings):
    """See the package."""
    env = gymnasium.make(_TASK)
    env.reset(seed=0)
    space = env.action_space
    bank = np.random.default_rng(0).uniform(space.low, space.high, (_BANK, *space.shape)).astype(space.dtype)
    calls = 0

    def step():
        nonlocal calls
        _, _, terminated, truncated, _ = env.step(bank[calls % _BANK])
        calls += 1
        if terminated or truncated:
            env.reset()
        return 1, int(terminated or truncated)

    bare = env.unwrapped
    facts = {
        "name": f"gym-taskboard {_TASK}",
        "versions": {name: metadata.version(name) for name in ("gym-taskboard", "gymnasium", "numpy")},
        "num_envs": 1,
        "threads": 1,
        "actions": "random",
        "action_size": int(space.shape[0]),
        "observation_size": int(sum(np.prod(part.shape) for part in env.observation_space.spaces.values())),
        "observation_type": "float64",
        "physics_steps": bare.frame_skip,
        "physics": runpy.run_path(settings["physics"])["facts_of"](bare.model),
    }
    return {"step": step, "facts": facts}
