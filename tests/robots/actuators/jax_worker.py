"""Evaluates laws under JAX in a process of its own, which the test can end: pickled requests in, pickled rows out.

On one processor: JAX on the CPU has been seen to hang on a few.
"""

import os
import pickle
import sys
from typing import Any

import numpy as np


def main() -> None:
    """Serve until the input ends."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    import jax

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    from pilotline.robots.actuators import jaxed
    from pilotline.robots.actuators.law import Motion, flatten, unflatten
    from pilotline.robots.actuators.laws import shipped
    from pilotline.robots.actuators.laws.learned import law_of
    from pilotline.robots.actuators.network import read

    laws = {law.name: law for law in shipped()}
    steps: dict[str, Any] = {}
    answers = sys.stdout.buffer
    while True:
        try:
            name, states, params, motions, h = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        law = law_of(read(name)) if name.endswith(".onnx") else laws[name]
        step = steps.setdefault(name, jax.jit(jaxed.step_of(law)))
        after = step(unflatten(law.state, states.T), unflatten(law.params, params.T), Motion(*motions.T), h)
        pickle.dump(np.stack([np.broadcast_to(value, len(states)) for value in flatten(after)], axis=1), answers)
        answers.flush()


if __name__ == "__main__":
    main()
