"""A task of MuJoCo Playground on MJX (its `jax` implementation). Settings: task, num_envs.

Models of MuJoCo Menagerie are taken from MENAGERIE_ROOT where that is set, else Playground fetches them. The step is
one compiled call with Brax's automatic resets (every reset puts back the slot's first state), as its trainers use it.
"""

import os
import runpy
from importlib import metadata
from pathlib import Path

import jax
from mujoco_playground import registry, wrapper
from mujoco_playground._src import mjx_env

_EPISODE = 1000


def build(settings):
    """See the package."""
    task, count = settings["task"], settings["num_envs"]
    if root := os.environ.get("MENAGERIE_ROOT"):
        mjx_env.MENAGERIE_PATH = Path(root)
    config = registry.get_default_config(task)
    config.impl = "jax"
    plain = registry.load(task, config=config)
    env = wrapper.wrap_for_brax_training(plain, episode_length=_EPISODE, action_repeat=1)

    @jax.jit
    def advance(state, key):
        key, now = jax.random.split(key)
        action = jax.random.uniform(now, (count, plain.action_size), minval=-1.0, maxval=1.0)
        return env.step(state, action), key

    state = jax.jit(env.reset)(jax.random.split(jax.random.PRNGKey(0), count))
    key = jax.random.PRNGKey(1)

    def step():
        nonlocal state, key
        state, key = advance(state, key)
        return count, int(jax.block_until_ready(state.done).sum())

    size = plain.observation_size
    facts = {
        "name": f"MuJoCo Playground {task} on MJX, {jax.devices()[0].platform}",
        "versions": {name: metadata.version(name) for name in ("playground", "mujoco-mjx", "jax")},
        "num_envs": count,
        "threads": len(os.sched_getaffinity(0)),
        "actions": "random",
        "action_size": plain.action_size,
        "observation_size": sum(part[0] for part in size.values()) if isinstance(size, dict) else size,
        "observation_type": "float32",
        "physics_steps": plain.n_substeps,
        "physics": runpy.run_path(settings["physics"])["facts_of"](plain.mj_model),
    }
    return {"step": step, "facts": facts}
