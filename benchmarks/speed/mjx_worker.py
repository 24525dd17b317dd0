"""The process behind `mjx_way`: compiles the MJX environment, says `ready`, then steps once for each line given."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pilotline.benchmarks.speed.mjx_way import READY


def stepper(station: str, robot: str, actuators: str, nsim: int) -> Callable[[], None]:
    """A function that steps nsim simulations once and waits for them, compiled.

    Raises:
      ValueError: an unknown name, or something that MJX cannot do.
    """
    import jax
    import jax.numpy as jnp

    from pilotline.benchmarks.speed.ours import SEED, still
    from pilotline.envs import mjx

    env = mjx.make(station, robot, actuators, seed=SEED)
    step = jax.jit(jax.vmap(env.step))
    action = still(env.world.robot, env.control.names)
    actions = jnp.tile(jnp.asarray(action, jnp.float32), (nsim, 1))
    state = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.key(SEED), nsim))

    def once() -> None:
        nonlocal state
        state = jax.block_until_ready(step(state, actions))

    once()
    return once


def main(words: Sequence[str]) -> int:
    """Answer lines of standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not look like an answer
    station, robot, actuators, nsim = words
    try:
        if not Path("/dev/nvidia0").exists():
            from pilotline.envs.mjx.pinned import pin

            pin()
        step = stepper(station, robot, actuators, int(nsim))
    except (ImportError, ValueError) as error:
        print(" ".join(str(error).split()), file=answers, flush=True)
        return 1
    print(READY, file=answers, flush=True)
    for _ in sys.stdin:
        step()
        print("stepped", file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
