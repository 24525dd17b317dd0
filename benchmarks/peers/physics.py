"""What a MuJoCo model asks of the physics in every step: read from ours and, in their environments, from others'.

Loaded by path there, so it imports nothing of this project.
"""

import mujoco


def facts_of(model):
    """Options and sizes of a model, plain JSON types.

    `pairs` are explicit contact pairs; `touching` counts the geoms that may touch something by their masks.
    """
    option = model.opt
    touching = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
    return {
        "mujoco": mujoco.__version__,
        "timestep_s": float(option.timestep),
        "integrator": mujoco.mjtIntegrator(option.integrator).name.removeprefix("mjINT_").lower(),
        "solver": mujoco.mjtSolver(option.solver).name.removeprefix("mjSOL_").lower(),
        "iterations": int(option.iterations),
        "ls_iterations": int(option.ls_iterations),
        "tolerance": float(option.tolerance),
        "cone": mujoco.mjtCone(option.cone).name.removeprefix("mjCONE_").lower(),
        "impratio": float(option.impratio),
        "dofs": int(model.nv),
        "actuators": int(model.nu),
        "dofs_with_friction": int((model.dof_frictionloss > 0).sum()),
        "geoms": int(model.ngeom),
        "touching": int(touching.sum()),
        "pairs": int(model.npair),
        "model_mib": round(model.nbuffer / 2**20, 1),
    }
