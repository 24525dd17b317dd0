"""The humanoid of capsules that published figures are about, beside our world in raw physics, to carry them over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
from mujoco import batch as mjbatch

from pilotline.benchmarks import turns
from pilotline.benchmarks.speed import raw
from pilotline.benchmarks.speed.compare import BATCH
from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Spread, Way
from pilotline.envs.world import SUBSTEPS

MODEL = Path(str(gymnasium.__file__)).parent / "envs" / "mujoco" / "assets" / "humanoid.xml"
_HUMANOID = "humanoid"
_SETTLE = 50
_TURN_S, _FEWEST = 0.15, 5


def measure(setting: Setting) -> dict[str, Any]:
    """Physics steps per second of Gymnasium's humanoid in `mujoco.batch`, moved by random controls.

    Integrator and solver are those of MuJoCo's own humanoid, Euler and Newton; Gymnasium's are RK4 and PGS.

    Returns:
      `model`, `physics_steps_per_s`, and `dearer`: cost of a physics step of the setting's world over one of it.
    """
    model = mujoco.MjModel.from_xml_path(str(MODEL))
    model.opt.integrator, model.opt.solver = mujoco.mjtIntegrator.mjINT_EULER, mujoco.mjtSolver.mjSOL_NEWTON
    batch = mjbatch.Batch(model, setting.nsim, setting.threads)
    rng = np.random.default_rng(0)
    low, high = model.actuator_ctrlrange.T

    def step() -> None:
        batch.ctrl[:] = rng.uniform(low, high, (setting.nsim, model.nu))
        batch.step(nstep=SUBSTEPS)

    for _ in range(_SETTLE):
        step()
    ways = [Way(_HUMANOID, setting.nsim, step), raw.batch(setting, BATCH, raw.start(setting), setting.nsim)]
    rates = turns.rates(ways, setting.seconds, _TURN_S, _FEWEST)
    return {
        "model": f"Gymnasium {MODEL.name}, Euler, Newton",
        "physics_steps_per_s": Spread.of([SUBSTEPS * rate for rate in rates[_HUMANOID]]).plain(),
        "dearer": Spread.of_ratio(rates[_HUMANOID], rates[BATCH]).plain(),
    }
