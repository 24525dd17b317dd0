"""A vector environment of this project.

Settings: station, robot, actuators, num_envs, threads, actions. `actions` is `home` (hold it), `near` (uniform within
0.5 rad of home, as others scale theirs; 0.5 m for slides, never beyond the range) or `random` (the whole action space).
"""

import mujoco
import numpy as np

from pilotline.benchmarks.peers.physics import facts_of
from pilotline.benchmarks.provenance import versions
from pilotline.envs.vector_env import StationVectorEnv
from pilotline.envs.world import SUBSTEPS

_BANK = 64
_NEAR = 0.5


def build(settings):
    """See the package."""
    count = settings["num_envs"]
    env = StationVectorEnv(
        settings["station"],
        count,
        settings["robot"],
        settings["actuators"],
        flatten=True,
        nthread=settings["threads"],
    )
    env.reset(seed=0)
    bank = _actions(env, settings["actions"])
    calls = 0
    fresh = 0

    def step():
        nonlocal calls, fresh
        _, _, terminated, truncated, _ = env.step(bank[calls % _BANK])
        calls += 1
        did = count - fresh
        fresh = int((terminated | truncated).sum())
        return did, fresh

    facts = {
        "name": f"Pilotline {settings['station']}, {settings['robot']}, {settings['actuators']}",
        "versions": {name: version for name, version in versions().items() if name != "python"},
        "num_envs": count,
        "threads": settings["threads"],
        "actions": settings["actions"],
        "action_size": env.single_action_space.shape[0],
        "observation_size": env.single_observation_space.shape[0],
        "observation_type": str(env.single_observation_space.dtype),
        "physics_steps": SUBSTEPS,
        "physics": facts_of(env.batch.world.model),
    }
    return {"step": step, "facts": facts}


def _actions(env, kind):
    """(bank, n, k) actions that are used in turn."""
    rng = np.random.default_rng(0)
    shape = (_BANK, *env.action_space.shape)
    drawn = rng.uniform(-1.0, 1.0, shape)
    if kind == "random":
        return drawn.astype(np.float32)
    control = env.batch.control
    model = env.batch.world.model
    halves = [0.5 * np.ptp(model.joint(name).range) if _is_joint(model, name) else _NEAR for name in control.names]
    reach = _NEAR / np.array(halves)
    wide = {"home": 0.0, "near": 1.0}[kind]
    return np.clip(control.home + wide * reach * drawn, -1.0, 1.0).astype(np.float32)


def _is_joint(model, name):
    """Whether an action moves one joint; those of a base on wheels and of whole hands do not."""
    return mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT, name) >= 0
