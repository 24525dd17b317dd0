"""robosuite's TwoArmLift with the upper body of the GR1, one simulation, observations of state and no pictures.

The robot's own controller (whole-body inverse kinematics by mink) is not in the published package: this is the other
one that it has, `BASIC`, operational space control of both arms.
"""

import runpy
from importlib import metadata

import numpy as np
import robosuite
from robosuite.controllers import load_composite_controller_config

_BANK = 64
_ROBOT = "GR1FixedLowerBody"


def build(settings):
    """See the package."""
    controller = load_composite_controller_config(controller="BASIC", robot=_ROBOT)
    env = robosuite.make(
        "TwoArmLift",
        robots=_ROBOT,
        controller_configs=controller,
        has_renderer=False,
        has_offscreen_renderer=False,
        use_camera_obs=False,
        seed=0,
    )
    seen = env.reset()
    low, high = env.action_spec
    bank = np.random.default_rng(0).uniform(low, high, (_BANK, len(low)))
    calls = 0

    def step():
        nonlocal calls
        _, _, done, _ = env.step(bank[calls % _BANK])
        calls += 1
        if done:
            env.reset()
        return 1, int(done)

    model = env.sim.model._model
    facts = {
        "name": f"robosuite TwoArmLift, {_ROBOT}, BASIC controller",
        "versions": {name: metadata.version(name) for name in ("robosuite", "numba", "numpy")},
        "num_envs": 1,
        "threads": 1,
        "actions": "random",
        "action_size": len(low),
        "observation_size": int(sum(np.size(value) for name, value in seen.items() if "-state" in name)),
        "observation_type": "float64",
        "physics_steps": round(env.control_timestep / env.model_timestep),
        "physics": runpy.run_path(settings["physics"])["facts_of"](model),
    }
    return {"step": step, "facts": facts}
