"""Runs both engines side by side in a process of its own, on one core, and prints what the tests look at as JSON.

The legs have one tier, one arm another, the rest a third, so that one compilation tells about all.
"""

from __future__ import annotations

import json
from typing import Any

from pilotline.envs.mjx.pinned import pin

ACTUATORS = "ideal legs=harmonic right_arm=servo"
SIMULATIONS = 3


def main() -> None:
    pin()
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_disable_most_optimizations", True)
    from pilotline.envs import mjx
    from pilotline.envs.mjx.parity import Pair, Start

    env = mjx.make("walk", "biped contacts=feet", ACTUATORS, cycles=SIMULATIONS, contacts=8)
    pair = Pair(env, SIMULATIONS, "legs")
    print(json.dumps({**steps(pair, Start), **ways(pair, Start())}))


def steps(pair: Any, start: Any) -> dict[str, Any]:
    """Relative differences of single steps, in the air and on the ground."""
    found: dict[str, Any] = {}
    for case, away, settle in (("air", start(lift_m=0.3), 0), ("ground", start(velocity=0.01), 5)):
        pair.disturb(away)
        for _ in range(settle):
            pair.control_step(pair.action(away))
        found[f"{case} physics"] = pair.physics_step(pair.action(away))
        found[f"{case} contacts"] = pair.contacts()
        pair.disturb(away)
        found[f"{case} control"] = pair.control_step(pair.action(away))
    return found


def ways(pair: Any, start: Any) -> dict[str, Any]:
    """What a step makes of actions and states that are not as they should be."""
    import jax.numpy as jnp
    import numpy as np

    pair.disturb(start)
    state, home = pair.state, np.tile(pair.host.control.home, (SIMULATIONS, 1))
    broken = home.copy()
    broken[1, 0] = np.nan
    far = np.where(np.arange(SIMULATIONS)[:, None] == 2, 7.0, home)
    poisoned = state.replace(data=state.data.replace(qvel=state.data.qvel.at[0, 3].set(1e12)))
    after = pair.advance(poisoned, jnp.asarray(broken), 10)
    clipped = [pair.advance(state, jnp.asarray(action), 1) for action in (far, np.clip(far, -1.0, 1.0))]
    return {
        "bad_action": np.asarray(after.info["bad_action"]).tolist(),
        "diverged": np.asarray(after.info["diverged"]).tolist(),
        "done": np.asarray(after.done).tolist(),
        "reward": np.asarray(after.reward).tolist(),
        "finite": bool(np.isfinite(np.asarray(after.obs)).all()),
        "clipped": bool((clipped[0].data.qvel == clipped[1].data.qvel).all()),
    }


if __name__ == "__main__":
    main()
